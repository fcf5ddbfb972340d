"""Numbers that are far from the others of their kind, where another column tells the kinds: 103 among prices near 1,000."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from headroom.compressors.json_columns import ColumnFacts

OUTLIER = 4
"""Robust z from which a number is an outlier (as in Iglewicz and Hoaglin, who take 3.5)."""

_MAX_KINDS, _MIN_GROUP, _GROUP_SAMPLE = 12, 16, 300
"""Kinds that a column may tell, rows of a kind in which one may be far from the others, rows from which it is judged."""


def tells_kinds(column: ColumnFacts) -> bool:
    """Whether the column has so few values that each may be a kind of rows."""
    return column.role == "enum" and 1 < len(column.counts) <= _MAX_KINDS


def kind_of(column: ColumnFacts, kinds: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """Return the column of few values that tells best how large the numbers of a measure are, if one does."""
    if column.role != "measure" or len(column.cells) < _MIN_GROUP:
        return None
    told = [(spread, kind) for kind in kinds if (spread := _told_by(kind, column)) is not None]
    return min(told, key=itemgetter(0))[1] if told else None


def far_in_group(column: ColumnFacts, kind: ColumnFacts) -> Iterator[tuple[int, str, int]]:
    """Yield the rows whose number is far from the others of its kind, with words for it and how many times the spread."""
    for value, rows in _groups(kind.cells, column, range(len(column.cells))).items():
        for row, times in _far_from_others(column, rows):
            yield row, f"outlier {column.cells[row]} where {kind.name} is {value}", times


def _told_by(kind: ColumnFacts, column: ColumnFacts) -> float | None:
    """Return how far the numbers of one kind are spread, of all numbers' spread; None if that is more than half."""
    step = len(column.cells) // _GROUP_SAMPLE + 1
    # At uneven steps, or kinds that take turns would not all be seen.
    some = [row + row // step * 7919 % step for row in range(0, len(column.cells) - step + 1, step)]
    groups = _groups(kind.cells, column, some)
    numbers = [[column.numbers[column.cells[row]] for row in rows] for rows in groups.values()]
    every = [number for group in numbers for number in group]
    whole = _spread_of(every)[1] * len(every)
    inside = sum([_spread_of(group)[1] * len(group) for group in numbers])
    return inside / whole if 0 < 2 * inside <= whole else None


def _groups(kinds: Sequence[str], column: ColumnFacts, rows: Iterable[int]) -> dict[str, list[int]]:
    """Return those of the rows that have a number, by their kind."""
    groups: dict[str, list[int]] = {}
    for row in rows:
        if column.cells[row] in column.numbers:
            groups.setdefault(kinds[row], []).append(row)
    return groups


def _far_from_others(column: ColumnFacts, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the rows whose number is far from the middle of these, with how many times their spread."""
    numbers = [column.numbers[column.cells[row]] for row in rows]
    median, spread = _spread_of(numbers) if len(rows) >= _MIN_GROUP else (0, 0)
    if spread:
        far = [(abs(number - median) / spread, row) for number, row in zip(numbers, rows, strict=True)]
        ranked = sorted([one for one in far if one[0] >= OUTLIER], key=lambda one: (-one[0], one[1]))
        yield from ((row, int(min(times, 30))) for times, row in ranked[: len(rows) // 50 + 1])


def _spread_of(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the median of the numbers and how far they are spread around it."""
    if not numbers:
        return 0, 0
    median = sorted(numbers)[len(numbers) // 2]
    distances = sorted([abs(number - median) for number in numbers])
    return median, 1.4826 * distances[len(distances) // 2] or 1.2533 * sum(distances) / len(distances)
