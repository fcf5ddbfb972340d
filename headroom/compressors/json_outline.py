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

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from headroom.compressors.json_costs import EXACT_CHARS, cheaper, clearly_less, exceeds
from headroom.compressors.json_cut import rest_of
from headroom.compressors.json_long import LONG_CHARS
from headroom.compressors.json_place import FORMS as FORMS
from headroom.compressors.json_place import Next, Place, number
from headroom.compressors.json_plain import write_plain
from headroom.compressors.json_pools import find_pools
from headroom.compressors.json_shape import RARE
from headroom.compressors.json_table import Lines, Table, lay_out
from headroom.compressors.json_values import Document, Value, quote, write

MIN_ROWS = 2
"""A table has at least this many rows."""

_FEW_ROWS = 2 * RARE
"""Up to so many, it is weighed whether keys that only one row has are columns too; among more it had better stand out."""

_SAMPLE = 50
"""Rows from which the length of a long list as JSON is judged."""

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The rows of a table that stand in the output, and the line of words about all of them."""

    lines: Lines
    summary: str
    kept: int


@dataclass(frozen=True)
class Lossless:
    """The lossless form of a document, written only where it is needed."""

    document: Document
    parts: Sequence[str | Place]

    @cached_property
    def text(self) -> str:
        """The form."""
        return join(self.document, self.parts, {})

    @cached_property
    def least_chars(self) -> int:
        """Characters that it has at least."""
        return sum([len(part) if isinstance(part, str) else part.table.least_chars for part in self.parts])

    def exceeds(self, target: int) -> bool:
        """Whether it has more than `target` tokens; what is clearly too long is not written to tell."""
        if self.least_chars > EXACT_CHARS and clearly_less(
            target, sum([part.cost for part in self.parts if isinstance(part, Place)])
        ):
            return True
        return exceeds(self.text, target)


def encode(document: Document) -> str:
    """Return the cheapest lossless form of the document that we know."""
    return Lossless(document, outline(document, Tables())).text


def outline(document: Document, tables: Tables) -> list[str | Place]:
    """Return the document's first line as pieces of JSON and the tables that stand between them."""
    if not document.lines:
        return list(number(_resolve(_collect(document.values[0], tables), tables)))
    place = tables.find(document.values, what="JSON lines")
    if place is not None:
        return [place]
    first, *others = map(write, document.values)
    return [first, *(f"\n{other}" for other in others)]


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
    return f"{text}{rest_of(document)}"


@dataclass(frozen=True, slots=True)
class _List:
    """A list of objects of which it is not yet known how it is best written."""

    rows: list[Value]


def _collect(value: Value, tables: Tables) -> Iterator[str | Place | _List]:
    if isinstance(value, list) and value and {dict} == set(map(type, value)):
        yield _List(value)
    elif isinstance(value, dict) and (place := tables.find(value)) is not None:
        yield place
    elif isinstance(value, dict | list) and value:
        plain = write_plain(value, longest=LONG_CHARS)
        yield from _items(value, tables) if plain is None else [plain]
    else:
        yield write(value)


def _resolve(pieces: Iterable[str | Place | _List], tables: Tables) -> Iterator[str | Place | Next]:
    pieces = list(pieces)
    pools = tables.share([piece.rows for piece in pieces if isinstance(piece, _List)])
    for piece in pieces:
        if not isinstance(piece, _List):
            yield piece
        elif (shared := pools.get(id(piece.rows)) or tables.find(piece.rows)) is not None:
            yield shared
        else:
            yield from _resolve(_items(piece.rows, tables), tables)


def _items(value: dict[str, Value] | list[Value], tables: Tables) -> Iterator[str | Place | _List]:
    return walk_items(value, lambda item: _collect(item, tables))


def walk_items(
    value: dict[str, Value] | list[Value], walk: Callable[[Value], Iterable[str | Part]]
) -> Iterator[str | Part]:
    """Yield an object or a list as JSON whose items `walk` yields."""
    if isinstance(value, dict):
        for place, (key, item) in enumerate(value.items()):
            yield f"{',' if place else '{'}{quote(key)}:"
            yield from walk(item)
        yield "}"
    else:
        for place, item in enumerate(value):
            yield "," if place else "["
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

    def share(self, lists: Sequence[list[Value]]) -> dict[int, Place | Next]:
        """Return where the rows of each list stand that shares a table with others, by the list's id."""
        return find_pools(
            lists, lambda rows: None if (place := _best(rows, None, "rows")).table.of_items else place, self.find
        )


def _find(value: list[Value] | dict[str, Value], what: str) -> Place | None:
    keys = list(value) if isinstance(value, dict) else None
    rows = list(value.values()) if isinstance(value, dict) else value
    if len(rows) < MIN_ROWS or {dict} != set(map(type, rows)):
        return None
    place = _best(rows, keys, what)
    if place.table.of_items:
        return None
    some = rows[:: len(rows) // _SAMPLE + 1]
    written = write(value if len(some) == len(rows) else list(some))
    about = len(written) * len(rows) // len(some)
    if clearly_less(place.table.most_chars, about) and len(some) < len(rows):
        return place
    length = len(place.text)
    if length > EXACT_CHARS or (len(some) < len(rows) and clearly_less(length, about)):
        return place if length < about else None
    return place if cheaper(place.text, written if len(some) == len(rows) else write(value)) else None


def _best(rows: Sequence[Value], keys: Sequence[str] | None, what: str) -> Place:
    place, every = Place(lay_out(rows, keys=keys), what), False
    if len(rows) <= _FEW_ROWS and place.table.is_odd:
        wider = Place(lay_out(rows, keys=keys, every=True), what)
        every = not wider.table.of_items and cheaper(wider.text, place.text)
        place = wider if every else place
    if _quoted_commas(place.table) * 10 < len(rows):
        return place
    other = Place(lay_out(rows, separator="|", keys=keys, every=every), what)
    return other if cheaper(other.text, place.text) else place


def _quoted_commas(table: Table) -> int:
    """Return how many cells stand in quotes and hold a comma."""
    quoting = [counts for counts in table.counts if '"' in "".join(counts)]
    return sum([times for counts in quoting for cell, times in counts.items() if cell[:1] == '"' and "," in cell])
