"""Folds: failures that say again what one above them says, and failures that are very long.

How much of them is kept goes by steps, most first. Whatever the step, a red line stands where it is unless its
very words stand above, or there are more of its kind than anyone reads.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from headroom.compressors.output_failures import Failure
from headroom.compressors.output_lines import Judged
from headroom.compressors.red import RED, summaries

_WHOLE = 1 << 30

_STEPS = ((_WHOLE, _WHOLE), (3, _WHOLE), (1, 160), (1, 60), (1, 24), (1, 10))
"""How many failures that are alike are kept, and how many lines of each. Of the others their headings, till names that stand elsewhere go."""

_ALIKE = 6
"""Tenths of the lines of two failures that differ in numbers at most, for one to stand for the other."""

_MODELS = 4
"""Failures of one length that another one is compared with."""

_AGAIN, _AGAIN_AT_LEAST = 5, 3
"""Lines that must stand in a failure above already for them not to be written again; at any step but the first."""

_LONGEST = 400
"""Lines of one stretch: it is looked at from more than one line on."""

_SAVED = 100
"""Characters that must be saved by that."""

_AFTER = 2
"""Lines after a red one that stand with it."""

_LAST_STEP_EACH = 3
"""Red lines that differ in numbers only, when nothing else helps."""

_PART = re.compile(r"[.:/]")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines `start` to `end` say again, in the same order, what the lines from `model` on say."""

    start: int
    end: int
    model: int
    same: bool
    """Word for word; otherwise numbers and names aside."""


def steps(judged: Judged, found: Sequence[Failure], *, allowed: int) -> Iterator[tuple[list[Span], list[Fold]]]:
    """Yield the spans of lines to keep, and the folds among what is not kept, step by step, ever less.

    Where the failures of one line alone cost more than `allowed`, there is only the last step.
    """
    models = _models(judged, found)
    single = [one.start for one in found if one.end - one.start == 1]
    listed = {tail for number in single for tail in _tails(judged.lines[number])}
    numbers = [number for failure in found for number in _range(failure)]
    lines = [judged.lines[number] for number in numbers]
    times = Counter(lines)
    sums = {numbers[place] for place in summaries(lines)}
    telling = [number for number in numbers if number in sums or judged.levels[number] == RED]
    for most, bound in _STEPS if sum(judged.costs[number] for number in single) <= allowed else ():
        known = listed if bound < _WHOLE else set()
        spans: list[Span] = []
        folds: list[Fold] = []
        for failure, (model, before) in zip(found, models, strict=True):
            if before >= most and model is not failure:
                folds.append(Fold(failure.start, failure.end, model.start, same=False))
                spans += _new(judged, failure, model, known)
            else:
                spans += _bounded(judged, failure, bound, telling)
        again = list(_again(judged, times, spans, _AGAIN if most == _WHOLE else _AGAIN_AT_LEAST, red_too=most < _WHOLE))
        yield list(_without(spans, again)), [*folds, *again]
    yield _samples(judged, found), []


def _models(judged: Judged, found: Sequence[Failure]) -> list[tuple[Failure, int]]:
    """Return for each failure the first one it is like, itself perhaps, and how many like it came before."""
    by_length: dict[int, list[Failure]] = {}
    seen: Counter[int] = Counter()
    out: list[tuple[Failure, int]] = []
    for failure in found:
        if failure.end - failure.start == 1:
            out.append((failure, 0))
            continue
        models = by_length.setdefault(failure.end - failure.start, [])
        model = next((model for model in models if _alike(judged, failure, model)), failure)
        if model is failure:
            by_length[failure.end - failure.start] = [failure, *models][:_MODELS]
        out.append((model, seen[model.start]))
        seen[model.start] += 1
    return out


def _alike(judged: Judged, one: Failure, other: Failure) -> bool:
    skeletons = judged.skeletons
    same = sum(skeletons[a] == skeletons[b] for a, b in zip(_range(one), _range(other), strict=True))
    return same * 10 >= (one.end - one.start) * _ALIKE


def _range(failure: Failure) -> range:
    return range(failure.start, failure.end)


def _new(judged: Judged, failure: Failure, model: Failure, listed: set[str]) -> Iterator[Span]:
    """Yield the heading, unless its name is listed, and the red lines that the model does not have in the same place."""
    start = failure.start
    if listed.isdisjoint(_tails(judged.lines[start])):
        yield start, start + 1
    for number in range(start + 1, failure.end):
        same = judged.lines[model.start + number - start] == judged.lines[number]
        if judged.levels[number] == RED and not same:
            yield number, number + 1


def _tails(line: str) -> Iterator[str]:
    """Yield what the names in a line end in: `test_x[1]` of `a/b.py::C::test_x[1]` and of `C.test_x[1]`."""
    for word in line[:400].split() if "_" in line else ():
        name, bracket, rest = word.partition("[")
        tail = _PART.split(name)[-1]
        if "_" in tail.strip("_"):
            yield tail + bracket + rest


def _bounded(judged: Judged, failure: Failure, bound: int, telling: Sequence[int]) -> Iterator[Span]:
    """Yield a failure's beginning and end, and what is red or sums up in between with the two lines after it.

    `telling` are the lines of failures that are red or sum up.
    """
    if failure.end - failure.start <= bound:
        yield failure.start, failure.end
        return
    first, last = failure.start + bound * 2 // 3, failure.end - bound // 3
    yield failure.start, first
    done = first
    for number in telling[bisect_left(telling, first) : bisect_left(telling, last)]:
        end = min(number + 1 + _AFTER * (judged.levels[number] == RED), last)
        if end > done:
            yield max(number, done), end
        done = max(done, end)
    yield last, failure.end


def _again(
    judged: Judged, times: Mapping[str, int], spans: Sequence[Span], least: int, *, red_too: bool
) -> Iterator[Fold]:
    """Yield stretches of `least` lines and more that stand in the spans above, word for word. Linear.

    `times` says how often each line stands in failures.
    """
    known: dict[tuple[str, ...], int] = {}
    left_out: set[int] = set()
    lines = judged.lines
    done = 0
    for start, end in spans:
        fresh: dict[tuple[str, ...], int] = {}
        number = max(start, done)
        while number + least <= end:
            if times[lines[number]] == 1:
                number += 1
                continue
            window = tuple(lines[number : number + least])
            model = known.get(window, -1)
            until = _same_until(judged, number, end, model, red_too=red_too) if model >= 0 else number
            saved = sum(judged.costs[number:until]) if until - number >= least else 0
            if saved > _SAVED and left_out.isdisjoint(range(model, model + until - number)):
                yield Fold(number, until, model, same=True)
                left_out.update(range(number, until))
                number = until
            else:
                fresh.setdefault(window, number)
                number += 1
        done = max(done, end)
        for window, number in fresh.items():
            known.setdefault(window, number)


def _same_until(judged: Judged, number: int, end: int, model: int, *, red_too: bool) -> int:
    lines = judged.lines
    at, limit = number, min(end, number + number - model, number + _LONGEST)
    while at < limit and lines[at] == lines[model + at - number] and (red_too or judged.levels[at] != RED):
        at += 1
    return at


def _without(spans: Sequence[Span], folds: Sequence[Fold]) -> Iterator[Span]:
    """Yield the spans, less the lines of the folds."""
    if not folds:
        yield from spans
        return
    gone = {number for fold in folds for number in range(fold.start, fold.end)}
    for start, end in spans:
        at = start
        for number in range(start, end + 1):
            if number == end or number in gone:
                if number > at:
                    yield at, number
                at = number + 1


def _samples(judged: Judged, found: Sequence[Failure]) -> list[Span]:
    """Return a few red lines of each kind."""
    red = [number for failure in found for number in _range(failure) if judged.levels[number] == RED]
    seen: Counter[int] = Counter()
    last = {judged.skeletons[number]: number for number in red}
    out: list[Span] = []
    for number in red:
        skeleton = judged.skeletons[number]
        if seen[skeleton] < _LAST_STEP_EACH - 1 or last[skeleton] == number:
            out.append((number, number + 1))
        seen[skeleton] += 1
    return out
