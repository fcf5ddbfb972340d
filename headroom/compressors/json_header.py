"""The header of a table: the names of its columns, what holds in every row, and how cells are written.

    id,owner.name,zip:string,tags[0],events[at,what],cards{brand,last;amount},team=,region="us-east-1"

reads: a column `id`; `name` inside the object `owner`; `zip`, always a string; the first item of the
list `tags`; `events`, a list of objects with keys `at` and `what`, each written as the list of its
values; `cards`, an object of objects of two such shapes, told apart by their number of values; `team`,
whose cells stand on lines of their own; and no column for `region`, which is "us-east-1" in every row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from headroom.compressors.json_shape import Column, Form, Step
from headroom.compressors.json_values import parse_prefix, quote

_BARE = re.compile(
    r"[^\x00-\x20\ud800-\udfff\"#(*,;|.:=\[\]{}]"
    r"(?:[^\x00-\x1f\ud800-\udfff\",;|.:=\[\]{}]*[^\x00-\x20\ud800-\udfff\",;|.:=\[\]{}])?"
)
_INDEX = re.compile(r"\[(0|[1-9][0-9]{0,2})\]")
_CLOSE = {"[": "]", "{": "}"}
_FORM: dict[str, Form] = {"[": "list", "{": "map"}

ITEM = "(item)"
"""Stands for the one column of a list of values that are not objects."""

KEY = "(key)"
"""Heads the keys of an object whose values are the rows."""

NUMBER = "#"
"""Heads the indexes of the rows in the source, from 0, as in a JSON path."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column as the header shows it."""

    column: Column
    text: bool = False
    """All its values are strings (or null): its cells need fewer quotes."""
    constant: str | None = None
    """The value of every row, as JSON; such a column has no cells."""
    grouped: bool = False
    """Its cells stand on lines of their own, each for the rows under it."""


def write_name(key: str) -> str:
    """Write a key, in quotes where it could be read as something else."""
    return key if _BARE.fullmatch(key) else quote(key)


def write_field(field: Field) -> str:
    """Write one column of a header."""
    name = ""
    for step in field.column.path:
        name += f"[{step}]" if isinstance(step, int) else ("." if name else "") + write_name(step)
    column = field.column
    if column.form != "plain":
        # One key that reads as a number would be taken for the number of an item.
        keys = ";".join(",".join(quote(k) if k.isdecimal() else write_name(k) for k in s) for s in column.shapes)
        name += f"[{keys}]" if column.form == "list" else f"{{{keys}}}"
    if field.constant is not None:
        return f"{name or ITEM}={field.constant}"
    return (name or ITEM) + (":string" if field.text else "") + ("=" if field.grouped else "")


def read_fields(header: str, start: int, separator: str) -> list[Field]:
    """Read the columns of a header line from `start` on. ValueError if it is none."""
    fields = []
    position = start
    while position < len(header):
        field, position = _read_field(header, position, separator)
        fields.append(field)
        if position < len(header):
            if header[position] != separator or position + 1 == len(header):
                raise ValueError("a header that does not end with a column")
            position += 1
    return fields


def _read_field(header: str, position: int, separator: str) -> tuple[Field, int]:
    path: list[Step] = []
    form: Form = "plain"
    shapes: tuple[tuple[str, ...], ...] = ()
    if header.startswith(ITEM, position):
        position += len(ITEM)
    elif header[position] != "[":
        position = _read_step(header, position, path)
    while position < len(header) and header[position] in ".[{":
        index = _INDEX.match(header, position)
        if index:
            path.append(int(index[1]))
            position = index.end()
        elif header[position] == ".":
            position = _read_step(header, position + 1, path)
        else:
            form = _FORM[header[position]]
            shapes, position = _read_shapes(header, position + 1, _CLOSE[header[position]])
            break
    column = Column(tuple(path), form, shapes)
    text = header.startswith(":string", position)
    position += len(":string") * text
    if not header.startswith("=", position):
        return Field(column, text), position
    position += 1
    if position == len(header) or header[position] == separator:
        return Field(column, text, grouped=True), position
    _, end = parse_prefix(header, position)
    return Field(column, text, constant=header[position:end]), end


def _read_step(header: str, position: int, path: list[Step]) -> int:
    name, end = _read_name(header, position)
    path.append(name)
    return end


def _read_name(header: str, position: int) -> tuple[str, int]:
    if header.startswith('"', position):
        name, end = parse_prefix(header, position)
        return str(name), end
    match = _BARE.match(header, position)
    if match is None:
        raise ValueError("a header without a name where one should be")
    return match[0], match.end()


def _read_shapes(header: str, position: int, close: str) -> tuple[tuple[tuple[str, ...], ...], int]:
    shapes: list[list[str]] = [[]]
    while True:
        name, position = _read_name(header, position)
        shapes[-1].append(name)
        mark = header[position : position + 1]
        position += 1
        if mark == close:
            return tuple(map(tuple, shapes)), position
        if mark == ";":
            shapes.append([])
        elif mark != ",":
            raise ValueError("keys that do not end")
