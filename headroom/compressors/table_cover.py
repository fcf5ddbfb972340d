"""Rows that show what recurs in a table: of the values that many rows share, each is to stand once."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from headroom.compressors.json_columns import ColumnFacts
from headroom.compressors.table_layout import Layout

_TIMES = 2
"""A column recurs if its values stand in so many rows each, on average."""


def recurring(layout: Layout) -> list[ColumnFacts]:
    """Return the columns of few values, each of which stands in several rows."""
    return [column for column in layout.facts if len(column.counts) * _TIMES <= column.present]


def covering(columns: Sequence[ColumnFacts], shown: Collection[int]) -> Iterator[int]:
    """Yield rows until every value of these columns stands in one, after those that are shown already.

    Each row shows most of what none before it does; among equals, the earlier comes first.
    """
    missing, firsts = _missing(columns, shown)
    queue = [(-len(places), row) for row, places in firsts.items()]
    heapq.heapify(queue)
    while queue:
        _, row = heapq.heappop(queue)
        shows = [place for place, column in enumerate(columns) if column.cells[row] in missing[place]]
        if shows and queue and -len(shows) > queue[0][0]:
            heapq.heappush(queue, (-len(shows), row))
        elif shows:
            yield row
            for place in shows:
                missing[place].discard(columns[place].cells[row])


def _missing(columns: Sequence[ColumnFacts], shown: Collection[int]) -> tuple[list[set[str]], dict[int, list[int]]]:
    """Return for each column what does not stand yet, and the rows in which some of that comes first."""
    missing = []
    firsts: defaultdict[int, list[int]] = defaultdict(list)
    for place, column in enumerate(columns):
        left = set(column.counts).difference(map(column.cells.__getitem__, shown))
        missing.append(left)
        if left:
            first = dict(zip(reversed(column.cells), range(len(column.cells) - 1, -1, -1), strict=True))
            for value in left:
                firsts[first[value]].append(place)
    return missing, firsts
