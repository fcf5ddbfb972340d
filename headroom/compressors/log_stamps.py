"""Stamps: the points in time that open a log's lines, and the silences between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

STAMP = re.compile(
    r"(?:\[|\()?(?:"
    r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"|[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
    r"|[0-9]{2}/(?:[0-9]{2}|[A-Z][a-z]{2})/[0-9]{2,4}[: ][0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"|[0-9]{2}[0-9]{4} [0-9]{6}(?= )"
    r"|[0-9]{10}(?:\.[0-9]{1,6})?(?= )"
    r")(?:\]|\))? ?"
)
"""A point in time that opens a line."""

STAMP_FIRST = frozenset("[(0123456789JFMASOND")
"""What a stamp begins with."""

_CLOCK = re.compile(r"(?<![0-9])[0-2][0-9]:[0-5][0-9]:[0-5][0-9]")
_WITHIN = 100
"""Characters at the start of a line in which its clock is looked for."""

_DAY = 86_400
_ENOUGH = 20
_USUAL = 98
"""Of a hundred steps from line to line so many are no longer than what is usual."""

_LONGER = 10
_MAX_SILENCES = 3


def silences(lines: Sequence[str]) -> list[int]:
    """Return the lines after which nothing was said for much longer than usual, the longest silences first.

    Of lines whose clock (hours, minutes, seconds) stands where it stands in the first that has one.
    """
    first = next((found for line in lines[:_ENOUGH] if (found := _CLOCK.search(line[:_WITHIN]))), None)
    if first is None:
        return []
    start, end = first.span()
    seconds = {clock: _seconds(clock) for clock in {line[start:end] for line in lines}}
    told = [(number, at) for number, line in enumerate(lines) if (at := seconds[line[start:end]]) is not None]
    steps = [(_step(a, b), number) for (number, a), (_, b) in pairwise(told)]
    if len(steps) < _ENOUGH:
        return []
    usual = sorted(step for step, _ in steps)[len(steps) * _USUAL // 100 - 1]
    long = [(-step, number) for step, number in steps if step > max(1, usual) * _LONGER]
    return [number for _, number in sorted(long)[:_MAX_SILENCES]]


def _seconds(clock: str) -> int | None:
    if not _CLOCK.fullmatch(clock):
        return None
    return int(clock[:2]) * 3_600 + int(clock[3:5]) * 60 + int(clock[6:])


def _step(a: int, b: int) -> int:
    """Return the seconds from one clock to the next; lines a little out of order count as none, midnight goes on."""
    return b - a if b >= a else b - a + _DAY if a - b > _DAY // 2 else 0
