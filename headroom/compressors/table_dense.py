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

from headroom import tokens
from headroom.compressors.json_place import FORMS
from headroom.compressors.table_layout import ODD, Layout
from headroom.compressors.table_read import Read, read
from headroom.compressors.table_words import is_summary

_SEPARATORS = {form: separator for separator, form in FORMS.items()}
_COUNTED = 4_000
"""Characters of a table up to which its tokens are counted."""

_NUMBERED = "columns have no names"
_SECOND = "name (2) is the second of that name"
_ODD = "a row in braces has more or fewer cells than there are columns"
_NOTE = re.compile(
    r"\[table: (?P<size>[1-9][0-9]{0,8}) rows as (?P<form>"
    + "|".join(map(re.escape, _SEPARATORS))
    + r")(?P<notes>(?:\. [^\].]+)*)\]"
)


def forms(lines: Sequence[str], layouts: Sequence[Layout]) -> list[str | None]:
    """Return each table written densely, or None for one that has no fewer tokens so.

    None for all of a text that already speaks the notation.
    """
    if any(map(is_summary, lines)):
        return [None] * len(layouts)
    return [_form(lines, layout) for layout in layouts]


def _form(lines: Sequence[str], layout: Layout) -> str | None:
    written = excerpt(layout)
    dense = "\n".join(written) if written else None
    drawn = "\n".join(lines[layout.grid.start : layout.grid.end])
    return dense if dense is not None and saves(dense, drawn, share=(1, 1)) else None


def saves(dense: str, drawn: str, *, share: tuple[int, int]) -> bool:
    """Whether one form of a table is shorter than this share of another.

    By their tokens if they are short. By their characters if not, each run of blanks counted as one: forms of one
    table are alike enough for that.
    """
    measure = tokens.count if len(drawn) <= _COUNTED else _ink
    return measure(dense) * share[1] < measure(drawn) * share[0]


def _ink(text: str) -> int:
    return len(" ".join(text.split()))


def write(lines: Sequence[str], layouts: Sequence[Layout], forms_: Sequence[str | None]) -> str | None:
    """Return the text with these forms in place of tables; None if there is none."""
    out: list[str] = []
    place = 0
    for layout, form in zip(layouts, forms_, strict=True):
        if form is not None:
            out += [*lines[place : layout.grid.start], form]
            place = layout.grid.end
    return "\n".join([*out, *lines[place:]]) if place else None


def excerpt(layout: Layout, shown: Sequence[int] | None = None) -> list[str]:
    """Return the lines of a table written densely, of some of its rows only if `shown` says so; none if it cannot be."""
    names = layout.names
    if ODD in names or len(set(names)) < len(names):
        return []
    table = layout.table if shown is None else layout.part(shown)
    lines = table.render()
    notes = [_NUMBERED] if layout.grid.names is None else [_SECOND] if names != list(layout.grid.names) else []
    # An empty cell of a table is just that, where one of JSON is an absent key.
    notes += [note for note in lines.notes if "such key" not in note]
    notes += [_ODD] if any(table.whole) else []
    note = ". ".join([f"{table.size} rows as {FORMS[table.separator]}", *notes])
    return [f"[table: {note}]", *lines.lines]


def is_note(line: str) -> bool:
    """Tell whether a line is the note over a table that is written densely."""
    return _NOTE.fullmatch(line) is not None


def read_back(lines: Sequence[str]) -> Iterator[str | Read]:
    """Yield the lines and tables of a text as `write` writes it. ValueError where a table cannot be read."""
    place = 0
    while place < len(lines):
        note = _NOTE.fullmatch(lines[place]) if is_summary(lines[place]) else None
        if note is None:
            yield lines[place]
            place += 1
            continue
        size, named = int(note["size"]), _NUMBERED not in note["notes"]
        table, place = read(lines, place + 1, size=size, separator=_SEPARATORS[note["form"]], named=named)
        yield table
