"""Tables whose cells are divided by a character: CSV, TSV, and their kin with semicolons or bars.

Read by the csv module: quotes, doubled quotes and line ends inside cells mean what they mean there. A text whose
quotes do not add up is read without them. Cells lose their blanks where each delimiter is followed by one.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count, repeat
from operator import not_

from headroom.compressors.table_grid import Grid, holds_values, is_name

_DELIMITERS = "\t;|,"
"""In this order: cells of a text with one of the others may well hold commas."""

_SAMPLE = 60
_MARGIN = 5
"""Lines before and after a table that may be something else: a command's words, a count of rows."""

_MIN_RECORDS = 4
_TYPED_SAMPLE = 100
"""Rows by which a column is judged."""


def find(lines: Sequence[str]) -> Iterator[Grid]:
    """Yield the delimited tables, in order; blank lines stand between them."""
    bare = [line.removesuffix("\r") for line in lines] if "\r" in "".join(lines) else list(lines)
    bare[:1] = [line.removeprefix("\ufeff") for line in bare[:1]]
    delimiter, quoted = _delimiter([line for line in bare[: _SAMPLE + _MARGIN] if line])
    if not delimiter:
        return
    rows, firsts = _records(bare, delimiter, quoted=quoted)
    start = 0
    for end in [*(number for number, row in enumerate(rows) if not row), len(rows)]:
        if grid := _grid(rows[start:end], firsts[start : end + 1]):
            yield grid
        start = end + 1


def _delimiter(sample: Sequence[str]) -> tuple[str, bool]:
    """Return the character that divides nearly all lines into equally many cells, and whether quotes count.

    "" if there is none.
    """
    for delimiter in _DELIMITERS:
        if sum(delimiter in line for line in sample) < max(_MIN_RECORDS, len(sample) // 2):
            continue
        if _uniform(map(len, csv.reader([line + "\n" for line in sample], delimiter=delimiter))):
            return delimiter, True
        if _uniform(line.count(delimiter) + 1 for line in sample):
            return delimiter, False
    return "", False


def _uniform(widths: Iterable[int]) -> bool:
    try:
        counts = Counter(widths)
    except csv.Error:
        return False
    width, times = counts.most_common(1)[0]
    return width > 1 and times >= _MIN_RECORDS and times * 10 >= (counts.total() - _MARGIN) * 9


def _records(lines: Sequence[str], delimiter: str, *, quoted: bool) -> tuple[list[list[str]], Sequence[int]]:
    """Return the records, and the first line of each and of what follows them."""
    if quoted and _need_reading("\n".join(lines)):
        try:
            return _quoted(lines, delimiter)
        except csv.Error:
            pass
    rows = list(map(str.split, lines, repeat(delimiter)))
    for number in compress(count(), map(not_, lines)):
        rows[number] = []
    return rows, range(len(lines) + 1)


def _need_reading(text: str) -> bool:
    """Whether the csv module may read something else than what stands between delimiters."""
    return '"' in text or "\r" in text or "\0" in text


def _quoted(lines: Sequence[str], delimiter: str) -> tuple[list[list[str]], Sequence[int]]:
    """Read the records as the csv module does. csv.Error if quotes do not add up."""
    source = [line + "\n" for line in lines]
    rows = list(csv.reader(source, delimiter=delimiter, strict=True))
    if len(rows) == len(lines):
        return rows, range(len(lines) + 1)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    return rows, [0, *(reader.line_num for _ in reader)]


def _grid(rows: list[list[str]], firsts: Sequence[int]) -> Grid | None:
    """Return the records as a table, what is no part of it at its ends cut off; None if they are none."""
    if len(rows) < _MIN_RECORDS:
        return None
    width = Counter(map(len, rows)).most_common(1)[0][0]
    start, end = 0, len(rows)
    while len(rows[start]) != width and start < _MARGIN:
        start += 1
    while len(rows[end - 1]) != width and len(rows) - end < _MARGIN:
        end -= 1
    odd = sum(len(row) != width for row in rows[start:end])
    if width < 2 or end - start < _MIN_RECORDS or odd * 20 > end - start:
        return None
    return _headed(_unpadded(rows[start:end]), firsts[start : end + 1], width)


def _unpadded(rows: list[list[str]]) -> list[list[str]]:
    if all(cell.startswith(" ") for cell in rows[0][1:]):
        return [[cell.strip(" ") for cell in row] for row in rows]
    return rows


def _headed(rows: list[list[str]], firsts: Sequence[int], width: int) -> Grid | None:
    """Return the table with the header that it has, or None if neither that nor its values show that it is one."""
    columns = list(zip(*(row for row in rows[1 : _TYPED_SAMPLE + 1] if len(row) == width), strict=True))
    typed = sum(map(holds_values, columns))
    names = rows[0]
    if len(names) == width and _is_header(names, columns) and (width > 2 or typed):
        return Grid(firsts[0], firsts[-1], tuple(names), width, rows[1:], firsts[1:-1])
    if width > 2 and typed * 2 >= width:
        return Grid(firsts[0], firsts[-1], None, width, rows, firsts[:-1])
    return None


def _is_header(names: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Tell whether the cells are names, most of them at least, and do not stand among their columns' values."""
    if sum(map(is_name, names)) * 4 < len(names) * 3 or holds_values([name for name in names if name]):
        return False
    return not any(name and name in column for name, column in zip(names, columns, strict=True))
