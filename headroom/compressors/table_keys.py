"""Keys: what the rows that are left out are called, where one column names every row and does so in a few characters.

Who looks for a row sees that it exists, and asks for it by its key. Of keys that only count up, or that are dates in
their order, the words about all rows say enough.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from headroom import tokens
from headroom.compressors.table_grid import Grid
from headroom.compressors.table_layout import Layout

_LONGEST = 24
"""Characters of the longest key."""

_SHARE = 4
"""Keys are told where they are at most one part in so many of their rows."""

_NUMBERS = 10
"""One key in so many may read as a number, as 1E5 and 007 do among codes."""

_MAX_CHARS = 380
"""Characters of the keys in one gap."""

_SAMPLE = 200
_DIVIDES = frozenset(" ]\n")
"""What no key may hold, or a list of keys could not be read."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of each row of a table."""

    name: str
    """Name of the column."""
    grid: Grid
    cells: Sequence[str]

    def cost(self) -> int:
        """Return about how many tokens it takes to name all rows."""
        sample = self.cells[:: len(self.cells) // _SAMPLE + 1]
        return tokens.count(" ".join(sample)) * len(self.cells) // len(sample)

    def words(self, start: int, end: int) -> str:
        """Name the rows on the lines from `start` to before `end`, blanks between them."""
        first, last = bisect_left(self.grid.firsts, start), bisect_left(self.grid.firsts, end)
        said: list[str] = []
        left = _MAX_CHARS - len(self.name)
        for cell in self.cells[first:last]:
            left -= len(cell) + 1
            if left < 0:
                said.append(f"and {last - first - len(said)} more")
                break
            said.append(cell)
        return f"{self.name}: {' '.join(said)}"


def keys_of(layout: Layout) -> Keys | None:
    """Return the keys of a table's rows, if it has such."""
    rows = layout.grid.rows
    if any(layout.table.whole):
        return None
    for place, column in enumerate(layout.columns):
        if column is None or column.widest > _LONGEST or column.present < len(rows):
            continue
        if column.role != "id" or len(column.numbers) * _NUMBERS > len(rows):
            continue
        keys = Keys(layout.names[place], layout.grid, [row[place] for row in rows])
        if len(set(keys.cells)) == len(rows) and _DIVIDES.isdisjoint("".join(keys.cells)):
            written = sum(map(len, chain.from_iterable(rows))) + len(rows) * layout.grid.width
            return keys if sum(map(len, keys.cells)) * _SHARE <= written else None
    return None
