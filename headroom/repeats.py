"""Repeats: what already stands in view becomes a reference to where it stands.

    [lines 12-80 stand above in Read src/fold.py from "def fold("]
    def settle(message):
    [lines 82-97 there too, from "    return decisions"]

    [the same object as in get_order {"id":17} above, but for these members]
    {"status":"paid"}

Lines are those of the result itself, so that its ref gives them back; the place is named by the call that
showed it and by its first line there, never by an index. Only byte-equal lines count, the line numbers in
front of them aside: where those differ both are told. The reader loses nothing: all of it is in view.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headroom.compressors.json import JsonCompressor
from headroom.compressors.json_values import write
from headroom.content import Block
from headroom.view import MAX_CHARACTERS, Shown, View, shown_of

RECIPE = "repeat/3"

_ANCHOR_CHARS = 30
_WORTH_CHARS = 30
"""A run must be longer than the note that stands for it by so much: notes are denser in tokens than code is."""

_NOTE = re.compile(
    r"\[(?:lines? [0-9]|[0-9]+ lines? (?:stand|there)|this result stands above in |the same object as in )"
)


@dataclass(frozen=True, slots=True)
class Run:
    """Lines of a text, from `start` up to `end`, that stand in view from line `at` of `there`."""

    start: int
    end: int
    there: Shown
    at: int


def repeated(text: str, view: View, *, form: bool = False) -> str | None:
    """Return `text` with references in place of what stands in view.

    A reference tells which lines of the result it stands for; of a `form` of the result, whose lines are
    others, how many.
    None when nothing worth a reference stands there, or when the text itself reads like one.
    """
    if (there := view.whole(text)) is not None:
        return _whole(there)
    if len(text) > MAX_CHARACTERS:
        return None
    here = shown_of("", text)
    runs = list(_runs(here, view, form))
    if not runs or any(line[:1] == "[" and _NOTE.match(line) for line in here.lines):
        return None
    if not _adds_up(here, runs):
        return None
    return "\n".join(_written(here, runs, form))


def _adds_up(here: Shown, runs: Sequence[Run]) -> bool:
    """Tell whether what stays and what stands in view make up the text, line by line (law 3)."""
    done = 0
    for run in runs:
        there = run.there.keys[run.at : run.at + run.end - run.start]
        if run.start < done or list(here.keys[run.start : run.end]) != list(there):
            return False
        done = run.end
    return done <= len(here.lines)


def whole(text: str, view: View) -> str | None:
    """Return the reference to exactly this text, if it stands in view."""
    there = view.whole(text)
    return None if there is None else _whole(there)


def amended(text: str, view: View) -> str | None:
    """Return a JSON object told by one that stands in view and the members in which it differs; None if none does."""
    found = view.objects.amended(text)
    if found is None:
        return None
    if not found.changes:
        return f"[the same object as in {found.label} above]"
    changes = write(found.changes)
    table = JsonCompressor().invoke(Block(changes))
    return f"[the same object as in {found.label} above, but for these members]\n{table.text if table else changes}"


def _runs(here: Shown, view: View, form: bool) -> Iterator[Run]:
    """Yield the runs worth a reference, from the top down, each the longest from where it starts."""
    done, label = 0, ""
    for at in view.starts(here.keys):
        if at >= done:
            best = max(_candidates(here, view, at), key=lambda run: run.end, default=None)
            if best is not None and _saved(here, best, label, form) >= _WORTH_CHARS:
                yield best
                done, label = best.end, best.there.label


def _candidates(here: Shown, view: View, at: int) -> Iterator[Run]:
    for number, line in reversed(view.places(here.keys, at)):  # of equals, the latest: the nearest to the reader
        there = view.shown[number]
        if (run := _longest(here, there, at, line)) is not None:
            yield run


def _longest(here: Shown, there: Shown, at: int, line: int) -> Run | None:
    """Return the longest run from these two lines on, its line numbers apart by the same all along."""
    shift = _shift(here, there, at, line)
    ours, theirs = (here.lines, there.lines) if shift == 0 else (here.keys, there.keys)
    end, to = at, line
    while (
        end < len(ours)
        and to < len(theirs)
        and ours[end] == theirs[to]
        and (shift == 0 or _shift(here, there, end, to) == shift)
    ):
        end, to = end + 1, to + 1
    return Run(at, end, there, line) if end > at else None


def _shift(here: Shown, there: Shown, at: int, line: int) -> int | None:
    """Return by how much two lines' numbers are apart; None when one of them has none."""
    ours = here.numbers[at] if here.numbers else -1
    theirs = there.numbers[line] if there.numbers else -1
    if ours < 0 and theirs < 0:
        return 0
    return theirs - ours if ours >= 0 and theirs >= 0 else None


def _saved(here: Shown, run: Run, label: str, form: bool) -> int:
    told = sum(len(line) + 1 for line in here.lines[run.start : run.end])
    return told - len(_note(here, run, label, form))


def _written(here: Shown, runs: Sequence[Run], form: bool) -> Iterator[str]:
    done, label = 0, ""
    for run in runs:
        yield from here.lines[done : run.start]
        yield _note(here, run, label, form)
        done, label = run.end, run.there.label
    yield from here.lines[done:]


def _note(here: Shown, run: Run, label: str, form: bool) -> str:
    count = run.end - run.start
    span = f"{count} line{'s' * (count > 1)}" if form else _span(run)
    ours, theirs = _numbers(here, run.start, run.end), _numbers(run.there, run.at, run.at + run.end - run.start)
    numbered = f", numbered {ours} here," if ours and ours != theirs else ""
    there = f", there numbered {theirs}" if theirs and ours != theirs else ""
    verb = "stands" if run.end == run.start + 1 else "stand"
    place = "there too," if run.there.label == label else f"{verb} above in {run.there.label}"
    return f'[{span}{numbered} {place}{there} from "{_anchor(run.there.keys[run.at :])}"]'


def _span(run: Run) -> str:
    return f"line {run.end}" if run.end == run.start + 1 else f"lines {run.start + 1}-{run.end}"


def _numbers(shown: Shown, start: int, end: int) -> str:
    numbers = [number for number in shown.numbers[start:end] if number >= 0]
    return f"{numbers[0]}-{numbers[-1]}" if numbers else ""


def _whole(there: Shown) -> str:
    return f'[this result stands above in {there.label}, whole, from "{_anchor(there.lines)}"]'


def _anchor(lines: Sequence[str]) -> str:
    """Return the first line that says something, cut."""
    said = next((line.strip() for line in lines if line.strip()), "")
    return said if len(said) <= _ANCHOR_CHARS else said[: _ANCHOR_CHARS - 1] + "…"
