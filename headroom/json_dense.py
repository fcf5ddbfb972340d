"""JSON text that takes less room: without the white space between its values, then with what lies deepest cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_SPACE = re.compile(rf"({_STRING})|[ \t\r\n]+")
_MARK = re.compile(rf"{_STRING}|[\[\]{{}},]")
_ITEM = re.compile(rf"{_STRING}|[^\",\[\]]+")
_MOST = 200
"""Cuts that are tried."""

_SHOWN = 3
"""Items that a long list of plain values still shows."""


@dataclass(frozen=True, slots=True)
class _Inner:
    """An object or a list inside another."""

    start: int
    end: int
    depth: int
    items: int
    plain: bool
    """Whether it holds no object or list."""

    def cut(self, text: str) -> str:
        """Return what stands for it: the first items of a long list, else how much there is."""
        if text[self.start] == "{":
            return f"{{…{self.items} keys}}"
        if self.plain and self.items > _SHOWN:
            shown = _ITEM.findall(text, self.start + 1, self.end - 1)[:_SHOWN]
            return f"[{','.join(shown)},…{self.items - _SHOWN} more]"
        return f"[…{self.items} items]"


def dense(text: str) -> str:
    """Return JSON text without the white space between its values."""
    return _SPACE.sub(lambda match: match[1] or "", text)


def shortened(text: str, fits: Callable[[str], bool], *, keeps: Callable[[str], bool] = lambda _: False) -> str | None:
    """Return dense JSON text with inner lists and objects cut until it fits: long lists of plain values, then the deepest.

    What `keeps` is true of stays. None if it never fits. Written `[2,4,6,…21 more]`, `{…6 keys}`, `[…2 items]`.
    """
    inner = [one for one in _inner(text) if not keeps(text[one.start : one.end])]
    inner.sort(key=lambda one: (not (one.plain and one.items > 2 * _SHOWN), -one.depth, one.start - one.end, one.start))
    cuts: list[_Inner] = []
    for one in inner[:_MOST]:
        short = one.cut(text)
        if len(short) < one.end - one.start:
            cuts = [cut for cut in cuts if not one.start < cut.start < one.end]
            cuts.append(one)
            shown = _with(text, cuts)
            if fits(shown):
                return shown
    return None


def _with(text: str, cuts: list[_Inner]) -> str:
    pieces = []
    at = 0
    for cut in sorted(cuts, key=lambda cut: cut.start):
        pieces += [text[at : cut.start], cut.cut(text)]
        at = cut.end
    return "".join([*pieces, text[at:]])


def _inner(text: str) -> Iterator[_Inner]:
    """Yield the objects and lists inside the outermost, each with how deep it lies."""
    stack: list[list[int]] = []
    for match in _MARK.finditer(text):
        mark = match[0]
        if mark in "[{":
            if stack:
                stack[-1][2] = 0
            stack.append([match.start(), 0, 1])
        elif mark == "," and stack:
            stack[-1][1] += 1
        elif mark in "]}" and stack:
            start, commas, plain = stack.pop()
            empty = match.start() == start + 1
            if stack:
                yield _Inner(start, match.end(), len(stack), 0 if empty else commas + 1, bool(plain))
