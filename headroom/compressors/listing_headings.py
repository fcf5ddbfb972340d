"""Which directories are worth a heading: the cheapest way to write paths, each under a directory that it begins with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, compress, groupby, repeat
from operator import ne
from typing import NamedTuple

_HEADING_COST = 5
"""Characters' worth of a heading beyond its own text."""
_DEEPEST = 40
"""Directories of a path that are looked at."""
_LONGEST = 4_096
"""Characters of a path; what is longer is none."""


class _Run(NamedTuple):
    """Paths that follow each other in one directory: they stand under one heading."""

    folder: str
    paths: int
    length: int
    """Characters of all of them."""
    bound: bool
    """A line that begins with a blank: without a heading it would read as if it stood under the open one."""


def cheapest(paths: Sequence[str], *, indented: Sequence[bool], whole: Sequence[bool]) -> list[int]:
    """Return for each path the length of the heading it stands under, 0 for none.

    Dynamic programming over "which heading is open": a path costs what stands after its heading, a heading its own
    length whenever it is not open already. Linear in the paths, times their depth. An `indented` line takes no
    heading only where none is open; paths of which `whole` holds take none.
    """
    runs = _runs(paths, indented, whole)
    known: dict[str, list[int]] = {}
    ends: list[list[int]] = []
    costs: list[list[int]] = []
    last, before, open_ends = "", [0], [0]
    for folder, count, length, bound in runs:
        here = known.get(folder)
        if here is None:
            here = known[folder] = [0, *_directories(folder)] if folder else [0]
        best = min(before)
        opened = best + length + count + _HEADING_COST
        cost = [opened - (count - 1) * end for end in here]
        cost[0] = (before[0] if bound else best) + length
        if shared := next(end for end in reversed(here) if last.startswith(folder[:end])):
            carried = dict(zip(open_ends, before, strict=True))
            for place in range(1, here.index(shared) + 1):
                end = here[place]
                if end in carried and carried[end] < best + end + _HEADING_COST:
                    cost[place] = carried[end] + length + count - count * end
        ends.append(here)
        costs.append(cost)
        last, before, open_ends = folder, cost, here
    chosen = _trace(runs, ends, costs)
    return list(chain.from_iterable(repeat(end, run.paths) for run, end in zip(runs, chosen, strict=True)))


def most_saved(paths: Sequence[str]) -> int:
    """Return how many characters headings may save at most: what paths that follow each other have in common.

    Paths under one heading, all but one, give what that is long; the first gives nothing, for the heading stands, too.
    """
    saved = 0
    last = ""
    for folder, run in groupby(_folders(paths)):
        saved += (len(list(run)) - 1) * max(0, len(folder) - 1)
        shared = folder
        while shared and not last.startswith(shared):
            shared = shared[: max(shared.rfind("/", 0, -1), shared.rfind("\\", 0, -1)) + 1]
        saved += max(0, len(shared) - 1)
        last = folder
    return saved


def _runs(paths: Sequence[str], indented: Sequence[bool], whole: Sequence[bool]) -> list[_Run]:
    if not paths:
        return []
    folders = _folders(paths)
    if True in whole:
        alone = zip(folders, indented, whole, strict=True)
        folders = ["" if by_itself and not bound else folder for folder, bound, by_itself in alone]
    keys = list(zip(folders, indented, strict=True)) if True in indented else folders
    starts = [0, *compress(range(1, len(keys)), map(ne, keys, keys[1:]))]
    ends = [*starts[1:], len(keys)]
    chars = list(accumulate(map(len, paths), initial=0))
    return [
        _Run(folders[start], end - start, chars[end] - chars[start], indented[start])
        for start, end in zip(starts, ends, strict=True)
    ]


def _folders(paths: Sequence[str]) -> list[str]:
    """Return the directory of each path, the slash included; of its first word, if it has several."""
    text = "\n".join(paths)
    if " " in text or "\\" in text or max(map(len, paths), default=0) > _LONGEST:
        return [_folder(path) if "/" in path or "\\" in path else "" for path in paths]
    return [path[: path.rfind("/", 0, -1) + 1] for path in paths]


def _folder(path: str) -> str:
    if len(path) > _LONGEST:
        return ""
    word = path.partition(" ")[0] if " " in path else path
    at = word.rfind("/", 0, -1)
    return word[: (at if at >= 0 else word.rfind("\\", 0, -1)) + 1]


def _directories(folder: str) -> list[int]:
    """Return where the directories of a folder's path end."""
    sign = "/" if "/" in folder else "\\"
    ends = [at + signs for signs, at in enumerate(accumulate(map(len, folder.split(sign)[:-1])))]
    if sign + sign in folder:
        ends = [end for end in ends if folder[end + 1 : end + 2] != sign]
    return [end + 1 for end in ends[-_DEEPEST:]]


def _trace(runs: Sequence[_Run], ends: list[list[int]], costs: list[list[int]]) -> list[int]:
    """Walk back from the cheapest end."""
    chosen = [0] * len(runs)
    state = _least(costs[-1]) if costs else 0
    for number in range(len(runs) - 1, -1, -1):
        run = runs[number]
        end = chosen[number] = ends[number][state]
        if number:
            state = _came_from(
                run, end, costs[number][state], runs[number - 1].folder, ends[number - 1], costs[number - 1]
            )
    return chosen


def _came_from(run: _Run, end: int, cost: int, folder: str, ends: list[int], costs: list[int]) -> int:
    """Return the state of the run before from which a run reached its cost."""
    if not end:
        return 0 if run.bound else _least(costs)
    if end in ends and folder.startswith(run.folder[:end]):
        carried = ends.index(end)
        if costs[carried] + run.length - run.paths * (end - 1) == cost:
            return carried
    return _least(costs)


def _least(costs: list[int]) -> int:
    return costs.index(min(costs))
