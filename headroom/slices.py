"""Slices of an original: what a reader gets back without paying for all of it again.

Everything here is verbatim source, with line numbers or JSON paths in front and one line that says
what it is part of. A slice the reader spelled out (lines, path) comes whole; where we choose
(a query, or nothing asked), the answer stays within `ANSWER_TOKENS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from headroom import json_dense, json_path, tokens, transcript
from headroom.errors import ConfigError

ANSWER_TOKENS = 500
"""Default size of an answer: about what a reader needs to ask more precisely."""

LINE_CHARACTERS = 400
"""What is shown at least of a part that does not fit, round what was asked for."""

_HEAD_TOKENS = 25
"""For the line that says how much matches, and for what is said of a part."""

_DENSE = 40
"""Characters for each token that is left up to which cutting what lies deep may make a part fit."""

_RANGE = re.compile(r"\s*(-?[0-9]{1,12})?\s*([-:])?\s*([0-9]{1,12})?\s*")
_WORD = re.compile(r"[a-z0-9_]+|[^\x00-\x7f]+")
_MAX_WORDS = 32


def cut(original: str, *, lines: str | None = None, query: str | None = None, path: str | None = None) -> str:
    """Return the slice that was asked for, within the one before it: path first, then lines, then query.

    `lines` are "10-40", "7", "10-" (to the end), "-20" (the last 20), several with commas, or "all" for the
    exact original. Nothing asked returns the original if it is small, else its outline. The path into a
    transcript begins with the name of a part: "8", "8 $.items[3]".
    Raises ConfigError when `lines` or `path` cannot be understood or name nothing.
    """
    text, path = (original, None) if path is None else _part(original, path)
    if path is not None:
        text = json_path.select(text, path)
    if lines is not None and lines.strip().lower() == "all":
        return text
    if lines is not None:
        return _numbered(text.split("\n"), _line_numbers(lines, total=text.count("\n") + 1))
    if query is not None and query.strip():
        return search(text, query)
    if path is not None or tokens.count(text) <= ANSWER_TOKENS:
        return text
    return outline(text)


def _part(text: str, path: str) -> tuple[str, str | None]:
    """Return the text that a path leads into, and what is left of the path: of a transcript it names a part first."""
    names = transcript.names(text)
    if not names:
        return text, path
    name, dollar, inner = path.partition("$")
    part = transcript.read(text, name)
    if part is None:
        raise ConfigError(f"path {path[:80]!r} names none of the parts {', '.join(names)[:400]}.", value=path)
    return part, dollar + inner if dollar else None


def search(text: str, query: str) -> str:
    """Return the parts of the text that the query names, best first within the answer's size, in source order.

    Parts are the rows of a JSON document, else lines. Says so when nothing matches, and gives the outline.
    """
    rows = json_path.parts(text)
    parts = rows if rows is not None else [(f"{number}:", line) for number, line in enumerate(text.split("\n"), 1)]
    lowered = [part.lower() for _, part in parts]
    words = _words(query, lowered)
    found = _ranked(lowered, words)
    if not found:
        return f'Nothing matches {query.strip()[:80]!r}. The call with lines="all" returns everything.\n{outline(text)}'
    shown: dict[int, str] = {}
    left = ANSWER_TOKENS - _HEAD_TOKENS
    for number in found:
        label, part = parts[number]
        entry = f"{label} {_fitting(part, words, left, json=rows is not None)}"
        left -= tokens.count(entry) + 1
        if shown and left < 0:
            break
        shown[number] = entry
    head = f"{len(shown)} of {len(found)} matches in {len(parts)} {'lines' if rows is None else 'items'}:"
    return "\n".join([head, *(shown[number] for number in sorted(shown))])


def outline(text: str) -> str:
    """Return what the text is, how large, and how it begins, within the answer's size."""
    lines = text.split("\n")
    head = f'{tokens.count(text):,} tokens, {len(lines):,} lines. Ask for lines ("1-60", "-20", "all"), query, or path.'
    shape = json_path.shape(text)
    if shape:
        return f"{head}\n{shape}"
    shown: list[str] = []
    spent = tokens.count(head)
    for number, line in enumerate(lines, 1):
        entry = f"{number}: {line[:LINE_CHARACTERS]}{' …' if len(line) > LINE_CHARACTERS else ''}"
        spent += tokens.count(entry) + 1
        if spent > ANSWER_TOKENS:
            break
        shown.append(entry)
    return "\n".join([head, *shown])


def _words(query: str, lowered: Sequence[str]) -> list[str]:
    """Return what to look for: each word of the query as it is written, or what it is made of if that stands nowhere."""
    words: dict[str, None] = {}
    for written in query.lower().split()[:_MAX_WORDS]:
        word = written.strip(".,;:!?\"'()[]{}")
        found = word and any(word in part for part in lowered)
        words.update(dict.fromkeys([word] if found else _WORD.findall(word)))
    return list(words)


def _ranked(lowered: Sequence[str], words: Sequence[str]) -> list[int]:
    """Return the indexes of the parts that contain a word, rarest and most words first; ties in source order.

    A word that stands in most parts finds nothing, unless there is no other.
    """
    holders = [found for word in words if (found := [n for n, part in enumerate(lowered) if word in part])]
    telling = [found for found in holders if 2 * len(found) <= len(lowered)] or holders
    scores: dict[int, int] = {}
    for found in telling:
        for number in found:
            scores[number] = scores.get(number, 0) + 1_000 + 1_000 * len(lowered) // (len(found) + 1)
    return sorted(scores, key=lambda number: (-scores[number], number))


def _fitting(part: str, words: Iterable[str], left: int, *, json: bool) -> str:
    """Return the part if it fits, of JSON without its white space or with what lies deepest cut, if that does.

    Else what stands round its first match, with the rest counted.
    """
    if len(part) <= LINE_CHARACTERS or _fits(part, left):
        return part
    if json and len(small := json_dense.dense(part)) <= _DENSE * left:
        left -= _HEAD_TOKENS
        named = tuple(words)
        cut = small
        if not _fits(small, left):
            cut = (
                json_dense.shortened(
                    small,
                    lambda short: _fits(short, left),
                    keeps=lambda inner: any(word in inner.lower() for word in named),
                )
                or ""
            )
        if cut:
            return f"(without white space{'' if cut == small else ', what lies deep cut'}) {cut}"
    lowered = part.lower()
    at = min((found for word in words if (found := lowered.find(word)) >= 0), default=0)
    size = max(LINE_CHARACTERS, min(2 * left, len(part)))
    start = max(0, min(at - size // 4, len(part) - size))
    end = start + size
    before = f"[{start} characters] " if start else ""
    after = f" [{len(part) - end} characters]" if end < len(part) else ""
    return f"{before}{part[start:end]}{after}"


def _fits(part: str, left: int) -> bool:
    return len(part) <= 8 * left and tokens.count(part) <= left


def _line_numbers(spec: str, *, total: int) -> list[int]:
    """Return the 0-based line numbers that `spec` names, in order, each once."""
    numbers: dict[int, None] = {}
    for piece in spec.split(",")[:64]:
        match = _RANGE.fullmatch(piece)
        if match is None or not (match[1] or match[3]):
            raise ConfigError(
                f'lines {spec[:60]!r} is no range: write "10-40", "-20" for the end, or "all".', value=spec
            )
        first, dash, last = match[1], match[2], match[3]
        if first is None or first.startswith("-"):
            start, stop = max(1, total + 1 - int(last or first.lstrip("-"))), total
        else:
            start, stop = int(first), int(last) if last else total if dash else int(first)
        numbers.update(dict.fromkeys(range(max(1, start) - 1, min(stop, total))))
    if not numbers:
        raise ConfigError(f"lines {spec[:60]!r} names none of the {total:,} lines.", value=spec)
    return sorted(numbers)


def _numbered(lines: Sequence[str], numbers: Sequence[int]) -> str:
    shown = "\n".join(f"{number + 1}: {lines[number]}" for number in numbers)
    return f"{len(numbers)} of {len(lines)} lines:\n{shown}"
