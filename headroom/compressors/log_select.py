"""Selection: which lines of a log stand verbatim under a budget.

In this order: both ends, what is red, what the query names, what is odd among its like, warnings, then what
is rare, the nearest to something red or to the end first. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import attrgetter

from headroom.compressors import clean_runs
from headroom.compressors.log_columns import odd
from headroom.compressors.log_groups import Group
from headroom.compressors.log_records import Record
from headroom.compressors.red import RED, WARNING, is_summary, severity

HEAD, TAIL = 3, 5
"""Lines kept at the ends: what was started, and how it ended."""

_HUGE = 4_000
"""Characters of a line that is dropped where the budget does not hold it, though it be red."""

_GAP_COST = 22
"""Characters' worth of declaring one more gap."""

_SHARE = 10
"""One part in so many of the budget is there for what is asked, odd or warned of, though red took it all."""

_FLOOR = 800
"""Characters that are there for each of these at any target."""

_MAX_SUMMARIES = 8

_MAX_CALM = 12
"""Lines of one record that is not red."""

_RARE = 2
"""A template seen this often is rare."""

_RED_FLOOR = 5 * 2_000
"""Characters of what is red that stay at any target, times five."""

# How much of the red is kept, most first: members per template, lines per record.
_RED_STEPS = ((1 << 30, 400), (1 << 30, 120), (40, 120), (40, 60), (16, 60), (8, 40), (4, 24), (3, 16), (2, 12))

_TERM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@-]{2,200}")
_MAX_QUERY = 20_000
_MAX_TERMS, _MAX_TERM_LINES, _MAX_QUERY_LINES = 64, 3, 12


class Selection:
    """Lines chosen so far, and what is left of the budget. Mutable: it lives inside one `select`."""

    def __init__(self, lines: Sequence[str], *, budget: int) -> None:
        self.lines = lines
        self.kept = [False] * len(lines)
        self.left = budget
        self.judged: dict[int, bool] = {}
        self.runs = list(clean_runs.find_runs(lines))
        self.repeated = [False] * len(lines)
        for run in self.runs:
            self.repeated[run.start : run.end] = [True] * (run.end - run.start)

    def cost(self, start: int, end: int) -> int:
        """Return what keeping lines would still cost: what repeats the lines above costs nothing."""
        return sum(len(self.lines[n]) + 1 for n in range(start, end) if not self.kept[n] and not self.repeated[n])

    def is_red(self, lines: Sequence[str], number: int) -> bool:
        """Tell whether a line is red; remembered, because records are looked at under several bounds."""
        if number not in self.judged:
            self.judged[number] = severity(lines[number]) == RED
        return self.judged[number]

    def add(self, start: int, end: int) -> None:
        """Keep lines, whatever they cost; but a huge one only within the budget, for no line is ever cut."""
        self.left -= _GAP_COST
        for number in range(start, end):
            cost = self.cost(number, number + 1)
            if cost <= max(_HUGE, self.left):
                self.left -= cost
                self.kept[number] = True

    def offer(self, start: int, end: int) -> bool:
        """Keep lines if the budget holds them."""
        if all(self.kept[start:end]):
            return True
        if self.cost(start, end) + _GAP_COST > self.left:
            return False
        self.add(start, end)
        return True


def select(raw: Sequence[str], lines: Sequence[str], groups: Sequence[Group], *, budget: int, query: str) -> list[bool]:
    """Return for each line whether to keep it.

    `raw` is what costs, `lines` the same lines without terminal escapes, `budget` characters, a wish.
    """
    chosen = Selection(raw, budget=budget)
    red = [group for group in groups if group.severity == RED]
    calm = [group for group in groups if group.severity < RED]
    rare = sorted(
        (record for group in calm if len(group.records) <= _RARE for record in group.records), key=attrgetter("start")
    )
    _ends(chosen, lines)
    _summaries(chosen, lines, rare)
    _red(chosen, lines, red)
    for step in (_asked(lines, query), _odd(calm), _warned(calm)):
        chosen.left = max(chosen.left, _FLOOR, budget // _SHARE)
        for start, end in step:
            chosen.offer(start, end)
    for record in sorted((record for group in red for record in group.records), key=attrgetter("start")):
        chosen.offer(record.start, record.end)
    _rare(chosen, rare)
    _repeats(chosen)
    _small_gaps(chosen, raw)
    return chosen.kept


def _ends(chosen: Selection, lines: Sequence[str]) -> None:
    said = [number for number, line in enumerate(lines[:64]) if line.strip()][:HEAD]
    if said:
        chosen.add(0, said[-1] + 1)
    first = max(0, len(lines) - 64)
    said = [number for number in range(first, len(lines)) if lines[number].strip()][-TAIL:]
    if said:
        chosen.add(said[0], len(lines))


def _red(chosen: Selection, lines: Sequence[str], groups: Sequence[Group]) -> None:
    """Keep every red record; where that is beyond the budget, fewer of each template and less of the long ones."""
    pieces: list[tuple[int, int]] = []
    for quota, bound in _RED_STEPS:
        pieces = [
            piece
            for group in groups
            for record in _some(group.records, quota)
            for piece in _trimmed(record, chosen, lines, bound)
        ]
        if sum(chosen.cost(start, end) for start, end in pieces) * 5 <= max(_RED_FLOOR, chosen.left * 4):
            break
    for start, end in sorted(pieces):
        chosen.add(start, end)


def _some(group: Sequence[Record], quota: int) -> Sequence[Record]:
    """Return at most `quota` of a template's records: the first ones and the last."""
    return group if len(group) <= quota else [*group[: quota - 1], group[-1]]


def _trimmed(record: Record, chosen: Selection, lines: Sequence[str], bound: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a record to keep within `bound` lines: its head, its end, and what names a cause in between."""
    fresh = [n for n in range(record.start, record.end) if not chosen.repeated[n]]
    if len(fresh) <= bound:
        yield record.start, record.end
        return
    first, last = fresh[bound * 2 // 3], fresh[-(bound // 3)]
    yield record.start, first
    yield last, record.end
    causes = (n for n in range(first, last) if not chosen.repeated[n] and chosen.is_red(lines, n))
    for number in islice(causes, bound):
        yield number, min(number + 3, last)


def _asked(lines: Sequence[str], query: str) -> Iterator[tuple[int, int]]:
    """Yield the lines that hold a term of the query which few lines hold, the rarest terms first."""
    spelled = (match[0].strip(".:/-").lower() for match in _TERM.finditer(query[:_MAX_QUERY]))
    terms = list(dict.fromkeys(spelled))[:_MAX_TERMS]
    low = "\n".join(lines).lower() if terms else ""
    if len(low) != sum(map(len, lines)) + len(lines) - 1:
        return  # lower case has other lengths somewhere: positions would be off
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    hits = [_lines_with(low, term, starts) for term in terms if len(term) > 2]
    wanted = [number for found in sorted((h for h in hits if h), key=len) for number in found]
    for number in list(dict.fromkeys(wanted))[:_MAX_QUERY_LINES]:
        yield number, number + 1


def _lines_with(low: str, term: str, starts: Sequence[int]) -> list[int]:
    """Return the lines that hold a term as a word of its own; none if they are more than a few."""
    found: list[int] = []
    at = low.find(term)
    while at >= 0:
        end = at + len(term)
        if not (low[at - 1 : at].isalnum() or low[end : end + 1].isalnum()):
            number = bisect_left(starts, at + 1) - 1
            if not found or found[-1] != number:
                found.append(number)
            if len(found) > _MAX_TERM_LINES:
                return []
        at = low.find(term, end)
    return found


def _odd(groups: Sequence[Group]) -> Iterator[tuple[int, int]]:
    """Yield the beginning of every record that is odd among its like."""
    for group in groups:
        if len(group.records) > _RARE:
            unlike = {position for column in group.columns for position in odd(column.values)}
            for position in sorted(unlike):
                record = group.records[position]
                yield record.start, record.says + 1


def _warned(groups: Sequence[Group]) -> Iterator[tuple[int, int]]:
    """Yield all warnings of a template while they are few, the first of it otherwise."""
    for group in groups:
        if group.severity == WARNING:
            for record in group.records[: 1 if len(group.records) > _RARE + 1 else None]:
                yield record.start, min(record.end, record.start + _MAX_CALM)


def _summaries(chosen: Selection, lines: Sequence[str], rare: Sequence[Record]) -> None:
    """Keep the last rare lines that sum up a run."""
    for record in [record for record in rare if is_summary(lines[record.start])][-_MAX_SUMMARIES:]:
        chosen.add(record.start, record.start + 1)


def _rare(chosen: Selection, rare: Sequence[Record]) -> None:
    """Keep rare records, the nearest to something red or to the end first."""
    anchors = [n for n, kept in enumerate(chosen.kept) if kept and n >= HEAD]
    for record in sorted(rare, key=lambda record: (_distance(record.start, anchors), record.start)):
        if not chosen.offer(record.start, min(record.end, record.start + _MAX_CALM)) and chosen.left < _GAP_COST * 2:
            break


def _distance(number: int, anchors: Sequence[int]) -> int:
    at = bisect_left(anchors, number)
    return min((abs(anchors[n] - number) for n in (at - 1, at) if 0 <= n < len(anchors)), default=1 << 30)


def _repeats(chosen: Selection) -> None:
    """Keep the repetitions of what is kept: they are a count, as a gap would be, and say more."""
    for run in chosen.runs:
        if all(chosen.kept[run.start - run.period : run.start]):
            chosen.kept[run.start : run.end] = [True] * (run.end - run.start)


def _small_gaps(chosen: Selection, raw: Sequence[str]) -> None:
    """Keep what costs less than declaring it."""
    start = 0
    for number in range(1, len(raw) + 1):
        if number == len(raw) or chosen.kept[number] != chosen.kept[start]:
            if not chosen.kept[start] and sum(len(raw[n]) + 1 for n in range(start, number)) <= _GAP_COST:
                chosen.kept[start:number] = [True] * (number - start)
            start = number
