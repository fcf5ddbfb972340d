"""The outline of a file: which of its lines may be left out, and which stay within those."""

from __future__ import annotations

from dataclasses import dataclass, field

from headroom.compressors.code_grammars import Grammar


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Lines from `start` up to `end`, not in it, that are left out unless something within them stays."""

    start: int
    end: int
    name: str = ""
    """Name of the definition whose body they are."""


@dataclass(slots=True)
class Outline:
    """What the tree says of the lines."""

    grammar: Grammar
    folds: dict[tuple[int, int], Span] = field(default_factory=dict)
    """What may be left out, by its lines."""
    stays: list[tuple[int, int]] = field(default_factory=list)
    """What stays even within a fold, unless a fold within it says otherwise."""
    licences: list[tuple[int, int]] = field(default_factory=list)
    """What is left out in any case."""
    notes: list[tuple[int, int]] = field(default_factory=list)
    """Comments that document no type: what goes first."""
    suites: dict[int, int] = field(default_factory=dict)
    """First line and end of each body that only its indentation tells: something must stand there."""
    docs: list[tuple[int, int, str]] = field(default_factory=list)
    """First and last line of each docstring of several lines, and what closes it."""

    def fold(self, start: int, end: int, name: str = "") -> None:
        """Add a fold; of two of the same lines the one with a name counts."""
        if start < end and (name or (start, end) not in self.folds):
            self.folds[start, end] = Span(start, end, name)

    def kept(self, *, lines: int, notes: bool) -> list[bool]:
        """Return for each line whether it stays: the innermost of the folds and stays round it decides."""
        gone = [*self.folds, *self.licences, *([] if notes else self.notes)]
        spans = [(start, -end, False) for start, end in gone] + [(start, -end, True) for start, end in self.stays]
        kept = [True] * lines
        open_: list[tuple[int, bool]] = []
        at = 0
        for start, negative, stays in [*sorted(spans), (lines, -lines, True)]:
            while at < start:
                while open_ and open_[-1][0] <= at:
                    open_.pop()
                stop = min(start, open_[-1][0]) if open_ else start
                kept[at:stop] = [open_[-1][1] if open_ else True] * (stop - at)
                at = stop
            open_.append((-negative, stays))
        return kept
