"""Which lines of a text of tables stand, when not all can.

`json_selection` chooses rows for their evidence and spread; red rows join them, and then those that show what recurs
in the table (`table_cover`). What is left of the room goes into the smallest gaps between them: a row that closes a
gap costs no declaration, and neighbours say more together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from headroom import tokens
from headroom.compressors import gaps, table_dense
from headroom.compressors.json_costs import roughly
from headroom.compressors.json_selection import choose
from headroom.compressors.red import RED, severity, suspects
from headroom.compressors.table_cover import covering, recurring
from headroom.compressors.table_keys import Keys, keys_of
from headroom.compressors.table_layout import Layout

_SAMPLE = 50
"""Half the rows by which it is told what rows cost."""

_MIN_SELECT = 8
"""Shorter tables are shown whole."""

_CHOSEN_SHARE = 3, 10
"""Share of the room for rows chosen one by one."""

_KEYS_SHARE = 3
"""Keys of rows that are left out take at most one part in so many of the room for rows."""

_GAP_TOKENS, _NAMING_TOKENS = 6, 14
"""What a gap costs, and one that names the rows that it leaves out, the names aside."""

_COLUMN_TOKENS = 12
"""What a column costs in the words about all rows."""

_OVERDRAFT = 2
"""Times the room that red rows may cost."""


@dataclass(frozen=True, slots=True)
class Room:
    """Tokens that a selection may have."""

    wished: int
    """What was asked for. A table whose values all stand needs no more."""
    most: int
    """At most: rows that say something new may take it all."""


@dataclass(frozen=True, slots=True)
class Sized:
    """What the lines of a text cost."""

    before: Sequence[int]
    """Characters before each line, and of all."""
    per_thousand: int
    """Tokens per 1,000 characters."""
    gap: int = _GAP_TOKENS
    """Tokens of the note that declares a gap, names of rows aside."""

    def cost(self, start: int, end: int) -> int:
        """Return about how many tokens the lines have."""
        return (self.before[end] - self.before[start]) * self.per_thousand // 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines stand, and what names the rows that do not."""

    kept: list[bool]
    keys: Keys | None = None
    """What gaps name the rows by that they leave out: where the text is one table whose rows have keys."""


def select(
    lines: Sequence[str], layouts: Sequence[Layout], forms: Sequence[str | None], *, room: Room, query: str
) -> Selection:
    """Return which lines to keep for about as many tokens as there is room for.

    All that is no row of a table stands, and some rows. `forms` are the tables' dense ones.
    """
    before = [0, *accumulate(len(line) + 1 for line in lines)]
    drawn = 1 + 1000 * roughly("\n".join(lines)) // max(before[-1], 1)
    sizes = [
        Sized(before, drawn * _density(lines, layout) // 1000 + 1 if form else drawn)
        for layout, form in zip(layouts, forms, strict=True)
    ]
    costs = {n: sizes[n].cost(layout.grid.start, layout.grid.end) for n, layout in enumerate(layouts)}
    kept = [True] * len(lines)
    inside = sum(before[layout.grid.end] - before[layout.grid.start] for layout in layouts)
    left = room.most - (before[-1] - inside) * drawn // 1000
    keys = keys_of(layouts[0]) if len(layouts) == 1 and costs[0] > left else None
    if keys is not None:
        named = keys.cost()
        keys, left = (keys, left - named) if named * _KEYS_SHARE <= left else (None, left)
    for rank, number in enumerate(sorted(costs, key=lambda number: (costs[number], number))):
        share = max(0, left) // (len(layouts) - rank)
        grid = layouts[number].grid
        if costs[number] <= share or len(grid.rows) < _MIN_SELECT:
            left -= costs[number]
            continue
        left -= share
        kept[grid.firsts[0] : grid.end] = [False] * (grid.end - grid.firsts[0])
        if keys is not None:
            sizes[number] = replace(sizes[number], gap=_NAMING_TOKENS)
        own = Room(share * room.wished // max(room.most, 1), share)
        _keep_rows(kept, layouts[number], sizes[number], own, query)
    gaps.fill(lines, kept)
    return Selection(kept, keys)


def _density(lines: Sequence[str], layout: Layout) -> int:
    """Return what a table's rows cost written densely, in thousandths of what their lines do.

    By some that stand two by two, as those of a selection may: heads over rows stand for few of them then.
    """
    grid = layout.grid
    rows = [row for row in range(len(grid.rows)) if row % (2 * (len(grid.rows) // _SAMPLE + 1)) < 2]
    drawn = [line for row in rows for line in lines[slice(*grid.lines_of(row))]]
    return 1000 * tokens.count("\n".join(table_dense.excerpt(layout, rows)[2:])) // tokens.count("\n".join(drawn))


def _keep_rows(kept: list[bool], layout: Layout, sized: Sized, room: Room, query: str) -> None:
    grid = layout.grid
    told = _COLUMN_TOKENS * grid.width + sized.cost(grid.start, grid.firsts[0])
    most = max(0, room.most - told)
    chosen = set(_chosen(layout, sized, most, query))
    left = most - sum(sized.cost(*grid.lines_of(row)) + sized.gap for row in chosen)
    columns = recurring(layout)
    for row in covering(columns, chosen):
        left -= sized.cost(*grid.lines_of(row)) + sized.gap
        if left < 0:
            break
        chosen.add(row)
    if len(columns) == len(layout.facts):
        # All that the table says stands somewhere: further rows only say how it goes together.
        left -= room.most - room.wished
    _fill(kept, grid.firsts, grid.end, sorted(chosen), sized, left)


def _fill(kept: list[bool], firsts: Sequence[int], end: int, chosen: Sequence[int], sized: Sized, left: int) -> None:
    """Keep the chosen rows, and as many of those between them as there are tokens left, in the smallest gaps."""
    bounds = [*firsts, end]
    for row in chosen:
        kept[bounds[row] : bounds[row + 1]] = [True] * (bounds[row + 1] - bounds[row])
    left += sized.gap * sum(row + 1 == following for row, following in pairwise(chosen))
    between = [(row + 1, following) for row, following in pairwise(chosen) if row + 1 < following]
    costs = [sized.cost(bounds[start], bounds[stop]) for start, stop in between]
    for cost, (start, stop) in sorted(zip(costs, between, strict=True)):
        if left <= 0:
            break
        # What does not fit whole is closed from its beginning, as far as the room goes.
        fitting = stop - start if cost <= left + sized.gap else (stop - start) * left // cost
        kept[bounds[start] : bounds[start + fitting]] = [True] * (bounds[start + fitting] - bounds[start])
        left -= cost - sized.gap


def _chosen(layout: Layout, sized: Sized, room: int, query: str) -> Sequence[int]:
    wanted = room * _CHOSEN_SHARE[0] // _CHOSEN_SHARE[1]
    red: list[int] = []
    for row in _red(layout):
        room -= sized.cost(*layout.grid.lines_of(row)) // _OVERDRAFT
        if room < 0:
            break
        red.append(row)
    return sorted({*red, *choose(layout.table, layout.facts, target_tokens=wanted, query=query)})


def _red(layout: Layout) -> list[int]:
    """Return the rows with a cell that says something went wrong."""
    rows = {row for row, whole in enumerate(layout.table.whole) if whole and severity(whole) == RED}
    for column in layout.facts:
        if column.role in ("enum", "text", "id"):
            forms = list(column.form_counts)
            loud = {forms[number] for number in suspects(forms)}
            red = {cell for cell, form in column.forms.items() if form in loud and severity(cell) == RED}
            if red:
                rows.update(row for row, cell in enumerate(column.cells) if cell in red)
    return sorted(rows)
