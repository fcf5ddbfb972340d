"""What is said of the lines left out: which line that stands, or which failure, they are like."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import compress
from operator import attrgetter

from headroom.compressors.output_folds import Fold
from headroom.compressors.output_lines import Judged

_MOST_TOLD = 2
_LEAST, _LEAST_TENTHS = 3, 3
"""Lines of a shape, and tenths of a gap, that are worth a word."""


class Words:
    """Says of gaps what they hold, in numbers of lines that stand: nothing is quoted, and no outcome is told."""

    def __init__(self, judged: Judged, kept: Sequence[bool], folds: Sequence[Fold]) -> None:
        self._judged = judged
        self._folds = sorted(folds, key=lambda fold: (fold.start, fold.same))
        self._starts = [fold.start for fold in self._folds]
        self._blank = {judged.shapes[number] for number in judged.which(attrgetter("blank"))}
        self._standing: dict[int, int] = {}
        for number in compress(range(len(kept)), kept):
            self._standing.setdefault(judged.shapes[number], number)

    def say(self, start: int, end: int) -> str:
        """Return words for the gap of these lines, or nothing."""
        if again := self._again(start, end):
            return again
        counts = Counter(self._judged.shapes[start:end])
        for shape in self._blank:
            del counts[shape]
        least = max(_LEAST, -(-(end - start) * _LEAST_TENTHS // 10))
        most = sorted((-count, shape) for shape, count in counts.items() if count >= least)[:_MOST_TOLD]
        told = [f"{-count} like line {self._standing[shape] + 1}" for count, shape in most if shape in self._standing]
        return ", ".join(told)

    def _again(self, start: int, end: int) -> str:
        """Return which lines say the same, if all of the gap is in folds that follow one another."""
        at = max(0, bisect_right(self._starts, start) - 1)
        told: list[str] = []
        while start < end and at < len(self._folds) and (fold := self._folds[at]).start <= start < fold.end:
            until = min(end, fold.end)
            first = fold.model + start - fold.start
            told.append(f"{'the same as' if fold.same else 'like'} {_lines(first, first + until - start)}")
            start, at = until, at + 1
        return "" if start < end else ", ".join(told)


def _lines(start: int, end: int) -> str:
    return f"line {end}" if end == start + 1 else f"lines {start + 1}-{end}"
