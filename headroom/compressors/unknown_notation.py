"""The notation: lines as they stand, gaps of whole lines, and in a long line the characters left out.

{"v":1,"id":"a-17",[…193,022 characters left out]"end":true}
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from itertools import compress

from headroom.compressors import excerpt, gaps
from headroom.compressors.unknown_pieces import Piece
from headroom.content import Shrunk

NOTE_CHARS = 32
"""What declaring characters costs, in characters."""

_NOTE = re.compile(r"\[…([1-9][0-9]{0,2}(?:,[0-9]{3}){0,4}) characters left out\]")


def fill(texts: Sequence[str], kept: list[bool]) -> None:
    """Keep, in place, what costs no more than declaring it."""
    for start, end in list(gaps.stretches(kept)):
        if not kept[start] and sum(len(texts[number]) + 1 for number in range(start, end)) <= NOTE_CHARS:
            kept[start:end] = [True] * (end - start)


def write(
    lines: Sequence[str],
    pieces: Sequence[Piece],
    kept: Sequence[bool],
    *,
    recipe: str,
    say: Callable[[int, int], str] | None = None,
) -> Shrunk:
    """Return the kept pieces with every gap declared in its place; `say(start, end)` gives words for those pieces, or ""."""
    shown: list[str | None] = [None] * len(lines)
    counts = [excerpt.GONE] * len(lines)
    for number in dict.fromkeys(piece.line for piece in compress(pieces, kept)):
        at, end = bisect_left(pieces, (number,)), bisect_left(pieces, (number + 1,))
        own = pieces[at:end]
        shown[number] = "".join(_parts(lines[number], own, kept[at:end], say and partial(_moved, say, at)))
        counts[number] = sum(piece.stop - piece.start for piece in compress(own, kept[at:end]))
    return excerpt.write(lines, shown, counts, recipe=recipe)


def _moved(say: Callable[[int, int], str], by: int, start: int, end: int) -> str:
    return say(start + by, end + by)


def _parts(
    line: str, pieces: Sequence[Piece], kept: Sequence[bool], say: Callable[[int, int], str] | None
) -> list[str]:
    parts: list[str] = []
    for first, end in gaps.stretches(kept):
        start, stop = pieces[first].start, pieces[end - 1].stop
        words = say(first, end) if say and not kept[first] else ""
        note = f"[…{stop - start:,} characters left out{': ' * bool(words)}{words}]"
        parts.append(line[start:stop] if kept[first] else note)
    return parts


def read(line: str, source: str, *, note: re.Pattern[str] = _NOTE) -> int:
    """Return how many characters of a source line an output line shows among its notes; 0 if it is no such line."""
    at = shown = done = 0
    for gap in note.finditer(line):
        length = gap.start() - done
        if not source.startswith(line[done : gap.start()], at):
            return 0
        shown += length
        at += length + int(gap[1].replace(",", ""))
        done = gap.end()
    rest = line[done:]
    return shown + len(rest) if done and at + len(rest) == len(source) and source.endswith(rest) else 0
