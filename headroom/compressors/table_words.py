"""What a table holds as a whole, in one line of words, so that its rows need not be read for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from headroom.compressors.json_header import write_field
from headroom.compressors.table_layout import Layout

_LEAD = "[table: "
_MAX_CHARS = 2_400
"""Characters of a summary; columns beyond are counted."""


def summary(layout: Layout, *, shown: int, densely: bool = False) -> str:
    """Say how many rows stand in the text, and what each column holds over all rows.

    Not what is the same in all of them where the table is written densely: its header says that.
    """
    said: list[str] = []
    left = _MAX_CHARS
    columns = list(_columns(layout, constant=not densely))
    for number, words in enumerate(columns):
        left -= len(words)
        if left < 0:
            said.append(f"{len(columns) - number} more columns")
            break
        said.append(words)
    return f"{_LEAD}{shown:,} of {len(layout.grid.rows):,} rows shown. Over all rows: {'; '.join(said)}]"


def _columns(layout: Layout, *, constant: bool) -> Iterator[str]:
    for field, column in zip(layout.table.fields, layout.columns, strict=True):
        if column is not None:
            yield column.words()
        elif constant:
            yield f"{write_field(replace(field, constant=None))} {field.constant} in every row"
    odd = sum(map(bool, layout.table.whole))
    if odd:
        yield f"{odd} rows have more or fewer cells"


def is_summary(line: str) -> bool:
    """Tell whether a line reads like words about a table, or like the note over one that is written densely."""
    return line.startswith(_LEAD)
