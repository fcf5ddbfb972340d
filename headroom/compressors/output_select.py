"""Selection: which lines of a command's output stand verbatim under a budget.

In this order: both ends, failures, sums, what the query asks for, what names what failed, what interrupts a
routine, warnings, one of each routine, then what is rare, the nearest to something kept first. Costs are
characters; ties go by position.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress, islice, pairwise
from operator import attrgetter

from headroom.compressors import gaps
from headroom.compressors.output_failures import NAME, Failure, failures
from headroom.compressors.output_folds import Fold, Span, steps
from headroom.compressors.output_lines import ROUTINE, Judged
from headroom.compressors.output_names import naming
from headroom.compressors.red import RED, WARNING, summaries

_HEAD, _TAIL = 2, 5
"""Lines kept at the ends: what was started, and how it ended."""

_FAILURES_FLOOR = 8_000
"""Characters of failures that stay at any target, as an error of 2,000 tokens would."""

_FLOOR, _SHARE = 400, 14
"""Characters, or one part in so many of the budget if that is more, that each step after the sums may spend."""

_FILL = 3
"""One part in so many of the budget may be spent when it comes to what is merely rare."""

_HUGE = 4_000
"""Characters of a line that is dropped where the budget does not hold it, though it be red."""

_MOST_SUMS, _MOST_ASKED, _MOST_ODD, _MOST_WARNINGS, _MOST_ROUTINES = 24, 12, 12, 16, 3
_ODD_LINES = 3
"""Lines of what interrupts a routine."""

_GAP_COST = 30
"""Characters' worth of declaring one more gap: its numbers are many tokens."""

_LONG = 80
"""So many characters of something rare weigh as much as one line of distance."""

_TERM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@-]{2,200}")
_MAX_QUERY = 20_000


class Selection:
    """Lines chosen so far, and what is left of the budget. Mutable: it lives inside one `select`."""

    def __init__(self, judged: Judged, *, budget: int) -> None:
        self.costs = judged.costs
        self.kept = [False] * len(judged.lines)
        self.left = budget
        self.folds: list[Fold] = []

    def cost(self, start: int, end: int) -> int:
        """Return what keeping lines would still cost."""
        return sum(self.costs[n] for n in range(start, end) if not self.kept[n])

    def add(self, start: int, end: int) -> None:
        """Keep lines, whatever they cost; but a huge one only within the budget, for no line is ever cut."""
        self.left -= self._gap(start, end)
        for number in range(start, end):
            cost = self.costs[number]
            if not self.kept[number] and cost <= max(_HUGE, self.left):
                self.left -= cost
                self.kept[number] = True

    def offer(self, start: int, end: int) -> None:
        """Keep lines if the budget holds them."""
        if not all(self.kept[start:end]) and self.cost(start, end) + self._gap(start, end) <= self.left:
            self.add(start, end)

    def _gap(self, start: int, end: int) -> int:
        """Return what it costs to declare one more gap: nothing next to what is kept."""
        return 0 if any(self.kept[max(0, start - 1) : start]) or any(self.kept[end : end + 1]) else _GAP_COST


def select(judged: Judged, *, budget: int, query: str) -> Selection:
    """Return the lines to keep. `budget` is in characters, a wish."""
    chosen = Selection(judged, budget=budget)
    found = failures(judged)
    _ends(chosen, judged)
    _failures(chosen, judged, found)
    for number in _sums(judged):
        chosen.add(number, number + 1)
    anchors = [number for number, kept in enumerate(chosen.kept) if kept and number >= _HEAD]
    purse = max(_FLOOR, budget // _SHARE)
    terms = [match[0].strip(".:/-") for match in _TERM.finditer(query[:_MAX_QUERY])]
    asked = ((n, n + 1) for n in islice(naming(judged.lines, terms), _MOST_ASKED))
    named = ((n, n + 1) for n in islice(naming(judged.lines, _names(judged), but=chosen.kept), _MOST_ASKED))
    for step in (asked, named, _odd(judged), _warned(judged), _routines(judged)):
        chosen.left = purse
        for start, end in step:
            chosen.offer(start, end)
    chosen.left = max(0 if found else purse, budget // _FILL - _spent(chosen))
    _rare(chosen, judged, anchors)
    _fill(chosen)
    return chosen


def _spent(chosen: Selection) -> int:
    return sum(compress(chosen.costs, chosen.kept))


def _fill(chosen: Selection) -> None:
    """Keep what costs less than declaring it."""
    for start, end in gaps.stretches(chosen.kept):
        if not chosen.kept[start] and end - start <= _GAP_COST and chosen.cost(start, end) <= _GAP_COST:
            chosen.kept[start:end] = [True] * (end - start)


def _ends(chosen: Selection, judged: Judged) -> None:
    said = [number for number, kind in enumerate(judged.kinds[:64]) if not kind.blank][:_HEAD]
    if said:
        chosen.add(0, said[-1] + 1)
    first = max(0, len(judged.lines) - 64)
    said = [number for number in range(first, len(judged.lines)) if not judged.kinds[number].blank][-_TAIL:]
    if said:
        chosen.add(said[0], len(judged.lines))


def _failures(chosen: Selection, judged: Judged, found: Sequence[Failure]) -> None:
    """Keep the failures; where they are beyond the budget, less of those that say again what one above says."""
    allowed = max(_FAILURES_FLOOR, chosen.left * 4 // 5)
    least = 1 << 60
    spans: list[Span] = []
    for kept, folds in steps(judged, found, allowed=allowed):
        cost = sum(chosen.cost(start, end) for start, end in kept) + _GAP_COST * len(kept)
        if cost < least:
            least, spans, chosen.folds = cost, kept, folds
        if least <= allowed:
            break
    for start, end in spans:
        chosen.add(start, end)


def _sums(judged: Judged) -> list[int]:
    """Return the last lines that sum up a run and are no routine."""
    seldom = [number for number, often in enumerate(judged.often) if not often]
    return [seldom[n] for n in summaries([judged.lines[number] for number in seldom])[-_MOST_SUMS:]]


def _names(judged: Judged) -> Iterator[str]:
    """Yield the names in red lines, and what they end in."""
    for number in judged.at(RED):
        for name in NAME.findall(judged.lines[number][:400])[:4]:
            whole = name.strip(".:/")
            yield whole
            last = re.split(r"[:/.]", whole)[-1]
            if len(last) > 5 and "_" in last:
                yield last


def _odd(judged: Judged) -> Iterator[tuple[int, int]]:
    """Yield what interrupts a routine: a few lines between lines of one shape; the shortest first."""
    shapes, skeletons = judged.shapes, judged.skeletons
    blank = set(judged.which(attrgetter("blank")))
    routine = [number for number in compress(range(len(shapes)), judged.routine) if number not in blank]
    between = [(before + 1, number) for before, number in pairwise(routine) if 1 < number - before <= _ODD_LINES + 1]
    alike = [gap for gap in between if shapes[gap[0] - 1] == shapes[gap[1]]]
    odd = [gap for gap in alike if all(judged.counts[skeletons[n]] == 1 for n in range(*gap))]
    yield from sorted(odd, key=lambda gap: (gap[1] - gap[0], gap))[:_MOST_ODD]


def _warned(judged: Judged) -> Iterator[tuple[int, int]]:
    """Yield the first warning of each shape."""
    first = {judged.shapes[number]: number for number in reversed(judged.at(WARNING))}
    for number in sorted(first.values())[:_MOST_WARNINGS]:
        yield number, number + 1


def _routines(judged: Judged) -> Iterator[tuple[int, int]]:
    """Yield the first line of the greatest routines, for the notes on the others to point at."""
    routine = Counter(compress(judged.shapes, judged.routine))
    for shape, count in sorted(routine.items(), key=lambda item: (-item[1], item[0]))[:_MOST_ROUTINES]:
        if count >= ROUTINE:
            number = judged.shapes.index(shape)
            yield number, number + 1


def _rare(chosen: Selection, judged: Judged, anchors: Sequence[int]) -> None:
    """Keep what is no routine, the nearest to a failure, a sum or the end first; rather short lines, and late ones."""
    told = {number for fold in chosen.folds for number in range(fold.start, fold.end)}
    rare = [
        number
        for number, often in enumerate(judged.often)
        if not (often or chosen.kept[number] or judged.kinds[number].blank or number in told)
    ]
    after = len(judged.lines)

    def far(number: int) -> tuple[int, int]:
        return _distance(number, anchors) + chosen.costs[number] // _LONG + (after - number).bit_length(), number

    for number in sorted(rare, key=far):
        if chosen.left < _GAP_COST:
            break
        chosen.offer(number, number + 1)


def _distance(number: int, anchors: Sequence[int]) -> int:
    at = bisect_left(anchors, number)
    return min((abs(anchors[n] - number) for n in (at - 1, at) if 0 <= n < len(anchors)), default=1 << 30)
