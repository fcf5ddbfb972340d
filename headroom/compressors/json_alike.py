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
    most = len(odd) // _ROWS_PER_KIND
    folding = [column for column in facts if _folds(column)]
    fixed = [column for column in facts if not _folds(column)]
    # A column of many values, as a measure is, leaves nothing to find.
    if not folding or max(map(_kinds, fixed), default=0) > most:
        return None
    told: list[Sequence[str]] = [odd] if any(odd) else []
    told += [column.cells for column in fixed if _kinds(column) > 1]
    for column in folding:
        kinds = _without_numbers(column)
        told += [kinds] if kinds is not None else []
    if told and len(set(zip(*told, strict=True))) > most:
        return None
    numbers: dict[tuple[str, ...], int] = {}
    of = [numbers.setdefault(kind, len(numbers)) for kind in zip(*told, strict=True)] if told else [0] * len(odd)
    return Alike(of, [column.name.removesuffix(":string") for column in folding])


def _kinds(column: ColumnFacts) -> int:
    """Return how many kinds of rows a column tells, those without a value together one."""
    return len(column.counts) + (column.present < len(column.cells))


def _folds(column: ColumnFacts) -> bool:
    """Whether rows of one kind may differ in the column."""
    if column.role == "time" or (column.role == "id" and _is_numbered(column)):
        return True
    # The form of a longer text is that of its beginning.
    return column.role == "text" and column.widest <= FORM_CHARS and len(column.form_counts) < len(column.counts)


def _without_numbers(column: ColumnFacts) -> list[str] | None:
    """Return the cells without what tells rows of a kind apart; None if they are all the same then."""
    whole = column.present == len(column.cells)
    if column.role == "text":
        if whole and len(column.form_counts) == 1:
            return None
        folded = column.forms
    else:
        if whole and (column.are_numbers or (column.role == "time" and "null" not in column.counts)):
            return None
        folded = {cell: cell if _DIGITS.isdisjoint(cell) else "#" for cell in column.counts}
    return [folded[cell] if cell else "" for cell in column.cells]


def _is_numbered(column: ColumnFacts) -> bool:
    if column.are_numbers:
        return True
    numbered = sum([not _DIGITS.isdisjoint(cell) for cell in column.counts])
    return numbered * _NUMBERED[1] >= len(column.counts) * _NUMBERED[0]
