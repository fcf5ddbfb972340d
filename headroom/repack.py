"""Re-pack: what an old result shrinks to once the provider's cache of it has expired.

Its ends, its red lines, the lines that later turns used, and as many more as a share of it holds, the
ones with most names that come again first; in place, all gaps declared. The share falls with its age. Only at a cold
boundary: there every token is written again anyway, so that nothing is lost by changing what stands before (law 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from headroom.compressors import gaps
from headroom.compressors.red import RED, severity, suspicious
from headroom.terms import is_name, terms_of
from headroom.work import Attempt, Old, Task, perform, saving

RECIPE = "repack/5"

_PERCENT, _MOST_USES = 125, 14
"""The characters kept of a result that came one turn ago, red lines and ends aside; as much again for each term used since.

Divided by its age in turns: in recorded sessions the chance that a line is named again falls so, and rises with the
names of the result that were used already. Which line it will be can hardly be told (`_telling`).
"""

MIN_PERCENT = 40
"""Share of `min_tokens` from which on an old result may shrink, where it shares its marker with others."""

MIN_ALONE_TOKENS = 100
"""Shorter results with a marker of their own stay: it would cost as much as it saves."""

_MIN_LINES = 4
_OFTEN = 3
"""A name in more lines than this tells no more."""

_GAP_CHARS = 20
_FILL_CHARS = 60
"""A gap of fewer characters is filled: a note costs the tokens of a third of them, and tells nothing."""

_LINE_CHARS = 400
"""A longer line counts as so long: it is worth no more than its names."""


def repack(task: Task, old: Old) -> Attempt:
    """Return the smallest form of an old result that shows what later turns used of it."""
    made = perform(replace(task, query="\n".join([*old.used[:200], task.query])))
    text, percent = task.block.text, share(old)
    least = task.min_tokens * MIN_PERCENT // 100 if old.name else max(task.min_tokens, MIN_ALONE_TOKENS)
    if made.reason == "too_large" or made.tokens_before < least or percent >= 100:
        return made
    lines = text.split("\n")
    if len(lines) < _MIN_LINES or gaps.ambiguous(lines):
        return made
    kept = keep(lines, old.used, percent=percent)
    shrunk = gaps.select(lines, kept, recipe=RECIPE, brief=True, name=old.name)
    if shrunk.lossless:
        return made
    gaps.check(lines, shrunk)
    form = saving(task, shrunk, made.tokens_before, in_place=True)
    return form if form is not None and form.tokens_after < made.tokens_after else made


def share(old: Old) -> int:
    """Return the percentage of an old result's characters that is to be kept; from 100 on it stays whole."""
    return _PERCENT * (1 + min(_MOST_USES, len(old.used))) // old.turns


def keep(lines: Sequence[str], terms: Sequence[str], *, percent: int) -> list[bool]:
    """Return which lines stay: the ends, the red ones, then as many as the share holds, the most telling first."""
    kept = [False] * len(lines)
    kept[0] = kept[-1] = True
    for number, line in enumerate(lines):
        kept[number] |= suspicious(line) and severity(line) == RED
    room = sum(len(line) + 1 for line in lines) * percent // 100
    for number in _telling(lines, frozenset(terms)):
        if not kept[number] and (cost := len(lines[number]) + 1 + _gaps_made(kept, number)) <= room:
            kept[number] = True
            room -= cost
    gaps.fill(lines, kept, cost=_FILL_CHARS)
    return kept


def _gaps_made(kept: Sequence[bool], number: int) -> int:
    """Return the characters of the gap that a line splits off, or saves by joining two stretches."""
    around = kept[number - 1] + kept[number + 1]  # the ends are kept, so both neighbours are there
    return (1 - around) * _GAP_CHARS


def _telling(lines: Sequence[str], used: frozenset[str]) -> list[int]:
    """Return all lines: those that show first what later turns used, then those that show most names for their length.

    Names that come again and again in a result are those that agents name later; measured beside rarity,
    definitions, indentation and length on recorded sessions, this finds most at every share.
    """
    points = [0] * len(lines)
    uses = [False] * len(lines)
    for term, places in _lines_of_names(lines).items():
        points[places[0]] += min(len(places), _OFTEN)
        uses[places[0]] |= term in used
    length = [min(len(line), _LINE_CHARS) + 20 for line in lines]
    return sorted(range(len(lines)), key=lambda n: (not uses[n], -(points[n] * 10_000 // length[n]), n))


def _lines_of_names(lines: Sequence[str]) -> dict[str, list[int]]:
    """Return the lines that hold each name or number, in order, each once."""
    holding: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        for term in dict.fromkeys(terms_of(line)):
            if is_name(term):
                holding.setdefault(term, []).append(number)
    return holding
