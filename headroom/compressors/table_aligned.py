"""Tables of columns that stand one under the other, divided by nothing but blanks: kubectl, docker, df, ps.

The header tells the columns; between them all lines must leave a gutter free. Of what lies between single
blanks of the header, that is a column which no line writes across.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from headroom.compressors.table_drawn import is_rule, slices, without_tail
from headroom.compressors.table_grid import Grid, holds_values, is_name

_MIN_ROWS = 3
_MIN_COLUMNS = 3
_MAX_HEADER = 4_000
"""Characters of the longest header that is looked at."""

_GUTTER = re.compile(" {2,}")
_INKED = bytes(48 + (byte != 32) for byte in range(256))
"""For each byte the digit 1 if it leaves ink on its place, else 0."""

_RUN = re.compile("1+")


def aligned_tables(lines: Sequence[str]) -> Iterator[Grid]:
    """Yield the aligned tables, in order."""
    floor = 0
    for number, line in enumerate(lines):
        if number >= floor and "  " in line and _may_be_header(line):
            grid, floor = _table_under(lines, number)
            if grid is not None:
                yield grid


def _may_be_header(line: str) -> bool:
    if len(line) > _MAX_HEADER or "\t" in line:
        return False
    names = _GUTTER.split(line.strip())
    return len(names) > 1 and all(map(is_name, names))


def _table_under(lines: Sequence[str], header: int) -> tuple[Grid | None, int]:
    """Return the table under a header, if there is one, and the line up to which nothing else need be looked for."""
    gutters = [_gap(match.start(), match.end()) for match in _GUTTER.finditer(lines[header])]
    names_ink = _ink(lines[header])
    ink = 0
    firsts: list[int] = []
    end = header + 1
    while end < len(lines) and lines[end].strip() and "\t" not in lines[end]:
        if not is_rule(lines[end]):
            more = ink | _ink(lines[end])
            if any(gutter & ~(names_ink | more) == 0 for gutter in gutters):
                break
            ink = more
            firsts.append(end)
        end += 1
    if not firsts:
        return None, end
    starts = _starts(lines[header], names_ink | ink, ink)
    names = slices(lines[header], starts)
    rows = without_tail([slices(lines[number], starts) for number in firsts])
    if not _is_table(names, rows):
        return None, end
    end = firsts[len(rows)] if len(rows) < len(firsts) else end
    return Grid(header, end, tuple(names), len(names), rows, firsts[: len(rows)]), end


def _gap(start: int, end: int) -> int:
    return (1 << end) - (1 << start)


def _ink(line: str) -> int:
    """Return a number whose bit n is set where the line has a character at place n."""
    return int(line.encode("ascii", "replace").translate(_INKED)[::-1] or b"0", 2)


def _starts(header: str, ink: int, rows_ink: int) -> list[int]:
    """Return where columns begin: runs of ink that have a name, or none above the first, and cells below."""
    starts: list[int] = []
    for run in _RUN.finditer(f"{ink:b}"[::-1]):
        named = header[run.start() : run.end()].strip()
        filled = rows_ink & _gap(run.start(), run.end())
        if not starts or (named and filled):
            starts.append(run.start())
    return starts


def _is_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether these are names over values: names in capitals, or columns of values under names that are none."""
    if len(names) < _MIN_COLUMNS or len(rows) < _MIN_ROWS or not all(map(is_name, filter(None, names[1:]))):
        return False
    if all(name.isupper() for name in names if name):
        return True
    typed = sum(map(holds_values, zip(*rows, strict=True)))
    return typed * 2 >= len(names) or (
        typed > 0 and all(name[:1].isupper() or not name[:1].isalpha() for name in names)
    )
