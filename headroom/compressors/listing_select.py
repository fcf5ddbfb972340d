"""Selection: which lines of a huge listing stand.

What is no name stands (errors, totals, what a command said besides). Names that the query asks for come next, then
whole directories, the upper ones first and the ones that people do not write last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress
from operator import ne

from headroom.compressors import gaps
from headroom.compressors.listing_lines import Listing
from headroom.compressors.red import RED, severity, suspects
from headroom.compressors.telltale import holding

_LAST = 1 << 30
"""The depth of what people do not write."""
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
_OPENING = frozenset("<0123456789")
"""What may open such a line that holds no colon."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The stretches of lines of one directory each. Lists cost a fraction of an object per stretch."""

    starts: list[int]
    ends: list[int]
    ranks: list[int]
    """How soon each stands, the least first: by its depth, and behind all others if people do not write it."""

    def by_rank(self) -> Iterator[tuple[int, int]]:
        """Yield where they begin and end, those that stand first first."""
        for place in sorted(range(len(self.ranks)), key=self.ranks.__getitem__):
            yield self.starts[place], self.ends[place]


def select(listing: Listing, *, budget: int, scores: Sequence[int]) -> list[bool]:
    """Return for each line whether to keep it. `budget` is in characters; `scores` say how much lines are asked for."""
    values = listing.values
    above = _above(listing)
    leads = [0] * len(values) if listing.drawn else listing.leads(0, len(values))
    kept = _standing(listing, leads)
    left = budget - _cost(list(compress(values, kept)))
    left -= _keep_asked(listing, kept, above, scores=scores, budget=left // 2)
    groups = _groups(listing, above, leads)
    costs = [len(value) + 1 for value in values]
    ends, least = list(accumulate(costs, initial=0)), min(filter((1).__lt__, costs), default=1)
    for most in (max(left // 4, 400), budget):
        for start, end in groups.by_rank():
            if left < least:
                break
            fits = ends[end] - ends[start] <= left
            if fits or left > _GAP_CHARS or True in kept[start:end]:
                left -= _keep_group(values, kept, above, (start, end), budget=min(left, most))
    if max(above, default=-1) >= 0:
        for number in [number for number, keep in enumerate(kept) if keep]:
            _stand(number, kept, above)
    gaps.fill(values, kept, cost=_GAP_CHARS)
    return kept


def _standing(listing: Listing, leads: Sequence[int]) -> list[bool]:
    """Tell of each line whether it says something that is no name, as an error of ls or find does."""
    values = listing.values
    kept = [False] * len(values)
    names: list[int] = []
    for number in _telling(listing, leads):
        value = values[number]
        kept[number] = _SAID.match(value) is not None
        if not kept[number]:
            names.append(number)
    for place in suspects([values[number] for number in names], sure=True):
        kept[names[place]] = severity(values[names[place]]) == RED
    return kept


def _telling(listing: Listing, leads: Sequence[int]) -> list[int]:
    """Return the lines that may say something besides names: a message has a blank, and no columns before it."""
    values = listing.values
    opened = [n for n, value in enumerate(values) if value[:1] in _OPENING and (" " in value or value[0] == "<")]
    if listing.columns:
        opened = [number for number in opened if not listing.is_long(number)]
    told = [n for n in holding(values, (": ",), text=listing.text) if ": " in values[n][leads[n] :]]
    return sorted({*opened, *told})


def _above(listing: Listing) -> list[int]:
    """Return for each line the one that must stand above it to be understood; -1 for none."""
    values = listing.values
    above = [-1] * len(values)
    if listing.drawn:
        return branches([len(value) - len(value.lstrip(" ")) for value in values])
    for start, end in _sections(listing):
        above[start + 1 : end] = [start] * (end - start - 1)
    return above


def branches(depths: Sequence[int]) -> list[int]:
    """Return for each line of a tree the one that it hangs on: the last that is less deep."""
    above: list[int] = []
    bearing = [-1] * (max(depths) + 2)
    last = -1
    for number, depth in enumerate(depths):
        if depth > last + 1:  # nothing stands on the levels between
            bearing[last + 2 : depth + 1] = [bearing[last + 1]] * (depth - last - 1)
        above.append(bearing[min(depth, last + 1)])
        bearing[depth + 1] = number
        last = depth
    return above


def _sections(listing: Listing) -> list[tuple[int, int]]:
    starts = listing.headings
    return list(zip(starts, [*starts[1:], len(listing.values)], strict=True)) if len(starts) > 1 else []


def _groups(listing: Listing, above: Sequence[int], leads: Sequence[int]) -> Groups:
    values = listing.values
    keys: list[int | str] = list(above)
    if listing.drawn or max(above, default=-1) >= 0:
        for number in [number for number, up in enumerate(above) if up < 0]:
            keys[number] = _folder(values[number][leads[number] :])
    else:
        keys[:] = [
            _folder(value[at:]) if "\\" in value else value[at : value.rfind("/") + 1]
            for value, at in zip(values, leads, strict=True)
        ]
    for heading in {place for place in above if place >= 0} if not listing.drawn else ():
        keys[heading] = heading
    starts = [0, *compress(range(1, len(keys)), map(ne, keys, keys[1:]))]
    paths = [values[above[start]] if above[start] >= 0 else values[start][leads[start] :] for start in starts]
    if listing.drawn:
        depths = [len(values[start]) - len(values[start].lstrip(" ")) for start in starts]
    else:
        depths = [path.count("/") + path.count("\\") for path in paths]
    for place in _unwritten(paths):
        depths[place] += _LAST
    return Groups(starts, [*starts[1:], len(values)], depths)


def _folder(path: str) -> str:
    at = path.rfind("/")
    return path[: (max(at, path.rfind("\\")) if "\\" in path else at) + 1]


def _unwritten(paths: Sequence[str]) -> list[int]:
    """Return the numbers of the paths that are, or lie in, what people do not write."""
    may_be = holding(paths, (*_UNWRITTEN, *_UNWRITTEN_ENDS, ".egg-info"), text="\n".join(paths))
    return [place for place in may_be if _is_unwritten(paths[place])]


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


def _keep_group(
    values: Sequence[str], kept: list[bool], above: Sequence[int], group: tuple[int, int], *, budget: int
) -> int:
    """Keep a directory's lines: all, or from both ends what the budget allows; return what they cost."""
    start, end = group
    new: Sequence[int] = range(start, end)
    if True in kept[start:end]:
        new = [number for number in new if not kept[number]]
        cost = _cost([values[number] for number in new])
    else:
        cost = _cost(values[start:end])
    if not new or cost > budget:
        new = _ends(values, new, budget - _GAP_CHARS)
        cost = _cost([values[number] for number in new]) + _GAP_CHARS * bool(new)
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
