"""One JSON value as one cell of a table, and back.

A cell is the value as JSON, but a string stands without its quotes where nothing else could be meant.
Quotes stay on a string that is empty, begins or ends with a space, begins like JSON or with * or =,
holds the separator or a control character, or reads as a number, true, false or null. In a column of
strings only ("name:string" in the header) numbers, true and false need no quotes either. An empty
cell says that the key is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from operator import itemgetter
from typing import TypeAlias

from headroom.compressors.json_values import Number, Value, parse_value, quote, write


class Absent:
    """The type of ABSENT."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
"""No such key, which is not the same as null."""

Cell: TypeAlias = "Value | Absent"

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LITERAL = re.compile(NUMBER.pattern + "|true|false|null")
_LITERAL_LINE = re.compile(rf"\n(?>{_LITERAL.pattern})(?=\n)")
_NUMBER_LINE = re.compile(rf"\n(?>{NUMBER.pattern})(?=\n)")
_QUOTED_START = frozenset(' "{[*=')
_CONTROL = re.compile("[\x00-\x1f\ud800-\udfff]")
_FIRST, _LAST = itemgetter(0), itemgetter(-1)
_LITERAL_START = frozenset("-0123456789tfn")
_JSON_START = frozenset('"{[')
_LITERALS: dict[str, Value] = {"null": None, "true": True, "false": False}


def encoder(separator: str, *, text: bool) -> Callable[[str], str]:
    """Return the function that writes a string as a cell."""
    bar = re.escape(separator)
    unsafe = rf"\x00-\x1f\ud800-\udfff{bar}"
    bare = re.compile(rf'[^ "{{\[*={unsafe}](?:[^{unsafe}]*[^ {unsafe}])?')

    def encode(string: str) -> str:
        if bare.fullmatch(string) is None:
            return quote(string)
        if (string == "null") if text else reads_as_literal(string):
            return quote(string)
        return string

    return encode


def encode_all(values: Sequence[Cell], *, separator: str, text: bool, literal: bool = True) -> list[str]:
    """Write a column's values as cells; equal cells mean equal values, and no others.

    `literal` is false if it is known that no string reads as a number, true, false or null.
    """
    kinds = set(map(type, values))
    if kinds == {Number}:
        return list(map(str, values))
    distinct = set(values) if kinds == {str} else set()
    if distinct and _stand_bare(distinct, separator, text=text, literal=literal):  # type: ignore[arg-type]
        return list(values)  # type: ignore[arg-type]
    encode = encoder(separator, text=text)
    known: dict[str, str] = {}
    cells = []
    for value in values:
        if type(value) is str:
            cell = known.get(value)
            if cell is None:
                cell = known[value] = encode(value)
        elif value is ABSENT:
            cell = ""
        elif type(value) is Number:
            cell = str(value)
        else:
            cell = write(value)  # type: ignore[arg-type]
        cells.append(cell)
    return cells


def framed(strings: Collection[str]) -> str | None:
    """Return the strings each on a line of its own, between line ends; None if one of them has several lines.

    For searches over a whole column: one is much faster than a match for each cell.
    """
    lines = "\n".join(["", *strings, ""])
    return lines if lines.count("\n") == len(strings) + 1 else None


def number_lines(lines: str) -> list[str]:
    """Return those of the framed strings that are spelled as JSON numbers."""
    return [line[1:] for line in _NUMBER_LINE.findall(lines)]


def literals(strings: Collection[str]) -> int:
    """Return how many of the strings read as a number, true, false or null."""
    if "" not in strings and _LITERAL_START.isdisjoint(map(_FIRST, strings)):
        return 0
    lines = framed(strings)
    return sum(map(reads_as_literal, strings)) if lines is None else len(_LITERAL_LINE.findall(lines))


def _stand_bare(strings: Collection[str], separator: str, *, text: bool, literal: bool) -> bool:
    """Whether all strings are cells as they are."""
    joined = "".join(strings)
    # Printable texts, as most are, need no search for control characters.
    if "" in strings or separator in joined or (not joined.isprintable() and _CONTROL.search(joined)):
        return False
    if not _QUOTED_START.isdisjoint(map(_FIRST, strings)) or " " in set(map(_LAST, strings)):
        return False
    return "null" not in strings if text else not (literal and literals(strings))


def decode(cell: str, *, text: bool) -> Cell:
    """Read one cell back; aliases are resolved before. ValueError if it is none."""
    if not cell:
        return ABSENT
    if cell[0] in _JSON_START:
        return parse_value(cell)
    if text:
        return None if cell == "null" else cell
    if cell in _LITERALS:
        return _LITERALS[cell]
    return Number(cell) if NUMBER.fullmatch(cell) else cell


def reads_as_literal(string: str) -> bool:
    """Whether the bare string would be read as a number, true, false or null."""
    return string[:1] in _LITERAL_START and _LITERAL.fullmatch(string) is not None
