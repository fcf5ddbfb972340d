"""A selection of lines: the source's own, and between them, in place, which ones are left out.

    def fold(
    [lines 13-40 left out]
    [lines 41-90 left out: 50 tests passed]
        return fold(rest)

Where gaps are many, the first says how those below it are written: `41…90`. Lines count from 1, as `headroom_retrieve`
does, so that a reader can ask for exactly what is missing. For the compressors whose kept lines stand alone on their
output lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from headroom.content import LeftOut, Shrunk
from headroom.errors import CompressionError

GAP_CHARS = 24
"""What declaring a gap costs, in characters: a stretch shorter than this had better stay."""

_SIGN = r"[ \t]*(?:(?:\.\.\.|\"\"\"|'''|\*/|[)}\];,]{1,8}) )?(?:#|//)"
"""What may stand before a gap in code, so that what is left of it parses."""

_NUMBER = "[1-9][0-9]{0,8}"
_GAP = re.compile(
    rf"(?:{_SIGN} )?\[(?:[1-9][0-9.]{{0,15}}: )?lines? ({_NUMBER})(?:-({_NUMBER}))? left out(?:: [^\n]{{1,400}})?\]"
    rf"|(?:{_SIGN})?({_NUMBER})…({_NUMBER})?"
)
_BRIEF = "below as first…last"
"""What the first gap says of those that are written briefly."""


def ambiguous(lines: Sequence[str]) -> bool:
    """Tell whether a source line already reads like a gap, so that a selection could not be told from it."""
    return any(declared(line) for line in lines if "line" in line or "…" in line)


def fill(lines: Sequence[str], kept: list[bool], *, cost: int = GAP_CHARS) -> None:
    """Keep, in place, every stretch that is no longer in characters than the note that would declare it."""
    for start, end in stretches(kept):
        if not kept[start] and end - start <= cost and sum(map(len, lines[start:end])) + end - start <= cost:
            kept[start:end] = [True] * (end - start)


def declared(line: str) -> tuple[int, int] | None:
    """Return (start, end) of the gap that an output line declares, counted as `declare` does; None if it declares none."""
    gap = _GAP.fullmatch(line) if "line" in line or "…" in line else None
    if gap is None:
        return None
    first, last = gap[1] or gap[3], gap[2] or gap[4]
    return int(first) - 1, int(last or first)


def moved(line: str, by: int) -> str:
    """Return an output line with the gap that it declares, if any, counted from `by` lines further on."""
    gap = declared(line)
    if gap is None or gap[0] + by < 0:
        return line
    start, end = gap
    for brief in (False, True):
        old = declare(start, end, brief=brief).removesuffix("]")
        if old in line:
            return line.replace(old, declare(start + by, end + by, brief=brief).removesuffix("]"), 1)
    return line


def select(
    lines: Sequence[str],
    kept: Sequence[bool],
    *,
    recipe: str,
    say: Callable[[int, int], str] | None = None,
    lead: Callable[[int, int], str] | None = None,
    brief: bool = False,
    name: str = "",
) -> Shrunk:
    """Return the kept lines with every gap declared; `say(start, end)` gives words for the gap of those lines, or "".

    Lossless when everything is kept. `start` and `end` count from 0, `end` is not in the gap. `lead` says what stands
    before the gap, for code that is to parse: blanks and the sign of a comment. With `brief`, all gaps but the first
    are written `13…40`, right behind that sign, as long as there is nothing to say of them. `name` is what
    the first calls the text, where others beside it are written so too: then nobody says what that means here.
    """
    out: list[str] = []
    stand = tuple(number for number, keep in enumerate(kept) if keep)
    first = True
    for start, end in stretches(kept):
        if kept[start]:
            out += lines[start:end]
            continue
        words = say(start, end) if say else ""
        sign = lead(start, end) if lead else ""
        if brief and not first and not words:
            out.append(sign.removesuffix(" ") + declare(start, end, brief=True))
        else:
            brief = brief and not words
            words = words or _BRIEF * (brief and not name and not all(kept[end:]))
            out.append(sign + declare(start, end, words, name=name * first))
        first = False
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
    flags = bytes(kept)
    start = 0
    while start < len(flags):
        end = flags.find(1 - flags[start], start)
        end = len(flags) if end < 0 else end
        yield start, end
        start = end


def declare(start: int, end: int, words: str = "", *, brief: bool = False, name: str = "") -> str:
    """Return the note that the lines from `start` to before `end`, counted from 0, are left out; `brief` has no words."""
    if brief:
        return f"{end}…" if end == start + 1 else f"{start + 1}…{end}"
    span = f"line {end}" if end == start + 1 else f"lines {start + 1}-{end}"
    span = f"{name}: {span}" if name else span
    said = " ".join(words.split())[:400]
    return f"[{span} left out: {said}]" if said else f"[{span} left out]"
