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


def suspects(lines: Sequence[str], *, sure: bool = False) -> list[int]:
    """Return the numbers of all lines that are not plain and of some more: of many lines at once, at C speed.

    With `sure`, of few more: only one of several lines that differ in numbers may be among them.
    """
    lines = [ends(line) for line in lines] if max(map(len, lines), default=0) > _HEAD + _TAIL else lines
    text = "\n".join(lines)
    low = text.lower()
    signs = set(signs_in(low))
    stems = [] if sure else _shortest({sign.stem for sign in signs})
    shown = [at for stem in stems for at in _places(low, stem)]
    if sure:
        shown = [at for sign in signs for at in _places(low, sign.stem) if sign.pattern.match(low, at)]
    called = [at for name in NAMES if not _holds(name.lower(), stems) for at in _places(text, name)]
    found = {*_numbers(sorted(shown), low.split("\n")), *_numbers(sorted(called), lines)}
    if ":" in text:
        found.update(_numbers((place.start() for place in PLACE.finditer(text)), lines))
    found.update([n for n, line in enumerate(lines) if line[:1] in _FIRST and (glog_level(line) or is_laid_out(line))])
    found.update([n for n, line in enumerate(lines) if line[-1:] in ROW_LAST and is_row_of_letters(line)])
    return sorted(found)


def _shortest(stems: set[str]) -> list[str]:
    """Return the stems of which every line holds one that holds any of them."""
    return [stem for stem in stems if not _holds(stem, stems - {stem})]


def _holds(word: str, stems: Iterable[str]) -> bool:
    return any(stem in word for stem in stems)


def _places(text: str, word: str) -> Iterator[int]:
    """Yield where a word stands in a text."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _numbers(places: Iterable[int], lines: Sequence[str]) -> Iterator[int]:
    """Yield the number of the line at each place of the text; places ascend."""
    ends_ = accumulate(len(line) + 1 for line in lines)
    number, end = 0, next(ends_, 0)
    for place in places:
        while place >= end:
            number, end = number + 1, next(ends_)
        yield number
