"""Records: a log's units of meaning, each a head line and the lines that continue it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from headroom.compressors.log_templates import Masks
from headroom.compressors.red import PLAIN, RED, is_frame, severity, suspicious

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

_CONTINUES = re.compile(
    r"Caused by: |Suppressed: |\.\.\. [0-9]+ more|goroutine [0-9]+ \[|created by |The above exception was|During handling of the above"
)
_TRACEBACK = "Traceback (most recent call last)"


class Record(NamedTuple):
    """Lines `start` to `end` of the source; line `start` is the head."""

    start: int
    end: int
    severity: int
    says: int
    """The line that tells what it is: its first of that severity, or the head."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What all lines of one mask have in common."""

    stamped: bool
    indented: bool
    """Blank, or begins with a blank after its time stamp."""
    blank: bool
    continues: bool
    traceback: bool
    frame: bool
    suspect: bool
    """Its severity may depend on its numbers: every line is judged."""


def records(lines: Sequence[str], masks: Masks) -> list[Record]:
    """Group lines, free of terminal escapes, into records. Linear.

    A line continues the one above when it is indented (after its time stamp, if it has one), is blank, or goes
    on with a stack trace. Where most unindented lines open with a time stamp, one that does not continues too.
    """
    by_mask = [_shape(lines[first]) for first in masks.first]
    shapes = [by_mask[number] for number in masks.of]
    starts = [number for number, head in enumerate(_heads(shapes)) if head]
    ends = [*starts[1:], len(lines)]
    return [_record(lines, shapes, start, end) for start, end in zip(starts, ends, strict=True)]


def _shape(line: str) -> _Shape:
    stamp = STAMP.match(line)
    body = line[stamp.end() :] if stamp else line
    return _Shape(
        stamped=stamp is not None,
        indented=body[:1] in {"", " ", "\t"},
        blank=not body.strip(),
        continues=_CONTINUES.match(body) is not None,
        traceback=body.startswith(_TRACEBACK),
        frame=is_frame(body),
        suspect=suspicious(line),
    )


def _heads(shapes: Sequence[_Shape]) -> list[bool]:
    outer = sum(1 for shape in shapes if not shape.indented)
    stamped = sum(1 for shape in shapes if shape.stamped and not shape.indented)
    strict = 0 < outer * 6 <= stamped * 10
    heads: list[bool] = []
    traceback = False
    for shape in shapes:
        alone = shape.stamped or not strict
        if shape.indented:
            heads.append(False)
            traceback = traceback and not shape.blank
        elif traceback or shape.traceback:
            heads.append(alone and not traceback)
            traceback = not traceback  # the first unindented line after the frames is the exception itself
        else:
            heads.append(alone and not shape.continues)
    if heads:
        heads[0] = True
    return heads


def _record(lines: Sequence[str], shapes: Sequence[_Shape], start: int, end: int) -> Record:
    worst, says, frames = PLAIN, start, 0
    for number in range(start, end):
        shape = shapes[number]
        if shape.frame:
            frames += 1
        elif shape.suspect and worst < RED and (level := severity(lines[number])) > worst:
            worst, says = level, number
    return Record(start, end, RED if frames > 1 else worst, says)
