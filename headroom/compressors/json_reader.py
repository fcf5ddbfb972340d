"""Reads the lines of a table back into rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from operator import itemgetter
from typing import TypeAlias

from headroom.compressors.json_cells import ABSENT, LITERAL_START, Absent, Cell, decode, number_lines
from headroom.compressors.json_header import KEY, NUMBER, Field, read_fields, write_field
from headroom.compressors.json_shape import Column, assemble
from headroom.compressors.json_values import Number, Value, parse_prefix, parse_value

_KEY = -1
"""Stands among the places of columns for the key of a row."""


@dataclass(frozen=True, slots=True)
class ReadTable:
    """What the lines of a table say."""

    rows: list[Value]
    keys: list[str] | None
    numbers: list[int] | None
    """0-based numbers of the rows in the source, for a selection."""


def read(
    lines: Sequence[str], start: int, *, size: int, separator: str, keyed: bool, numbered: bool
) -> tuple[ReadTable, int]:
    """Read a table of `size` rows whose header is line `start`; return it with the line after its last.

    ValueError if there is no such table.
    """
    if len(lines) <= start:
        raise ValueError("a table without a header")
    header = lines[start]
    leads = "".join(f"{lead}{separator}" for lead in [NUMBER] * numbered + [KEY] * keyed)
    if not header.startswith(leads):
        raise ValueError(f"a header that does not begin with {leads}")
    fields = read_fields(header, len(leads), separator)
    aliases = _read_aliases(lines, start + 1)
    reader = _Reader(separator, fields, aliases, numbered + keyed)
    taken = start + 1 + len(aliases)
    plain = reader.plain_rows(lines, taken, size)
    if plain is not None:
        return ReadTable(plain[0], None, None), plain[1]
    rows: list[tuple[list[str], Value]] = []
    while len(rows) < size:
        if taken == len(lines):
            raise ValueError(f"fewer than {size} rows")
        line = lines[taken]
        taken += 1
        if line.startswith("="):
            reader.head(line)
        else:
            rows.append(reader.row(line))
    keys = [str(decode(heads[-1], text=True)) for heads, _ in rows] if keyed else None
    numbers = [int(heads[0]) for heads, _ in rows] if numbered else None
    return ReadTable([row for _, row in rows], keys, numbers), taken


def _read_aliases(lines: Sequence[str], start: int) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for place in range(start, len(lines)):
        name, equals, cell = lines[place].partition("=")
        if not equals or name != f"*{len(aliases) + 1}":
            break
        aliases[name] = cell
    return aliases


class _Reader:
    """Reads rows; cells that recur are decoded once."""

    def __init__(self, separator: str, fields: Sequence[Field], aliases: dict[str, str], leads: int) -> None:
        self.separator = separator
        self.aliases = aliases
        self.leads = leads
        self.columns = [field.column for field in fields]
        self.constants: dict[int, Cell] = {
            n: parse_value(f.constant) for n, f in enumerate(fields) if f.constant is not None
        }
        self.grouped = [n for n, field in enumerate(fields) if field.grouped]
        self.varying = [n for n, field in enumerate(fields) if field.varying and not field.grouped]
        places = {write_field(Field(field.column)): n for n, field in enumerate(fields)}
        self.same = {n: _KEY if f.same == KEY else places[f.same] for n, f in enumerate(fields) if f.same is not None}
        self.text = [field.text for field in fields]
        self.known: list[dict[str, Cell]] = [{} for _ in fields]
        plain = all(len(column.path) == 1 and column.form == "plain" for column in self.columns)
        self.flat = [(n, str(column.path[0])) for n, column in enumerate(self.columns)] if plain else []
        self.tree = _tree(self.columns)

    def head(self, line: str) -> None:
        """Read a line that gives the cells of grouped columns for the rows under it."""
        self.constants.update(self._cells(line, 1, self.grouped))

    def plain_rows(self, lines: Sequence[str], start: int, size: int) -> tuple[list[Value], int] | None:
        """Read all rows column by column, which is faster, and return them with the line after their last.

        None if they are not plain: numbered or keyed, with quotes, lists or absent keys.
        """
        bodies: list[str] = []
        heads: list[dict[int, Cell]] = []
        head: dict[int, Cell] = {}
        if self.leads or not self.tree:
            return None
        end = start
        while end < len(lines) and len(bodies) < size:
            if lines[end].startswith("="):
                head = self._cells(lines[end], 1, self.grouped)
            else:
                bodies.append(lines[end])
                heads.append(head)
            end += 1
        text = "\n".join(bodies)
        if len(bodies) < size or '"' in text or "{" in text or "[" in text:
            return None
        rows = self._rows([body.split(self.separator) for body in bodies], heads)
        return None if rows is None else (rows, end)

    def _rows(self, cells: list[list[str]], heads: Sequence[dict[int, Cell]]) -> list[Value] | None:
        if not {len(self.varying)}.issuperset(map(len, cells)):
            return None
        columns: dict[int, Iterable[Cell]] = {place: repeat(value) for place, value in self.constants.items()}
        for place in self.grouped:
            columns[place] = column = [head.get(place, ABSENT) for head in heads]
            if ABSENT in column:
                return None
        for place, texts in zip(self.varying, zip(*cells, strict=True), strict=True):
            values = self._column(place, texts)
            if values is None:
                return None
            columns[place] = values
        for place, other in self.same.items():
            columns[other] = columns[place] = list(islice(columns[other], len(cells)))
        return _objects(self.tree, columns, len(cells))

    def _column(self, place: int, cells: Sequence[str]) -> Iterable[Cell] | None:
        """Read a column of cells without quotes, what is the same at once; None if a key is absent."""
        distinct = set(cells)
        if "" in distinct:
            return None
        firsts = set(map(itemgetter(0), distinct))
        if "*" not in firsts:
            if "null" not in distinct if self.text[place] else LITERAL_START.isdisjoint(firsts):
                return cells
            if not self.text[place] and len(numbers := number_lines("\n".join(["", *distinct, ""]))) == len(distinct):
                return map(dict(zip(numbers, map(Number, numbers), strict=True)).__getitem__, cells)
        known = {cell: self._value(place, cell) for cell in distinct}
        return None if ABSENT in known.values() else map(known.__getitem__, cells)

    def row(self, line: str) -> tuple[list[str], Value]:
        heads, start = self._heads(line)
        if line.startswith("{", start):
            whole, end = parse_prefix(line, start)
            if end == len(line):
                return heads, whole
        values = {**self.constants, **self._cells(line, start, self.varying)}
        if self.same:
            values[_KEY] = decode(heads[-1], text=True) if heads else ABSENT
            values.update({place: values.get(other, ABSENT) for place, other in self.same.items()})
        if self.flat:
            cells = ((key, values.get(place, ABSENT)) for place, key in self.flat)
            return heads, {key: cell for key, cell in cells if not isinstance(cell, Absent)}
        value = assemble((column, values.get(place, ABSENT)) for place, column in enumerate(self.columns))
        if isinstance(value, Absent):
            raise ValueError("a row without a value")
        return heads, value

    def _cells(self, line: str, start: int, places: Sequence[int]) -> dict[int, Cell]:
        cells = _split(line, start, self.separator)
        if any(cells[len(places) :]):
            raise ValueError("a row with more cells than columns")
        return dict(zip(places, map(self._value, places, cells), strict=False))

    def _heads(self, line: str) -> tuple[list[str], int]:
        heads = []
        start = 0
        for _ in range(self.leads):
            end = _cell_end(line, start, self.separator)
            heads.append(line[start:end])
            if end == len(line):
                raise ValueError("a row without its number or key")
            start = end + 1
        return heads, start

    def _value(self, place: int, cell: str) -> Cell:
        known = self.known[place]
        if cell not in known:
            if cell.startswith("*") and cell not in self.aliases:
                raise ValueError(f"{cell} is not listed")
            known[cell] = decode(self.aliases.get(cell, cell), text=self.text[place])
        return known[cell]


_Tree: TypeAlias = "dict[str, int | _Tree]"
"""The keys of a row, each with the place of its column, or with the keys of the object there."""


def _tree(columns: Sequence[Column]) -> _Tree:
    """Return where the columns stand in their rows; empty if not all are values in objects, each in a place of its own."""
    root: _Tree = {}
    for place, column in enumerate(columns):
        holder = root
        for step in column.path[:-1]:
            inner = holder.setdefault(str(step), {})
            if isinstance(step, int) or isinstance(inner, int):
                return {}
            holder = inner
        if column.form != "plain" or not column.path or isinstance(column.path[-1], int) or column.path[-1] in holder:
            return {}
        holder[column.path[-1]] = place
    return root


def _objects(tree: _Tree, columns: dict[int, Iterable[Cell]], size: int) -> list[Value]:
    """Return so many objects, their values taken from the columns."""
    values = [columns[one] if isinstance(one, int) else _objects(one, columns, size) for one in tree.values()]
    # A column that all rows share repeats without end.
    rows = islice(zip(*values, strict=False), size)
    return [dict(zip(tree, row, strict=True)) for row in rows]


def _split(line: str, start: int, separator: str) -> list[str]:
    if '"' not in line and "{" not in line and "[" not in line:
        return line[start:].split(separator)
    cells = []
    while True:
        end = _cell_end(line, start, separator)
        cells.append(line[start:end])
        if end == len(line):
            return cells
        start = end + 1


def _cell_end(line: str, start: int, separator: str) -> int:
    if line.startswith(('"', "{", "["), start):
        _, end = parse_prefix(line, start)
        if end < len(line) and line[end] != separator:
            raise ValueError("a cell that goes on after its value")
        return end
    end = line.find(separator, start)
    return len(line) if end < 0 else end
