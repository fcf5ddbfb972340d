"""Tables without the blanks and lines that draw them, the text round them as it stands.

    [table: 3 rows as CSV. name=value holds for every row]
    NAME,READY,STATUS="Running"
    api-7c9f,1/1
    db-0,1/1
    web-5d44,2/2

The rows are written as `json_table` writes them, cells as JSON would. Reading it back gives the same cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headroom.compressors.json_costs import cheaper
from headroom.compressors.json_header import read_fields
from headroom.compressors.json_outline import FORMS
from headroom.compressors.json_reader import read
from headroom.compressors.json_values import Value
from headroom.compressors.table_grid import Grid
from headroom.compressors.table_layout import ODD, Layout, cell_of
from headroom.compressors.table_words import is_summary

_SEPARATORS = {form: separator for separator, form in FORMS.items()}
_NUMBERED = "columns have no names"
_SECOND = "name (2) is the second of that name"
_ODD = "a row in braces has more or fewer cells than there are columns"
_NOTE = re.compile(
    r"\[table: (?P<size>[1-9][0-9]{0,8}) rows as (?P<form>"
    + "|".join(map(re.escape, _SEPARATORS))
    + r")(?P<notes>(?:\. [^\].]+)*)\]"
)


@dataclass(frozen=True, slots=True)
class Read:
    """A table as it was read back."""

    names: tuple[str, ...]
    named: bool
    rows: list[list[str]]

    def says(self, grid: Grid) -> bool:
        """Whether it has the names and cells of the other."""
        return (
            self.named == (grid.names is not None) and list(self.names) == Layout(grid).names and self.rows == grid.rows
        )


def write(lines: Sequence[str], layouts: Sequence[Layout]) -> str | None:
    """Return the text with each table written densely where that has fewer tokens; None if nowhere.

    None also for a text that already speaks the notation.
    """
    if any(map(is_summary, lines)):
        return None
    out: list[str] = []
    place = 0
    for layout in layouts:
        grid = layout.grid
        drawn = "\n".join(lines[grid.start : grid.end])
        dense = _dense(layout)
        if dense is not None and cheaper(dense, drawn):
            out += [*lines[place : grid.start], dense]
            place = grid.end
    return "\n".join([*out, *lines[place:]]) if place else None


def _dense(layout: Layout) -> str | None:
    grid, table, names = layout.grid, layout.table, layout.names
    if ODD in names or len(set(names)) < len(names):
        return None
    lines = table.render()
    notes = [_NUMBERED] if grid.names is None else [_SECOND] if names != list(grid.names) else []
    # An empty cell of a table is just that, where one of JSON is an absent key.
    notes += [note for note in lines.notes if "such key" not in note]
    notes += [_ODD] if any(table.whole) else []
    return "\n".join(
        [f"[table: {'. '.join([f'{len(grid.rows)} rows as {FORMS[table.separator]}', *notes])}]", *lines.lines]
    )


def read_back(text: str) -> Iterator[str | Read]:
    """Yield the lines and tables of a text as `write` writes it. ValueError where a table cannot be read."""
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        note = _NOTE.fullmatch(lines[place])
        if note is None:
            yield lines[place]
            place += 1
            continue
        table, place = _read(lines, place + 1, note)
        yield table


def _read(lines: Sequence[str], start: int, note: re.Match[str]) -> tuple[Read, int]:
    separator = _SEPARATORS[note["form"]]
    table, end = read(lines, start, size=int(note["size"]), separator=separator, keyed=False, numbered=False)
    names = [".".join(map(str, field.column.path)) for field in read_fields(lines[start], 0, separator)]
    return Read(tuple(names), _NUMBERED not in note["notes"], [_cells(row, names) for row in table.rows]), end


def _cells(row: Value, names: Sequence[str]) -> list[str]:
    if not isinstance(row, dict):
        raise ValueError("a row without columns")
    cells = row.get(ODD)
    if isinstance(cells, list):
        return [cell_of(cell) for cell in cells]
    return [cell_of(row[name]) if name in row else "" for name in names]
