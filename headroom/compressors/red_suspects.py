"""Suspects: the lines that may be red or warn, found quickly, so that only they are judged.

No line that is not suspicious is anything but plain, and lines that differ in numbers only are equally suspicious.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from headroom.compressors.red_layout import (
    GLOG_FIRST,
    LAID_OUT_FIRST,
    PLACE,
    ROW_LAST,
    glog_level,
    is_laid_out,
    is_row_of_letters,
)
from headroom.compressors.red_signs import may_hold, signs_in

_HEAD, _TAIL = 3_000, 1_000
"""A line is judged by this many of its first and last characters, so that one huge line costs little."""

_FIRST = frozenset(GLOG_FIRST + LAID_OUT_FIRST)

NAMES = ("Error", "Exception", "Failure", "Panic", "Fault", "Interrupt", "Warning", "Timeout", "Mismatch", "BackOff")
"""The ends of the class names of exceptions."""


def ends(line: str) -> str:
    """Return what a line is judged by: all of it, or both ends of a huge one."""
    return line if len(line) <= _HEAD + _TAIL else f"{line[:_HEAD]} {line[-_TAIL:]}"


def suspicious(line: str) -> bool:
    """Tell whether a line may be anything but plain: cheap, and alike for lines that differ in numbers only."""
    line = ends(line)
    return (
        may_hold(line.lower())
        or has_name(line)
        or is_laid_out(line)
        or is_row_of_letters(line)
        or glog_level(line) != ""
    )


def has_name(line: str) -> bool:
    """Tell whether a line holds what ends the class name of an exception."""
    for name in NAMES:  # noqa: SIM110 - a generator would take twice the time
        if name in line:
            return True
    return False


def suspects(lines: Sequence[str]) -> list[int]:
    """Return the numbers of all lines that are not plain and of some more: of many lines at once, at C speed."""
    lines = [ends(line) for line in lines] if max(map(len, lines), default=0) > _HEAD + _TAIL else lines
    text = "\n".join(lines)
    low = text.lower()
    found = set(_holding(low, {sign.stem for sign in signs_in(low)}, low.split("\n")))
    found.update(_holding(text, NAMES, lines))
    if ":" in text:
        found.update(_numbers((place.start() for place in PLACE.finditer(text)), lines))
    found.update([n for n, line in enumerate(lines) if line[:1] in _FIRST and (glog_level(line) or is_laid_out(line))])
    found.update([n for n, line in enumerate(lines) if line[-1:] in ROW_LAST and is_row_of_letters(line)])
    return sorted(found)


def _holding(text: str, words: Iterable[str], lines: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of the lines that hold one of the words; a text where no line does costs one scan for each."""
    places: list[int] = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            places.append(at)
            at = text.find(word, at + len(word))
    yield from _numbers(sorted(places), lines)


def _numbers(places: Iterable[int], lines: Sequence[str]) -> Iterator[int]:
    """Yield the number of the line at each place of the text; places ascend."""
    ends_ = accumulate(len(line) + 1 for line in lines)
    number, end = 0, next(ends_, 0)
    for place in places:
        while place >= end:
            number, end = number + 1, next(ends_)
        yield number
