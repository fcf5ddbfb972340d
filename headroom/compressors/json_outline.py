"""A JSON document as an outline and the tables that stand in it.

    {"total":2,"items":[2 rows as CSV]}
    id,name
    1,Ann
    2,Li

The first line is the document, minified, with a place holder for each list of objects (in brackets) or
object of objects (in braces) whose rows follow as a table; tables follow in the order of their places.
Where no table is worth it, the text is minified JSON. An excerpt's place holder says how many rows stand
there ("3 of 100 rows"), and a line of words about all of them goes before its header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from headroom.compressors.json_costs import EXACT_CHARS, cheaper, clearly_less
from headroom.compressors.json_cut import REST
from headroom.compressors.json_table import Lines, Table, lay_out
from headroom.compressors.json_values import Document, Value, quote, write

MIN_ROWS = 2
"""A table has at least this many rows."""

_SAMPLE = 100
"""Rows from which the length of a long list as JSON is judged."""

FORMS = {",": "CSV", "|": "|-separated cells"}
"""How a place holder names each separator."""


@dataclass(frozen=True)
class Place:
    """A table and where it stands in the outline."""

    table: Table
    what: str = "rows"
    """What its rows are: rows, items (of a list of anything) or JSON lines."""

    @cached_property
    def full(self) -> Lines:
        """The whole table as text."""
        return self.table.render()

    @cached_property
    def text(self) -> str:
        """The whole table as it stands in an output of its own."""
        return "\n".join([self.holder(self.full.notes), *self.full.lines])

    def holder(self, notes: Sequence[str], kept: int | None = None) -> str:
        """Return the place holder, with notes on notation behind it; `kept` rows stand there, or all."""
        size = f"{self.table.size}" if kept is None else f"{kept} of {self.table.size}"
        words = ". ".join([f"{size} {self.what} as {FORMS[self.table.separator]}", *notes])
        return f"[{words}]" if self.table.keys is None else f"{{{words}}}"


Walk: TypeAlias = Callable[[Value], Iterator[str | Place]]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The rows of a table that stand in the output, and the line of words about all of them."""

    lines: Lines
    summary: str
    kept: int


def encode(document: Document) -> str:
    """Return the cheapest lossless form of the document that we know."""
    return join(document, outline(document, Tables()), {})


def outline(document: Document, tables: Tables) -> list[str | Place]:
    """Return the document's first line as pieces of JSON and the tables that stand between them."""
    if not document.lines:
        return list(_walk(document.values[0], tables))
    place = tables.find(document.values, what="JSON lines")
    return ["\n".join(map(write, document.values))] if place is None else [place]


def join(document: Document, parts: Sequence[str | Place], excerpts: dict[int, Excerpt]) -> str:
    """Return outline and tables as one text; of the parts that `excerpts` names by position, only excerpts."""
    first = [document.preamble]
    rest: list[str] = []
    said: set[str] = set()
    for position, part in enumerate(parts):
        if isinstance(part, str):
            first.append(part)
            continue
        excerpt = excerpts.get(position)
        lines = excerpt.lines if excerpt else part.full
        # What was said at an earlier table need not be said again.
        first.append(part.holder([note for note in lines.notes if note not in said], excerpt.kept if excerpt else None))
        said.update(lines.notes)
        rest += [excerpt.summary, *lines.lines] if excerpt else lines.lines
    text = "\n".join(["".join(first), *rest])
    return f"{text}{REST}{document.rest}" if document.rest else text


def _walk(value: Value, tables: Tables) -> Iterator[str | Place]:
    place = tables.find(value) if isinstance(value, dict | list) else None
    if place is not None:
        yield place
    elif isinstance(value, dict | list) and value:
        yield from walk_items(value, lambda item: _walk(item, tables))
    else:
        yield write(value)


def walk_items(value: dict[str, Value] | list[Value], walk: Walk) -> Iterator[str | Place]:
    """Yield an object or a list as JSON whose items `walk` yields."""
    if isinstance(value, dict):
        for number, (key, item) in enumerate(value.items()):
            yield f"{',' if number else '{'}{quote(key)}:"
            yield from walk(item)
        yield "}"
    else:
        for number, item in enumerate(value):
            yield "," if number else "["
            yield from walk(item)
        yield "]"


class Tables:
    """Finds the tables of one document, each once."""

    def __init__(self) -> None:
        self._found: dict[int, Place | None] = {}

    def find(self, value: list[Value] | dict[str, Value], *, what: str = "rows") -> Place | None:
        """Return the list of objects, or object of objects, as a table, if that is cheaper than JSON."""
        if id(value) not in self._found:
            self._found[id(value)] = _find(value, what)
        return self._found[id(value)]


def _find(value: list[Value] | dict[str, Value], what: str) -> Place | None:
    keys = list(value) if isinstance(value, dict) else None
    rows = list(value.values()) if isinstance(value, dict) else value
    if len(rows) < MIN_ROWS or not all(isinstance(row, dict) for row in rows):
        return None
    place = _best(rows, keys, what)
    if place.table.of_items:
        return None
    length = len(place.text)
    some = rows[:: len(rows) // _SAMPLE + 1]
    about = len(write(list(some))) * len(rows) // len(some)
    if length > EXACT_CHARS or (len(some) < len(rows) and clearly_less(length, about)):
        return place if length < about else None
    return place if cheaper(place.text, write(value)) else None


def _quotes(column: Sequence[str]) -> bool:
    return '"' in "".join(column)


def _best(rows: Sequence[Value], keys: Sequence[str] | None, what: str) -> Place:
    table = lay_out(rows, keys=keys)
    place = Place(table, what)
    commas = sum([cell[:1] == '"' and "," in cell for column in table.cells if _quotes(column) for cell in column])
    if commas * 10 < len(rows):
        return place
    other = Place(lay_out(rows, separator="|", keys=keys), what)
    return other if cheaper(other.text, place.text) else place
