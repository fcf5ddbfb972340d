"""Rows that say the same but for their ids, their times and the numbers in their texts.

Where most rows of a table are so, one of each kind is shown, and the words about all rows say how many
more are like it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors.json_columns import FORM_CHARS, ColumnFacts

_ROWS_PER_KIND = 2
"""Rows that a kind must have on average; with fewer, showing one of each leaves out too little to be told."""

_TOLD = 8
"""Kinds whose rows are counted in words."""

_NAMED = 5
"""Columns that are named as those in which the rows of a kind differ."""

_DIGITS = frozenset("0123456789")
_NUMBERED = 19, 20
"""Share of the values of an id column that must hold a digit; else they are names, which a reader may look for."""


@dataclass(frozen=True, slots=True)
class Alike:
    """The kinds of a table's rows."""

    of: Sequence[int]
    """The kind of each row."""
    but_for: Sequence[str]
    """The columns in which rows of a kind may differ."""

    def words(self, shown: Sequence[int]) -> str:
        """Say how many more rows are like those that are shown; empty if there are none."""
        firsts: dict[int, int] = {}
        for row in shown:
            firsts.setdefault(self.of[row], row)
        left = Counter(self.of)
        left.subtract(self.of[row] for row in shown)
        more = {row: left[kind] for kind, row in firsts.items() if left[kind]}
        if not more:
            return ""
        told = sorted(sorted(more, key=lambda row: (-more[row], row))[:_TOLD])
        said = ", ".join([f"#{row} and {more[row]} more" for row in told])
        rest = f", {len(more) - len(told)} more such" if len(more) > len(told) else ""
        others = f" and {len(self.but_for) - _NAMED} more" if len(self.but_for) > _NAMED else ""
        return f"rows alike but for {', '.join(self.but_for[:_NAMED])}{others}: {said}{rest}"


def find_alike(facts: Sequence[ColumnFacts], odd: Sequence[str]) -> Alike | None:
    """Return the kinds of the rows, None if hardly any two are alike.

    `odd` has the rows that do not fit the columns, as text, and "" for all others.
    """
    folded: list[Sequence[str]] = [odd]
    but_for = []
    for column in facts:
        cells = _without_numbers(column)
        folded.append(column.cells if cells is None else cells)
        but_for += [column.name.removesuffix(":string")] if cells is not None else []
        # A column of many values, as a measure is, leaves nothing to find.
        if len(set(folded[-1])) * _ROWS_PER_KIND > len(odd):
            return None
    numbers: dict[tuple[str, ...], int] = {}
    of = [numbers.setdefault(kind, len(numbers)) for kind in zip(*folded, strict=True)]
    return Alike(of, but_for) if but_for and len(numbers) * _ROWS_PER_KIND <= len(of) else None


def _without_numbers(column: ColumnFacts) -> list[str] | None:
    """Return the cells without what tells rows of a kind apart; None if the column must be the same in all of them."""
    if column.role == "time" or (column.role == "id" and _is_numbered(column)):
        return [cell if _DIGITS.isdisjoint(cell) else "#" for cell in column.cells]
    # The form of a longer text is that of its beginning.
    if column.role == "text" and column.widest <= FORM_CHARS and len(column.form_counts) < len(column.counts):
        return [column.forms[cell] if cell else "" for cell in column.cells]
    return None


def _is_numbered(column: ColumnFacts) -> bool:
    numbered = sum([not _DIGITS.isdisjoint(cell) for cell in column.counts])
    return numbered * _NUMBERED[1] >= len(column.counts) * _NUMBERED[0]
