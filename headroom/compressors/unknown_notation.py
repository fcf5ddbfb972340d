"""The notation: lines as they stand, gaps of whole lines, and in a long line the characters left out.

{"v":1,"id":"a-17",[…193,022 characters left out]"end":true}
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compressors import excerpt, gaps
from headroom.compressors.unknown_pieces import Piece
from headroom.content import Shrunk

NOTE_CHARS = 32
"""What declaring characters costs, in characters."""

_NOTE = re.compile(r"\[…([1-9][0-9]{0,2}(?:,[0-9]{3}){0,4}) characters left out\]")


def write(lines: Sequence[str], pieces: Sequence[Piece], kept: Sequence[bool], *, recipe: str) -> Shrunk:
    """Return the kept pieces with every gap declared in its place."""
    shown: list[str | None] = [None] * len(lines)
    counts = [excerpt.GONE] * len(lines)
    at = 0
    while at < len(pieces):
        number, end = pieces[at].line, at + 1
        while end < len(pieces) and pieces[end].line == number:
            end += 1
        if any(kept[at:end]):
            own = pieces[at:end]
            shown[number] = "".join(_parts(lines[number], own, kept[at:end]))
            counts[number] = sum(
                piece.stop - piece.start for piece, keep in zip(own, kept[at:end], strict=True) if keep
            )
        at = end
    return excerpt.write(lines, shown, counts, recipe=recipe)


def _parts(line: str, pieces: Sequence[Piece], kept: Sequence[bool]) -> list[str]:
    parts: list[str] = []
    for first, end in gaps.stretches(kept):
        start, stop = pieces[first].start, pieces[end - 1].stop
        parts.append(line[start:stop] if kept[first] else f"[…{stop - start:,} characters left out]")
    return parts


def read(line: str, source: str) -> int:
    """Return how many characters of a source line an output line shows among its notes; 0 if it is no such line."""
    at = shown = done = 0
    for note in _NOTE.finditer(line):
        length = note.start() - done
        if not source.startswith(line[done : note.start()], at):
            return 0
        shown += length
        at += length + int(note[1].replace(",", ""))
        done = note.end()
    rest = line[done:]
    return shown + len(rest) if done and at + len(rest) == len(source) and source.endswith(rest) else 0
