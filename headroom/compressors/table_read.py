"""Reads tables back from text that `table_dense` wrote, column by column.

A cell without quotes is what it says. So what is written of it is compared, and never what it means.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat, zip_longest
from operator import itemgetter

from headroom.compressors.json_header import Field, read_fields
from headroom.compressors.json_values import parse_prefix, parse_value
from headroom.compressors.table_layout import ODD, cell_of

_QUOTED = '"', "{", "["
"""How cells begin that are not what they say."""

_STARTS = frozenset(_QUOTED)
_FIRST = itemgetter(slice(1))


@dataclass(frozen=True, slots=True)
class Read:
    """A table as it was read back."""

    names: list[str]
    named: bool
    """Whether the source has these names; else they are numbers."""
    columns: list[Sequence[str]]
    """The cells of each, those of odd rows aside."""
    odd: dict[int, list[str]]
    """The rows that have more or fewer cells than there are columns."""
    size: int

    def says(self, rows: Sequence[Sequence[str]]) -> bool:
        """Whether these are its rows."""
        if len(rows) != self.size or any(rows[number] != row for number, row in self.odd.items()):
            return False
        regular = [row for number, row in enumerate(rows) if number not in self.odd] if self.odd else rows
        if not {len(self.names)}.issuperset(map(len, regular)):
            return False
        return all(list(map(itemgetter(place), regular)) == list(ours) for place, ours in enumerate(self.columns))


def read(lines: Sequence[str], start: int, *, size: int, separator: str, named: bool) -> tuple[Read, int]:
    """Read a table of `size` rows whose header is line `start`; return it with the line after its last.

    ValueError if there is no such table.
    """
    if len(lines) <= start:
        raise ValueError("a table without a header")
    fields = read_fields(lines[start], 0, separator)
    reader = _Reader(separator, _aliases(lines, start + 1))
    bodies, heads, end = _bodies(lines, start + 1 + len(reader.aliases), size)
    width = sum(field.varying and not field.grouped for field in fields)
    even = reader.columns(bodies, width)
    rows, odd = ([], {}) if even else reader.rows(bodies)
    regular = [row for row in range(size) if row not in odd] if odd else range(size)
    columns = iter(even) if even else _columns(rows, width)
    grouped = reader.under_heads(heads, regular, sum(field.grouped for field in fields))
    found = [_column(field, columns, grouped, len(regular)) for field in fields]
    names = [".".join(map(str, field.column.path)) for field in fields]
    return Read(names, named, found, odd, size), end


def _aliases(lines: Sequence[str], start: int) -> dict[str, str]:
    """Return the cells that are listed once, by what refers to them."""
    aliases: dict[str, str] = {}
    for place in range(start, len(lines)):
        name, equals, cell = lines[place].partition("=")
        if not equals or name != f"*{len(aliases) + 1}":
            break
        aliases[name] = _unquoted(cell)
    return aliases


def _bodies(lines: Sequence[str], start: int, size: int) -> tuple[Sequence[str], list[tuple[int, str]], int]:
    """Return the lines of the rows, the heads over some, each with the number of the row below, and where they end."""
    bodies = lines[start : start + size]
    heads: list[tuple[int, str]] = []
    end = start + size
    if "\n=" in "\n".join(["", *bodies]):
        bodies, end = [], start
        while end < len(lines) and len(bodies) < size:
            if lines[end].startswith("="):
                heads.append((len(bodies), lines[end][1:]))
            else:
                bodies.append(lines[end])
            end += 1
    if len(bodies) < size:
        raise ValueError(f"fewer than {size} rows")
    return bodies, heads, end


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads rows."""

    separator: str
    aliases: dict[str, str]

    def columns(self, bodies: Sequence[str], width: int) -> list[list[str]]:
        """Return the cells of each column of rows that all have as many, and no quotes; nothing of other rows."""
        if self.aliases or set(map(str.count, bodies, repeat(self.separator))) != {width - 1}:
            return []
        cells = self.separator.join(bodies).split(self.separator)
        if not _STARTS.isdisjoint(map(_FIRST, cells)):
            return []
        return [cells[place::width] for place in range(width)]

    def rows(self, bodies: Sequence[str]) -> tuple[list[list[str]], dict[int, list[str]]]:
        """Return the cells of each row, and those of odd ones by their number."""
        odd = {number: _odd(body) for number, body in enumerate(bodies) if body.startswith("{")}
        return [self.cells(body) for number, body in enumerate(bodies) if number not in odd], odd

    def cells(self, body: str) -> list[str]:
        """Return the cells of a row or of a head."""
        if any(quote in body for quote in _QUOTED):
            return [self.aliases.get(cell) or _unquoted(cell) for cell in self._split(body)]
        return [self.aliases.get(cell, cell) for cell in body.split(self.separator)]

    def _split(self, body: str) -> Iterator[str]:
        at = 0
        while True:
            quoted = body.startswith(_QUOTED, at)
            end = parse_prefix(body, at)[1] if quoted else body.find(self.separator, at)
            end = len(body) if end < 0 else end
            yield body[at:end]
            if end == len(body):
                return
            if body[end] != self.separator:
                raise ValueError("a cell that goes on after its value")
            at = end + 1

    def under_heads(self, heads: Sequence[tuple[int, str]], rows: Sequence[int], width: int) -> Iterator[Sequence[str]]:
        """Yield the cells of each column that stands in heads over the rows."""
        if not width:
            return
        starts = [row for row, _ in heads]
        over = [bisect_right(starts, row) - 1 for row in rows]
        if min(over, default=0) < 0:
            raise ValueError("a row without a head over it")
        for column in _columns([self.cells(head) for _, head in heads], width):
            yield [column[head] for head in over]


def _odd(body: str) -> list[str]:
    row = parse_value(body)
    cells = row.get(ODD) if isinstance(row, dict) else None
    if not isinstance(cells, list):
        raise ValueError("a row without columns")
    return [cell_of(cell) for cell in cells]


def _unquoted(cell: str) -> str:
    return cell_of(parse_value(cell)) if cell.startswith(_QUOTED) else cell


def _columns(rows: Sequence[list[str]], width: int) -> Iterator[Sequence[str]]:
    """Yield the cells of each column; those missing at the end of a row are empty."""
    if max(map(len, rows), default=0) > width:
        raise ValueError("a row with more cells than columns")
    found = list(zip_longest(*rows, fillvalue=""))
    yield from found
    yield from [("",) * len(rows)] * (width - len(found))


def _column(
    field: Field, columns: Iterator[Sequence[str]], grouped: Iterator[Sequence[str]], size: int
) -> Sequence[str]:
    if field.constant is not None:
        return (cell_of(parse_value(field.constant)),) * size
    if not field.varying:
        raise ValueError("a column that is the same as another: none of a table is")
    return next(grouped if field.grouped else columns)
