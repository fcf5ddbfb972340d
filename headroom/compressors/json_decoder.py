"""Reads back what `json_outline` wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeAlias

from headroom.compressors.json_cut import REST
from headroom.compressors.json_place import FORMS
from headroom.compressors.json_reader import ReadTable, read
from headroom.compressors.json_values import Document, Value, parse, parse_outline, preamble_end

_PLACE = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|'
    r"\[next (?:(?P<more>[0-9]+) rows|(?P<one>row))(?: of table (?P<table>[0-9]+))?\]|"
    r"(?P<open>[\[{])(?:(?P<lists>[1-9][0-9]*) lists of )?(?:(?P<kept>[0-9]+) of )?(?P<size>[0-9]+) (?P<what>rows?|items|JSON lines)"
    r" as (?P<form>" + "|".join(map(re.escape, FORMS.values())) + r")(?:\. [^\[\]{}\"\n]*)?[\]}]"
)
_SEPARATORS = {form: separator for separator, form in FORMS.items()}


@dataclass(frozen=True, slots=True)
class Kept:
    """Some rows of a list or object, as an excerpt shows them."""

    size: int
    """Number of rows of the whole."""
    numbers: list[int]
    """0-based numbers of the rows that stand there."""
    rows: list[Value]
    keys: list[str] | None


Read: TypeAlias = "Value | Kept"


def decode(text: str) -> Document:
    """Return the document that a lossless form stands for; equal parts of it may be the same object.

    ValueError if the text is no lossless form of a JSON document.
    """
    document, excerpts = decode_all(text)
    if excerpts:
        raise ValueError("an excerpt: the whole document is not there")
    return document


def decode_all(text: str) -> tuple[Document, bool]:
    """Return what the text says, with a `Kept` where only an excerpt stands, and whether there is any."""
    cut = REST.search(text)
    if cut:
        document, excerpts = decode_all(text[: cut.start()])
        return replace(document, rest=text[cut.end() :], inside=cut[1] or ""), excerpts
    start = max(preamble_end(text), 0)
    first, _, rest = text[start:].partition("\n")
    places = _places(first) if any(f" as {form}" in first for form in FORMS.values()) else []
    if not places:
        return parse(text), False
    lines = rest.split("\n")
    values: dict[int, Value] = {}
    taken = 0
    for place in places:
        taken = place.read(lines, taken, values)
    if taken != len(lines):
        raise ValueError("lines after the last table")
    line = _PLACE.sub(lambda match: "NaN" if match.start() in values else match[0], first)
    root = parse_outline(line, iter([values[at] for at in sorted(values)]))
    holders = [place.holder for place in places]
    excerpts = any(holder["kept"] for holder in holders)
    if holders[0]["what"] == "JSON lines":
        return Document(root if isinstance(root, list) else [root], text[:start], lines=True), excerpts
    return Document([root], text[:start]), excerpts


@dataclass(slots=True)
class _Place:
    """A place holder, and those after it that go on with the rows of its table."""

    holder: re.Match[str]
    more: list[re.Match[str]]

    def read(self, lines: list[str], start: int, values: dict[int, Value]) -> int:
        """Read the table that begins at line `start`, add what stands in each place, and return the line after."""
        holder = self.holder
        numbered = holder["kept"] is not None
        here = int(holder["kept"] or holder["size"])
        sizes = [here] * (int(holder["lists"] or 1) - 1)
        sizes += [1 if more["one"] else int(more["more"]) for more in self.more]
        table, taken = read(
            lines,
            start + numbered,
            size=here + sum(sizes),
            separator=_SEPARATORS[holder["form"]],
            keyed=holder["open"] == "{",
            numbered=numbered,
        )
        if not sizes:
            values[holder.start()] = _value(table, int(holder["size"]))  # type: ignore[assignment]
            return taken
        ends = list(accumulate([here, *sizes]))
        lists: list[Value] = [table.rows[end - size : end] for end, size in zip(ends, [here, *sizes], strict=True)]
        own = len(lists) - len(self.more)
        values[holder.start()] = lists[:own] if holder["lists"] else lists[0]
        values.update((match.start(), rows) for match, rows in zip(self.more, lists[own:], strict=True))
        return taken


def _places(first: str) -> list[_Place]:
    """Return the place holders of a first line. ValueError if one goes on with a table that is not there."""
    places: list[_Place] = []
    for match in _PLACE.finditer(first):
        if match["open"]:
            places.append(_Place(match, []))
        elif match["more"] or match["one"]:
            number = int(match["table"] or len(places))
            if not 0 < number <= len(places) or places[number - 1].holder["open"] == "{":
                raise ValueError(f"{match[0]} has no table to go on with")
            places[number - 1].more.append(match)
    return places


def _value(table: ReadTable, size: int) -> Read:
    if table.numbers is not None:
        return Kept(size, table.numbers, table.rows, table.keys)
    if table.keys is None:
        return table.rows
    return dict(zip(table.keys, table.rows, strict=True))
