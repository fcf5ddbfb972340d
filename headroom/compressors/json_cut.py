"""JSON that is cut off: its whole items are read, and what stands behind them stays as it is.

[2 rows as CSV]
id,name
1,Ann
2,Li
[cut off in the source, which goes on:]
,{"id":3,"na

A list that is cut off inside an object is read so too (`{"total":9,"items":[2 rows as CSV]}`), and the line says
where the text behind it goes on: `[cut off in the source inside "items", which goes on:]`.
"""

from __future__ import annotations

import json
import re

from headroom.compressors.json_values import (
    Document,
    NotJsonError,
    Number,
    Value,
    is_encodable,
    keys_of,
    parse,
    parse_prefix,
    preamble_end,
    quote,
)

REST = re.compile(r"\n\[cut off in the source(?: inside ([^\n]+))?, which goes on:\]\n")
"""Stands between the whole items and the text behind them; no line of a form can be the same."""

MIN_ITEMS = 8
"""With fewer whole items, a text that is cut off is left to others."""

_BEGINS = re.compile(r'[ \t\r\n]*\[?[ \t\r\n]*\{[ \t\r\n]*"(?:[^"\\\n]|\\.){0,200}"[ \t\r\n]*:')
_MAX_INSIDE = 8
"""Objects inside one another that may hold the list that is cut off."""

_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
_ENDS = re.compile(r"[ \t\r\n]*[,\]}]")
_BETWEEN = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")
_OPEN = re.compile(r"[ \t\r\n]*(\[?)[ \t\r\n]*")


def begins_as_json(text: str, start: int) -> bool:
    """Whether an object with a key begins here, alone or in a list."""
    return _BEGINS.match(text, start) is not None


def read(text: str) -> Document:
    """Read a JSON document or JSON lines, cut off or not; raise NotJsonError for everything else."""
    if REST.search(text):
        raise NotJsonError("a form of ours, or made to look like one: it could not be read back")
    try:
        return parse(text)
    except NotJsonError:
        start = preamble_end(text)
        if start < 0 or not begins_as_json(text, start) or not is_encodable(text):
            raise
    return _whole_items(text, start)


def rest_of(document: Document) -> str:
    """Return what an output says behind the whole items; empty if nothing is cut off."""
    where = f" inside {document.inside}" if document.inside else ""
    return "" if document.rest is None else f"\n[cut off in the source{where}, which goes on:]\n{document.rest}"


def _whole_items(text: str, start: int) -> Document:
    opened = _OPEN.match(text, start)
    is_list = opened is not None and bool(opened[1])
    at = end = opened.end() if opened else start
    preamble = text[:start] if text[:start].strip() else ""
    items: list[Value] = []
    while text.startswith("{", at):
        try:
            item, end = parse_prefix(text, at)
        except (ValueError, RecursionError):
            break
        items.append(item)
        between = _BETWEEN.match(text, end)
        at = between.end() if between else end
        if is_list != ("," in text[end:at]):
            break
    if not is_list and not items:
        whole, keys, end = _whole_pairs(text, at, _MAX_INSIDE)
        inside = ".".join(map(quote, keys))
        return _worth_reading(Document([whole], preamble, rest=text[end:], inside=inside), len(_longest(whole)), text)
    document = Document([items] if is_list else items, preamble, lines=not is_list, rest=text[end:])
    return _worth_reading(document, len(items), text)


def _worth_reading(document: Document, items: int, text: str) -> Document:
    if items < MIN_ITEMS or 2 * len(document.rest or "") > len(text):
        raise NotJsonError(f"cut off after {items} whole items")
    keys_of(document.values, text)
    return document


def _whole_pairs(text: str, start: int, levels: int) -> tuple[dict[str, Value], list[str], int]:
    """Return what is whole of the object that begins here, the keys that lead to where it is cut off, and the place."""
    pairs: dict[str, Value] = {}
    end = start + 1
    at = _next(text, end)
    while text.startswith('"', at):
        try:
            name, colon = parse_prefix(text, at)
            key, at = str(name), _behind_colon(text, colon)
            if key in pairs:
                raise NotJsonError("an object with the same key twice")
            if (found := _whole_value(text, at)) is None:
                return _with_open(text, at, levels, pairs, key, end)
        except json.JSONDecodeError:
            break
        pairs[key], end = found
        at = _next(text, end)
    return pairs, [], end


def _behind_colon(text: str, at: int) -> int:
    colon = _COLON.match(text, at)
    return colon.end() if colon else len(text)


def _with_open(
    text: str, at: int, levels: int, pairs: dict[str, Value], key: str, end: int
) -> tuple[dict[str, Value], list[str], int]:
    """Return the pairs with what is whole of the value that begins here and does not end."""
    if levels and text.startswith("{", at):
        pairs[key], keys, end = _whole_pairs(text, at, levels - 1)
        return pairs, [key, *keys], end
    if levels and text.startswith("[", at):
        pairs[key], end = _whole_values(text, at)
        return pairs, [key], end
    return pairs, [], end


def _whole_values(text: str, start: int) -> tuple[list[Value], int]:
    values: list[Value] = []
    end = start + 1
    at = _next(text, end)
    while (found := _whole_value(text, at)) is not None:
        value, end = found
        values.append(value)
        at = _next(text, end)
        if "," not in text[end:at]:
            break
    return values, end


def _whole_value(text: str, at: int) -> tuple[Value, int] | None:
    """Return the value that begins here with the place behind it; None if it is cut off, as a number may be."""
    try:
        value, end = parse_prefix(text, at)
    except (ValueError, RecursionError):
        return None
    return None if type(value) is Number and not _ENDS.match(text, end) else (value, end)


def _next(text: str, end: int) -> int:
    between = _BETWEEN.match(text, end)
    return between.end() if between else end


def _longest(whole: dict[str, Value]) -> list[Value]:
    """Return the longest list in the object, or in an object in it."""
    lists = [value for value in whole.values() if isinstance(value, list)]
    lists += [_longest(value) for value in whole.values() if isinstance(value, dict)]
    return max(lists, key=len, default=[])
