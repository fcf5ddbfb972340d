"""Long values inside a kept row: their head and tail, with a count of what is left out between."""

from __future__ import annotations

import re

from headroom.compressors.json_values import Value

LONG_CHARS = 1_600
"""Strings up to this long (some 400 tokens) are cut only where a table has so many that few of its rows could stand."""

MIN_CHARS = 240
"""Strings up to this long are never cut."""

LONG_LIST = 40
"""Lists inside a row up to this long are never cut."""

_HEAD_ITEMS, _TAIL_ITEMS = 10, 5
_CUT_STRING = re.compile(r"…\[([0-9]+) characters left out\]…")
_CUT_LIST = re.compile(r"…\[([0-9]+) items left out\]…")
_SPACE = re.compile("[ \n]")
_NEAR = 80
"""Characters to look back for a place between two words."""


def cut(value: Value, limit: int = LONG_CHARS) -> Value:
    """Return the value with its long strings and lists cut to head and tail; itself if there is none.

    `limit` is what stays of a long string, in characters; at least `MIN_CHARS`.
    """
    if isinstance(value, list):
        if len(value) > LONG_LIST:
            left = len(value) - _HEAD_ITEMS - _TAIL_ITEMS
            value = [*value[:_HEAD_ITEMS], f"…[{left} items left out]…", *value[-_TAIL_ITEMS:]]
        return [cut(item, limit) for item in value]
    if isinstance(value, dict):
        return {key: cut(item, limit) for key, item in value.items()}
    # Half as much again, so that what is cut saves more than the declaration costs.
    if type(value) is str and len(value) > max(limit, MIN_CHARS) * 3 // 2:
        return _cut_string(value, max(limit, MIN_CHARS))
    return value


def can_be_cut(cell: str, limit: int) -> bool:
    """Whether the cell is a string longer than `limit` characters, not a list or an object."""
    return len(cell) > limit and cell[0] not in "[{"


def _cut_string(text: str, limit: int) -> str:
    head = text[: limit * 2 // 3]
    tail = text[-(limit // 3) :]
    # Behind a line or a sentence where one ends near, else between words: no word is cut in two.
    gap = max(head.rfind("\n"), head.rfind(". ") + 1) or -1
    if gap < len(head) - _NEAR:
        gap = head.rfind(" ")
    if gap >= len(head) - _NEAR:
        head = head[:gap]
    space = _SPACE.search(tail, 0, _NEAR)
    if space:
        tail = tail[space.end() :]
    return f"{head}…[{len(text) - len(head) - len(tail)} characters left out]…{tail}"


def left_out_of_string(shown: str, original: str) -> int | None:
    """Return how many characters `shown` declares and lacks of `original`; None if it is not a cut of it."""
    for match in _CUT_STRING.finditer(shown):
        head, tail, left = shown[: match.start()], shown[match.end() :], int(match[1])
        if len(head) + left + len(tail) == len(original) and original.startswith(head) and original.endswith(tail):
            return left
    return None


def left_out_of_list(shown: list[Value]) -> tuple[int, int] | None:
    """Return the place in a cut list where items are left out, and their number; None if it is not cut."""
    if len(shown) != _HEAD_ITEMS + 1 + _TAIL_ITEMS or not isinstance(shown[_HEAD_ITEMS], str):
        return None
    match = _CUT_LIST.fullmatch(shown[_HEAD_ITEMS])  # type: ignore[arg-type]
    return (_HEAD_ITEMS, int(match[1])) if match else None
