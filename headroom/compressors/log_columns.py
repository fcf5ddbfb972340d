"""Columns: the values that stand in a template's holes; which of them are odd, and how to sum them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from operator import ne

from headroom.compressors.log_stamps import STAMP
from headroom.compressors.log_templates import HOLE, MAX_LINE, VALUE, Template

ENOUGH = 12
"""Values below which nothing is called odd."""

_MAX_ODD = 3
"""Odd values of one column at most: what is odd more often is a long tail."""

_MAX_CHANGES = 3
_FIRST = 64
"""Values among which most columns show that they change too often."""

_KINDS_TOLD = 4
"""Different values that a summary spells out."""


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one hole, in order of the template's members."""

    place: int
    """Which word of the template."""
    hole: int
    """Which hole of that word."""
    values: list[str]


def columns(template: Template, lines: Sequence[str]) -> Iterator[Column]:
    """Yield the columns of a template."""
    shape = template.words
    said = " ".join([lines[member][:MAX_LINE] for member in template.members]).split(" ")
    for place, word in enumerate(shape):
        if HOLE not in word:
            continue
        words = said[place :: len(shape)]
        parts = word.split(HOLE)
        if len(parts) == 2:
            before, after = len(parts[0]), len(parts[1])
            bare = [word[before : len(word) - after] for word in words] if before or after else words
            yield Column(place, 0, bare)
            continue
        holes = len(parts) - 1
        values = VALUE.findall(" ".join(words))
        if len(values) == holes * len(words):  # else the text itself holds what stands for a hole
            yield from (Column(place, hole, values[hole::holes]) for hole in range(holes))


def odd(values: Sequence[str]) -> list[int]:
    """Return the positions of values unlike the others: a rare kind among few, an outlier among numbers."""
    if len(values) < ENOUGH:
        return []
    counts = Counter(values)
    if len(counts) == 1:
        return []
    if len(counts) * 4 <= len(values):
        rare = [value for value, count in counts.items() if count == 1 or count * 100 <= len(values)]
        if 0 < len(rare) <= _MAX_ODD:
            return sorted(values.index(value) for value in rare)
    numbers = _numbers(values)
    return [] if numbers is None else _outliers(numbers)


def changes(values: Sequence[str]) -> list[int]:
    """Return the positions where a value that stood for long gives way to another: none, or up to a few."""
    if len(values) < ENOUGH or len(set(values[:_FIRST])) > _MAX_CHANGES + 1:
        return []
    changed = list(compress(range(1, len(values)), map(ne, values, islice(values, 1, None))))
    return changed if len(changed) <= _MAX_CHANGES else []


def _outliers(numbers: Sequence[float]) -> list[int]:
    """Return the positions more than six robust deviations (1.4826 MAD) from the median, the farthest first."""
    ranked = sorted(numbers)
    if numbers == ranked or numbers == ranked[::-1]:
        return []  # a counter or a clock
    median = ranked[len(ranked) // 2]
    spread = sorted([abs(number - median) for number in ranked])[len(ranked) // 2]
    if not spread or max(ranked[-1] - median, median - ranked[0]) * 10_000 <= spread * 6 * 14_826:
        return []
    away = [abs(number - median) for number in numbers]
    far = [position for position, distance in enumerate(away) if distance * 10_000 > spread * 6 * 14_826]
    return sorted(far, key=lambda position: (-away[position], position))[:_MAX_ODD]


def sum_up(values: Sequence[str]) -> str:
    """Return what a column holds: the value, `least..greatest`, its few kinds, or how many kinds there are."""
    kinds = list(dict.fromkeys(values))
    if len(kinds) == 1:
        return kinds[0]
    numbers = _numbers(kinds)
    if numbers is not None:
        return f"{kinds[numbers.index(min(numbers))]}..{kinds[numbers.index(max(numbers))]}"
    if len(kinds) <= _KINDS_TOLD and sum(map(len, kinds)) <= 80:
        return "{" + "|".join(kinds) + "}"
    if (stamp := STAMP.match(kinds[0])) and stamp.end() == len(kinds[0]):
        return f"{kinds[0]}..{_unlike(kinds[0], kinds[-1])}"
    return f"{{{len(kinds)} kinds}}"


def _unlike(first: str, last: str) -> str:
    """Return the end of `last` from the field on in which it leaves `first`: times repeat their date."""
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    while same and last[same - 1].isdecimal():
        same -= 1
    return last[same:]


def _numbers(values: Sequence[str]) -> list[float] | None:
    """Return the values as numbers, or None unless all are plain decimals that a float holds exactly enough."""
    digits = "".join(values)
    if max(map(len, values)) > 15:
        return None
    if digits.isascii() and digits.isdecimal() and all(values):
        return list(map(int, values))
    if not digits.isascii() or not digits.replace(".", "").isdecimal():
        return None
    try:
        return list(map(float, values))
    except ValueError:
        return None  # a version, an address
