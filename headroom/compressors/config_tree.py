"""What a configuration file is made of: named parts inside parts, and the lines on which they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from headroom.compressors.json_values import Value
from headroom.compressors.table_layout import value_of

MAX_DEPTH = 100
"""Levels of parts that are still read; far below Python's own limit, so that no caller's stack decides."""

_SHOWN = 200
"""Characters of a value that statistics look at."""


@dataclass(slots=True)
class Part:
    """One part: a mapping's entry, an item of a list, a section, an element, a document.

    Its lines are `start` to `end` (not in it). The first ones, up to its first part's, are its head. No two parts
    inside one share a line.
    """

    name: str
    start: int
    end: int
    text: str = ""
    """What it holds, if nothing stands in it."""
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    listed: bool = False
    """Whether its parts are items of a list, so that their names say nothing."""
    tail: int = 0
    """Number of lines at its end that only close it."""

    @property
    def head_end(self) -> int:
        """The line after its head."""
        return max(self.start + 1, self.parts[0].start) if self.parts else self.end

    def shape(self) -> object:
        """Return what parts of equal structure have in common."""
        if not self.parts:
            return bool(self.text) or bool(self.attributes)
        return "list" if self.listed else tuple(part.name for part in self.parts)

    def value(self, depth: int = 4) -> Value:
        """Return it as a JSON value, for statistics: to some depth, of repeated names the last."""
        if not self.attributes and not (self.parts and depth):
            text = self.text.strip()
            return value_of(text[:_SHOWN]) if text else ""  # type: ignore[return-value] # a text that is not empty is a value
        if self.listed and not self.attributes:
            return [part.value(depth - 1) for part in self.parts]
        value: dict[str, Value] = {f"@{name}": text[:_SHOWN] for name, text in self.attributes.items()}
        if self.parts and depth:
            value.update({part.name: part.value(depth - 1) for part in self.parts})
        elif self.text.strip():
            value["text"] = self.text[:_SHOWN].strip()
        return value


def settled(root: Part, lines: Sequence[str], *, comments: str = "") -> Part:
    """Return the tree with every line in its place.

    Comments over a part, that begin with one of these characters, are its own; a part goes on until the next begins;
    parts that share a line become one.
    """
    signs = frozenset(comments)
    noted = {number for number, line in enumerate(lines) if line.lstrip()[:1] in signs} if signs else set[int]()
    todo = [root]
    while todo:
        part = todo.pop()
        apart: list[Part] = []
        floor, last = part.start, -1
        for child in part.parts:
            start = child.start
            if start <= last:
                continue
            last = start
            while start - 1 > floor and start - 1 in noted and _indent(lines[start - 1]) == _indent(lines[start]):
                start -= 1
            child.start = floor = start
            if apart:
                apart[-1].end = start
            apart.append(child)
            if child.parts:
                todo.append(child)
        if apart:
            apart[-1].end = part.end - part.tail
        part.parts = apart
    return root


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
