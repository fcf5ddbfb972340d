"""Reads back what `json_outline` wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeAlias

from headroom.compressors.json_cut import REST
from headroom.compressors.json_outline import FORMS
from headroom.compressors.json_reader import ReadTable, read
from headroom.compressors.json_values import Document, Value, parse, parse_outline, preamble_end

_PLACE = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|'
    r"(?P<open>[\[{])(?:(?P<kept>[0-9]+) of )?(?P<size>[0-9]+) (?P<what>rows|items|JSON lines)"
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
    text, cut, behind = text.partition(REST)
    if cut:
        document, excerpts = decode_all(text)
        return replace(document, rest=behind), excerpts
    start = max(preamble_end(text), 0)
    first, _, rest = text[start:].partition("\n")
    holders = [match for match in _PLACE.finditer(first) if match["open"]]
    if not holders:
        return parse(text), False
    lines = rest.split("\n")
    tables: list[Value] = []
    taken = 0
    for holder in holders:
        table, taken = _table(holder, lines, taken)
        tables.append(table)  # type: ignore[arg-type]
    if taken != len(lines):
        raise ValueError("lines after the last table")
    line = _PLACE.sub(lambda match: "NaN" if match["open"] else match[0], first)
    root = parse_outline(line, iter(tables))
    excerpts = any(holder["kept"] for holder in holders)
    if holders[0]["what"] == "JSON lines":
        values: list[Value] = root if isinstance(root, list) else [root]
        return Document(values, text[:start], lines=True), excerpts
    return Document([root], text[:start]), excerpts


def _table(holder: re.Match[str], lines: list[str], start: int) -> tuple[Read, int]:
    numbered = holder["kept"] is not None
    size = int(holder["kept"] or holder["size"])
    keyed = holder["open"] == "{"
    separator = _SEPARATORS[holder["form"]]
    table, taken = read(lines, start + numbered, size=size, separator=separator, keyed=keyed, numbered=numbered)
    return _value(table, int(holder["size"])), taken


def _value(table: ReadTable, size: int) -> Read:
    if table.numbers is not None:
        return Kept(size, table.numbers, table.rows, table.keys)
    if table.keys is None:
        return table.rows
    return dict(zip(table.keys, table.rows, strict=True))
