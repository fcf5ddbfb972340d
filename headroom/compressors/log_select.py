"""Selection: which lines of a log stand verbatim under a budget.

In this order: both ends, what is red, what the query names, what is odd among its like, warnings, then what
is rare, the nearest to something red or to the end first. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, compress, pairwise

from headroom.compressors.clean_runs import Run
from headroom.compressors.log_columns import ENOUGH, changes, odd
from headroom.compressors.log_groups import Group, Grouped
from headroom.compressors.log_notation import stretches
from headroom.compressors.log_records import Records
from headroom.compressors.log_red import Piece, keep_red
from headroom.compressors.log_selection import GAP_COST, Selection
from headroom.compressors.log_stamps import silences
from headroom.compressors.red import RED, WARNING, summaries

HEAD, TAIL = 3, 5
"""Lines kept at the ends: what was started, and how it ended."""

_SHARE = 10
"""One part in so many of the budget is there for what is asked, odd or warned of, though red took it all."""

_FLOOR = 800
"""Characters that are there for each of these at any target."""

_MAX_SUMMARIES = 8
_AT_ONCE = 2_000
"""Records among which such lines are looked for at once."""

_MAX_CALM = 12
"""Lines of one record that is not red."""

_RARE = 2
"""A template seen this often is rare."""

_MAX_LONE = 8
"""Rare records that are odd in themselves; where more are rare, that is what the log is like."""

_FAR = 1 << 40
"""Lines; farther than any text is long."""

_TERM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@-]{2,200}")
_MAX_QUERY = 20_000
_MAX_TERMS, _MAX_TERM_LINES, _MAX_QUERY_LINES = 64, 3, 12


def select(
    raw: Sequence[str], lines: Sequence[str], found: Grouped, *, runs: Sequence[Run], budget: int, query: str
) -> Selection:
    """Return the lines to keep.

    `raw` is what costs, with its `runs`, `lines` the same lines without terminal escapes, `budget` characters, a wish.
    """
    chosen = Selection(raw, runs=runs, budget=budget)
    red = [group for group in found.groups if group.severity == RED]
    calm = [group for group in found.groups if group.severity < RED]
    few = (group.numbers for group in calm if len(group) <= _RARE)
    rare = _of(found.found, sorted([*found.lone, *chain.from_iterable(few)]))
    _ends(chosen, lines)
    _summaries(chosen, lines, rare)
    keep_red(chosen, lines, red, found.found)
    for step in (_asked(lines, query), chain(_odd(calm), _lone(rare), _silences(lines)), _warned(calm)):
        lent = max(0, max(_FLOOR, budget // _SHARE) - chosen.left)
        chosen.left += lent
        for start, end in step:
            chosen.offer(start, end)
        chosen.left -= lent
    for start, end in _before(red):
        chosen.offer(start, end)
    _rare(chosen, rare)
    _repeats(chosen)
    _small_gaps(chosen)
    return chosen


def _ends(chosen: Selection, lines: Sequence[str]) -> None:
    said = [number for number, line in enumerate(lines[:64]) if line.strip()][:HEAD]
    if said:
        chosen.add(0, said[-1] + 1)
    first = max(0, len(lines) - 64)
    said = [number for number in range(first, len(lines)) if lines[number].strip()][-TAIL:]
    if said:
        chosen.add(said[0], len(lines))


def _asked(lines: Sequence[str], query: str) -> Iterator[Piece]:
    """Yield the lines that hold a term of the query which few lines hold, the rarest terms first."""
    spelled = (match[0].strip(".:/-").lower() for match in _TERM.finditer(query[:_MAX_QUERY]))
    terms = list(dict.fromkeys(spelled))[:_MAX_TERMS]
    low = "\n".join(lines).lower() if terms else ""
    if len(low) != sum(map(len, lines)) + len(lines) - 1:
        return  # lower case has other lengths somewhere: positions would be off
    starts = list(accumulate([len(line) + 1 for line in lines], initial=0))
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


def _odd(groups: Sequence[Group]) -> Iterator[Piece]:
    """Yield the beginning of every record that is odd among its like."""
    for group in groups:
        if len(group) >= ENOUGH:
            unlike = {
                position for column in group.columns() for position in (*odd(column.values), *changes(column.values))
            }
            for position in sorted(unlike):
                record = group.found[group.numbers[position]]
                yield record.start, record.says + 1


def _of(found: Records, numbers: Sequence[int]) -> list[Piece]:
    """Return the beginnings of these records."""
    return [(start := found.starts[n], min(found.ends[n], start + _MAX_CALM)) for n in numbers]


def _lone(rare: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the beginnings of rare records where they are so few that each is odd."""
    if len(rare) <= _MAX_LONE:
        yield from rare


def _silences(lines: Sequence[str]) -> Iterator[Piece]:
    """Yield the lines between which nothing was said for long, and the first of what was said then."""
    for number in silences(lines):
        yield number, min(number + 2, len(lines))


def _before(groups: Sequence[Group]) -> Iterator[Piece]:
    """Yield the line before each kind of what is red: what was being done."""
    for group in groups:
        start = group.found.starts[group.numbers[0]]
        yield max(0, start - 1), start


def _warned(groups: Sequence[Group]) -> Iterator[Piece]:
    """Yield all warnings of a template while they are few, the first of it otherwise."""
    for group in groups:
        if group.severity == WARNING:
            yield from _of(group.found, group.numbers[: 1 if len(group) > _RARE + 1 else None])


def _summaries(chosen: Selection, lines: Sequence[str], rare: Sequence[Piece]) -> None:
    """Keep the last rare lines that sum up a run."""
    told: list[int] = []
    for end in range(len(rare), 0, -_AT_ONCE):
        last = rare[max(0, end - _AT_ONCE) : end]
        told = [last[number][0] for number in summaries([lines[start] for start, _ in last])] + told
        if len(told) >= _MAX_SUMMARIES:
            break
    for start in told[-_MAX_SUMMARIES:]:
        chosen.add(start, start + 1)


def _rare(chosen: Selection, rare: Sequence[Piece]) -> None:
    """Keep rare records, the nearest to something red or to the end first."""
    anchors = [n for n in compress(range(len(chosen.kept)), chosen.kept) if n >= HEAD]
    distances = _distances([start for start, _ in rare], anchors)
    for number in sorted(range(len(rare)), key=distances.__getitem__):
        start, end = rare[number]
        fits = chosen.least_cost(start) <= chosen.left and chosen.offer(start, end)
        if not fits and chosen.left < GAP_COST * 2:
            break


def _distances(places: Sequence[int], anchors: Sequence[int]) -> list[int]:
    """Return how far each place is from the nearest anchor; both ascend."""
    out: list[int] = []
    for last, upcoming in pairwise([-_FAR, *anchors, _FAR]):
        done, middle = len(out), (last + upcoming) // 2
        end = bisect_left(places, upcoming, done)
        half = bisect_right(places, middle, done, end)
        out += [place - last for place in places[done:half]]
        out += [upcoming - place for place in places[half:end]]
    return out


def _repeats(chosen: Selection) -> None:
    """Keep the repetitions of what is kept: they are a count, as a gap would be, and say more."""
    for run in chosen.runs:
        if all(chosen.kept[run.start - run.period : run.start]):
            chosen.kept[run.start : run.end] = [True] * (run.end - run.start)


def _small_gaps(chosen: Selection) -> None:
    """Keep what costs less than declaring it."""
    for start, end in stretches(chosen.kept):
        short = end - start <= GAP_COST and not chosen.kept[start]
        if short and sum(len(chosen.lines[n]) + 1 for n in range(start, end)) <= GAP_COST:
            chosen.kept[start:end] = [True] * (end - start)
