"""The notation of a selection of log lines: written here, read back here.

Source lines stand alone and verbatim. In between, in place, gaps and runs are declared:

    [37 lines left out]
    [24 lines left out: all stand above]
    [the 6 lines above stand 214 more times]

and after the last line, what the lines left out were, their counts adding up to all gaps but for those told so:

    [the 235 lines left out, by shape; a..b is a range:]
    [180 lines: INFO request processed in 20..90 ms, id=req-000000..000099]
    [55 lines: other]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headroom.compressors import clean_runs
from headroom.errors import CompressionError

_GAP = re.compile(r"\[([1-9][0-9]{0,8}) lines? left out(: all stand above)?\]")
_HEADER = re.compile(r"\[the (?:([1-9][0-9]{0,8}) lines|line) left out, by shape; a\.\.b is a range:\]")
_SHAPE = re.compile(r"\[([1-9][0-9]{0,8}) lines?: .*\]")


@dataclass(frozen=True, slots=True)
class Shape:
    """So many lines left out that look so."""

    count: int
    what: str


def has_notation(text: str) -> bool:
    """Tell whether a line of the text already reads like the notation: a selection of it would be ambiguous."""
    if " left out" not in text:
        return clean_runs.has_note(text)
    return clean_runs.has_note(text) or any(
        _GAP.fullmatch(line) or _HEADER.fullmatch(line) for line in text.split("\n") if line[:1] == "["
    )


def write(
    lines: Sequence[str], kept: Sequence[bool], above: Sequence[bool], shapes: Sequence[Shape]
) -> tuple[list[str], list[int]]:
    """Return the selection's lines, and the numbers of the source lines that stand in it.

    `above` are the lines not kept of which each stands above; the shapes are those of the others.
    """
    out: list[str] = []
    stand: list[int] = []
    for start, end in stretches(kept):
        if not kept[start]:
            gaps = stretches(above[start:end])
            out += [_gap(last - first, above=above[start + first]) for first, last in gaps]
            continue
        done = start
        for run in clean_runs.find_runs(lines[start:end]):
            out += lines[done : start + run.start]
            stand += range(done, start + run.start)
            out.append(run.note())
            done = start + run.end
        out += lines[done:end]
        stand += range(done, end)
    if shapes:
        total = sum(shape.count for shape in shapes)
        out.append(f"[the {_lines(total) if total > 1 else 'line'} left out, by shape; a..b is a range:]")
        out += [f"[{_lines(shape.count)}: {shape.what}]" for shape in shapes]
    return out, stand


def stretches(kept: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield the stretches (start, end) of lines that are all kept or all left out, in order."""
    marks = bytes(kept)
    start = 0
    while start < len(marks):
        end = marks.find(not marks[start], start)
        yield start, end if end > 0 else len(marks)
        start = end if end > 0 else len(marks)


def check(lines: Sequence[str], text: str, stand: Sequence[int], *, recipe: str) -> None:
    """Raise CompressionError unless lines that stand, gaps and runs account for every source line, in its place."""
    place = left_out = shaped = 0
    above: set[str] = set()
    output = iter(text.split("\n"))
    waiting = iter(stand)
    kept = next(waiting, None)
    for line in output:
        if place == kept and lines[place] == line:
            kept = next(waiting, None)
            above.add(line)
            place += 1
        elif gap := _GAP.fullmatch(line):
            end = place + int(gap[1])
            if gap[2] and not above.issuperset(lines[place:end]):
                raise CompressionError(f"lines {place + 1} to {end} do not all stand above", recipe=recipe)
            left_out += 0 if gap[2] else end - place
            place = end
        elif run := clean_runs.NOTE.fullmatch(line):
            place = _after_run(lines, place, int(run["period"] or 1), int(run["times"]), recipe)
        elif (header := _HEADER.fullmatch(line)) and place == len(lines):
            shaped = _shaped(output, recipe)
            if shaped != int(header[1] or 1):
                raise CompressionError(f"the shapes count {shaped} lines, their header {header[1] or 1}", recipe=recipe)
        else:
            raise CompressionError(
                f"a line of the output is neither line {place + 1} of the source nor a declaration", recipe=recipe
            )
    if shaped != left_out:
        raise CompressionError(f"the shapes count {shaped} lines, the gaps {left_out}", recipe=recipe)
    if place != len(lines) or kept is not None:
        raise CompressionError(f"{place} of {len(lines)} lines are accounted for", recipe=recipe)


def _after_run(lines: Sequence[str], place: int, period: int, times: int, recipe: str) -> int:
    end = place + period * times
    if period > place or end > len(lines) or lines[place:end] != lines[place - period : end - period]:
        raise CompressionError(f"lines {place + 1} to {end} do not repeat those above", recipe=recipe)
    return end


def _shaped(output: Iterator[str], recipe: str) -> int:
    total = 0
    for line in output:
        shape = _SHAPE.fullmatch(line)
        if shape is None:
            raise CompressionError("a shape does not say how many lines it stands for", recipe=recipe)
        total += int(shape[1])
    return total


def _gap(count: int, *, above: bool) -> str:
    return f"[{_lines(count)} left out{': all stand above' * above}]"


def _lines(count: int) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"
