"""The header of a table: the names of its columns, what holds in every row, and how cells are written.

    id,owner.name,size.(x,y),zip:string,tags[0],events[at,what],cards{brand,last;amount},team=,region="us-east-1",ref=(id)

reads: a column `id`; `name` inside the object `owner`; `x` and `y` inside `size`; `zip`, always a
string; the first item of the list `tags`; `events`, a list of objects with keys `at` and `what`, each
written as the list of its values; `cards`, an object of objects of two such shapes, told apart by their
number of values; `team`, whose cells stand on lines of their own; no column for `region`, which is
"us-east-1" in every row; and none for `ref`, which is the same as `id` in every row. What is said of every
row is not said of those that stand whole, as JSON objects.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from headroom.compressors.json_shape import Column, Form, Step
from headroom.compressors.json_values import MAX_DEPTH, parse_prefix, quote

_BARE = re.compile(
    r"[^\x00-\x20\ud800-\udfff\"#(*,;|.:=\[\]{}]"
    r"(?:[^\x00-\x1f\ud800-\udfff\",;|.:=\[\]{}]*[^\x00-\x20\ud800-\udfff\",;|.:=\[\]{}])?"
)
_BARE_INSIDE = re.compile(_BARE.pattern.replace("[^", "[^()"))
_GROUP = re.compile(r"[^\[(,;|:={}]")
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
    same: str | None = None
    """The column, or KEY, that has the same values; such a column has no cells."""

    @property
    def varying(self) -> bool:
        """Whether it has cells."""
        return self.constant is None and self.same is None


def write_name(key: str, *, inside: bool = False) -> str:
    """Write a key, in quotes where it could be read as something else; `inside` a group, that is also a parenthesis."""
    bare = _BARE.fullmatch(key) and not (inside and ("(" in key or ")" in key))
    return key if bare else quote(key)


def write_fields(fields: Sequence[Field], separator: str, depth: int = 0) -> str:
    """Write the columns of a header; those next to one another inside one object share its name."""
    written = []
    for shared, run in groupby(fields, lambda field: _inside(field, depth)):
        group = list(run)
        if shared is None or len(group) == 1:
            written += [write_field(field, depth) for field in group]
        else:
            name = write_name(shared, inside=depth > 0)
            written.append(f"{name}.({write_fields(group, separator, depth + 1)})")
    return separator.join(written)


def _inside(field: Field, depth: int) -> str | None:
    """Return the object at this depth that the column is in, if that is not named otherwise."""
    path = field.column.path[depth : depth + 2]
    return path[0] if len(path) == 2 and isinstance(path[0], str) and isinstance(path[1], str) else None


def write_field(field: Field, depth: int = 0) -> str:
    """Write one column of a header, without the first `depth` steps of its path."""
    name = ""
    for step in field.column.path[depth:]:
        written = f"[{step}]" if isinstance(step, int) else write_name(step, inside=depth > 0)
        name += f".{written}" if name and isinstance(step, str) else written
    column = field.column
    if column.form != "plain":
        # One key that reads as a number would be taken for the number of an item.
        keys = ";".join(",".join(quote(k) if k.isdecimal() else write_name(k) for k in s) for s in column.shapes)
        name += f"[{keys}]" if column.form == "list" else f"{{{keys}}}"
    if field.constant is not None:
        return f"{name or ITEM}={field.constant}"
    if field.same is not None:
        return f"{name}={field.same if field.same == KEY else f'({field.same})'}"
    return (name or ITEM) + (":string" if field.text else "") + ("=" if field.grouped else "")


def read_fields(header: str, start: int, separator: str) -> list[Field]:
    """Read the columns of a header line from `start` on. ValueError if it is none."""
    fields: list[Field] = []
    end = _read_level(header, start, separator, (), fields) if start < len(header) else start
    if end != len(header):
        raise ValueError("a header that does not end with a column")
    return fields


def _read_level(header: str, position: int, separator: str, path: tuple[Step, ...], fields: list[Field]) -> int:
    """Read columns up to the end of the header, or to the parenthesis that ends their group, and return where that is."""
    while True:
        group = _GROUP.match(header, position) if len(path) < MAX_DEPTH else None
        name, end = _read_name(header, position, inside=bool(path)) if group else ("", position)
        if group and header.startswith(".(", end):
            position = _read_level(header, end + 2, separator, (*path, name), fields) + 1
            if not header.startswith(")", position - 1):
                raise ValueError("a group of columns that does not end")
        else:
            field, position = _read_field(header, position, separator, inside=bool(path))
            if path:
                field = replace(field, column=replace(field.column, path=(*path, *field.column.path)))
            fields.append(field)
        if not header.startswith(separator, position):
            return position
        position += 1


def _read_field(header: str, position: int, separator: str, *, inside: bool) -> tuple[Field, int]:
    path: list[Step] = []
    form: Form = "plain"
    shapes: tuple[tuple[str, ...], ...] = ()
    if header.startswith(ITEM, position):
        position += len(ITEM)
    elif header[position : position + 1] != "[":
        position = _read_step(header, position, path, inside=inside)
    while position < len(header) and header[position] in ".[{":
        index = _INDEX.match(header, position)
        if index:
            path.append(int(index[1]))
            position = index.end()
        elif header[position] == ".":
            position = _read_step(header, position + 1, path, inside=inside)
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
    if position == len(header) or header[position] in (separator, ")"):
        return Field(column, text, grouped=True), position
    if header[position] == "(":
        if header.startswith(KEY, position):
            return Field(column, text, same=KEY), position + len(KEY)
        other, end = _read_field(header, position + 1, separator, inside=True)
        if not header.startswith(")", end):
            raise ValueError("a column that is the same as none")
        return Field(column, text, same=write_field(other)), end + 1
    _, end = parse_prefix(header, position)
    return Field(column, text, constant=header[position:end]), end


def _read_step(header: str, position: int, path: list[Step], *, inside: bool) -> int:
    name, end = _read_name(header, position, inside=inside)
    path.append(name)
    return end


def _read_name(header: str, position: int, *, inside: bool = False) -> tuple[str, int]:
    if header.startswith('"', position):
        name, end = parse_prefix(header, position)
        return str(name), end
    match = (_BARE_INSIDE if inside else _BARE).match(header, position)
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
