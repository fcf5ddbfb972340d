"""A table as it stands among the lines of a text: which lines are its rows, and what their cells are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MIN_ROWS = 2
"""Fewer rows under a header are no table worth the name."""

_NAME = re.compile(
    r"[^\W\d][\w .,%$€#@*&/()\[\]:?!'+<>=-]{0,79}|[%#$@*_][\w .%#]{0,39}|[0-9]+[A-Za-z]+[-_][\w%-]{1,39}"
)
_VALUE = re.compile(r"[-+~<>]?[$€£]?\s?[0-9][0-9.,:/ %eE+TZ-]*[A-Za-zµ%]{0,3}")


@dataclass(frozen=True, slots=True)
class Grid:
    """One table.

    Its lines are `start` to `end` (not in it). Those before the first row are its header. A row's lines go on
    until the next row's begin: cells may hold line ends, and rules may stand between rows.
    """

    start: int
    end: int
    names: tuple[str, ...] | None
    """The cells of the header; None when there is none."""
    width: int
    """Number of columns. A row may have fewer or more cells: then it is given as it is, and is not one of the others."""
    rows: list[list[str]]
    firsts: Sequence[int]
    """The first line of each row."""

    def lines_of(self, row: int) -> tuple[int, int]:
        """Return the lines of a row, the end not in it."""
        return self.firsts[row], self.firsts[row + 1] if row + 1 < len(self.firsts) else self.end

    def rows_on(self, kept: Sequence[bool]) -> list[list[str]]:
        """Return the rows whose first line is kept."""
        return [row for row, first in zip(self.rows, self.firsts, strict=True) if kept[first]]


def is_name(cell: str) -> bool:
    """Tell whether a cell may be the name of a column: short, and no value."""
    return _NAME.fullmatch(cell) is not None


def holds_values(cells: Sequence[str]) -> bool:
    """Tell whether nearly all cells that are not empty are numbers, dates, times or amounts with a unit."""
    present = [cell for cell in cells if cell]
    return bool(present) and sum(_VALUE.fullmatch(cell) is not None for cell in present) * 10 >= len(present) * 9
