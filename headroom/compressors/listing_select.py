"""Selection: which lines of a huge listing stand.

What is no name stands (errors, totals, what a command said besides). Names that the query asks for come next, then
whole directories, the upper ones first and the ones that people do not write last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, compress, groupby

from headroom.compressors import gaps
from headroom.compressors.listing_lines import Listing, headings
from headroom.compressors.red import RED, severity, suspects

_GAP_CHARS = 50
"""What declaring a gap costs, in characters: its words included."""
_MADE = (
    ".git node_modules __pycache__ .venv venv site-packages .tox .mypy_cache .pytest_cache dist build target vendor"
    " .idea .next .cache"
)
_UNWRITTEN = frozenset(_MADE.split())
_UNWRITTEN_ENDS = (".pyc", ".pyo", ".o", ".class", ".map", ".lock")
_EGG = re.compile(r"(?:^|[/\\ ])[^/\\ ]{1,80}\.egg-info(?:[/\\: ]|$)")
"""What people do not write: directories, and the endings of files."""

_SAID = re.compile(r".*: .|<[a-z/][^>]{0,80}>$|[0-9,]+ (?:directories|files?)\b")
"""What is no name: messages of commands, wrappers, tree's last line."""


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one directory that stand together."""

    start: int
    end: int
    depth: int
    unwritten: bool


def select(listing: Listing, *, budget: int, scores: Sequence[int]) -> list[bool]:
    """Return for each line whether to keep it. `budget` is in characters; `scores` say how much lines are asked for."""
    values = listing.values
    above = _above(listing)
    kept = _standing(values)
    left = budget - _cost(list(compress(values, kept)))
    left -= _keep_asked(listing, kept, above, scores=scores, budget=left // 2)
    groups = sorted(_groups(listing, above), key=lambda group: (group.unwritten, group.depth, group.start))
    ends = list(accumulate([len(value) + 1 for value in values], initial=0))
    for most in (max(left // 4, 400), budget):
        for group in groups:
            fits = ends[group.end] - ends[group.start] <= left
            if fits or left > _GAP_CHARS or True in kept[group.start : group.end]:
                left -= _keep_group(listing, kept, above, group, budget=min(left, most))
    if max(above, default=-1) >= 0:
        for number in [number for number, keep in enumerate(kept) if keep]:
            _stand(number, kept, above)
    gaps.fill(values, kept, cost=_GAP_CHARS)
    return kept


def _standing(values: Sequence[str]) -> list[bool]:
    """Tell of each line whether it says something that is no name, as an error of ls or find does."""
    kept = [False] * len(values)
    telling = [n for n, value in enumerate(values) if ": " in value or value[:1] == "<" or value[:1].isdigit()]
    names: list[int] = []
    for number in telling:
        value = values[number]
        may_say = value[0] == "<" or ": " in value or " file" in value or " dir" in value
        kept[number] = may_say and _SAID.match(value) is not None
        if not kept[number]:
            names.append(number)
    for place in suspects([values[number] for number in names], sure=True):
        kept[names[place]] = severity(values[names[place]]) == RED
    return kept


def _above(listing: Listing) -> list[int]:
    """Return for each line the one that must stand above it to be understood; -1 for none."""
    values = listing.values
    above = [-1] * len(values)
    if listing.drawn:
        path: list[int] = []
        for number, value in enumerate(values):
            depth = len(value) - len(value.lstrip(" "))
            del path[depth:]
            above[number] = path[-1] if path else -1
            path += [number] * (depth + 1 - len(path))
        return above
    for start, end in _sections(values):
        above[start + 1 : end] = [start] * (end - start - 1)
    return above


def _sections(values: Sequence[str]) -> list[tuple[int, int]]:
    starts = headings(values)
    return list(zip(starts, [*starts[1:], len(values)], strict=True)) if len(starts) > 1 else []


def _groups(listing: Listing, above: Sequence[int]) -> list[Group]:
    values = listing.values
    keys: list[int | str] = list(above)
    if listing.drawn or max(above, default=-1) >= 0:
        for number in [number for number, up in enumerate(above) if up < 0]:
            keys[number] = _folder(values[number][listing.lead(number) :])
    else:
        keys[:] = [_folder(value[at:]) for value, at in zip(values, listing.leads(0, len(values)), strict=True)]
    for heading in {place for place in above if place >= 0} if not listing.drawn else ():
        keys[heading] = heading
    groups: list[Group] = []
    start = 0
    for _, run in groupby(keys):
        first = values[start]
        path = values[above[start]] if above[start] >= 0 else first[listing.lead(start) :]
        depth = len(first) - len(first.lstrip(" ")) if listing.drawn else path.count("/") + path.count("\\")
        end = start + len(list(run))
        groups.append(Group(start, end, depth, _is_unwritten(path)))
        start = end
    return groups


def _folder(path: str) -> str:
    at = path.rfind("/")
    return path[: (max(at, path.rfind("\\")) if "\\" in path else at) + 1]


def _is_unwritten(path: str) -> bool:
    """Tell whether a path is, or lies in, what people do not write."""
    words = path.replace("\\", "/").replace(" ", "/").split("/")
    if not _UNWRITTEN.isdisjoint([word.partition(":")[0] for word in words] if ":" in path else words):
        return True
    return path.endswith(_UNWRITTEN_ENDS) or (".egg-info" in path and _EGG.search(path) is not None)


def _keep_asked(listing: Listing, kept: list[bool], above: Sequence[int], *, scores: Sequence[int], budget: int) -> int:
    """Keep lines with words of the query that few other lines hold, the rarest first; return what they cost."""
    spent = 0
    for number in sorted((n for n, score in enumerate(scores) if score), key=lambda n: (-scores[n], n)):
        if not kept[number]:
            cost = len(listing.values[number]) + _GAP_CHARS
            if spent + cost > budget:
                break
            spent += cost
            _stand(number, kept, above)
        below = [n for n in range(number + 1, _end_below(number, above)) if not kept[n]]
        if below and spent + (cost := sum(len(listing.values[n]) + 1 for n in below)) <= budget:
            spent += cost
            for n in below:
                kept[n] = True
    return spent


def _end_below(number: int, above: Sequence[int]) -> int:
    """Return where the lines end that stand right below a line and belong to it."""
    end = number + 1
    while end < len(above) and above[end] == number:
        end += 1
    return end


def _keep_group(listing: Listing, kept: list[bool], above: Sequence[int], group: Group, *, budget: int) -> int:
    """Keep a directory's lines: all, or from both ends what the budget allows; return what they cost."""
    start, end = group.start, group.end
    new: Sequence[int] = range(start, end)
    if any(kept[start:end]):
        new = [number for number in new if not kept[number]]
        cost = _cost([listing.values[number] for number in new])
    else:
        cost = _cost(listing.values[start:end])
    if not new or cost > budget:
        new = _ends(listing.values, new, budget - _GAP_CHARS)
        cost = _cost([listing.values[number] for number in new]) + _GAP_CHARS * bool(new)
    else:
        kept[start:end] = [True] * (end - start)
        new = [start]  # they all stand under the same line
    for number in new:
        _stand(number, kept, above)
    return cost


def _cost(values: Sequence[str]) -> int:
    return sum(map(len, values)) + len(values)


def _ends(values: Sequence[str], numbers: Sequence[int], budget: int) -> list[int]:
    """Return the first and the last of these lines: two thirds of the budget go to the first."""
    taken: list[int] = []
    for order, room in ((numbers, budget * 2 // 3), (numbers[::-1], budget // 3)):
        for number in order:
            room -= len(values[number]) + 1
            if room < 0:
                break
            taken.append(number)
    return sorted(set(taken))


def _stand(number: int, kept: list[bool], above: Sequence[int]) -> None:
    """Keep a line, and those that must stand above it."""
    while number >= 0:
        kept[number] = True
        number = above[number]
