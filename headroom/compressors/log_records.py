"""Records: a log's units of meaning, each a head line and the lines that continue it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from headroom.compressors.log_stamps import STAMP, STAMP_FIRST
from headroom.compressors.log_streams import lead, traced
from headroom.compressors.log_templates import MAX_LINE, Masks
from headroom.compressors.red import FRAME_FIRST, PLAIN, RED, is_frame, severities, suspects

_CONTINUES = re.compile(
    r"Caused by: |Suppressed: |\.\.\. [0-9]+ more|goroutine [0-9]+ \[|created by |The above exception was|During handling of the above"
)
__all__ = ["STAMP", "Record", "Records", "records"]

_CONTINUES_FIRST = frozenset("CS.gcTD")
_TELLING = FRAME_FIRST | _CONTINUES_FIRST | {""}
"""What a line begins with that may be more than the head of a record."""
_TRACEBACK_OPENS = "Traceback (most recent call last)"


class Record(NamedTuple):
    """Lines `start` to `end` of the source; line `start` is the head."""

    start: int
    end: int
    severity: int
    says: int
    """The line that tells what it is: its first of that severity, or the head."""


@dataclass(frozen=True, slots=True)
class Records:
    """A text's records, in order, held by columns: there may be one for each line."""

    starts: list[int]
    ends: list[int]
    severities: list[int]
    says: list[int]

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Record]:
        return map(Record, self.starts, self.ends, self.severities, self.says)

    def __getitem__(self, number: int) -> Record:
        return Record(self.starts[number], self.ends[number], self.severities[number], self.says[number])


# What a line is to the records.
_HEAD = 0  # opens one, unless it closes a traceback
_GOES_ON = 1  # is not indented, and continues the one above
_INDENTED = 2  # begins with a blank, after its time stamp if it has one
_BLANK = 3
_INNER = frozenset((_INDENTED, _BLANK))
_TRACEBACK = 4  # opens one and a traceback: the first unindented line after the frames is the exception itself
_INNER_TRACEBACK = 5  # opens a traceback within one


class _Shapes(NamedTuple):
    """What lines of one mask have in common, mask by mask."""

    stamped: list[bool]
    roles: list[int]
    frames: frozenset[int]
    """The masks of frames of a stack."""


def records(lines: Sequence[str], masks: Masks) -> Records:
    """Group lines, free of terminal escapes, into records. Linear.

    A line continues the one above when it is indented (after its time stamp, if it has one), is blank, or goes
    on with a stack trace. Where most unindented lines open with a time stamp, one that does not continues too.
    """
    firsts = [lines[first] for first in masks.first]
    times = Counter(masks.of)
    named = lead(firsts, times)
    shapes = _shapes(firsts, named)
    starts = _starts(_roles(shapes, times), masks)
    ends = [*starts[1:], len(lines)]
    levels, says = [PLAIN] * len(starts), list(starts)
    numbers = _of_masks(set(suspects(firsts)) - shapes.frames, masks)
    if max(map(len, lines), default=0) > MAX_LINE:  # a mask tells nothing of the end of a long line
        long = [number for number, line in enumerate(lines) if len(line) > MAX_LINE]
        numbers = sorted({*numbers, *(number for number in long if masks.of[number] not in shapes.frames)})
    kinds = [masks.of[number] if len(lines[number]) <= MAX_LINE else -number for number in numbers]
    for number, level in zip(numbers, severities([lines[number] for number in numbers], kinds), strict=True):
        if level > PLAIN and level > levels[record := bisect_right(starts, number) - 1]:
            levels[record], says[record] = level, number
    if frames := _of_masks(shapes.frames, masks):
        counts = Counter(bisect_right(starts, frame) - 1 for frame in frames)
        red = [told for told, level in zip(says, levels, strict=True) if level == RED]
        counts.update(bisect_right(starts, frame) - 1 for frame in traced(lines, named, frames, red))
        for record in [record for record, count in counts.items() if count > 1]:
            levels[record] = RED
    return Records(starts, ends, levels, says)


def _shapes(firsts: Sequence[str], named: re.Pattern[str]) -> _Shapes:
    match = named.match
    opens = [named is not STAMP or line[:1] in STAMP_FIRST for line in firsts]
    stamps = [stamp.end() if may and (stamp := match(line)) else 0 for line, may in zip(firsts, opens, strict=True)]
    bodies = [line[stamp:] for line, stamp in zip(firsts, stamps, strict=True)]
    roles = [_HEAD] * len(bodies)
    frames: list[int] = []
    for number in [number for number, body in enumerate(bodies) if body[:1] in _TELLING]:
        body = bodies[number]
        roles[number] = _role(body)
        if is_frame(body):
            frames.append(number)
    return _Shapes(list(map(bool, stamps)), roles, frozenset(frames))


def _role(body: str) -> int:
    """Return the role of a line, told by what follows its time stamp."""
    first = body[:1]
    if not first or first in " \t":
        return _INDENTED if body.strip() else _BLANK
    if first == "T" and body.startswith(_TRACEBACK_OPENS):
        return _TRACEBACK
    return _GOES_ON if first in _CONTINUES_FIRST and _CONTINUES.match(body) else _HEAD


def _roles(shapes: _Shapes, times: Mapping[int, int]) -> list[int]:
    """Return each mask's role: where most unindented lines are stamped, one that is not goes on with the one above."""
    outer = [mask for mask, role in enumerate(shapes.roles) if role not in _INNER]
    stamped = sum([times[mask] for mask in outer if shapes.stamped[mask]])
    if not 0 < sum([times[mask] for mask in outer]) * 6 <= stamped * 10:
        return shapes.roles
    inner = {_HEAD: _GOES_ON, _TRACEBACK: _INNER_TRACEBACK}
    told = zip(shapes.stamped, shapes.roles, strict=True)
    return [role if stamped else inner.get(role, role) for stamped, role in told]


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


def _of_masks(wanted: AbstractSet[int], masks: Masks) -> list[int]:
    """Return the lines of these masks, ascending."""
    return [number for number, mask in enumerate(masks.of) if mask in wanted] if wanted else []
