"""Slices of an original: what a reader gets back without paying for all of it again.

Everything here is verbatim source, with line numbers or JSON paths in front and one line that says
what it is part of. A slice the reader spelled out (lines, path) comes whole; where we choose
(a query, or nothing asked), the answer stays within `ANSWER_TOKENS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from headroom import json_path, tokens
from headroom.errors import ConfigError

ANSWER_TOKENS = 500
"""Default size of an answer: about what a reader needs to ask more precisely."""

LINE_CHARACTERS = 400
"""A longer line is shown round what was asked for, when we choose what to show."""

_RANGE = re.compile(r"\s*(-?[0-9]+)?\s*([-:])?\s*([0-9]+)?\s*")
_WORD = re.compile(r"[A-Za-z0-9_]+|[^\x00-\x7f]+")


def cut(original: str, *, lines: str | None = None, query: str | None = None, path: str | None = None) -> str:
    """Return the slice that was asked for, within the one before it: path first, then lines, then query.

    `lines` are "10-40", "7", "10-" (to the end), "-20" (the last 20), several with commas, or "all" for the
    exact original. Nothing asked returns the original if it is small, else its outline.
    Raises ConfigError when `lines` or `path` cannot be understood or name nothing.
    """
    text = original if path is None else json_path.select(original, path)
    if lines is not None and lines.strip().lower() == "all":
        return text
    if lines is not None:
        return _numbered(text.split("\n"), _line_numbers(lines, total=text.count("\n") + 1))
    if query is not None and query.strip():
        return search(text, query)
    if path is not None or tokens.count(text) <= ANSWER_TOKENS:
        return text
    return outline(text)


def search(text: str, query: str) -> str:
    """Return the parts of the text that the query names, best first within the answer's size, in source order.

    Parts are the items of a JSON array, else lines. Says so when nothing matches, and gives the outline.
    """
    parts = _parts(text)
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(query)))[:32]
    found = _ranked([part for _, part in parts], words)
    if not found:
        return f'Nothing matches {query.strip()[:80]!r}. The call with lines="all" returns everything.\n{outline(text)}'
    shown: dict[int, str] = {}
    spent = 0
    for number in found:
        label, part = parts[number]
        entry = f"{label}{_window(part, words)}"
        spent += tokens.count(entry) + 1
        if shown and spent > ANSWER_TOKENS:
            break
        shown[number] = entry
    head = f"{len(shown)} of {len(found)} matches in {len(parts)} {'items' if json_path.items(text) is not None else 'lines'}:"
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


def _parts(text: str) -> list[tuple[str, str]]:
    """Return (label, verbatim part) of every item or line."""
    items = json_path.items(text)
    if items is not None:
        return [(f"$[{number}] ", item) for number, item in enumerate(items)]
    return [(f"{number}: ", line) for number, line in enumerate(text.split("\n"), 1)]


def _ranked(parts: Sequence[str], words: Sequence[str]) -> list[int]:
    """Return the indexes of the parts that contain a word, rarest and most words first; ties in source order."""
    lowered = [part.lower() for part in parts]
    holders = {word: [number for number, part in enumerate(lowered) if word in part] for word in words}
    scores: dict[int, int] = {}
    for found in holders.values():
        for number in found:
            scores[number] = scores.get(number, 0) + 1_000 + 1_000 * len(parts) // (len(found) + 1)
    return sorted(scores, key=lambda number: (-scores[number], number))


def _window(part: str, words: Iterable[str]) -> str:
    """Return a long part round its first match, with what stands aside counted."""
    if len(part) <= LINE_CHARACTERS:
        return part
    lowered = part.lower()
    at = min((found for word in words if (found := lowered.find(word)) >= 0), default=0)
    start = max(0, min(at - LINE_CHARACTERS // 2, len(part) - LINE_CHARACTERS))
    end = start + LINE_CHARACTERS
    before = f"[{start} characters] " if start else ""
    after = f" [{len(part) - end} characters]" if end < len(part) else ""
    return f"{before}{part[start:end]}{after}"


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
