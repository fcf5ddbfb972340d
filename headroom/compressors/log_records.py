"""Records: a log's units of meaning, each a head line and the lines that continue it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import NamedTuple

from headroom.compressors.log_stamps import STAMP, STAMP_FIRST
from headroom.compressors.log_streams import lead, traced
from headroom.compressors.log_templates import MAX_LINE, Masks
from headroom.compressors.red import FRAME_FIRST, PLAIN, RED, is_frame, severities, suspects

_CONTINUES = re.compile(
    r"Caused by: |Suppressed: |\.\.\. [0-9]+ more|goroutine [0-9]+ \[|created by |The above exception was|During handling of the above"
)
__all__ = ["STAMP", "Record", "records"]

_CONTINUES_FIRST = frozenset("CS.gcTD")
_TRACEBACK_OPENS = "Traceback (most recent call last)"


class Record(NamedTuple):
    """Lines `start` to `end` of the source; line `start` is the head."""

    start: int
    end: int
    severity: int
    says: int
    """The line that tells what it is: its first of that severity, or the head."""


# What a line is to the records.
_HEAD = 0  # opens one, unless it closes a traceback
_GOES_ON = 1  # is not indented, and continues the one above
_INDENTED = 2  # begins with a blank, after its time stamp if it has one
_BLANK = 3
_TRACEBACK = 4  # opens one and a traceback: the first unindented line after the frames is the exception itself
_INNER_TRACEBACK = 5  # opens a traceback within one


class _Shape(NamedTuple):
    """What all lines of one mask have in common."""

    stamped: bool
    role: int
    frame: bool


def records(lines: Sequence[str], masks: Masks) -> list[Record]:
    """Group lines, free of terminal escapes, into records. Linear.

    A line continues the one above when it is indented (after its time stamp, if it has one), is blank, or goes
    on with a stack trace. Where most unindented lines open with a time stamp, one that does not continues too.
    """
    firsts = [lines[first] for first in masks.first]
    times = Counter(masks.of)
    named = lead(firsts, times)
    shapes = [_shape(line, named) for line in firsts]
    starts = _starts(_roles(shapes, times), masks)
    ends = [*starts[1:], len(lines)]
    levels, says = [PLAIN] * len(starts), list(starts)
    suspect = {number for number in suspects(firsts) if not shapes[number].frame}
    numbers = _of_masks(suspect, masks)
    kinds = (masks.of[number] if len(lines[number]) <= MAX_LINE else -number for number in numbers)
    for number, level in zip(numbers, severities([lines[number] for number in numbers], kinds), strict=True):
        record = bisect_right(starts, number) - 1
        if level > levels[record]:
            levels[record], says[record] = level, number
    if frames := _of_masks({number for number, shape in enumerate(shapes) if shape.frame}, masks):
        counts = Counter(bisect_right(starts, frame) - 1 for frame in frames)
        red = [told for told, level in zip(says, levels, strict=True) if level == RED]
        counts.update(bisect_right(starts, frame) - 1 for frame in traced(lines, named, frames, red))
        for record in [record for record, count in counts.items() if count > 1]:
            levels[record] = RED
    return list(map(Record, starts, ends, levels, says))


def _shape(line: str, named: re.Pattern[str]) -> _Shape:
    opens = named.match(line) if named is not STAMP or line[:1] in STAMP_FIRST else None
    body = line[opens.end() :] if opens else line
    first = body[:1]
    if not first or first in " \t":
        role = _INDENTED if body.strip() else _BLANK
    elif first == "T" and body.startswith(_TRACEBACK_OPENS):
        role = _TRACEBACK
    else:
        role = _GOES_ON if first in _CONTINUES_FIRST and _CONTINUES.match(body) else _HEAD
    return _Shape(opens is not None, role, first in FRAME_FIRST and is_frame(body))


def _roles(shapes: Sequence[_Shape], times: Mapping[int, int]) -> list[int]:
    """Return each mask's role: where most unindented lines are stamped, one that is not goes on with the one above."""
    outer = [mask for mask, shape in enumerate(shapes) if shape.role not in {_INDENTED, _BLANK}]
    stamped = sum(times[mask] for mask in outer if shapes[mask].stamped)
    if not 0 < sum(times[mask] for mask in outer) * 6 <= stamped * 10:
        return [shape.role for shape in shapes]
    inner = {_HEAD: _GOES_ON, _TRACEBACK: _INNER_TRACEBACK}
    return [shape.role if shape.stamped else inner.get(shape.role, shape.role) for shape in shapes]


def _starts(roles: Sequence[int], masks: Masks) -> list[int]:
    """Return the lines that open records; the first line does."""
    of = masks.of
    opens = [role in {_HEAD, _TRACEBACK} for role in roles]
    heads = [opens[mask] for mask in of]
    done = 0
    for number in _of_masks({n for n, role in enumerate(roles) if role in {_TRACEBACK, _INNER_TRACEBACK}}, masks):
        if number >= done:
            done = number + 1
            while done < len(of) and roles[of[done]] == _INDENTED:
                done += 1
            if done < len(of) and roles[of[done]] != _BLANK:
                heads[done] = False
                done += 1
    heads[:1] = [True]
    return list(compress(range(len(of)), heads))


def _of_masks(wanted: set[int], masks: Masks) -> list[int]:
    """Return the lines of these masks, ascending."""
    return [number for number, mask in enumerate(masks.of) if mask in wanted] if wanted else []
