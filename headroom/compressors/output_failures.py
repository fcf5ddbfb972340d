"""Failures: the blocks of lines in which something went wrong, from their heading to their last word.

Told by shape. A rule whose title is red opens one (`=== FAILURES ===`, `___ test_x ___`), up to the next rule of
its rank. Anywhere else a red line is one, with what is indented under it, what goes on with it, and what led to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from headroom.compressors.output_lines import Judged
from headroom.compressors.red import RED, is_summary

_MOST_BELOW, _MOST_ABOVE = 400, 40
"""Lines that one red line draws after it and before it."""

_MESSAGE, _AFTER = 20, 2
"""Lines of what an exception says that are not indented; of what follows any other red line."""

_EXCERPT = 5
"""Lines of a source that are shown above a pointer."""

_LEADING = 3
"""Lines one above the other that introduce what follows."""

_SINCE, _NEAR = 400, 60
"""Lines above a red one among which a heading, and any line, that names the same is looked for."""

_SEARCHED = 500
"""Red lines whose names are looked for."""

_HEADING = 3
"""Lines of a heading between two rules."""

_TRACEBACK = "Traceback (most recent call last)"

NAME = re.compile(r"(?=[A-Za-z0-9]{0,80}[_.:/\[][\w.:/-]|[A-Za-z0-9]{1,80}?[a-z][A-Z])[A-Za-z_/.][\w./:\[\]-]{3,300}")
"""A name of something, no word of a language: a path, a test, an identifier."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Lines `start` to `end` tell of one failure."""

    start: int
    end: int


def failures(judged: Judged) -> list[Failure]:
    """Return the failures, in order; they do not overlap, and every red line is in one. Linear."""
    ruled = list(_ruled(judged))
    found = list(ruled)
    frames = _heads_of_frames(judged)
    free, searched, at = 0, 0, 0
    for number in sorted(frames.union(judged.at(RED))):
        while at < len(ruled) and ruled[at].end <= number:
            at += 1
        if number < free or (at < len(ruled) and ruled[at].start <= number):
            continue
        start = _above(judged, number)
        if searched < _SEARCHED:
            searched += 1
            start = min(start, _since_named(judged, number, start))
        found.append(Failure(start, free := _below(judged, number)))
    return _apart(sorted(found, key=lambda failure: (failure.start, failure.end)))


def _apart(found: list[Failure]) -> list[Failure]:
    """Join failures that overlap."""
    out: list[Failure] = []
    for failure in found:
        if out and failure.start < out[-1].end:
            out[-1] = Failure(out[-1].start, max(out[-1].end, failure.end))
        else:
            out.append(failure)
    return out


def _ruled(judged: Judged) -> Iterator[Failure]:
    """Yield the sections under red rules, the innermost.

    A rule closes the section of the last rule of its character, and all within; one that sums up closes all.
    """
    rules = judged.which(attrgetter("rule"))
    open_at = -1
    stack: list[tuple[str, bool]] = []
    for number in rules:
        drawn = judged.kinds[number].rule
        title = _title(judged, number)
        sums_up = is_summary(judged.lines[title])
        chars = [char for char, _ in stack]
        if sums_up:
            stack.clear()
        elif drawn in chars:
            del stack[chars.index(drawn) :]
        opens = judged.levels[title] == RED and not sums_up
        if not sums_up:
            stack.append((drawn, opens))
        heading = open_at >= 0 and number - open_at < _HEADING
        if open_at >= 0 and not heading and (opens or not any(red for _, red in stack)):
            yield Failure(open_at, number)
            open_at = -1
        if open_at < 0 and any(red for _, red in stack):
            open_at = number
    if open_at >= 0:
        yield Failure(open_at, len(judged.lines))


def _title(judged: Judged, number: int) -> int:
    """Return the line that says what a rule opens: itself, or the next one if that is no rule."""
    after = number + 1
    if judged.kinds[number].title or after == len(judged.lines) or judged.kinds[after].rule:
        return number
    return after


def _heads_of_frames(judged: Judged) -> frozenset[int]:
    """Return the lines above two frames of a stack and more: they say what was raised, whatever its name."""
    frames = judged.which(attrgetter("frame"))
    opening = [number for number, below in pairwise(frames) if number and below == number + 1]
    above = [(number, judged.kinds[number - 1]) for number in opening]
    return frozenset(number if kind.blank else number - 1 for number, kind in above if not kind.frame)


def _below(judged: Judged, number: int) -> int:
    """Return the end of what a red line draws after it."""
    kinds, lines = judged.kinds, judged.lines
    depth, end = kinds[number].indent, number + 1
    traced = _TRACEBACK in lines[number][:400]
    blanks = 0
    for at in range(number + 1, min(len(lines), number + _MOST_BELOW)):
        kind = kinds[at]
        if kind.blank:
            blanks += 1
            if blanks > 1:
                break
            continue
        followed = at + 1 < len(lines) and (kinds[at + 1].frame or kinds[at + 1].pointer)
        if kind.indent <= depth and traced and not kind.continues and not blanks:
            return _message_end(judged, at, _MESSAGE)  # the first line behind a traceback is the exception
        if not (kind.indent > depth or kind.continues or kind.pointer or followed):
            break
        if kind.rule or (blanks and judged.routine[at]):
            break
        end, blanks = at + 1, 0
    if end == number + 1:
        return _message_end(judged, number, _MESSAGE if kinds[number].leads else _AFTER)
    return end


def _message_end(judged: Judged, number: int, most: int) -> int:
    """Return the end of what a line goes on to say in the lines right after it."""
    at = number + 1
    while at < min(len(judged.lines), number + 1 + most):
        kind = judged.kinds[at]
        if kind.blank or kind.rule or judged.routine[at] or judged.levels[at] == RED:
            break
        at += 1
    return at


def _above(judged: Judged, number: int) -> int:
    """Return the start of what led to a red line: what is indented deeper, with its head, and what introduces it."""
    kinds = judged.kinds
    depth, start, leading = kinds[number].indent, number, 0
    if number + 1 < len(kinds) and kinds[number + 1].pointer:
        return _paragraph_start(judged, number)
    for at in range(number - 1, max(-1, number - _MOST_ABOVE), -1):
        kind = kinds[at]
        if kind.rule or judged.routine[at]:
            break
        if kind.blank:
            shown = at > 0 and (kinds[at - 1].pointer or kinds[at - 1].indent > depth)
            if shown and start == number == at + 1:
                continue
            break
        if kind.indent > depth or kind.pointer:
            start = at
        elif kinds[start].pointer:
            return _paragraph_start(judged, at)  # a source line
        elif kinds[start].indent > depth:
            start = at  # the head of what is indented
            if not kind.leads:
                break
        elif kind.leads and leading < _LEADING:
            start, leading = at, leading + 1
        else:
            break
    return start


def _paragraph_start(judged: Judged, number: int) -> int:
    at = number
    while at > max(0, number - _EXCERPT) and not (judged.kinds[at - 1].blank or judged.routine[at - 1]):
        at -= 1
    return at


def _since_named(judged: Judged, number: int, start: int) -> int:
    """Return the line above that names what a red line names: a heading, or what is not all routine since."""
    names = {name.rstrip(".:") for name in NAME.findall(judged.lines[number][:400])[:4]}
    if not names:
        return start
    routine = 0
    for at in range(start - 1, max(-1, number - _SINCE), -1):
        kind = judged.kinds[at]
        line = judged.lines[at]
        if (kind.title or number - at < _NEAR) and any(name in line for name in names):
            return at if kind.title or routine * 4 <= number - at else start
        if judged.levels[at] == RED or kind.rule:
            break
        routine += judged.routine[at]
    return start
