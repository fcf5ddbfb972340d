"""Which lines of a text of tables stand, when not all can.

`json_selection` chooses rows for their evidence and spread; red rows join them. What is left of the budget goes
into the smallest gaps between them: a row that closes a gap costs no declaration, and neighbours say more together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from headroom import tokens
from headroom.compressors import gaps
from headroom.compressors.json_selection import choose
from headroom.compressors.red import RED, severity, suspects
from headroom.compressors.table_keys import Keys, keys_of
from headroom.compressors.table_layout import Layout
from headroom.compressors.table_words import summary
from headroom.content import Shrunk

_MIN_SELECT = 8
"""Shorter tables are shown whole."""

_CHOSEN_SHARE = 3, 10
"""Share of the budget for rows chosen one by one."""

_KEYS_SHARE = 3
"""Keys of rows that are left out take at most one part in so many of the room for rows."""

_GAP_TOKENS = 6
_COLUMN_TOKENS = 12
"""What a gap costs, and a column in the words about all rows."""

_OVERDRAFT = 2
"""Times the budget that red rows may cost."""

_SAMPLE = 4_000


@dataclass(frozen=True, slots=True)
class Sized:
    """What the lines of a text cost."""

    before: Sequence[int]
    """Characters before each line, and of all."""
    per_thousand: int
    """Tokens per 1,000 characters."""

    def cost(self, start: int, end: int) -> int:
        """Return about how many tokens the lines have."""
        return (self.before[end] - self.before[start]) * self.per_thousand // 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which lines stand, and what names the rows that do not."""

    kept: list[bool]
    keys: Keys | None = None
    """What gaps name the rows by that they leave out: where the text is one table whose rows have keys."""


def select(lines: Sequence[str], layouts: Sequence[Layout], *, budget: int, query: str) -> Selection:
    """Return which lines to keep for about `budget` tokens: all that is no row of a table, and some rows."""
    sized = Sized([0, *accumulate(len(line) + 1 for line in lines)], _per_thousand("\n".join(lines)))
    kept = [True] * len(lines)
    costs = {number: sized.cost(layout.grid.start, layout.grid.end) for number, layout in enumerate(layouts)}
    left = budget - (sized.cost(0, len(lines)) - sum(costs.values()))
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
        _keep_rows(kept, layouts[number], sized, share, query)
    gaps.fill(lines, kept)
    return Selection(kept, keys)


def _keep_rows(kept: list[bool], layout: Layout, sized: Sized, share: int, query: str) -> None:
    grid = layout.grid
    room = max(0, share - _COLUMN_TOKENS * grid.width - sized.cost(grid.start, grid.firsts[0]))
    chosen = _chosen(layout, sized, room, query)
    for row in chosen:
        start, end = grid.lines_of(row)
        kept[start:end] = [True] * (end - start)
    between = [(row + 1, following) for row, following in pairwise(chosen) if row + 1 < following]
    left = room - sum(sized.cost(*grid.lines_of(row)) for row in chosen) - _GAP_TOKENS * len(between)
    costs = [sized.cost(grid.firsts[start], grid.firsts[end]) for start, end in between]
    for cost, (start, end) in sorted(zip(costs, between, strict=True)):
        # What does not fit whole is closed from its beginning, as far as the room goes.
        fitting = end - start if cost <= left + _GAP_TOKENS else (end - start) * max(0, left) // cost
        first, last = grid.firsts[start], grid.firsts[start + fitting]
        kept[first:last] = [True] * (last - first)
        left -= cost - _GAP_TOKENS
        if left <= 0:
            break


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
            rows.update(row for row, cell in enumerate(column.cells) if cell in red)
    return sorted(rows)


def write(lines: Sequence[str], layouts: Sequence[Layout], selection: Selection, *, recipe: str) -> Shrunk:
    """Return the lines that stand, every gap declared, and words about each table that is not whole over its first line.

    The first line of a table always stands.
    """
    keys = selection.keys
    shrunk = gaps.select(lines, selection.kept, recipe=recipe, say=keys.words if keys else None, brief=True)
    words = summaries(layouts, selection.kept)
    out: list[str] = []
    standing = shrunk.text.split("\n")
    at = 0
    for start, end in gaps.stretches(selection.kept):
        count = end - start if selection.kept[start] else 1
        if selection.kept[start] and words:
            for number in range(start, end):
                if number in words:
                    out.append(words[number])
                out.append(standing[at + number - start])
        else:
            out += standing[at : at + count]
        at += count
    return replace(shrunk, text="\n".join(out))


def summaries(layouts: Sequence[Layout], kept: Sequence[bool]) -> dict[int, str]:
    """Return what to say of each table that is not whole, by its first line."""
    said = {}
    for layout in layouts:
        shown = sum(kept[first] for first in layout.grid.firsts)
        if shown < len(layout.grid.rows):
            said[layout.grid.start] = summary(layout, shown=shown)
    return said


def _per_thousand(text: str) -> int:
    middle = len(text) // 2
    sample = text[:_SAMPLE] + text[middle : middle + _SAMPLE]
    return 1 + 1000 * tokens.count(sample) // max(len(sample), 1)
