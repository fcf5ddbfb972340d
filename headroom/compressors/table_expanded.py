r"""Tables of which every row stands as a record, a column to a line: psql's \x, and \G of mysql.

-[ RECORD 1 ]-+------           *************************** 1. row ***************************
id            | 7                 id: 7
name          | Ann             name: Ann
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import compress, count, repeat

from headroom.compressors.table_grid import MIN_ROWS, Grid

_RECORD = re.compile(r"-\[ RECORD ([0-9]{1,9}) \][-+]*|\*{20,40} ([0-9]{1,9})\. row \*{20,40}")
_CELL = {"-": re.compile(r"(\S.{0,200}?) *\| ?(.*)"), "*": re.compile(r" *(\S.{0,200}?): ?(.*)")}
"""By what a record's first line begins with: the name and the cell on one of its other lines."""


def expanded_tables(lines: Sequence[str]) -> Iterator[Grid]:
    """Yield the tables whose rows are records of the same columns, in order."""
    floor = 0
    for at in compress(count(), map(str.startswith, lines, repeat(tuple(_CELL)))):
        if at >= floor and _RECORD.fullmatch(lines[at]):
            grid, floor = _table_at(lines, at)
            if grid is not None:
                yield grid


def _table_at(lines: Sequence[str], start: int) -> tuple[Grid | None, int]:
    """Return the table whose first record begins here, if there is one, and the line behind it.

    Its records count from 1: only then do their numbers say nothing.
    """
    names: list[str] = []
    rows: list[list[str]] = []
    firsts: list[int] = []
    at = start
    while at < len(lines) and lines[at][:1] == lines[start][:1] and (head := _RECORD.fullmatch(lines[at])):
        if int(head[1] or head[2]) != len(rows) + 1:
            break
        record = list(_cells(lines, at + 1, _CELL[lines[start][0]]))
        names = names or [name for name, _ in record]
        if not record or [name for name, _ in record] != names:
            break
        rows.append([cell for _, cell in record])
        firsts.append(at)
        at += 1 + len(record)
    if len(rows) < MIN_ROWS:
        return None, max(at, start + 1)
    return Grid(start, at, tuple(names), len(names), rows, firsts), at


def _cells(lines: Sequence[str], at: int, cell: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield the names and cells of a record, up to what is neither or begins the next."""
    while at < len(lines) and (found := cell.fullmatch(lines[at])) and not _RECORD.fullmatch(lines[at]):
        yield found[1], found[2].strip()
        at += 1
