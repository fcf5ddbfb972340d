"""A selection in the making: the lines chosen so far, what they cost, and what is left of the budget."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from headroom.compressors.clean_runs import Run

GAP_COST = 22
"""Characters' worth of declaring one more gap."""

_HUGE = 4_000
"""Characters of a line that is dropped where the budget does not hold it, though it be red."""


class Selection:
    """Lines chosen so far, and what is left of the budget. Mutable: it lives inside one `select`."""

    def __init__(self, lines: Sequence[str], *, runs: Sequence[Run], budget: int) -> None:
        self.lines = lines
        """What costs, by characters."""
        self.kept = [False] * len(lines)
        self.stale = [False] * len(lines)
        """Left out because the same line stands already."""
        self.left = budget
        self.runs = runs
        self.repeated = [False] * len(lines)
        for run in runs:
            self.repeated[run.start : run.end] = [True] * (run.end - run.start)

    def cost(self, start: int, end: int) -> int:
        """Return what keeping lines would still cost: what repeats the lines above costs nothing."""
        return sum([len(self.lines[n]) + 1 for n in range(start, end) if not self.kept[n] and not self.repeated[n]])

    def least_cost(self, start: int) -> int:
        """Return what keeping a line and declaring a gap costs at least."""
        return 0 if self.kept[start] or self.repeated[start] else len(self.lines[start]) + 1 + GAP_COST

    def add(self, start: int, end: int) -> None:
        """Keep lines, whatever they cost; but a huge one only within the budget, for no line is ever cut."""
        self.left -= GAP_COST
        for number in range(start, end):
            cost = self.cost(number, number + 1)
            if cost <= max(_HUGE, self.left):
                self.left -= cost
                self.kept[number] = True

    def offer(self, start: int, end: int) -> bool:
        """Keep lines if the budget holds them."""
        if all(self.kept[start:end]):
            return True
        if self.cost(start, end) + GAP_COST > self.left:
            return False
        self.add(start, end)
        return True

    def standing(self) -> list[bool]:
        """Return for each line whether it is left out though the same line stands above."""
        told = [stale and not kept for stale, kept in zip(self.stale, self.kept, strict=True)]
        above: set[str] = set()
        done = 0
        for number in compress(range(len(told)), told):
            above.update(compress(self.lines[done:number], self.kept[done:number]))
            done = number
            told[number] = self.lines[number] in above
        return told
