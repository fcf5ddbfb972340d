"""Which rows of a table to show, when not all can be.

First the first and the last row, then rows with strong evidence whatever they cost (within reason), then
whatever shows most that no chosen row shows, for its tokens, until the target is reached. No field name
means anything, and the order of rows decides between equals only.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from headroom import tokens
from headroom.compressors.json_alike import Alike
from headroom.compressors.json_columns import ColumnFacts
from headroom.compressors.json_evidence import STRONG, find_evidence
from headroom.compressors.json_long import LONG_CHARS, can_be_cut
from headroom.compressors.json_table import Table

SAME_REASON = 12
"""Rows that one and the same reason keeps whatever they cost; there may be thousands with it."""

_OVERDRAFT = 2
"""Times the target that strong evidence may cost."""

_CANDIDATES = 2_000
"""Rows that are weighed for their evidence."""

_PLACES, _PLACES_PER_ROW = 256, 2
"""Rows that are weighed for their place: some for each row that the target has room for, this many at least."""

_NEW_VALUE, _NEW_PLACES = 8, ((8, 6), (64, 3), (512, 1))
_SAMPLE = 40

Thing = TypeVar("Thing")


def choose(
    table: Table,
    facts: Sequence[ColumnFacts],
    *,
    target_tokens: int,
    query: str,
    limit: int = LONG_CHARS,
    alike: Alike | None = None,
) -> list[int]:
    """Return the numbers of the rows to show, in order, for some `target_tokens` tokens.

    `limit` is what will stay of a long cell, in characters. Of rows that are `alike` one is shown, and those that
    something else speaks for.
    """
    return _Choice(table, facts, query, limit, alike).make(target_tokens)


class _Choice:
    """One choice in the making.

    What rows show (values, forms of texts, stretches of the table) and the reasons for them are numbered;
    `left` has for each what one more row with it is worth: nothing after the first that shows a thing, half as
    much after each with a reason.
    """

    def __init__(self, table: Table, facts: Sequence[ColumnFacts], query: str, limit: int, alike: Alike | None) -> None:
        self.limit = limit
        self.table = table
        self.facts = facts
        self.size = table.size
        self.left: list[int] = []
        self.points: defaultdict[int, int] = defaultdict(int)
        self.reasons: defaultdict[int, list[int]] = defaultdict(list)
        numbers: dict[str, int] = {}
        for row, why, points in find_evidence(facts, table.whole, query):
            self.points[row] += points
            self.reasons[row].append(self._numbered(numbers, why, points))
        self.given = [0] * len(numbers)
        self.is_log = is_log(facts)
        self.alike = None if self.is_log or alike is None else alike.of
        self.kinds = {} if self.alike is None else self._number(dict.fromkeys(self.alike), _NEW_VALUE)
        self.long = [column.widest > limit for column in facts]
        self.per_thousand = self._tokens_per_thousand()
        self.costs: dict[int, int] = {}
        some = [self._cost(row) for row in range(0, self.size, self.size // _SAMPLE + 1)]
        self.usual_cost = sum(some) * 5 // (4 * len(some)) + 1
        self.told = [told for column in facts if (told := self._told(column))]
        self.scales = [(scale, self._new(worth, scale)) for scale, worth in _NEW_PLACES]
        self.shows: dict[int, list[int]] = {}
        self.weighed: dict[int, tuple[tuple[int, ...], int]] = {}
        self.chosen: set[int] = set()
        self.spent = 0

    def make(self, target: int) -> list[int]:
        for row in dict.fromkeys((0, self.size - 1)):
            self._take(row)
        for row in sorted(self.points, key=lambda row: (-self.points[row], row)):
            if self.points[row] < STRONG or self.spent > _OVERDRAFT * target:
                break
            if row not in self.chosen and any(self.given[reason] < SAME_REASON for reason in self.reasons[row]):
                self._take(row)
        self._fill(target)
        return sorted(self.chosen)

    def _fill(self, target: int) -> None:
        """Take rows by what they add for their tokens, each weighed again when its turn comes."""
        rows = [row for row in self._candidates(target) if row not in self.chosen]
        if self.is_log or self.kinds:
            # What says nothing new now never will.
            rows = [row for row in rows if not self._says_nothing_new(row)]
        queue = [(-self._worth(row), _spread(row), row) for row in rows]
        heapq.heapify(queue)
        while queue and self.spent < target:
            weighed, order, row = heapq.heappop(queue)
            worth = self._worth(row)
            if worth < -weighed and queue and -worth > queue[0][0]:
                heapq.heappush(queue, (-worth, order, row))
            elif self.spent + self._cost(row) <= target and not self._says_nothing_new(row):
                self._take(row)

    def _says_nothing_new(self, row: int) -> bool:
        """Whether the row only stands somewhere: what it says is shown, and nothing speaks for it."""
        if row in self.reasons:
            return False
        if self.alike is not None:
            return not self.left[self.kinds[self.alike[row]]]
        return self.is_log and not any(self.left[thing] for thing in self._values(row))

    def _candidates(self, target: int) -> list[int]:
        best = sorted(self.points, key=lambda row: (-self.points[row], row))[:_CANDIDATES]
        step = self.size // max(_PLACES, _PLACES_PER_ROW * target // self.usual_cost) + 1
        firsts = [] if self.is_log else [row for column in self.facts for row in self._firsts(column)]
        return sorted({*best, *range(0, self.size, step), *firsts, *self._first_of_kinds()})

    def _first_of_kinds(self) -> list[int]:
        alike = self.alike or ()
        firsts = dict(zip(reversed(alike), range(len(alike) - 1, -1, -1), strict=True))
        return sorted(firsts.values())[:_CANDIDATES]

    def _firsts(self, column: ColumnFacts) -> Iterator[int]:
        """Yield the first row of each value of an enum: a column of another role has too many."""
        if column.role == "enum":
            seen: set[str] = set()
            for row, cell in enumerate(column.cells):
                if cell not in seen:
                    seen.add(cell)
                    yield row
                    if len(seen) == len(column.counts):
                        break

    def _take(self, row: int) -> None:
        self.chosen.add(row)
        self.spent += self._cost(row)
        for reason in self.reasons.get(row, ()):
            self.given[reason] += 1
            self.left[reason] >>= 1
        for thing in self._shows(row):
            self.left[thing] = 0

    def _worth(self, row: int) -> int:
        weighed = self.weighed.get(row)
        if weighed is None:
            # Being short is no merit among rows of about the usual size, or low numbers would win.
            things = (*self._shows(row), *self.reasons.get(row, ()))
            weighed = self.weighed[row] = things, max(self._cost(row), self.usual_cost)
        things, cost = weighed
        return 1000 * sum(map(self.left.__getitem__, things)) // cost

    def _shows(self, row: int) -> list[int]:
        """Return what a row shows that others may show too: values, forms of texts, its place."""
        shows = self.shows.get(row)
        if shows is None:
            places = [first + row * scale // self.size for scale, first in self.scales]
            shows = self.shows[row] = self._values(row) + places
        return shows

    def _values(self, row: int) -> list[int]:
        shown = []
        for cells, forms, numbers in self.told:
            cell = cells[row]
            if cell:
                shown.append(numbers[forms[cell] if forms else cell])
        if self.alike is not None:
            shown.append(self.kinds[self.alike[row]])
        return shown

    def _told(self, column: ColumnFacts) -> tuple[Sequence[str], dict[str, str] | None, dict[str, int]] | None:
        """Return a column's cells, the forms of its texts, and the number of what each value or form shows."""
        if column.role == "enum" and not self.is_log:
            return column.cells, None, self._number(column.counts, _NEW_VALUE)
        if column.role == "text":
            return column.cells, column.forms, self._number(column.form_counts, _NEW_VALUE // 2)
        return None

    def _number(self, things: Collection[Thing], worth: int) -> dict[Thing, int]:
        first = self._new(worth, len(things))
        return dict(zip(things, range(first, first + len(things)), strict=True))

    def _numbered(self, numbers: dict[str, int], thing: str, worth: int) -> int:
        number = numbers.get(thing)
        if number is None:
            number = numbers[thing] = self._new(worth)
        return number

    def _new(self, worth: int, times: int = 1) -> int:
        """Add so many things of this worth, and return the number of the first."""
        self.left += [worth] * times
        return len(self.left) - times

    def _cost(self, row: int) -> int:
        """Return about how many tokens a row costs."""
        cost = self.costs.get(row)
        if cost is None:
            chars = len(self.table.whole[row]) or sum(
                [
                    self.limit if long and can_be_cut(column.cells[row], self.limit) else len(column.cells[row])
                    for long, column in zip(self.long, self.facts, strict=True)
                ],
                len(self.facts),
            )
            cost = self.costs[row] = 2 + chars * self.per_thousand // 1000
        return cost

    def _tokens_per_thousand(self) -> int:
        text = self.table.sample(limit=self.limit)
        return 1 + 1000 * tokens.count(text) // max(len(text), 1)


def is_log(facts: Sequence[ColumnFacts]) -> bool:
    """Whether the rows are events: times that never go back, and texts that are few forms said over and over.

    Of such rows those that say nothing new are worth their count, as in a log, and not a sample; the words
    about all rows count the values of an enum, of which rare ones are evidence.
    """
    return any(column.role == "time" and column.never_falls for column in facts) and any(
        column.is_said_over for column in facts
    )


def _spread(row: int) -> int:
    """Return the row's turn among equals: bits reversed, so that whatever is taken is spread over all rows."""
    return int(f"{row:032b}"[::-1], 2)
