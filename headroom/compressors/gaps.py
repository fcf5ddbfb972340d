"""A selection of lines: the source's own, and between them, in place, which ones are left out.

    def fold(
    [lines 13-40 left out]
    [lines 41-90 left out: 50 tests passed]
        return fold(rest)

Lines count from 1, as `headroom_retrieve` does, so that a reader can ask for exactly what is missing. For the
compressors whose kept lines stand alone on their output lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from headroom.content import LeftOut, Shrunk
from headroom.errors import CompressionError

GAP_CHARS = 24
"""What declaring a gap costs, in characters: a stretch shorter than this had better stay."""

_LEAD = r"(?:[ \t]*(?:(?:\.\.\.|\"\"\"|'''|\*/|[)}\];,]{1,8}) )?(?:#|//) )?"
"""What may stand before a gap in code, so that what is left of it parses."""

_GAP = re.compile(_LEAD + r"\[lines? ([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))? left out(?:: [^\n]{1,400})?\]")


def ambiguous(lines: Sequence[str]) -> bool:
    """Tell whether a source line already reads like a gap, so that a selection could not be told from it."""
    return any("[line" in line and _GAP.fullmatch(line) for line in lines)


def fill(lines: Sequence[str], kept: list[bool], *, cost: int = GAP_CHARS) -> None:
    """Keep, in place, every stretch that is no longer in characters than the note that would declare it."""
    for start, end in stretches(kept):
        if not kept[start] and sum(len(lines[n]) + 1 for n in range(start, end)) <= cost:
            kept[start:end] = [True] * (end - start)


def declared(line: str) -> tuple[int, int] | None:
    """Return (start, end) of the gap that an output line declares, counted as `declare` does; None if it declares none."""
    gap = _GAP.fullmatch(line) if "[line" in line else None
    return (int(gap[1]) - 1, int(gap[2] or gap[1])) if gap else None


def select(
    lines: Sequence[str],
    kept: Sequence[bool],
    *,
    recipe: str,
    say: Callable[[int, int], str] | None = None,
    lead: Callable[[int, int], str] | None = None,
) -> Shrunk:
    """Return the kept lines with every gap declared; `say(start, end)` gives words for the gap of those lines, or "".

    Lossless when everything is kept. `start` and `end` count from 0, `end` is not in the gap. `lead` says what stands
    before the gap, for code that is to parse: blanks and the sign of a comment.
    """
    out: list[str] = []
    stand = tuple(number for number, keep in enumerate(kept) if keep)
    for start, end in stretches(kept):
        if kept[start]:
            out += lines[start:end]
        else:
            words = say(start, end) if say else ""
            out.append((lead(start, end) if lead else "") + declare(start, end, words))
    left_out = LeftOut(len(lines) - len(stand), len(lines), "lines") if len(stand) < len(lines) else None
    return Shrunk("\n".join(out), recipe, left_out, stand)


def check(lines: Sequence[str], shrunk: Shrunk) -> None:
    """Raise CompressionError unless lines that stand and gaps account for every source line, in its place."""
    place = 0
    stand = iter(shrunk.kept_lines or ())
    kept = next(stand, None)
    for line in shrunk.text.split("\n"):
        if place == kept and lines[place] == line:
            kept = next(stand, None)
            place += 1
        elif (gap := declared(line)) and gap[0] == place < gap[1]:
            place = gap[1]
        else:
            raise CompressionError(
                f"a line of the output is neither line {place + 1} of the source nor a declaration",
                recipe=shrunk.recipe,
            )
    if place != len(lines) or kept is not None:
        raise CompressionError(f"{place} of {len(lines)} lines are accounted for", recipe=shrunk.recipe)
    left = len(lines) - len(shrunk.kept_lines or ())
    if shrunk.left_out != (LeftOut(left, len(lines), "lines") if left else None):
        raise CompressionError(f"{left} lines are left out, but it says {shrunk.left_out}", recipe=shrunk.recipe)


def stretches(kept: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield the stretches (start, end) of lines that are all kept or all left out, in order."""
    start = 0
    for number in range(1, len(kept) + 1):
        if number == len(kept) or kept[number] != kept[start]:
            yield start, number
            start = number


def declare(start: int, end: int, words: str = "") -> str:
    """Return the note that the lines from `start` to before `end`, counted from 0, are left out."""
    span = f"line {end}" if end == start + 1 else f"lines {start + 1}-{end}"
    said = " ".join(words.split())[:400]
    return f"[{span} left out: {said}]" if said else f"[{span} left out]"
