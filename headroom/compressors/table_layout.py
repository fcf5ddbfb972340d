"""A table's cells as the columns that `json` knows, so that both share notation, statistics and selection.

What reads as a JSON number, true, false or null is one, spelled as it was; an empty cell is an absent key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter

from headroom.compressors.json_cells import ABSENT, Cell, encoder, reads_as_literal
from headroom.compressors.json_columns import ColumnFacts, facts_of
from headroom.compressors.json_header import Field, write_field
from headroom.compressors.json_shape import Column
from headroom.compressors.json_table import Table
from headroom.compressors.json_values import Number, write
from headroom.compressors.table_grid import Grid

ODD = "(cells)"
"""Holds the cells of a row that has more or fewer than there are columns."""

_LITERALS: dict[str, Cell] = {"": ABSENT, "true": True, "false": False, "null": None}
_QUOTED_STARTS = (" ", '"', "{", "[", "*", "=")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")
"""What no cell holds that stands without quotes, but for the line ends between cells."""


@dataclass(frozen=True)
class Layout:
    """One table as columns."""

    grid: Grid

    @cached_property
    def names(self) -> list[str]:
        """A name of its own for each column: "x (2)" for the second x, numbers from 1 where there is no header."""
        if self.grid.names is None:
            return [str(number) for number in range(1, self.grid.width + 1)]
        seen: dict[str, int] = {}
        names = []
        for name in self.grid.names:
            seen[name] = seen.get(name, 0) + 1
            names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
        return names

    def says(self, names: Sequence[str], *, named: bool) -> bool:
        """Whether these are its names; if not `named`, they are only numbers."""
        return named == (self.grid.names is not None) and list(names) == self.names

    @cached_property
    def table(self) -> Table:
        """The table as `json` would lay it out; columns that hold the same in every row are lifted into the header."""
        rows, width = self.grid.rows, self.grid.width
        odd = [""] * len(rows)
        if not {width}.issuperset(map(len, rows)):
            odd = [write({ODD: list(row)}) if len(row) != width else "" for row in rows]
            rows = [[""] * width if whole else row for row, whole in zip(rows, odd, strict=True)]
        columns = [list(map(itemgetter(place), rows)) for place in range(width)]
        joined = list(map("\n".join, columns))
        commas = sum(
            [len([cell for cell in c if "," in cell]) for c, t in zip(columns, joined, strict=True) if "," in t]
        )
        separator = "," if commas * 10 < len(rows) else "|"
        fields: list[Field] = []
        cells: list[list[str]] = []
        for name, column, text in zip(self.names, columns, joined, strict=True):
            last = len(fields) + 1 == width
            if (cells or not last) and not any(odd) and _is_constant(column):
                fields.append(Field(Column((name,)), constant=_write(column[0])))
            else:
                fields.append(Field(Column((name,))))
                cells.append(_encode(column, text, separator))
        return Table(separator, tuple(fields), tuple(cells), odd)

    def part(self, shown: Sequence[int]) -> Table:
        """Return the table with these rows only; what is the same in all rows stays in the header."""
        table = self.table
        cells = tuple([list(map(column.__getitem__, shown)) for column in table.cells])
        return replace(table, cells=cells, whole=list(map(table.whole.__getitem__, shown)))

    @cached_property
    def facts(self) -> list[ColumnFacts]:
        """What the columns hold that are not the same in all rows."""
        return [column for column in facts_of(self.table) if column.name != ODD]

    @cached_property
    def columns(self) -> list[ColumnFacts | None]:
        """What each column holds; None for one that is the same in all rows."""
        facts = {column.name: column for column in self.facts}
        return [facts.get(write_field(replace(field, constant=None))) for field in self.table.fields]


def _is_constant(column: Sequence[str]) -> bool:
    return column[0] == column[-1] and column.count(column[0]) == len(column)


def _write(cell: str) -> str:
    """Write the cell of a constant column as JSON."""
    return cell if cell and _is_literal(cell) else write(cell)


def _encode(column: Sequence[str], text: str, separator: str) -> list[str]:
    """Write cells as `json_cells.encode_all` would write what they hold; `text` has them all, each on its line."""
    if text.count("\n") == len(column) - 1 and _stand_bare(text, separator):
        return list(column)
    encode = encoder(separator, text=True)
    written = {cell: cell if cell in _LITERALS else encode(cell) for cell in set(column)}
    return list(map(written.__getitem__, column))


def _stand_bare(text: str, separator: str) -> bool:
    """Whether all cells, each on its line, are written as they are."""
    if separator in text or text.startswith(_QUOTED_STARTS) or text.endswith(" ") or " \n" in text:
        return False
    if any(f"\n{start}" in text for start in _QUOTED_STARTS):
        return False
    # Printable texts, as most are, need no search for control characters.
    return text.replace("\n", "").isprintable() or _CONTROL.search(text) is None


def _is_literal(cell: str) -> bool:
    return cell in _LITERALS or reads_as_literal(cell)


def value_of(cell: str) -> Cell:
    """Return what a cell holds."""
    if cell in _LITERALS:
        return _LITERALS[cell]
    return Number(cell) if reads_as_literal(cell) else cell


def cell_of(value: Cell) -> str:
    """Return the cell that holds a value: what `value_of` undoes. ValueError for an object or a list: no cell does."""
    if isinstance(value, str):
        return str(value)
    for cell, literal in _LITERALS.items():
        if literal is value:
            return cell
    raise ValueError("a cell that holds more than one value")
