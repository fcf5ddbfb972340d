"""Red records: which of them stand, and how much of each, under a budget.

Traces that end in the same frames are told once: where frames stand already, the next trace keeps its words, its
innermost frames and what is new in it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice

from headroom.compressors.log_groups import Group
from headroom.compressors.log_records import Record, Records
from headroom.compressors.log_selection import GAP_COST, Selection
from headroom.compressors.red import RED, is_frame, severity, suspects

_FLOOR = 2_000
"""Characters of what is red that stay at any target."""

# How much is kept, most first: members per template, lines per record.
_STEPS = ((1 << 30, 400), (1 << 30, 120), (40, 120), (40, 60), (16, 60), (8, 40), (4, 24), (3, 16), (2, 12))

_INNERMOST = 2
"""Frames of every trace that are kept, new or not."""

_FEW = 3
"""Frames that stand already and are kept all the same: to leave them out saves nothing."""

Piece = tuple[int, int]
"""Lines from the first to before the second."""


def keep_red(chosen: Selection, lines: Sequence[str], groups: Sequence[Group], found: Records) -> None:
    """Keep every red record; where that is beyond the budget, fewer of each template and less of the long ones.

    `lines` are the selection's own without terminal escapes.
    """
    limit = max(_FLOOR, chosen.left * 4 // 5)
    causes: dict[int, list[int]] = {}
    for quota, bound in _STEPS:
        records = [found[number] for number in sorted(number for group in groups for number in _some(group, quota))]
        traces = _Traces(lines)
        pieces: list[Piece] = []
        cost = 0
        for record in records:
            new = list(traces.fresh(_trimmed(record, chosen, lines, bound, causes)))
            pieces += new
            cost += sum(chosen.cost(start, end) for start, end in new)
            if cost > limit and (quota, bound) != _STEPS[-1]:
                break
        else:
            break
    for start, end in pieces:
        chosen.add(start, end)
    _complete(chosen, records, traces, limit - cost)
    for start, end in traces.stale:
        chosen.stale[start:end] = [True] * (end - start)


def _complete(chosen: Selection, records: Iterable[Record], traces: _Traces, left: int) -> None:
    """Keep what was cut from the middle of records and stands nowhere else, from its top, while `left` characters last."""
    for record in records:
        for start, end in list(traces.fresh([(record.start, record.end)])):
            costs = accumulate((chosen.cost(number, number + 1) for number in range(start, end)), initial=GAP_COST)
            stop = start + bisect_right(list(costs), left) - 1
            if stop > start and not all(chosen.kept[start:stop]):
                left -= chosen.cost(start, stop) + GAP_COST
                chosen.add(start, stop)


class _Traces:
    """The frames that the traces so far have shown."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.shown: set[str] = set()
        self.stale: list[Piece] = []

    def fresh(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Yield what pieces hold but for frames that were shown before."""
        for start, end in pieces:
            done = number = start
            while number < end:
                known = number
                while known < end and self.lines[known] in self.shown:
                    known += 1
                inner = number if number > start and is_frame(self.lines[number - 1]) else number + _INNERMOST
                if known - inner > _FEW:
                    yield done, inner
                    self.stale.append((inner, known))
                    done = known
                number = max(known, number + 1)
            if done < end:
                yield done, end
            self.shown.update(line for line in self.lines[start:end] if is_frame(line))


def _some(group: Group, quota: int) -> Sequence[int]:
    """Return at most `quota` of a template's records: the first ones and the last."""
    numbers = group.numbers
    return numbers if len(numbers) <= quota else [*numbers[: quota - 1], numbers[-1]]


def _trimmed(
    record: Record, chosen: Selection, lines: Sequence[str], bound: int, causes: dict[int, list[int]]
) -> Iterator[Piece]:
    """Yield the parts of a record to keep within `bound` lines: its head, its end, and what names a cause in between.

    `causes` remembers the red lines of records, because they are looked at under several bounds.
    """
    if record.end - record.start <= bound:
        yield record.start, record.end
        return
    fresh = [n for n in range(record.start, record.end) if not chosen.repeated[n]]
    if len(fresh) <= bound:
        yield record.start, record.end
        return
    if record.start not in causes:
        own = [lines[number] for number in fresh]
        causes[record.start] = [fresh[n] for n in suspects(own, sure=True) if severity(own[n]) == RED]
    first, last = fresh[bound * 2 // 3], fresh[-(bound // 3)]
    yield record.start, first
    for number in islice((n for n in causes[record.start] if first <= n < last), bound):
        yield number, min(number + 3, last)
    yield last, record.end
