"""Rows of JSON as the lines of a table.

    id,owner.name,team=,region="us-east-1"
    =red
    1,Ann
    2,"Li, Mei"
    =blue
    3,Bo
    {"id":4,"note":"has no owner"}

Cells are written as `json_cells` says, the header as `json_header` says. A line that starts with = gives
the cells of the columns so marked (`team=`) for the rows under it. A row of another shape stands whole,
as a JSON object on its line. Long cells that recur are listed once (`*1=…`, after the header) and
referred to (`*1`). Empty cells at the end of a line are left off. `json_reader` reads it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress, pairwise
from operator import methodcaller, ne, not_

from headroom.compressors.json_cells import ABSENT, Cells, decode, encode_all, encode_column
from headroom.compressors.json_folds import (
    ALIAS_FLOOR,
    all_equal,
    same_as,
    worth_alias,
    worth_grouping,
    worth_lifting,
)
from headroom.compressors.json_header import KEY, NUMBER, Field, write_field, write_fields
from headroom.compressors.json_long import MIN_CHARS
from headroom.compressors.json_shape import Column, Spread, spread
from headroom.compressors.json_values import Value, write

_BRACE = methodcaller("startswith", "{")

_SAMPLE = 40
"""Rows from which it is told what a row costs."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A table as text."""

    lines: list[str]
    """Header, aliases and rows."""
    notes: list[str]
    """What its notation means, in words."""


@dataclass(frozen=True)
class Table:
    """Rows laid out in columns of cells."""

    separator: str
    fields: tuple[Field, ...]
    """All columns in header order, the constant ones included."""
    cells: tuple[list[str], ...]
    """One list of cells for each field that is not constant."""
    whole: list[str]
    """For each row "", or the row as JSON if it does not fit the columns."""
    keys: list[str] | None = None
    """The rows' keys as cells, if the rows are the values of an object."""

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.whole)

    @cached_property
    def columns(self) -> tuple[Cells, ...]:
        """The cells with what is known of each column."""
        return tuple([cells if isinstance(cells, Cells) else Cells(cells) for cells in self.cells])

    @property
    def counts(self) -> tuple[Counter[str], ...]:
        """How often each cell of each column occurs."""
        return tuple([column.counts for column in self.columns])

    @cached_property
    def is_odd(self) -> bool:
        """Whether some rows do not fit the columns."""
        return any(self.whole)

    @cached_property
    def least_chars(self) -> int:
        """Characters that its text has at least: every cell that is not in its column twice."""
        return sum([column.least_chars for column in self.columns]) + len("".join(self.whole)) + self.size

    @cached_property
    def most_chars(self) -> int:
        """Characters that its text has at most: all cells as they are, and what the header may need."""
        cells = sum([column.chars + self.size for column in self.columns])
        keys = len("".join(self.keys)) + self.size if self.keys else 0
        return cells + keys + len("".join(self.whole)) + 2 * sum([len(write_field(one)) for one in self.fields]) + 500

    @property
    def varying(self) -> tuple[Field, ...]:
        """The fields that have cells."""
        return tuple(field for field in self.fields if field.varying)

    @property
    def of_items(self) -> bool:
        """Whether the rows have no columns: each is one cell."""
        return not self.fields[0].column.path

    def render(self) -> Lines:
        """Return all rows as text."""
        grouped = worth_grouping(self.cells, self.counts, self.whole)
        rest = [column for place, column in enumerate(self.cells) if place not in grouped]
        often = [
            column.counts for n, column in enumerate(self.columns) if column.widest >= ALIAS_FLOOR and n not in grouped
        ]
        bodies, aliases = self._bodies(rest, self.whole, often)
        if self.keys is not None:
            bodies = [f"{key}{self.separator}{body}" for key, body in zip(self.keys, bodies, strict=True)]
        if grouped:
            heads = list(map(self.separator.join, zip(*(self.cells[place] for place in grouped), strict=True)))
            bodies = list(_under_heads(heads, bodies, self.whole))
        marked = {self.varying[place] for place in grouped}
        fields = (
            [replace(field, grouped=True) if field in marked else field for field in self.fields]
            if marked
            else self.fields
        )
        return self._lines([], fields, aliases, bodies)

    def sample(self, *, limit: int | None = None) -> str:
        """Return some rows spread over all, as cells without their notation; of a cell up to `limit` characters."""
        numbers = range(0, self.size, self.size // _SAMPLE + 1)
        rows = [self.whole[n] or ",".join([cells[n][:limit] for cells in self.cells]) for n in numbers]
        return "\n".join(rows)

    def header(self) -> str:
        """Return the header line of an excerpt."""
        return self._lines([NUMBER], self.fields, [], []).lines[0]

    def excerpt(self, numbers: Sequence[int], cut: Callable[[Value], Value]) -> Lines:
        """Return only these rows (0-based) as text, each headed by its index; `cut` shortens long values."""
        columns = [
            [self._cut(column[number], cut, text=field.text) for number in numbers]
            for field, column in zip(self.varying, self.cells, strict=True)
        ]
        whole = [self._cut(self.whole[number], cut, text=False) for number in numbers]
        bodies, aliases = self._bodies(columns, whole, list(map(Counter, columns)))
        if self.keys is not None:
            bodies = [f"{self.keys[n]}{self.separator}{body}" for n, body in zip(numbers, bodies, strict=True)]
        bodies = [f"{n}{self.separator}{body}" for n, body in zip(numbers, bodies, strict=True)]
        return self._lines([NUMBER], self.fields, aliases, bodies)

    def _cut(self, cell: str, cut: Callable[[Value], Value], *, text: bool) -> str:
        if len(cell) <= MIN_CHARS:
            return cell
        value = decode(cell, text=text)
        return encode_all([cut(value)], separator=self.separator, text=text)[0]  # type: ignore[arg-type]

    def _bodies(
        self, columns: Sequence[list[str]], whole: Sequence[str], counts: Sequence[Counter[str]]
    ) -> tuple[list[str], list[str]]:
        aliases = worth_alias(counts)
        names = {cell: f"*{number}" for number, cell in enumerate(aliases, 1)}
        if names:
            columns = [[names.get(cell, cell) for cell in column] for column in columns]
        rows = list(map(self.separator.join, zip(*columns, strict=True))) if columns else [""] * len(whole)
        if not any(whole) and columns and "" not in columns[-1] and not any(map(_BRACE, columns[0])):
            return rows, aliases
        return [odd or self._body(row, len(columns)) for odd, row in zip(whole, rows, strict=True)], aliases

    def _body(self, row: str, width: int) -> str:
        if not row.startswith("{") or self.of_items:
            return row.rstrip(self.separator)
        # A first cell in braces keeps a separator behind it, so that it is not taken for a whole row.
        return row if width > 1 else row + self.separator

    def _lines(self, leads: list[str], fields: Sequence[Field], aliases: list[str], bodies: list[str]) -> Lines:
        leads = leads + [KEY] * (self.keys is not None)
        header = self.separator.join([*leads, write_fields(fields, self.separator)])
        listed = [f"*{number}={cell}" for number, cell in enumerate(aliases, 1)]
        notes = []
        if leads[:1] == [NUMBER]:
            notes.append("# is the row's index from 0")
        if any(field.constant is not None or (field.same == KEY and self.is_odd) for field in fields):
            notes.append(f"name=value holds for every row{' not in braces' * self.is_odd}")
        if any(field.same not in (None, KEY) for field in fields):
            notes.append("name=(other) is the same as other")
        if any(field.grouped for field in fields):
            notes.append("name=: given for the rows below by a line starting with =")
        if any(field.column.form != "plain" for field in fields):
            notes.append("a name with keys holds such objects as lists of their values")
        if any("" in counts for counts in self.counts):
            notes.append("empty: no such key")
        if aliases:
            notes.append("*1 is the value listed as *1")
        return Lines([header, *listed, *bodies], notes)


def _under_heads(heads: Sequence[str], bodies: Sequence[str], whole: Sequence[str]) -> Iterator[str]:
    fitting = [number for number, odd in enumerate(whole) if not odd]
    steps = [heads[number] for number in fitting]
    starts = [fitting[0], *compress(fitting[1:], map(ne, steps, steps[1:]))]
    yield from bodies[: starts[0]]
    for start, end in pairwise([*starts, len(bodies)]):
        yield f"={heads[start]}"
        yield from bodies[start:end]


def lay_out(
    rows: Sequence[Value], *, separator: str = ",", keys: Sequence[str] | None = None, every: bool = False
) -> Table:
    """Lay rows out as a table; `keys` are theirs if they are the values of an object.

    With `every`, also keys that few rows have are columns, where those rows would stand whole.
    """
    spreads = spread(rows, every=every)
    whole = [""] * len(rows)
    if len(spreads) > 1 and not spreads[0].column.path:
        own = spreads[0].values
        whole = ["" if value is ABSENT else write(value) for value in own]  # type: ignore[arg-type]
        spreads = spreads[1:]
        if any(row and not row.startswith("{") for row in whole):
            return lay_out_items(rows, separator=separator, keys=keys)
    lift = worth_lifting(spreads, whole)
    fitting = list(map(not_, whole)) if any(whole) else None
    fields: list[Field] = []
    cells: list[list[str]] = []
    for place, one in enumerate(spreads, 1):
        constant = _constant(one, fitting) if lift and (cells or place < len(spreads)) else None
        if constant is not None:
            fields.append(Field(one.column, constant=constant))
            continue
        column, text = encode_column(one.values, one.kinds, separator)
        field = same_as(Field(one.column, text), one, column, fields, cells, keys, fitting)
        fields.append(field)
        if field.same is None:
            cells.append(column)
    return Table(separator, tuple(fields), tuple(cells), whole, _key_cells(keys, separator))


def lay_out_items(items: Sequence[Value], *, separator: str = ",", keys: Sequence[str] | None = None) -> Table:
    """Lay values of any kind out as a table of one column."""
    cells = encode_all(items, separator=separator, text=False)
    return Table(separator, (Field(Column(())),), (cells,), [""] * len(items), _key_cells(keys, separator))


def _key_cells(keys: Sequence[str] | None, separator: str) -> list[str] | None:
    return None if keys is None else encode_all(keys, separator=separator, text=True)


def _constant(one: Spread, fitting: Sequence[bool] | None) -> str | None:
    """Return what the rows that fit hold all in this column, as JSON; None if that is not one and the same."""
    values = one.values if fitting is None else list(compress(one.values, fitting))
    if len(values) < 2 or values[0] is ABSENT or not all_equal(values):
        return None
    return write(values[0])  # type: ignore[arg-type]
