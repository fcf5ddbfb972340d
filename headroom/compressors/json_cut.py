"""JSON that is cut off: its whole items are read, and what stands behind them stays as it is.

[2 rows as CSV]
id,name
1,Ann
2,Li
[cut off in the source, which goes on:]
,{"id":3,"na
"""

from __future__ import annotations

import re

from headroom.compressors.json_values import (
    Document,
    NotJsonError,
    Value,
    is_encodable,
    keys_of,
    parse,
    parse_prefix,
    preamble_end,
)

REST = "\n[cut off in the source, which goes on:]\n"
"""Stands between the whole items and the text behind them; no line of a form can be the same."""

MIN_ITEMS = 8
"""With fewer whole items, a text that is cut off is left to others."""

_BEGINS = re.compile(r'[ \t\r\n]*\[?[ \t\r\n]*\{[ \t\r\n]*"(?:[^"\\\n]|\\.){0,200}"[ \t\r\n]*:')
_BETWEEN = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")
_OPEN = re.compile(r"[ \t\r\n]*(\[?)[ \t\r\n]*")


def begins_as_json(text: str, start: int) -> bool:
    """Whether an object with a key begins here, alone or in a list."""
    return _BEGINS.match(text, start) is not None


def read(text: str) -> Document:
    """Read a JSON document or JSON lines, cut off or not; raise NotJsonError for everything else."""
    if REST in text:
        raise NotJsonError("a form of ours, or made to look like one: it could not be read back")
    try:
        return parse(text)
    except NotJsonError:
        start = preamble_end(text)
        if start < 0 or not begins_as_json(text, start) or not is_encodable(text):
            raise
    return _whole_items(text, start)


def _whole_items(text: str, start: int) -> Document:
    opened = _OPEN.match(text, start)
    is_list = opened is not None and bool(opened[1])
    at = end = opened.end() if opened else start
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
    if len(items) < MIN_ITEMS or 2 * (len(text) - end) > len(text):
        raise NotJsonError(f"cut off after {len(items)} whole items")
    keys_of(items)
    preamble = text[:start] if text[:start].strip() else ""
    return Document([items] if is_list else items, preamble, lines=not is_list, rest=text[end:])
