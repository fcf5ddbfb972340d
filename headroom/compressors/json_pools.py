"""Lists of like objects in several places of a document, as one table: its header is said once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from headroom import tokens
from headroom.compressors.json_costs import EXACT_CHARS
from headroom.compressors.json_place import Next, Place
from headroom.compressors.json_values import Value, write

Rows = list[Value]

_MAX_POOLS = 20
"""Kinds of lists that are told apart in one document."""

_COMPARED = 32
"""With more lists, each as a table of its own is not weighed: it would repeat the header as often."""

_SAVING = 10
"""Tokens that sharing a table must save, since a reader has to look two ways."""


@dataclass(frozen=True, slots=True)
class _Pool:
    keys: frozenset[str]
    lists: list[Rows]


def find_pools(
    lists: Sequence[Rows], table_of: Callable[[Rows], Place | None], alone: Callable[[Rows], Place | None]
) -> dict[int, Place | Next]:
    """Return where the rows of each list stand that had better share a table, by the list's id.

    `table_of` lays out rows that share one; `alone` gives what a list would have of its own.
    """
    found: dict[int, Place | Next] = {}
    for pool in _pools(lists):
        if len(pool.lists) > 1:
            place = table_of(list(chain.from_iterable(pool.lists)))
            if place is not None and _pays(place, pool.lists, alone):
                first, *others = pool.lists
                shared = Place(place.table, first=len(first))
                found[id(first)] = shared
                found.update((id(rows), Next(shared, len(rows))) for rows in others)
    return found


def _pools(lists: Sequence[Rows]) -> list[_Pool]:
    """Return the lists with those together whose first objects have most keys in common."""
    pools: list[_Pool] = []
    known: dict[frozenset[str], _Pool] = {}
    for rows in lists:
        keys = frozenset(rows[0]) if isinstance(rows[0], dict) else frozenset()
        pool = known.get(keys) or next(_like(keys, pools), None)
        if pool is None:
            if len(pools) == _MAX_POOLS:
                continue
            pool = _Pool(keys, [])
            pools.append(pool)
        known[keys] = pool
        pool.lists.append(rows)
    return pools


def _like(keys: frozenset[str], pools: Sequence[_Pool]) -> Iterator[_Pool]:
    return (pool for pool in pools if 3 * len(keys & pool.keys) >= 2 * len(keys | pool.keys) > 0)


def _pays(place: Place, lists: Sequence[Rows], alone: Callable[[Rows], Place | None]) -> bool:
    shared = place.text + "".join([Next(place, len(rows)).holder() for rows in lists[1:]])
    if len(lists) > _COMPARED:
        return len(shared) < sum(map(len, map(write, lists)))
    texts = [own.text if (own := alone(rows)) else write(rows) for rows in lists]
    if len(shared) > EXACT_CHARS:
        return len(shared) < sum(map(len, texts))
    return tokens.count(shared) + _SAVING < tokens.count("\n".join(texts))
