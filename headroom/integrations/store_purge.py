"""What goes from a LangGraph store when: by the same rules as from the SQLAlchemy store (`headroom.store.eviction`).

Everything but the texts is read for it: a BaseStore can neither add up nor sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf
from typing import Any

from langgraph.store.base import BaseStore, PutOp

from headroom.integrations.store_items import (
    EXCHANGE,
    KEY,
    KINDS,
    ORIGINAL,
    OUTCOME,
    TEXT,
    Entry,
    Place,
    entry_of,
    pin_of,
    putting,
    run,
    scan,
    writing,
)

_TOMBSTONES = 10_000
"""How many evicted refs are remembered as expired. Older ones read as unknown."""


def purge(store: BaseStore, *, retained_since: float, cap: int, spared_from: float = inf) -> int:
    """Delete what was last touched before `retained_since`, and the least recently touched of what exceeds `cap` bytes.

    What was touched at `spared_from` or later stays whatever the cap. Returns how many originals went.
    """
    items = [item for kind in KINDS if kind != TEXT for item in scan(store, kind)]
    standing = {place for place, _ in items}
    known = [
        entry_of(place, value, pinned=pin_of(place) in standing)
        for place, value in items
        if place.kind in (ORIGINAL, EXCHANGE)
    ]
    gone = _beyond([entry for entry in known if not entry.gone], retained_since, cap, spared_from)
    horizon = max([retained_since, *(entry.touched for entry in gone)])
    tombs = sorted((entry for entry in known if entry.gone), key=lambda entry: entry.touched, reverse=True)
    operations = [
        *_evicting(gone),
        *(putting(entry.place, None) for entry in tombs[_TOMBSTONES:]),
        *(putting(place, None) for place, value in items if place.kind == OUTCOME and value["touched"] < horizon),
        *_forgetting(items, {entry.place for entry in gone if entry.place.kind == EXCHANGE}),
    ]
    if operations:
        run(store, operations)
    return sum(entry.place.kind == ORIGINAL for entry in gone)


def _beyond(known: Iterable[Entry], retained_since: float, cap: int, spared_from: float) -> list[Entry]:
    """Return the entries that are too old, or with all newer ones too many."""
    gone, size = [], 0
    for entry in sorted(known, key=lambda entry: entry.touched, reverse=True):
        if entry.pinned:
            continue
        size += entry.bytes
        if entry.touched < retained_since or (size > cap and entry.touched < spared_from):
            gone.append(entry)
    return gone


def _evicting(gone: Iterable[Entry]) -> Iterable[PutOp]:
    for entry in gone:
        place = entry.place
        yield putting(Place(place.owner, TEXT, f"{place.kind}-{place.name}"), None)
        yield writing(replace(entry, gone=True)) if place.kind == ORIGINAL else putting(place, None)


def _forgetting(items: Sequence[tuple[Place, dict[str, Any]]], gone: set[Place]) -> Iterable[PutOp]:
    """Yield what takes exchanges out of the lists of their keys."""
    for place, value in items if gone else ():
        if place.kind != KEY:
            continue
        left = [ref for ref in value["exchanges"] if Place(place.owner, EXCHANGE, ref) not in gone]
        if len(left) < len(value["exchanges"]):
            yield putting(place, {"exchanges": left} if left else None)
