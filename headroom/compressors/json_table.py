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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import ne

from headroom import tokens
from headroom.compressors.json_cells import (
    ABSENT,
    Absent,
    Cell,
    decode,
    encode_all,
    framed,
    literal_lines,
    reads_as_literal,
)
from headroom.compressors.json_header import KEY, NUMBER, Field, write_field
from headroom.compressors.json_long import MIN_CHARS
from headroom.compressors.json_shape import Column, Spread, spread
from headroom.compressors.json_values import Value, write

_ALIAS_FLOOR = 20
"""Characters that a cell must have to be worth an alias."""

_ALIAS_SAVING = 10
"""Tokens that an alias must save, since it has to be looked up."""

_MAX_ALIASES = 200
"""More would be hard to look up."""

_MAX_GROUPED = 3
"""Columns that heads may take over; with more, a row would be hard to put together in one's head."""

_HEADS_FLOOR = 40
"""Tokens that heads over groups of rows must save, since they take a note to explain."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A table as text."""

    lines: list[str]
    """Header, aliases and rows."""
    notes: list[str]
    """What its notation means, in words."""


@dataclass(frozen=True, slots=True)
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

    @property
    def varying(self) -> tuple[Field, ...]:
        """The fields that have cells."""
        return tuple(field for field in self.fields if field.constant is None)

    @property
    def of_items(self) -> bool:
        """Whether the rows have no columns: each is one cell."""
        return not self.fields[0].column.path

    def render(self) -> Lines:
        """Return all rows as text."""
        grouped = _worth_grouping(self.cells, self.whole)
        rest = [column for place, column in enumerate(self.cells) if place not in grouped]
        bodies, aliases = self._bodies(rest, self.whole)
        if self.keys is not None:
            bodies = [f"{key}{self.separator}{body}" for key, body in zip(self.keys, bodies, strict=True)]
        if grouped:
            heads = map(self.separator.join, zip(*(self.cells[place] for place in grouped), strict=True))
            bodies = list(_under_heads(heads, bodies, self.whole))
        marked = {self.varying[place] for place in grouped}
        fields = [replace(field, grouped=True) if field in marked else field for field in self.fields]
        return self._lines([], fields, aliases, bodies)

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
        bodies, aliases = self._bodies(columns, whole)
        if self.keys is not None:
            bodies = [f"{self.keys[n]}{self.separator}{body}" for n, body in zip(numbers, bodies, strict=True)]
        bodies = [f"{n}{self.separator}{body}" for n, body in zip(numbers, bodies, strict=True)]
        return self._lines([NUMBER], self.fields, aliases, bodies)

    def _cut(self, cell: str, cut: Callable[[Value], Value], *, text: bool) -> str:
        if len(cell) <= MIN_CHARS:
            return cell
        value = decode(cell, text=text)
        return encode_all([cut(value)], separator=self.separator, text=text)[0]  # type: ignore[arg-type]

    def _bodies(self, columns: Sequence[list[str]], whole: Sequence[str]) -> tuple[list[str], list[str]]:
        aliases = _worth_alias(columns)
        names = {cell: f"*{number}" for number, cell in enumerate(aliases, 1)}
        if names:
            columns = [[names.get(cell, cell) for cell in column] for column in columns]
        rows = map(self.separator.join, zip(*columns, strict=True)) if columns else iter([""] * len(whole))
        return [odd or self._body(row, len(columns)) for odd, row in zip(whole, rows, strict=True)], aliases

    def _body(self, row: str, width: int) -> str:
        if not row.startswith("{") or self.of_items:
            return row.rstrip(self.separator)
        # A first cell in braces keeps a separator behind it, so that it is not taken for a whole row.
        return row if width > 1 else row + self.separator

    def _lines(self, leads: list[str], fields: Sequence[Field], aliases: list[str], bodies: list[str]) -> Lines:
        leads = leads + [KEY] * (self.keys is not None)
        header = self.separator.join(leads + [write_field(field) for field in fields])
        listed = [f"*{number}={cell}" for number, cell in enumerate(aliases, 1)]
        notes = []
        if leads[:1] == [NUMBER]:
            notes.append("# is the row's index from 0")
        if any(field.constant is not None for field in fields):
            notes.append(f"name=value holds for every row{' not in braces' * any(self.whole)}")
        if any(field.grouped for field in fields):
            notes.append("name=: given for the rows below by a line starting with =")
        if any(field.column.form != "plain" for field in fields):
            notes.append("a name with keys holds such objects as lists of their values")
        if any("" in column for column in self.cells):
            notes.append("empty: no such key")
        if aliases:
            notes.append("*1 is the value listed as *1")
        return Lines([header, *listed, *bodies], notes)


def _under_heads(heads: Iterable[str], bodies: Sequence[str], whole: Sequence[str]) -> Iterator[str]:
    last = None
    for head, body, odd in zip(heads, bodies, whole, strict=True):
        if not odd and head != last:
            yield f"={head}"
            last = head
        yield body


def lay_out(rows: Sequence[Value], *, separator: str = ",", keys: Sequence[str] | None = None) -> Table:
    """Lay rows out as a table; `keys` are theirs if they are the values of an object."""
    spreads = spread(rows)
    whole = [""] * len(rows)
    if len(spreads) > 1 and not spreads[0].column.path:
        own = spreads[0].values
        whole = ["" if value is ABSENT else write(value) for value in own]  # type: ignore[arg-type]
        spreads = spreads[1:]
        if any(row and not row.startswith("{") for row in whole):
            return lay_out_items(rows, separator=separator, keys=keys)
    fields: list[Field] = []
    cells: list[list[str]] = []
    for place, one in enumerate(spreads, 1):
        field, column = _field(one, whole, separator, lift=bool(cells) or place < len(spreads))
        fields.append(field)
        if column is not None:
            cells.append(column)
    return Table(separator, tuple(fields), tuple(cells), whole, _key_cells(keys, separator))


def lay_out_items(items: Sequence[Value], *, separator: str = ",", keys: Sequence[str] | None = None) -> Table:
    """Lay values of any kind out as a table of one column."""
    cells = encode_all(items, separator=separator, text=False)
    return Table(separator, (Field(Column(())),), (cells,), [""] * len(items), _key_cells(keys, separator))


def _key_cells(keys: Sequence[str] | None, separator: str) -> list[str] | None:
    return None if keys is None else encode_all(keys, separator=separator, text=True)


def _field(one: Spread, whole: list[str], separator: str, *, lift: bool) -> tuple[Field, list[str] | None]:
    """Return the column as the header shows it, and its cells unless it is constant and may be lifted."""
    fitting = [value for value, odd in zip(one.values, whole, strict=True) if not odd] if any(whole) else one.values
    if lift and len(fitting) > 1 and fitting[0] is not ABSENT and _all_equal(fitting):
        return Field(one.column, constant=write(fitting[0])), None  # type: ignore[arg-type]
    text = _is_text(fitting)
    return Field(one.column, text), encode_all(one.values, separator=separator, text=text)


def _all_equal(values: Sequence[Cell]) -> bool:
    first = values[0]
    kind = type(first)
    if not all(type(value) is kind and value == first for value in values):
        return False
    # Containers may be equal to Python with another order of keys, or "1" where the other has 1.
    return kind not in (dict, list) or len(set(map(write, values))) == 1  # type: ignore[arg-type]


def _is_text(values: Sequence[object]) -> bool:
    if not {type(None), Absent, str}.issuperset(map(type, values)):
        return False
    strings = [value for value in values if type(value) is str]
    lines = framed(strings)
    return (sum(map(reads_as_literal, strings)) if lines is None else literal_lines(lines)) > 1


def _worth_alias(columns: Sequence[list[str]]) -> list[str]:
    counts: Counter[str] = Counter()
    for column in columns:
        if max(map(len, column), default=0) >= _ALIAS_FLOOR:
            counts.update([cell for cell in column if len(cell) >= _ALIAS_FLOOR])
    # A reference costs some three tokens, a listing five besides its cell.
    savings = {cell: tokens.count(cell) * (times - 1) - 3 * times - 5 for cell, times in counts.items() if times > 1}
    worth = sorted((cell for cell in savings if savings[cell] > _ALIAS_SAVING), key=lambda cell: -savings[cell])[
        :_MAX_ALIASES
    ]
    listed = set(worth)
    return [cell for cell in counts if cell in listed]


def _worth_grouping(columns: Sequence[list[str]], whole: Sequence[str]) -> list[int]:
    """Return the places of the columns whose cells change so seldom that heads over the rows cost less."""
    fitting = [number for number, odd in enumerate(whole) if not odd]
    changes = {}
    for place, column in enumerate(columns):
        steps = column if len(fitting) == len(column) else [column[number] for number in fitting]
        if 4 * sum(map(ne, steps, steps[1:])) >= len(fitting):
            continue
        changed = {b for a, b in pairwise(fitting) if column[a] != column[b]}
        if all(column[number] for number in fitting):
            changes[place] = changed
    best: list[int] = []
    best_saving = _HEADS_FLOOR
    grouped: list[int] = []
    heads = set(fitting[:1])
    for place in sorted(changes, key=lambda place: (len(changes[place]), place))[:_MAX_GROUPED]:
        grouped = [*grouped, place]
        heads |= changes[place]
        # A cell of n characters has some n/4 tokens and a separator; a head has a mark and a line end more.
        costs = [sum(len(columns[p][number]) // 4 + 2 for p in grouped) for number in fitting]
        spent = sum(cost + 2 for number, cost in zip(fitting, costs, strict=True) if number in heads)
        if 3 * len(heads) > len(fitting) or len(grouped) == len(columns):
            break
        if sum(costs) - spent > best_saving:
            best, best_saving = grouped, sum(costs) - spent
    return sorted(best)
