"""Pieces: what of a text of no known kind stays or goes as a whole: a line, or some of a long one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

LONG = 600
"""Characters of a line that is still one piece."""

_PIECE = 240
"""Characters of a piece of a longer one, at most."""

_SEEN_BACK = 80
"""Characters in which a place to cut is looked for."""

_CUTS = (" ", ",", ";", "&", "|", ">", "/")


class Piece(NamedTuple):
    """Some characters of one line."""

    line: int
    start: int
    stop: int


def pieces(lines: Sequence[str]) -> list[Piece]:
    """Return the pieces of all lines, in order: every character belongs to one. Linear."""
    out: list[Piece] = []
    for number, line in enumerate(lines):
        if len(line) <= LONG:
            out.append(Piece(number, 0, len(line)))
        else:
            out += _of_long(line, number)
    return out


def _of_long(line: str, number: int) -> Iterator[Piece]:
    start = 0
    while len(line) - start > _PIECE:
        stop = _cut(line, start + _PIECE)
        yield Piece(number, start, stop)
        start = stop
    yield Piece(number, start, len(line))


def _cut(line: str, end: int) -> int:
    """Return the last place before `end` behind a separator, so that no word or number is cut if that can be helped."""
    return next((at + 1 for sign in _CUTS if (at := line.rfind(sign, end - _SEEN_BACK, end)) >= 0), end)
