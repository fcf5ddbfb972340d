"""A table's cells as the columns that `json` knows, so that both share notation, statistics and selection.

What reads as a JSON number, true, false or null is one, spelled as it was; an empty cell is an absent key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

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
_QUOTED = {
    bar: re.compile(rf'^[ "{{\[*=]| $|[\x00-\x09\x0b-\x1f\ud800-\udfff{re.escape(bar)}]', re.MULTILINE) for bar in ",|"
}
"""By separator: what a column's cells, each on its line, must not hold to stand all without quotes."""


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

    @cached_property
    def table(self) -> Table:
        """The table as `json` would lay it out; columns that hold the same in every row are lifted into the header."""
        rows, width = self.grid.rows, self.grid.width
        odd = [write({ODD: list(row)}) if len(row) != width else "" for row in rows]
        if any(odd):
            rows = [[""] * width if whole else row for row, whole in zip(rows, odd, strict=True)]
        commas = len([cell for row in rows for cell in row if "," in cell])
        separator = "," if commas * 10 < len(rows) else "|"
        fields: list[Field] = []
        cells: list[list[str]] = []
        for name, column in zip(self.names, zip(*rows, strict=True), strict=True):
            last = len(fields) + 1 == width
            if (cells or not last) and not any(odd) and column.count(column[0]) == len(column):
                fields.append(Field(Column((name,)), constant=_write(column[0])))
            else:
                fields.append(Field(Column((name,))))
                cells.append(_encode(column, separator))
        return Table(separator, tuple(fields), tuple(cells), odd)

    @cached_property
    def facts(self) -> list[ColumnFacts]:
        """What the columns hold that are not the same in all rows."""
        return [column for column in facts_of(self.table) if column.name != ODD]

    @cached_property
    def columns(self) -> list[ColumnFacts | None]:
        """What each column holds; None for one that is the same in all rows."""
        facts = {column.name: column for column in self.facts}
        return [facts.get(write_field(replace(field, constant=None))) for field in self.table.fields]


def _write(cell: str) -> str:
    """Write the cell of a constant column as JSON."""
    return cell if cell and _is_literal(cell) else write(cell)


def _encode(column: Sequence[str], separator: str) -> list[str]:
    """Write cells as `json_cells.encode_all` would write what they hold."""
    text = "\n".join(column)
    if text.count("\n") == len(column) - 1 and _QUOTED[separator].search(text) is None:
        return list(column)
    encode = encoder(separator, text=True)
    written = {cell: cell if cell in _LITERALS else encode(cell) for cell in set(column)}
    return [written[cell] for cell in column]


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
