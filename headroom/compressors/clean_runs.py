"""Runs: a line, or a few lines together, that stand several times in a row.

A run is written once, and the times it stands again are counted in words on a line of their own:

    [the line above stands 36 more times]
    [the 3 lines above stand 12 more times]

`expand` reads that back. A text that already holds such a line is ambiguous: callers decline it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MAX_PERIOD = 32
"""Lines of the longest block whose repetition is looked for: deep recursion repeats in tens of frames."""

_MIN_SAVED = 80
"""Characters that a run must save: its own notation costs about ten tokens."""

NOTE = re.compile(
    r"\[the (?:line|(?P<period>[1-9][0-9]{0,3}) lines) above stands? (?P<times>[1-9][0-9]{0,8}) more times?\]"
)
"""A whole line of the notation."""


@dataclass(frozen=True, slots=True)
class Run:
    """Lines `start` to `end` repeat the `period` lines before `start`, a whole number of times."""

    start: int
    end: int
    period: int

    @property
    def times(self) -> int:
        """How often the block stands again after its first time."""
        return (self.end - self.start) // self.period

    def note(self) -> str:
        """Return the line that stands for the repetitions."""
        times = f"{self.times} more time{'s' * (self.times > 1)}"
        return (
            f"[the line above stands {times}]" if self.period == 1 else f"[the {self.period} lines above stand {times}]"
        )


def find_runs(lines: Sequence[str]) -> list[Run]:
    """Return the runs worth writing, in order; they and their first blocks do not overlap. Linear.

    A line's last occurrence proposes the period: of a block of different lines, the true one.
    """
    times = Counter(lines)
    if len(times) == len(lines):
        return []
    runs: list[Run] = []
    last: dict[str, int] = {}
    free = 0  # lines before `free` belong to an earlier run
    for position in [position for position, count in enumerate(map(times.__getitem__, lines)) if count > 1]:
        if position < free:
            continue
        line = lines[position]
        period = position - last.get(line, -MAX_PERIOD)
        last[line] = position
        end_of_block = position + period - 1
        if period > MAX_PERIOD or position - period < free:
            continue
        if lines[position - 1 : position] == lines[end_of_block : end_of_block + 1]:
            end = _end_of_run(lines, position, period)
            if end > position and _length(lines, position, end) >= _MIN_SAVED:
                runs.append(Run(position, end, period))
                for number in range(max(position, end - MAX_PERIOD), end):
                    last[lines[number]] = number
                free = end
    return runs


def _end_of_run(lines: Sequence[str], start: int, period: int) -> int:
    end = start
    while end < len(lines) and lines[end] == lines[end - period]:
        end += 1
    return end - (end - start) % period


def _length(lines: Sequence[str], start: int, end: int) -> int:
    total = 0
    for number in range(start, end):
        total += len(lines[number]) + 1
        if total >= _MIN_SAVED:
            break
    return total


def collapse(lines: Sequence[str]) -> list[str]:
    """Return the lines with every run written once and counted."""
    return written(lines, find_runs(lines))


def written(lines: Sequence[str], runs: Sequence[Run]) -> list[str]:
    """Return the lines with these runs written once and counted."""
    out: list[str] = []
    done = 0
    for run in runs:
        out += lines[done : run.start]
        out.append(run.note())
        done = run.end
    out += lines[done:]
    return out


def expand(lines: Sequence[str]) -> list[str]:
    """Return the lines that `collapse` was given."""
    out: list[str] = []
    for line in lines:
        note = NOTE.fullmatch(line) if line[:5] == "[the " else None
        if note is None:
            out.append(line)
        else:
            period = int(note["period"] or 1)
            out += out[len(out) - period :] * int(note["times"])
    return out


def has_note(text: str) -> bool:
    """Tell whether a line of the text already reads like the notation."""
    return "[the " in text and any(NOTE.fullmatch(line) for line in text.split("\n") if line[:5] == "[the ")
