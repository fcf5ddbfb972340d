"""Which rows of a table to show, when not all can be.

First the first and the last row, then rows with strong evidence whatever they cost (within reason), then
whatever shows most that no chosen row shows, for its tokens, until the target is reached. No field name
means anything, and the order of rows decides between equals only.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from headroom import tokens
from headroom.compressors.json_columns import ColumnFacts
from headroom.compressors.json_evidence import STRONG, Evidence, find_evidence
from headroom.compressors.json_long import LONG_CHARS
from headroom.compressors.json_table import Table

SAME_REASON = 12
"""Rows that one and the same reason keeps whatever they cost; there may be thousands with it."""

_OVERDRAFT = 2
"""Times the target that strong evidence may cost."""

_CANDIDATES = 2_000
"""Rows that are weighed for their evidence, and as many again for their place."""

_NEW_VALUE, _NEW_PLACES = 8, ((8, 6), (64, 3), (512, 1))
_SAMPLE = 40


def choose(table: Table, facts: Sequence[ColumnFacts], *, target_tokens: int, query: str) -> list[int]:
    """Return the numbers of the rows to show, in order, for some `target_tokens` tokens."""
    return _Choice(table, facts, query).make(target_tokens)


class _Choice:
    """One choice in the making."""

    def __init__(self, table: Table, facts: Sequence[ColumnFacts], query: str) -> None:
        self.table = table
        self.facts = facts
        self.size = table.size
        evidence: defaultdict[int, list[Evidence]] = defaultdict(list)
        for one in find_evidence(facts, table.whole, query):
            evidence[one.row].append(one)
        self.evidence = evidence
        self.points = {row: sum(one.points for one in found) for row, found in evidence.items()}
        self.is_log = _is_log(facts)
        self.per_thousand = self._tokens_per_thousand()
        some = range(0, self.size, self.size // _SAMPLE + 1)
        self.usual_cost = sum(map(self._cost, some)) * 5 // (4 * len(some)) + 1
        self.chosen: set[int] = set()
        self.spent = 0
        self.shown: Counter[tuple[int, str] | str] = Counter()

    def make(self, target: int) -> list[int]:
        for row in dict.fromkeys((0, self.size - 1)):
            self._take(row)
        for row in sorted(self.points, key=lambda row: (-self.points[row], row)):
            if self.points[row] < STRONG or self.spent > _OVERDRAFT * target:
                break
            if row not in self.chosen and any(self.shown[one.why] < SAME_REASON for one in self.evidence[row]):
                self._take(row)
        self._fill(target)
        return sorted(self.chosen)

    def _fill(self, target: int) -> None:
        """Take rows by what they add for their tokens, each weighed again when its turn comes."""
        queue = [(-self._worth(row), _spread(row), row) for row in self._candidates() if row not in self.chosen]
        heapq.heapify(queue)
        while queue and self.spent < target:
            weighed, order, row = heapq.heappop(queue)
            worth = self._worth(row)
            if worth < -weighed and queue and -worth > queue[0][0]:
                heapq.heappush(queue, (-worth, order, row))
            elif self.spent + self._cost(row) <= target * 21 // 20 and not (
                self.is_log and self._says_nothing_new(row)
            ):
                self._take(row)

    def _says_nothing_new(self, row: int) -> bool:
        """Whether the row only stands somewhere: its values and forms are shown, and nothing speaks for it."""
        return row not in self.evidence and all(self.shown[thing] for thing, _ in self._values(row))

    def _candidates(self) -> list[int]:
        best = sorted(self.points, key=lambda row: (-self.points[row], row))[:_CANDIDATES]
        step = self.size // _CANDIDATES + 1
        firsts = [row for column in self.facts for row in self._firsts(column)]
        return sorted({*best, *range(0, self.size, step), *firsts})

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
        self.shown.update(one.why for one in self.evidence.get(row, ()))
        self.shown.update(thing for thing, _ in self._shows(row))

    def _worth(self, row: int) -> int:
        points = sum(one.points >> min(self.shown[one.why], 8) for one in self.evidence.get(row, ()))
        points += sum(worth for thing, worth in self._shows(row) if not self.shown[thing])
        # Being short is no merit among rows of about the usual size, or low numbers would win.
        return 1000 * points // max(self._cost(row), self.usual_cost)

    def _shows(self, row: int) -> Iterator[tuple[tuple[int, str], int]]:
        """Yield what a row shows that others may show too, with its worth: values, forms of texts, its place."""
        yield from self._values(row)
        for scale, worth in _NEW_PLACES:
            yield (-scale, str(row * scale // self.size)), worth

    def _values(self, row: int) -> Iterator[tuple[tuple[int, str], int]]:
        for place, column in enumerate(self.facts):
            cell = column.cells[row]
            if cell and column.role == "enum":
                yield (place, cell), _NEW_VALUE
            elif cell and column.role == "text":
                yield (place, column.forms[cell]), _NEW_VALUE // 2

    def _cost(self, row: int) -> int:
        return 2 + self._chars(row) * self.per_thousand // 1000

    def _chars(self, row: int) -> int:
        whole = self.table.whole[row]
        return len(whole) if whole else sum([min(len(column.cells[row]), LONG_CHARS) + 1 for column in self.facts])

    def _tokens_per_thousand(self) -> int:
        step = self.size // _SAMPLE + 1
        rows = [
            self.table.whole[n] or ",".join([c.cells[n][:LONG_CHARS] for c in self.facts])
            for n in range(0, self.size, step)
        ]
        text = "\n".join(rows)
        return 1 + 1000 * tokens.count(text) // max(len(text), 1)


def _is_log(facts: Sequence[ColumnFacts]) -> bool:
    """Whether the rows are events: times that never go back, and texts that are few forms said over and over.

    Of such rows those that say nothing new are worth their count, as in a log, and not a sample.
    """
    in_time = any(column.role == "time" and _never_falls(column.cells) for column in facts)
    texts = [column for column in facts if column.role == "text" and any(" " in cell for cell in column.counts)]
    return in_time and any(len(column.form_counts) * 8 <= column.present for column in texts)


def _never_falls(cells: Sequence[str]) -> bool:
    present = [cell for cell in cells if cell]
    return len({len(cell) for cell in present}) == 1 and all(a <= b for a, b in pairwise(present))


def _spread(row: int) -> int:
    """Return the row's turn among equals: bits reversed, so that whatever is taken is spread over all rows."""
    return int(f"{row:032b}"[::-1], 2)
