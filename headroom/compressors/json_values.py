"""JSON as it was written: numbers stay the text they were, objects keep their order.

What cannot be given back exactly is refused with `NotJsonError`: doubled keys, NaN, raw surrogates and
nesting deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from json.encoder import encode_basestring
from typing import TypeAlias

MAX_DEPTH = 100
"""Levels of nesting that are still read; far below Python's own limit, so that no caller's stack decides."""

MAX_PREAMBLE = 400
"""Characters of text that may stand before the JSON, as in "Found 3 results:"."""

_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACED_COLON = re.compile(r'"[ \t\r\n]+:')
_BEHIND_SPACE = re.compile(r":(?<=[ \t\r\n]:)")
"""A colon that could end the former: where there is none, as in most texts, it is found out in half the time."""

_START = re.compile(r"^[ \t]*[{\[]", re.MULTILINE)


class NotJsonError(ValueError):
    """The text is no JSON that can be given back exactly."""


class Number(str):
    """A JSON number, spelled as in the source: `1.0`, `1e5` and thirty digits stay what they are."""

    __slots__ = ()


_CONTAINERS = frozenset((dict, list))

Value: TypeAlias = "bool | str | Number | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON value, or a sequence of them (JSON lines), after an optional preamble."""

    values: list[Value]
    preamble: str = ""
    """What stands before the JSON, its line end included."""
    lines: bool = False
    """Whether the values follow one another, as in JSON lines."""
    rest: str | None = None
    """What stands behind the last whole item when the text is cut off; None if it is not."""
    inside: str = ""
    """The keys of the root that lead to where it is cut off, as JSON, a dot between them; empty if that is the root."""

    @property
    def root(self) -> Value:
        """The document as one value: JSON lines read as a list."""
        return self.values if self.lines else self.values[0]

    def equals(self, other: Document) -> bool:
        """Whether both say the same, key order and the spelling of numbers included."""
        return self.frame == other.frame and same(self.values, other.values)

    @property
    def frame(self) -> tuple[str, bool, str | None, str]:
        """What the document is besides its values."""
        return self.preamble, self.lines, self.rest, self.inside


def preamble_end(text: str) -> int:
    """Return where the JSON begins: at the first line that opens an object or a list; -1 if that is too far in."""
    match = _START.search(text, 0, MAX_PREAMBLE + 200)
    if match is None or match.start() > MAX_PREAMBLE:
        return -1
    return match.start() if text[: match.start()].strip() else match.end() - 1


def parse(text: str) -> Document:
    """Read a JSON document or JSON lines; raise NotJsonError for everything else."""
    start = preamble_end(text)
    if start < 0 or not is_encodable(text):
        raise NotJsonError("no JSON object or list")
    preamble = text[:start] if text[:start].strip() else ""
    try:
        values = _sequence(text, start, _FAST)
        spaced = len(_SPACED_COLON.findall(text, start)) if _BEHIND_SPACE.search(text, start) else 0
        if keys_of(values, text) != text.count('":', start) + spaced:
            # A key stands twice, or a string holds what looks like the end of a key: only looking at each object tells.
            values = _sequence(text, start, _DECODER)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error
    return Document(values, preamble, lines=len(values) > 1)


def parse_value(text: str) -> Value:
    """Read exactly one JSON value."""
    value: Value = _DECODER.decode(text)
    return value


def parse_prefix(text: str, start: int) -> tuple[Value, int]:
    """Read the JSON value that begins at `start`, and return it with the place where it ends."""
    value, end = _DECODER.raw_decode(text, start)
    return value, end


def parse_outline(text: str, tables: Iterator[Value]) -> Value:
    """Read one JSON value in which each NaN stands for the next of the tables."""
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=lambda _: next(tables)
    )
    value: Value = decoder.decode(text)
    return value


def write(value: Value) -> str:
    """Return the value as minified JSON, its numbers as they were written, its characters unescaped."""
    kind = type(value)
    if kind is str:
        return quote(value)  # type: ignore[arg-type]
    if kind is Number:
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{quote(key)}:{write(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list):
        numbers = {Number} == set(map(type, value))
        return "[" + ",".join(value if numbers else [write(item) for item in value]) + "]"  # type: ignore[arg-type]
    return "null" if value is None else "true" if value else "false"


def same(one: Value, other: Value) -> bool:
    """Whether two values are written the same, key order and the spelling of numbers included."""
    return _all_same([one], [other])


def _all_same(some: list[Value], others: list[Value]) -> bool:
    """Compare level by level, so that no cell costs a call."""
    while some or others:
        if list(map(type, some)) != list(map(type, others)):
            return False
        objects, lists, plain = _sorted_out(some)
        other_objects, other_lists, other_plain = _sorted_out(others)
        parents, other_parents = [*objects, *lists], [*other_objects, *other_lists]
        if plain != other_plain or list(map(len, parents)) != list(map(len, other_parents)):
            return False
        if list(chain.from_iterable(objects)) != list(chain.from_iterable(other_objects)):
            return False
        some, others = _inside(objects, lists), _inside(other_objects, other_lists)
    return True


def _sorted_out(values: Sequence[Value]) -> tuple[list[dict[str, Value]], list[list[Value]], Sequence[Value]]:
    """Return the objects, the lists and all other values."""
    kinds = set(map(type, values))
    if _CONTAINERS.isdisjoint(kinds):
        return [], [], values
    objects = [value for value in values if type(value) is dict]
    lists = [value for value in values if type(value) is list] if list in kinds else []
    if _CONTAINERS.issuperset(kinds):
        return objects, lists, []
    return objects, lists, [value for value in values if type(value) not in _CONTAINERS]


def _inside(objects: Iterable[dict[str, Value]], lists: Iterable[list[Value]]) -> list[Value]:
    return [*chain.from_iterable(map(dict.values, objects)), *chain.from_iterable(lists)]


def quote(text: str) -> str:
    """Return the text as a JSON string; only what JSON demands is escaped, and lone surrogates."""
    quoted = encode_basestring(text)
    return quoted if quoted.isascii() else _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", quoted)


def _sequence(text: str, start: int, decoder: json.JSONDecoder) -> list[Value]:
    values: list[Value] = []
    position = _SPACE.match(text, start).end()  # type: ignore[union-attr]
    while position < len(text):
        if text[position] not in "{[":
            raise NotJsonError("a sequence of values that are not all objects or lists")
        value, position = decoder.raw_decode(text, position)
        values.append(value)
        position = _SPACE.match(text, position).end()  # type: ignore[union-attr]
        if len(values) == 1 and position < len(text) and (others := _lines(text[position:], decoder)):
            return values + others
    return values


def _lines(text: str, decoder: json.JSONDecoder) -> list[Value]:
    """Read JSON lines as one list, so that keys they have in common are the same; empty if they are no such lines.

    Where a line ends inside a value, JSON has no place for one more comma, nor has a string for a line end.
    """
    lines = text.rstrip(" \t\r\n")
    try:
        values: list[Value] = decoder.decode(f"[{lines.replace(chr(10), ',')}]")
    except ValueError:
        return []
    one_a_line = len(values) == lines.count("\n") + 1
    return values if one_a_line and _CONTAINERS.issuperset(map(type, values)) else []


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise NotJsonError("an object with the same key twice")
    return value


def _refuse(constant: str) -> Value:
    raise NotJsonError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_refuse)
_FAST = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse)
"""Keeps the last of two values of one key."""


def is_encodable(text: str) -> bool:
    """Whether the text holds no lone surrogates."""
    if text.isascii():
        return True
    return _SURROGATE.search(text) is None


def keys_of(values: list[Value], text: str) -> int:
    """Return how many keys all objects have that were read from the text; NotJsonError if they are nested too deep."""
    keys = 0
    # When all that the text opens is found, what stands inside need not be looked through.
    opened = 1 + text.count("{") + text.count("[")
    level: list[Value] = [values]
    for _ in range(MAX_DEPTH + 1):
        objects, lists, _plain = _sorted_out(level)
        keys += sum(map(len, objects))
        opened -= len(objects) + len(lists)
        level = _containers(_inside(objects, lists)) if opened else []
        if not level:
            return keys
    raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels")


def _containers(values: Sequence[Value]) -> list[Value]:
    # The kinds of all values come much faster than a test of each.
    kinds = list(map(type, values))
    if _CONTAINERS.isdisjoint(kinds):
        return []
    return list(compress(values, map(_CONTAINERS.__contains__, kinds)))


def items_of(value: dict[str, Value] | list[Value]) -> Iterable[Value]:
    """Return the values that stand in an object or a list."""
    return value.values() if type(value) is dict else value
