"""Selection: which lines of an outline are shown under a budget.

What the query names in the way code is named stays whole. Other bodies come back as the budget allows: those that hold
the query's rarer words first, then the short ones.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress

from headroom.compressors import gaps
from headroom.compressors.code_listing import Listing
from headroom.compressors.code_outline import Outline, Span

_GAP_COST = 24
"""What a gap costs here, in characters, indentation aside: what is no longer stays."""

_MAX_QUERY = 20_000
_MAX_WORDS = 64
_RARE = 6
"""A word of the query that stands on more lines than this points nowhere."""

_CLOSER = re.compile(r"\s*(?:\*/|[)}\];,]{1,8})\s*")
"""A line that only closes what began above it."""

_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{2,63}")
_CODE_WORD = re.compile(r"_|[a-z0-9][A-Z]|[A-Z]{2}[a-z]|[A-Za-z][0-9]")
"""What a word of a language people speak has nowhere in it."""

_QUOTED = re.compile(r"[`.:#\"']([A-Za-z_$][A-Za-z0-9_$]{2,63})[`\"'(]|(?<![\w$])([A-Za-z_$][A-Za-z0-9_$]{2,63})\(")
_KEY = re.compile(r'"\w{1,64}":', re.ASCII)
"""Name of a call's argument, which says nothing of what is sought."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines are kept."""

    kept: list[bool]
    closers: dict[int, int]
    """By a gap's first line, the line in it that closes what stands above: the gap's note has to do so instead."""


def select(listing: Listing, outline: Outline, *, budget: int, query: str) -> Selection:
    """Return which lines are shown; `budget` is in characters, and a wish: the outline itself stays."""
    lines = listing.lines
    kept = outline.kept(lines=len(lines), notes=True)
    if _size(lines, kept) > budget:
        kept = outline.kept(lines=len(lines), notes=False)
    words = _WORD.findall(_KEY.sub(" ", query[:_MAX_QUERY]))
    names = code_names(query)
    folds = sorted(outline.folds.values())
    for fold in folds:
        if fold.name in names:
            _show(kept, fold.start, fold.end)
    _unfold(lines, kept, _ranked(lines, kept, folds, _hits(lines, words)), left=budget - _size(lines, kept))
    for line in _hits(lines, sorted(names)):
        kept[line] = True
    _fill(lines, kept, outline.notes)
    return Selection(kept, _close(listing, kept))


def code_names(query: str) -> frozenset[str]:
    """Return the words of a query that are written as code is: with capitals or digits inside, quoted, called."""
    said = _KEY.sub(" ", query[:_MAX_QUERY])
    words = {word for word in _WORD.findall(said) if _CODE_WORD.search(word)}
    return frozenset(words.union(*_QUOTED.findall(said))) - {""}


def _size(lines: Sequence[str], kept: Sequence[bool]) -> int:
    return sum(map(len, compress(lines, kept))) + kept.count(True)


def _bare(lines: Iterable[str]) -> int:
    return sum(len(line.strip()) + 1 for line in lines)


def _show(kept: list[bool], start: int, end: int) -> None:
    kept[start:end] = [True] * (end - start)


def _hits(lines: Sequence[str], words: Iterable[str]) -> list[int]:
    """Return the lines on which those of the words stand that are rare, in order, one for each word."""
    text = "\n".join(lines)
    ends = list(accumulate([len(line) + 1 for line in lines]))
    hits: list[int] = []
    for word in list(dict.fromkeys(words))[:_MAX_WORDS]:
        found: list[int] = []
        at = text.find(word)
        while at >= 0 and len(found) <= _RARE:
            around = text[max(0, at - 1) : at], text[at + len(word) : at + len(word) + 1]
            if not any(near.isalnum() or near == "_" for near in around):
                found.append(bisect_left(ends, at + 1))
            at = text.find(word, at + len(word))
        hits += found if len(found) <= _RARE else []
    return sorted(hits)


def _ranked(
    lines: Sequence[str], kept: Sequence[bool], folds: Sequence[Span], hits: Sequence[int]
) -> list[tuple[int, Span]]:
    """Return what is left out with its cost in characters, the most asked for first, then the cheapest."""
    hidden = [0, *accumulate([0 if keep else len(line) + 1 for line, keep in zip(lines, kept, strict=True)])]
    ranked = []
    for fold in folds:
        asked = bisect_left(hits, fold.end) - bisect_left(hits, fold.start)
        ranked.append((-asked, hidden[fold.end] - hidden[fold.start], fold))
    return [(cost, fold) for _, cost, fold in sorted(ranked)]


def _unfold(lines: Sequence[str], kept: list[bool], ranked: Sequence[tuple[int, Span]], *, left: int) -> None:
    """Show what fits, and what is no longer than its gap would be; never the inside of what is not shown itself."""
    for cost, fold in ranked:
        if not kept[max(0, fold.start - 1)]:
            continue
        short = cost <= 4 * _GAP_COST and _bare(lines[fold.start : fold.end]) <= _GAP_COST
        if short or cost <= left:
            left -= 0 if short else cost
            _show(kept, fold.start, fold.end)


def _fill(lines: Sequence[str], kept: list[bool], notes: Sequence[tuple[int, int]]) -> None:
    """Show comments that stand alone between lines that are shown, and are no longer than a gap."""
    for start, end in notes:
        alone = (not start or kept[start - 1]) and (end == len(kept) or kept[end]) and not kept[start]
        if alone and _bare(lines[start:end]) <= _GAP_COST:
            _show(kept, start, end)


def _close(listing: Listing, kept: list[bool]) -> dict[int, int]:
    """Let gaps take in the line below them that closes what they are the rest of, and blank lines; one closer each."""
    closers: dict[int, int] = {}
    first = end = -1
    for start, stop in [gap for gap in gaps.stretches(kept) if not kept[gap[0]]]:
        first = first if start == end else start
        end = stop
        if first not in closers and not listing.numbers and end < len(kept) and _CLOSER.fullmatch(listing.code[end]):
            closers[first] = end
            end += 1
        while end < len(kept) and kept[end] and end not in listing.frame and not listing.code[end].strip():
            end += 1
        kept[stop:end] = [False] * (end - stop)
    return closers
