"""A table and where it stands in the outline of a document; several lists of like rows may share one.

[[2 rows as CSV],[next 2 rows],[next row]]
from,to
ATL,LGA
LGA,PHL
ATL,BOS
BOS,PHL
ATL,PHL
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from headroom import tokens
from headroom.compressors.json_costs import EXACT_CHARS, roughly
from headroom.compressors.json_table import Lines, Table

FORMS = {",": "CSV", "|": "|-separated cells"}
"""How a place holder names each separator."""


@dataclass(frozen=True)
class Place:
    """A table and where it stands in the outline."""

    table: Table
    what: str = "rows"
    """What its rows are: rows, items (of a list of anything) or JSON lines."""
    first: int = 0
    """Rows that stand in this place, if the table has those of other places too; 0: all."""
    lists: int = 0
    """Lists of `first` rows each that stand in this place, as the items of one list."""

    @cached_property
    def full(self) -> Lines:
        """The whole table as text."""
        return self.table.render()

    @cached_property
    def text(self) -> str:
        """The whole table as it stands in an output of its own."""
        return "\n".join([self.holder(self.full.notes), *self.full.lines])

    @cached_property
    def cost(self) -> int:
        """About how many tokens it takes; a long table is not written to tell."""
        if self.table.least_chars <= EXACT_CHARS:
            return roughly(self.text)
        some = self.table.sample()
        return self.table.least_chars * tokens.count(some) // len(some)

    def holder(self, notes: Sequence[str], kept: int | None = None) -> str:
        """Return the place holder, with notes on notation behind it; `kept` rows stand there, or all."""
        here = self.first or self.table.size
        size = f"{here}" if kept is None else f"{kept} of {here}"
        size = f"{self.lists} lists of {size}" if self.lists else size
        what = "row" if self.what == "rows" and here == 1 else self.what
        words = ". ".join([f"{size} {what} as {FORMS[self.table.separator]}", *notes])
        return f"[{words}]" if self.table.keys is None else f"{{{words}}}"


@dataclass(frozen=True, slots=True)
class Next:
    """A list whose rows go on in the table of a place before it."""

    place: Place
    size: int

    def holder(self, number: int = 0) -> str:
        """Return the place holder; with the table's number, from 1, if it is not the one that began last."""
        rows = "row" if self.size == 1 else f"{self.size} rows"
        return f"[next {rows}{f' of table {number}' if number else ''}]"


def number(parts: Iterable[str | Place | Next]) -> Iterator[str | Place]:
    """Yield the parts of an outline with each `Next` as its place holder."""
    places: list[Place] = []
    for part in _folded(list(parts)):
        if isinstance(part, Next):
            known = next(at for at, place in enumerate(places, 1) if place is part.place)
            yield part.holder(0 if known == len(places) else known)
            continue
        if isinstance(part, Place):
            places.append(part)
        yield part


def _folded(parts: list[str | Place | Next]) -> Iterator[str | Place | Next]:
    """Yield the parts with one place for a list of lists of equally many rows of one table."""
    at = 0
    while at < len(parts):
        part = parts[at]
        if part == "[" and at + 1 < len(parts):
            end, place = _lists(parts, at + 1)
            if place is not None:
                yield place
                at = end
                continue
        yield part
        at += 1


def _lists(parts: Sequence[str | Place | Next], at: int) -> tuple[int, Place | None]:
    """Return the place that stands for the list whose items begin at `at`, with the part after it; or None."""
    place = parts[at]
    if not isinstance(place, Place) or not place.first or place.table.size % place.first:
        return at, None
    lists = place.table.size // place.first
    items = parts[at : at + 2 * lists]
    if len(items) < 2 * lists or items[-1] != "]" or any(part != "," for part in items[1:-1:2]):
        return at, None
    alike = all(isinstance(one, Next) and one.place is place and one.size == place.first for one in items[2::2])
    return at + 2 * lists, replace(place, lists=lists) if alike else None
