"""Which directories are worth a heading: the cheapest way to write paths, each under a directory that it begins with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, groupby, repeat
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
    runs = list(_runs(paths, indented, whole))
    ends: list[list[int]] = []
    costs: list[list[int]] = []
    last, before, open_ends = "", [0], [0]
    for run in runs:
        here = [0, *_directories(run.folder)] if run.folder else [0]
        best = min(before)
        cost = [(before[0] if run.bound else best) + run.length]
        if len(here) > 1:
            carried = dict(zip(open_ends, before, strict=True)) if last else {}
            length = run.length + run.paths
            for end in here[1:]:
                opened = best + end + _HEADING_COST
                if end in carried and carried[end] < opened and last.startswith(run.folder[:end]):
                    opened = carried[end]
                cost.append(opened + length - run.paths * end)
        ends.append(here)
        costs.append(cost)
        last, before, open_ends = run.folder, cost, here
    chosen = _trace(runs, ends, costs)
    return list(chain.from_iterable(repeat(end, run.paths) for run, end in zip(runs, chosen, strict=True)))


def _runs(paths: Sequence[str], indented: Sequence[bool], whole: Sequence[bool]) -> Iterator[_Run]:
    folders = _folders(paths)
    if True in whole:
        alone = zip(folders, indented, whole, strict=True)
        folders = ["" if by_itself and not bound else folder for folder, bound, by_itself in alone]
    start = 0
    for bound, stretch in groupby(indented):
        stop = start + len(list(stretch))
        for folder, run in groupby(folders[start:stop]):
            end = start + len(list(run))
            yield _Run(folder, end - start, sum(map(len, paths[start:end])), bound)
            start = end


def _folders(paths: Sequence[str]) -> list[str]:
    """Return the directory of each path, the slash included; of its first word, if it has several."""
    return [_folder(path) if "/" in path or "\\" in path else "" for path in paths]


def _folder(path: str) -> str:
    if len(path) > _LONGEST:
        return ""
    word = path.partition(" ")[0]
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
    return min(range(len(costs)), key=costs.__getitem__)
