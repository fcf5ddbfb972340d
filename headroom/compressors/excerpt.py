"""An excerpt: lines that stand whole, lines that stand in part, and the gaps between them.

What is left out of a line is declared in the line, by a note that the compressor spells and reads; what is left
out between lines by `gaps`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from headroom.compressors import gaps
from headroom.content import LeftOut, Shrunk
from headroom.errors import CompressionError

GONE = -1
"""Stands for the number of characters shown of a line that is in a gap."""


def ambiguous(text: str) -> bool:
    """Tell whether a text may already declare something, so that an excerpt of it could not be read back."""
    return " left out]" in text or gaps.ambiguous(text.split("\n"))


def write(lines: Sequence[str], shown: Sequence[str | None], counts: Sequence[int], *, recipe: str) -> Shrunk:
    """Return what is shown of each line, None for nothing, with every gap declared; `counts` are source characters."""
    out: list[str] = []
    for start, stop in gaps.stretches([line is not None for line in shown]):
        out += [line for line in shown[start:stop] if line is not None] or [gaps.declare(start, stop)]
    stand = tuple(number for number, count in enumerate(counts) if count == len(lines[number]))
    return Shrunk("\n".join(out), recipe, _left_out(lines, counts), stand)


def check(lines: Sequence[str], shrunk: Shrunk, *, read: Callable[[str, str], int]) -> None:
    """Raise CompressionError unless what stands and what is declared account for every line, in its place.

    `read(shown, source)` returns how many characters of a source line an output line with notes shows, 0 if it is
    no part of that line.
    """
    counts: list[int] = []
    stand = iter(shrunk.kept_lines or ())
    kept = next(stand, None)
    for line in shrunk.text.split("\n"):
        place = len(counts)
        if place == kept and lines[place] == line:
            counts.append(len(line))
            kept = next(stand, None)
        elif (gap := gaps.declared(line)) and gap[0] == place:
            counts += [GONE] * (min(gap[1], len(lines) + 1) - place)
        elif place < len(lines) and (count := read(line, lines[place])):
            counts.append(count)
        else:
            what = f"the output does not say what becomes of line {place + 1}"
            raise CompressionError(what, recipe=shrunk.recipe)
    if len(counts) != len(lines) or kept is not None:
        raise CompressionError(f"{len(counts)} of {len(lines)} lines are accounted for", recipe=shrunk.recipe)
    if (left_out := _left_out(lines, counts)) != shrunk.left_out:
        raise CompressionError(f"it says {shrunk.left_out}, and it is {left_out}", recipe=shrunk.recipe)


def _left_out(lines: Sequence[str], counts: Sequence[int]) -> LeftOut | None:
    """Return what is left out: lines, or characters when a line is shown in part."""
    if all(count == GONE or count == len(line) for count, line in zip(counts, lines, strict=True)):
        gone = counts.count(GONE)
        return LeftOut(gone, len(lines), "lines") if gone else None
    total = sum(map(len, lines)) + len(lines) - 1
    ends = sum(1 for count in counts[:-1] if count != GONE)
    return LeftOut(total - ends - sum(count for count in counts if count != GONE), total, "characters")
