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
_HOURS = {f"{hour:02}:": hour * 3_600 for hour in range(30)}
_MINUTES = {f"{minute:02}:": minute * 60 for minute in range(60)}
_SECONDS = {f"{second:02}": second for second in range(60)}
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
    clocks = [line[start:end] for line in lines]
    seconds = {clock: _seconds(clock) for clock in set(clocks)}
    told = [number for number, clock in enumerate(clocks) if seconds[clock] is not None]
    times = [at for clock in clocks if (at := seconds[clock]) is not None]
    steps = [b - a if b >= a else _step(a, b) for a, b in pairwise(times)]
    if len(steps) < _ENOUGH:
        return []
    least = max(1, sorted(steps)[len(steps) * _USUAL // 100 - 1]) * _LONGER
    long = [(-step, number) for step, number in zip(steps, told, strict=False) if step > least]
    return [number for _, number in sorted(long)[:_MAX_SILENCES]]


def _seconds(clock: str) -> int | None:
    """Return the seconds of a day's time, spelled as `_CLOCK` has it; None for what is none."""
    try:
        return _HOURS[clock[:3]] + _MINUTES[clock[3:6]] + _SECONDS[clock[6:]]
    except KeyError:
        return None


def _step(a: int, b: int) -> int:
    """Return the seconds from one clock to the next; lines a little out of order count as none, midnight goes on."""
    return b - a if b >= a else b - a + _DAY if a - b > _DAY // 2 else 0
