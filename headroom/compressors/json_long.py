"""Long values inside a kept row: their head and tail, with a count of what is left out between."""

from __future__ import annotations

import re
from collections.abc import Collection

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
_SELDOM = 3
"""Times that a word of the query may stand in a text and still tell a place in it."""

_DECLARED = 40
"""Characters that one more declaration takes of what is shown."""

_MOST_GAPS = 20
_NEAR = 80
"""Characters to look back for a place between two words."""


def cut(value: Value, limit: int = LONG_CHARS, words: Collection[str] = ()) -> Value:
    """Return the value with its long strings and lists cut to head and tail; itself if there is none.

    `limit` is what stays of a long string, in characters; at least `MIN_CHARS`. Where one of the `words` stands
    in what would be left out, a part round it stays too.
    """
    if isinstance(value, list):
        if len(value) > LONG_LIST:
            left = len(value) - _HEAD_ITEMS - _TAIL_ITEMS
            value = [*value[:_HEAD_ITEMS], f"…[{left} items left out]…", *value[-_TAIL_ITEMS:]]
        return [cut(item, limit, words) for item in value]
    if isinstance(value, dict):
        return {key: cut(item, limit, words) for key, item in value.items()}
    # Half as much again, so that what is cut saves more than the declaration costs.
    if type(value) is str and len(value) > max(limit, MIN_CHARS) * 3 // 2:
        return _cut_string(value, max(limit, MIN_CHARS), words)
    return value


def can_be_cut(cell: str, limit: int) -> bool:
    """Whether the cell is a string longer than `limit` characters, not a list or an object."""
    return len(cell) > limit and cell[0] not in "[{"


def _cut_string(text: str, limit: int, words: Collection[str]) -> str:
    third = limit // 3
    named = _named(text, third, len(text) - third, words)
    if named is None:
        return f"{_gap_after(text, limit * 2 // 3, text[-third:])}"
    end = min(named + third // 2, len(text) - third)
    start = max(end - third + _DECLARED, third)
    middle = _behind_space(text[start:end])
    behind = _gap_after(text[end - len(middle) :], len(middle), text[-third:])
    head = _head(text[:third])
    left = end - len(middle) - len(head)
    return (
        f"{head}…[{left} characters left out]…{behind}"
        if left > _NEAR
        else _gap_after(text, limit * 2 // 3, text[-third:])
    )


def _gap_after(text: str, size: int, tail: str) -> str:
    """Return the first characters of the text and its tail, with what is left out between them declared."""
    head, tail = _head(text[:size]), _behind_space(tail)
    return f"{head}…[{len(text) - len(head) - len(tail)} characters left out]…{tail}"


def _head(head: str) -> str:
    # Behind a line or a sentence where one ends near, else between words: no word is cut in two.
    gap = max(head.rfind("\n"), head.rfind(". ") + 1) or -1
    if gap < len(head) - _NEAR:
        gap = head.rfind(" ")
    return head[:gap] if gap >= len(head) - _NEAR else head


def _behind_space(tail: str) -> str:
    space = _SPACE.search(tail, 0, _NEAR)
    return tail[space.end() :] if space else tail


def _named(text: str, start: int, end: int, words: Collection[str]) -> int | None:
    """Return where the word that stands there least often, but does, ends between two places; None if there is none."""
    lowered = text.lower()
    found = [(times, -len(word), word) for word in words if 0 < (times := lowered.count(word)) <= _SELDOM]
    for _, _, word in sorted(found):
        at = lowered.find(word, start, end)
        if at >= 0 and len(lowered) == len(text):
            return at + len(word)
    return None


def left_out_of_string(shown: str, original: str) -> int | None:
    """Return how many characters `shown` declares and lacks of `original`; None if it is not a cut of it."""
    gaps = list(_CUT_STRING.finditer(shown))[:_MOST_GAPS]
    for number, first in enumerate(gaps):
        for last in (first, *gaps[number + 1 :]):
            head, tail = shown[: first.start()], shown[last.end() :]
            middle = shown[first.end() : last.start()] if last is not first else ""
            left = int(first[1]) + (int(last[1]) if last is not first else 0)
            if (
                len(head) + len(middle) + len(tail) + left == len(original)
                and original.startswith(head)
                and original.startswith(middle, len(head) + int(first[1]))
                and original.endswith(tail)
            ):
                return left
    return None


def left_out_of_list(shown: list[Value]) -> tuple[int, int] | None:
    """Return the place in a cut list where items are left out, and their number; None if it is not cut."""
    if len(shown) != _HEAD_ITEMS + 1 + _TAIL_ITEMS or not isinstance(shown[_HEAD_ITEMS], str):
        return None
    match = _CUT_LIST.fullmatch(shown[_HEAD_ITEMS])  # type: ignore[arg-type]
    return (_HEAD_ITEMS, int(match[1])) if match else None
