"""Selection: which lines of a search stand verbatim under a budget.

Each has a score: a definition, something red, words of the query, words that few other lines hold and being the
first hit of its file count for it, a text that stood before against it. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, compress

from headroom.compressors import gaps
from headroom.compressors.red import RED, severity
from headroom.compressors.search_lines import BREAK, Lines

_FIRST, _DEFINED, _RED, _AGAIN = 4, 6, 6, -6
_HIT = 10
_MOST = 6
"""What the words of a line may add, for being asked for and for being rare."""

_GAP_COST = 30
"""Characters' worth of declaring one more gap."""

_DEFINITION = re.compile(
    r"(?:[0-9]{1,9}:)?\s*(?:(?:export|default|public|private|protected|static|abstract|final|pub|async|override)\s+){0,4}"
    r"(?:def|class|func|function|fn|interface|struct|enum|trait|impl|type|module|namespace)\s+\w"
)
_DEFINING = frozenset(
    {"def", "class", "func", "function", "interface", "struct", "enum", "trait", "impl", "type", "module", "namespace"}
)
"""Words without one of which, or "fn", a line defines nothing."""
_WORD = re.compile(r"[a-z_][a-z0-9_]{2,63}")
_LONGEST = 64
_LONG = re.compile(r"[a-z_][a-z0-9_]{64,}")
_NUMBER = re.compile(r"[0-9](?<![a-z0-9_].)[0-9]*(?=[a-z_])")
"""Digits that a word cannot begin with."""
_APART = bytes(code if chr(code) in "abcdefghijklmnopqrstuvwxyz0123456789_\n" else 32 for code in range(256))
_ALARMS = frozenset({"error", "errors", "failed", "failure", "fatal", "panic", "exception", "traceback", "critical"})
"""Words without which a line is not judged for red: hits are lines of files, most of which tell no outcome."""

_MAX_QUERY = 20_000
_JUDGED = 400
"""Characters of a line that are judged."""


def select(lines: Lines, *, budget: int, query: str) -> list[bool]:
    """Return for each line whether to keep it: all that is no part of the search, then the best within the budget."""
    kept = [not path for path in lines.paths]
    costs = [len(rest) + 1 for rest in lines.rests]
    left = budget - sum(compress(costs, kept))
    scores = _scores(lines, query)
    named: set[str] = set()
    for number in sorted(range(len(lines)), key=scores.__getitem__, reverse=True):
        path = lines.paths[number]
        if path and lines.rests[number] != BREAK:
            cost = costs[number] + (0 if path in named else len(path) + _GAP_COST)
            if cost <= left:
                left -= cost
                kept[number] = True
                named.add(path)
                if left <= 0:
                    break
    _fill(lines, kept)
    return kept


def _scores(lines: Lines, query: str) -> list[int]:
    told = _words(lines)
    held = Counter(chain.from_iterable(map(set, map(str.split, told))))
    if max(map(len, held), default=0) > _LONGEST:
        told = [_LONG.sub(_in_words, said) for said in told]
        held = Counter(chain.from_iterable(map(set, map(str.split, told))))
    rarity = _rarities(held, len(lines))
    rarest = frozenset(word for word, rare in rarity.items() if rare == _MOST)
    asked = rarity.keys() & _WORD.findall(query[:_MAX_QUERY].lower())
    telling = asked | _DEFINING | _ALARMS
    functions = any("fn " in rest for rest in lines.rests)
    scores = [_HIT + _MOST if sign == ":" else 0 for sign in lines.signs]
    known: set[str] = set()
    files: set[str] = set()
    for number, (score, path, rest, said) in enumerate(zip(scores, lines.paths, lines.rests, told, strict=True)):
        if score:
            words = said.split()
            if rarest.isdisjoint(words):
                score = _HIT + max(map(rarity.__getitem__, words), default=0)
            text = rest.lstrip("0123456789:").strip()
            if not telling.isdisjoint(words) or (functions and "fn " in rest):
                score += min(_MOST, sum(map(rarity.__getitem__, asked.intersection(words))))
                score += _said(rest, text, words)
            if path not in files:
                files.add(path)
                score += _FIRST
            if text in known:
                score += _AGAIN
            known.add(text)
            scores[number] = score
    return _with_context(lines, scores)


def _said(rest: str, text: str, words: Sequence[str]) -> int:
    """Return what a hit is worth for defining something, and for telling that something went wrong."""
    defines = ("fn " in rest or not _DEFINING.isdisjoint(words)) and _DEFINITION.match(rest) is not None
    return _DEFINED * defines + _RED * (not _ALARMS.isdisjoint(words) and severity(text) == RED)


def _words(lines: Lines) -> list[str]:
    """Return the words of each line, in small letters with blanks between them; none of what is no part of the search."""
    judged = [
        rest[:_JUDGED].lstrip("0123456789:") if path else ""
        for path, rest in zip(lines.paths, lines.rests, strict=True)
    ]
    low = "\n".join(judged).lower().encode("ascii", "replace").translate(_APART).decode("ascii")
    return _NUMBER.sub(" ", low).split("\n")


def _in_words(run: re.Match[str]) -> str:
    return " ".join(_WORD.findall(run[0]))


def _rarities(held: Mapping[str, int], total: int) -> dict[str, int]:
    """Return for each word, given how many lines hold it, 0 if a quarter of them do, up to `_MOST` for the rarest."""
    rarity = {holding: min(_MOST, max(0, (total // holding).bit_length() - 2)) for holding in set(held.values())}
    return {word: rarity[holding] if _WORD.match(word) else 0 for word, holding in held.items()}


def _with_context(lines: Lines, scores: list[int]) -> list[int]:
    """Give context half of what the line next to it is worth."""
    paths = lines.paths
    context = [number for number, sign in enumerate(lines.signs) if sign != ":"]
    for step, order in ((-1, context), (1, context[::-1])):
        for number in order:
            near = number + step
            if 0 <= near < len(paths) and paths[number] == paths[near] and scores[near] // 2 > scores[number]:
                scores[number] = scores[near] // 2
    return scores


def _fill(lines: Lines, kept: list[bool]) -> None:
    """Keep what stands inside a file and costs less than declaring it: breaks, empty context."""
    for start, end in gaps.stretches(kept):
        if kept[start] or not 0 < start < end < len(lines) or end - start > _GAP_COST:
            continue
        inside = lines.paths[start - 1] == lines.paths[end]
        if inside and sum(len(rest) + 1 for rest in lines.rests[start:end]) <= _GAP_COST:
            kept[start:end] = [True] * (end - start)
