"""Suspects: the lines that may be red or warn, found quickly, so that only they are judged.

No line that is not suspicious is anything but plain, and lines that differ in numbers only are equally suspicious.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from headroom.compressors.red_layout import (
    LAID_OUT_LINE,
    PLACE,
    ROW_END,
    glog_level,
    is_laid_out,
    is_row_of_letters,
)
from headroom.compressors.red_signs import holders, may_hold, signs_in

_HEAD, _TAIL = 3_000, 1_000
"""A line is judged by this many of its first and last characters, so that one huge line costs little."""

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
    found = set(numbers(_shown(low), low) if sure else holders(low))
    found.update(numbers([at for name in NAMES for at in places(text, name)], text))
    found.update(numbers([place.start() for place in PLACE.finditer(text)], text))
    for layout, framed in ((LAID_OUT_LINE, f"\n{text}"), (ROW_END, f"{text}\n")):
        near = numbers([end.start() for end in layout.finditer(framed)], framed)
        found.update([n for n in near if is_laid_out(lines[n]) or is_row_of_letters(lines[n]) or glog_level(lines[n])])
    return sorted(found)


def _shown(low: str) -> list[int]:
    """Return where signs stand in a lower-case text."""
    shown: list[int] = []
    for sign in set(signs_in(low)):
        match = sign.pattern.match
        shown += [at for at in places(low, sign.stem) if match(low, at)]
    return shown


def places(text: str, word: str) -> Iterator[int]:
    """Yield where a word stands in a text."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def numbers(places_: Iterable[int], text: str) -> Iterator[int]:
    """Yield the numbers of the lines at these places of a text, in order; one may come again."""
    number = done = 0
    for place in sorted(places_):
        number += text.count("\n", done, place)
        done = place
        yield number
