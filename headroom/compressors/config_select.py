"""Which lines of a configuration file stand, when not all can.

Every part has its share of the room, small ones first, and each keeps its head: structure stays. Of many parts of
equal structure some are shown whole, chosen as `json` chooses rows: first, last, rare, far, asked for. Red lines and
those with the query's rarest words stand wherever they are, under the heads that lead to them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

from headroom.compressors.config_tree import Part
from headroom.compressors.json_columns import ColumnFacts, facts_of
from headroom.compressors.json_costs import roughly
from headroom.compressors.json_selection import choose
from headroom.compressors.json_table import lay_out, lay_out_items
from headroom.compressors.red import RED, severity, suspects

_MIN_ALIKE = 8
"""Fewer parts of equal structure have each their share."""

_ALIKE = 4
"""Parts are alike when there are this many times fewer shapes than parts."""

_SAME_RED = 3
"""Lines that are red in the same words: what is said more often is a setting, not an event."""

_RARE_WORD = 8
"""Lines that may hold a word of the query for it to tell where to look."""

_USUAL = 3, 4
"""Share of the parts from which a value is the usual one; the rest may all differ from their like."""

_GAP_CHARS = 60
"""What a gap costs, with its words."""

_WHOLE_LEAF = 60
"""Lines of the longest text that a pinned line takes with it."""

_WORD = re.compile("[A-Za-z0-9_\x80-\U0010ffff]{3,}")
_DIGITS = re.compile("[0-9]+")


def select(lines: Sequence[str], root: Part, *, budget: int, query: str) -> list[bool]:
    """Return which lines to keep for about `budget` tokens."""
    selection = _Selection(lines, root, query)
    for number in (*selection.asked_for(), *selection.red()):
        if selection.spent > budget:
            break
        selection.pin(number)
    selection.keep(root, max(budget - selection.spent, budget // 2))
    return selection.kept


class _Selection:
    """One selection in the making."""

    def __init__(self, lines: Sequence[str], root: Part, query: str) -> None:
        self.lines = lines
        self.root = root
        self.query = query
        self.kept = [False] * len(lines)
        self.spent = 0
        text = "\n".join(lines)
        self.before = [0, *accumulate(len(line) + 1 for line in lines)]
        self.per_thousand = 1 + 1000 * roughly(text) // max(len(text), 1)

    def cost(self, start: int, end: int) -> int:
        """Return about how many tokens the lines have."""
        return (self.before[end] - self.before[start]) * self.per_thousand // 1000

    def mark(self, start: int, end: int) -> None:
        self.spent += sum(self.cost(n, n + 1) for n in range(start, end) if not self.kept[n])
        self.kept[start:end] = [True] * (end - start)

    def mark_frame(self, part: Part) -> None:
        """Keep what stands for a part that is not whole: its head, and what closes it."""
        self.mark(part.start, part.head_end if part.parts else part.start + 1)
        self.mark(part.end - part.tail, part.end)

    def pin(self, number: int) -> None:
        """Keep a line, and the heads of the parts that it stands in."""
        part = self.root
        while part.parts:
            place = bisect_right(part.parts, number, key=lambda child: child.start) - 1
            if place < 0 or number >= part.parts[place].end:
                break
            part = part.parts[place]
            self.mark_frame(part)
        if not part.parts and part.end - part.start <= _WHOLE_LEAF:
            self.mark(part.start, part.end)
        self.mark(number, number + 1)

    def keep(self, part: Part, room: int) -> None:
        """Keep what the room holds of a part, its head in any case."""
        if self.cost(part.start, part.end) <= room:
            self.mark(part.start, part.end)
            return
        self.mark_frame(part)
        room -= self.cost(part.start, part.head_end if part.parts else part.start + 1)
        if room <= 0:
            return
        if not part.parts:
            self.keep_ends(part, room)
        elif self.are_alike(part.parts, room):
            self.share(self.chosen(part, room), room)
        else:
            self.share(part.parts, room)

    def keep_ends(self, part: Part, room: int) -> None:
        """Keep the beginning of a long text, and half as much of its end."""
        first, last = part.start + 1, part.end - part.tail
        each = room * (last - first) // max(self.cost(first, last), 1)
        self.mark(first, first + each * 2 // 3)
        self.mark(last - each // 3, last)

    def share(self, parts: Sequence[Part], room: int) -> None:
        """Divide the room: what needs less than its share leaves the rest to others."""
        costs = sorted((self.cost(part.start, part.end), place) for place, part in enumerate(parts))
        for rank, (cost, place) in enumerate(costs):
            each = max(0, room) // (len(parts) - rank)
            self.keep(parts[place], each)
            room -= min(cost, each)

    def are_alike(self, parts: Sequence[Part], room: int) -> bool:
        """Tell whether some of the parts can stand for the others, or must because not even their heads have room."""
        if len(parts) < _MIN_ALIKE:
            return False
        if len({part.shape() for part in parts}) * _ALIKE <= len(parts):
            return True
        return sum(self.cost(part.start, part.start + 1) for part in parts) > room

    def chosen(self, part: Part, room: int) -> list[Part]:
        """Return the parts that say most for their tokens."""
        values = [child.value() for child in part.parts]
        keys = None if part.listed else [child.name for child in part.parts]
        columns = all(isinstance(value, dict) and value for value in values)
        table = lay_out(values, keys=keys) if columns else lay_out_items(values, keys=keys)
        facts = facts_of(table)
        characters = sum(map(len, table.whole)) + sum(len(cell) + 1 for column in facts for cell in column.cells)
        # Rows are weighed by their cells, but cost their lines and a gap.
        written = self.before[part.end] - self.before[part.start] + _GAP_CHARS * len(values)
        target = room * characters // max(written, characters, 1)
        rows = {*choose(table, facts, target_tokens=target, query=self.query), *_differing(facts, table.size)}
        return [part.parts[row] for row in sorted(rows)]

    def asked_for(self) -> list[int]:
        """Return the lines that hold words of the query which few lines hold, those of the rarest words first."""
        text = "\n".join(self.lines)
        low = text.lower()
        if len(low) != len(text):
            low = text
        found: dict[int, int] = {}
        for word in dict.fromkeys(_WORD.findall(self.query[:2000].lower())):
            holding = list(self.holding(low, word))
            if len(holding) <= _RARE_WORD:
                for number in holding:
                    found[number] = min(found.get(number, _RARE_WORD), len(holding))
        return sorted(found, key=lambda number: (found[number], number))

    def holding(self, low: str, word: str) -> Iterator[int]:
        """Yield the lines that hold a word, up to one more than a rare word may have."""
        at, times = low.find(word), 0
        while at >= 0 and times <= _RARE_WORD:
            if low[at - 1 : at].isalnum() or low[at + len(word) : at + len(word) + 1].isalnum():
                at = low.find(word, at + 1)
                continue
            number = bisect_right(self.before, at) - 1
            yield number
            times += 1
            at = low.find(word, self.before[number + 1])

    def red(self) -> list[int]:
        """Return the lines that say something went wrong, but for what many say."""
        words = {number: _DIGITS.sub("0", self.lines[number].strip()) for number in suspects(self.lines)}
        said = Counter(words.values())
        return [n for n, same in words.items() if said[same] <= _SAME_RED and severity(self.lines[n]) == RED]


def _differing(facts: Sequence[ColumnFacts], size: int) -> set[int]:
    """Return the rows that have another value where nearly all have the same, unless there are many."""
    rows: set[int] = set()
    for column in facts:
        for usual, times in column.counts.most_common(1):
            if times * _USUAL[1] >= size * _USUAL[0]:
                rows.update(row for row, cell in enumerate(column.cells) if cell != usual)
    return rows if len(rows) * _USUAL[1] <= size else set()
