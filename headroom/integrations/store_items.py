"""Items: what headroom keeps in a LangGraph store, as its operations.

    headroom / original | exchange / <owner> / <ref>      bytes, touched, and gone for what was evicted
    headroom / pin                 / <owner> / <ref>      that it is pinned, apart, so that nobody who writes an entry unpins it
    headroom / text                / <owner> / <ref>      the text itself, apart, so that purging reads none
    headroom / outcome             / <owner> / <lineage>  touched, and a value per kind
    headroom / key                 / <owner> / <key>      refs of exchanges, newest first

Nothing is indexed for semantic search: embedding originals would cost money and show them to a provider.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from langgraph.store.base import BaseStore, GetOp, Item, PutOp, SearchOp

from headroom.errors import StoreError
from headroom.store.stored import decode, digest, encode

ORIGINAL, EXCHANGE, TEXT, OUTCOME, KEY, PIN = "original", "exchange", "text", "outcome", "key", "pin"

KINDS = (ORIGINAL, EXCHANGE, TEXT, OUTCOME, KEY, PIN)

_ROOT = "headroom"
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands."""

    owner: str
    kind: str
    name: str

    @property
    def namespace(self) -> tuple[str, ...]:
        """The namespace in the store."""
        return (_ROOT, self.kind, self.owner)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of an original or an exchange besides its text."""

    place: Place
    bytes: int
    touched: float
    pinned: bool = False
    gone: bool = False
    """Evicted: only that it was there is still known."""

    def lives(self, *, since: float) -> bool:
        """Whether it is still kept."""
        return not self.gone and (self.pinned or self.touched >= since)

    def used(self, *, now: float) -> Entry:
        """Return it as it is after being used now."""
        return replace(self, touched=max(self.touched, now))


def owner_of(scope: str) -> str:
    """Return the label of a scope: any str, in letters that every store takes."""
    return digest(scope).hex()


def pack(text: str) -> str:
    """Return any str as ASCII: databases take neither NUL nor lone surrogates in JSON."""
    return base64.b85encode(zlib.compress(encode(text), 1)).decode()


def unpack(packed: str) -> str:
    """Undo `pack`."""
    return decode(zlib.decompress(base64.b85decode(packed)))


def writing(entry: Entry) -> PutOp:
    """Return the operation that writes an entry, but for whether it is pinned."""
    return putting(entry.place, {"bytes": entry.bytes, "touched": entry.touched, "gone": entry.gone})


def pinning(place: Place) -> PutOp:
    """Return the operation that pins the entry at a place."""
    return putting(pin_of(place), {"pinned": True})


def pin_of(place: Place) -> Place:
    """Return where it stands that the entry at a place is pinned."""
    return Place(place.owner, PIN, f"{place.kind}-{place.name}")


def putting(place: Place, value: Mapping[str, Any] | None) -> PutOp:
    """Return the operation that writes an item, or deletes it."""
    return PutOp(place.namespace, place.name, None if value is None else dict(value), index=False)


def run(store: BaseStore, operations: Iterable[Any]) -> list[Any]:
    """Run operations. Raises StoreError whatever went wrong: what a store raises is its driver's business."""
    try:
        return store.batch(list(operations))
    except Exception as error:
        said = f"{type(error).__name__}: {error}"[:300]
        raise StoreError(f"the LangGraph store {type(store).__name__} failed: {said}") from error


def read(store: BaseStore, places: Iterable[Place]) -> dict[Place, dict[str, Any]]:
    """Return the values that stand at these places; where there are none they are absent."""
    asked = list(dict.fromkeys(places))
    found = run(store, [GetOp(place.namespace, place.name) for place in asked]) if asked else []
    return {place: item.value for place, item in zip(asked, found, strict=True) if item is not None}


def scan(store: BaseStore, kind: str, *owner: str) -> list[tuple[Place, dict[str, Any]]]:
    """Return every item of a kind, or those of one owner."""
    return [(_place(item), item.value) for item in _pages(store, (_ROOT, kind, *owner))]


def has_any(store: BaseStore, kind: str, owner: str) -> bool:
    """Return whether an owner has an item of this kind."""
    [page] = run(store, [SearchOp((_ROOT, kind, owner), limit=1)])
    return bool(page)


def entries(store: BaseStore, places: Iterable[Place]) -> dict[Place, Entry]:
    """Return the entries that stand at these places, evicted ones too."""
    asked = list(places)
    found = read(store, [each for place in asked for each in (place, pin_of(place))])
    return {place: entry_of(place, found[place], pinned=pin_of(place) in found) for place in asked if place in found}


def entry_of(place: Place, value: Mapping[str, Any], *, pinned: bool) -> Entry:
    """Return the entry that an item says."""
    return Entry(place, value["bytes"], value["touched"], pinned, value["gone"])


def _pages(store: BaseStore, prefix: tuple[str, ...]) -> Iterator[Item]:
    offset = 0
    while True:
        [page] = run(store, [SearchOp(prefix, limit=_PAGE, offset=offset)])
        yield from page
        if len(page) < _PAGE:
            return
        offset += _PAGE


def _place(item: Item) -> Place:
    _, kind, owner = item.namespace
    return Place(owner, kind, item.key)
