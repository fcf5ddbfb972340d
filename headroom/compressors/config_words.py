"""What a gap in a configuration file leaves out, in its own units: items, or entries by their names."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from headroom.compressors.config_tree import Part

_NAMES_CHARS = 160
"""Characters of names that a gap may cost."""

_NAME_CHARS = 60


def gap_words(root: Part, start: int, end: int) -> str:
    """Say which parts the lines from `start` to before `end` hold; "" if they hold no part whole."""
    part = _holder(root, start, end)
    first = bisect_left(part.parts, start, key=lambda child: child.start)
    inside = part.parts[first : bisect_left(part.parts, end, key=lambda child: child.start)]
    if not inside or inside[0].start > start or inside[-1].end > end:
        return ""
    names = list(dict.fromkeys(child.name for child in inside))
    if part.listed or names == [""]:
        return f"{len(inside)} items" if len(inside) > 1 else ""
    if len(names) == 1:
        return f"{len(inside)} {names[0][:_NAME_CHARS]}" if len(inside) > 1 else names[0][:_NAME_CHARS]
    said = _some(names)
    return said if len(names) == len(inside) == said.count(", ") + 1 else f"{len(inside)} in all: {said}"


def _holder(root: Part, start: int, end: int) -> Part:
    """Return the innermost part that holds all these lines and more."""
    part = root
    while part.parts:
        place = bisect_right(part.parts, start, key=lambda child: child.start) - 1
        if place < 0:
            break
        child = part.parts[place]
        if end > child.end or (child.start == start and child.end == end):
            break
        part = child
    return part


def _some(names: list[str]) -> str:
    shown: list[str] = []
    left = _NAMES_CHARS
    for name in names:
        left -= len(name[:_NAME_CHARS]) + 2
        if left < 0:
            return ", ".join([*shown, "…"])
        shown.append(name[:_NAME_CHARS])
    return ", ".join(shown)
