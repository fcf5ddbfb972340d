"""The notation: kept lines as they stand, gaps of whole lines, and in a long line the sentences left out.

    # Deployment
    [lines 2-9 left out]
    The default is 30 seconds. […3 sentences left out] It can be set per host.

Notes in a line stand where the sentences stood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compressors import excerpt, gaps
from headroom.compressors.prose_sentences import sentences
from headroom.compressors.prose_units import Unit
from headroom.content import Shrunk

NOTE_CHARS = 26
"""What declaring sentences costs, in characters."""

_NOTE = re.compile(r"\[…(1 sentence|[1-9][0-9]{0,8} sentences) left out\]( ?)")


def write(lines: Sequence[str], units: Sequence[Unit], kept: Sequence[bool], *, recipe: str) -> Shrunk:
    """Return the kept units with every gap declared in its place."""
    shown: list[str | None] = [None] * len(lines)
    counts = [excerpt.GONE] * len(lines)
    at = 0
    while at < len(units):
        first, end = units[at], at + 1
        while end < len(units) and units[end].line == first.line:
            end += 1
        if all(kept[at:end]):
            shown[first.line : first.end] = lines[first.line : first.end]
            counts[first.line : first.end] = map(len, lines[first.line : first.end])
        elif any(kept[at:end]):
            said = [unit.text(lines) for unit in units[at:end]]
            shown[first.line] = _partly(said, kept[at:end])
            counts[first.line] = sum(len(one) for one, keep in zip(said, kept[at:end], strict=True) if keep)
        at = end
    return excerpt.write(lines, shown, counts, recipe=recipe)


def _partly(said: Sequence[str], kept: Sequence[bool]) -> str:
    out: list[str] = []
    for start, end in gaps.stretches(kept):
        if kept[start]:
            out += said[start:end]
        else:
            count = end - start
            note = f"[…{count} sentence{'s' * (count > 1)} left out]"
            out.append(note if end == len(said) else note + " ")
    return "".join(out)


def read(line: str, source: str) -> int:
    """Return how many characters of a source line an output line shows among its notes; 0 if it is no such line."""
    said = sentences(source)
    at = shown = done = 0  # the next sentence, what is shown of those before, and how far the output is read
    for note in _NOTE.finditer(line):
        start = done
        while done < note.start() and at < len(said) and line.startswith(said[at], done):
            done += len(said[at])
            at += 1
        shown += done - start
        at += int(note[1].split(" ", 1)[0])
        if done != note.start() or at > len(said) or bool(note[2]) != (at < len(said)):
            return 0
        done = note.end()
    rest = "".join(said[at:])
    return shown + len(rest) if done and line[done:] == rest else 0
