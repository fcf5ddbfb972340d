"""LangGraphStore: originals in the store that a LangGraph deployment has anyway."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from langgraph.store.base import BaseStore

from headroom.errors import RefNotFound, StoreError
from headroom.integrations.store_items import (
    EXCHANGE,
    KEY,
    KINDS,
    ORIGINAL,
    OUTCOME,
    TEXT,
    Entry,
    Place,
    entries,
    has_any,
    owner_of,
    pack,
    pinning,
    putting,
    read,
    run,
    scan,
    unpack,
    writing,
)
from headroom.integrations.store_purge import purge
from headroom.marker import ref_of
from headroom.store.recent import Sweep
from headroom.store.stored import encode

_DAY = 86_400.0
_TOUCH_SECONDS = 3_600.0
_SWEEP_SECONDS = 3_600.0
_TRIES = 3
"""How often what several processes write at one place is put together; each time but the last is looked at again."""

_REF = re.compile(r"[0-9a-f]{12,24}")


class LangGraphStore:
    """An `OriginalStore` in any LangGraph BaseStore: in memory, SQLite, PostgreSQL, a platform's own.

        hr = Headroom(store=LangGraphStore(store))

    It keeps what the BaseStore keeps: an InMemoryStore forgets everything with its process, and then refs
    resolve to nothing. Whoever puts an original, or pins it, writes the same items, so that processes may do it at the
    same moment, again and in any order. Outcomes and exchanges are put together with what others wrote, and looked at again;
    but BaseStores have no compare-and-set: two processes that record *different* outcomes of one conversation at the same
    moment may each see their own for that one request. The SQLAlchemy store decides who was first. Closing leaves the
    BaseStore open.
    """

    def __init__(self, store: BaseStore, *, retention_days: float = 7, store_bytes: int = 1 << 30) -> None:
        """Keep everything in `store`; retention and size cap are those of `headroom.Settings`."""
        self._store = store
        self._retention = retention_days * _DAY
        self._cap = store_bytes
        self._stale_after = min(_TOUCH_SECONDS, self._retention / 4)
        self._sweep = Sweep(every_bytes=store_bytes // 16, every_seconds=_SWEEP_SECONDS)
        self._lock = threading.RLock()
        self._closed = False

    def put(self, scope: str, originals: Mapping[str, str], *, now: float, pinned: bool = False) -> None:
        """Keep originals by ref; as durable as the BaseStore when this returns."""
        owner = owner_of(scope)
        with self._open():
            written = self._keep(owner, ORIGINAL, originals, now=now, pinned=pinned)
            self._purge_if_due(written, now=now)

    def get(self, scope: str, ref: str, *, now: float) -> str:
        """Return an original by its ref or an unambiguous prefix of it. Raises RefNotFound."""
        if not _REF.fullmatch(ref):
            raise RefNotFound(ref)
        with self._open():
            known = self._named(owner_of(scope), ref)
            living = [entry for entry in known if entry.lives(since=now - self._retention)]
            if len(living) != 1:
                raise RefNotFound(ref, why="expired" if known and not living else "unknown")
            [entry] = living
            original = self._texts([entry.place]).get(entry.place)
            if original is None or ref_of(original) != entry.place.name:
                words = "something else has written or deleted there. Call the tool that produced it again"
                raise StoreError(f"what is stored under ref {entry.place.name} is not its original: {words}")
            self._use(known, now=now)
        return original

    def touch(
        self, scope: str, refs: Iterable[str], *, now: float, lineages: Iterable[bytes] = (), keys: Iterable[str] = ()
    ) -> None:
        """Note that a live conversation still carries these."""
        owner = owner_of(scope)
        with self._open():
            under = read(self._store, [_key(owner, key) for key in keys]).values()
            places = [Place(owner, ORIGINAL, ref) for ref in refs]
            places += [Place(owner, EXCHANGE, ref) for value in under for ref in value["exchanges"]]
            self._use(entries(self._store, places).values(), now=now)
            outcomes = read(self._store, [Place(owner, OUTCOME, lineage.hex()) for lineage in lineages])
            self._write(putting(place, _used(value, now=now)) for place, value in outcomes.items())

    def record(self, scope: str, lineage: bytes, kind: str, value: str, *, now: float) -> str:
        """Record an outcome, the first writer wins, as far as a BaseStore can tell; return the value that stands."""
        place = Place(owner_of(scope), OUTCOME, lineage.hex())

        def merged(known: Mapping[str, Any] | None) -> dict[str, Any]:
            known = known or {"touched": now, "kinds": {}}
            return _used({**known, "kinds": {kind: pack(value), **known["kinds"]}}, now=now)

        with self._open():
            return unpack(self._merge([place], merged)[place]["kinds"][kind])

    def recorded(self, scope: str, lineages: Sequence[bytes]) -> dict[bytes, dict[str, str]]:
        """Return the outcomes of these lineages, by lineage and kind."""
        places = {Place(owner_of(scope), OUTCOME, lineage.hex()): lineage for lineage in lineages}
        with self._open():
            found = read(self._store, places)
        return {
            places[place]: {kind: unpack(text) for kind, text in value["kinds"].items()}
            for place, value in found.items()
        }

    def journal(self, scope: str, keys: Iterable[str], exchange: str, *, now: float) -> None:
        """Keep an exchange under every key."""
        owner, ref = owner_of(scope), ref_of(exchange)
        places = [_key(owner, key) for key in dict.fromkeys(keys)]
        if not places:
            return
        with self._open():
            written = self._keep(owner, EXCHANGE, {ref: exchange}, now=now)
            self._merge(places, lambda known: {"exchanges": _newest(ref, known["exchanges"] if known else ())})
            self._purge_if_due(written, now=now)

    def journalled(self, scope: str, keys: Sequence[str]) -> dict[str, list[str]]:
        """Return the exchanges under each key, newest first."""
        owner = owner_of(scope)
        places = {_key(owner, key): key for key in keys}
        with self._open():
            found = {places[place]: value["exchanges"] for place, value in read(self._store, places).items()}
            refs = [Place(owner, EXCHANGE, ref) for each in found.values() for ref in each]
            texts = {place.name: text for place, text in self._texts(refs).items()}
        said = {key: [texts[ref] for ref in refs if ref in texts] for key, refs in found.items()}
        return {key: exchanges for key, exchanges in said.items() if exchanges}

    def has_journal(self, scope: str) -> bool:
        """Whether the scope has any exchange at all."""
        with self._open():
            return has_any(self._store, EXCHANGE, owner_of(scope))

    def purge(self, *, now: float) -> int:
        """Delete what retention and the size cap no longer keep."""
        with self._open():
            return purge(self._store, retained_since=now - self._retention, cap=self._cap)

    def delete_scope(self, scope: str) -> int:
        """Delete everything of a scope."""
        with self._open():
            items = [item for kind in KINDS for item in scan(self._store, kind, owner_of(scope))]
            self._write(putting(place, None) for place, _ in items)
        return sum(not value["gone"] for place, value in items if place.kind == ORIGINAL)

    def close(self) -> None:
        """Refuse further calls; the BaseStore is its owner's to close."""
        self._closed = True

    def __deepcopy__(self, memo: dict[int, object]) -> LangGraphStore:
        return self

    # -- inside, under the lock ---------------------------------------------------------------------------------------

    @contextmanager
    def _open(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise StoreError("this LangGraphStore is closed: make a new one round the same BaseStore")
            yield

    def _write(self, operations: Iterable[Any]) -> None:
        if some := list(operations):
            run(self._store, some)

    def _merge(
        self, places: Sequence[Place], merged: Callable[[Mapping[str, Any] | None], dict[str, Any]]
    ) -> dict[Place, dict[str, Any]]:
        """Write what `merged` makes of what stands at each place, and look whether it stands; return what does.

        Another process may have written in between and is not overwritten for good: its part is merged in, a few times.
        """
        for _ in range(_TRIES):
            known = read(self._store, places)
            due = {place: new for place in places if (new := merged(known.get(place))) != known.get(place)}
            if not due:
                break
            self._write(putting(place, value) for place, value in due.items())
        return {place: merged(known.get(place)) for place in places}

    def _keep(self, owner: str, kind: str, texts: Mapping[str, str], *, now: float, pinned: bool = False) -> int:
        """Write what is not kept already, all in one batch; return how many bytes that were."""
        places = {Place(owner, kind, ref): text for ref, text in texts.items()}
        known = entries(self._store, places)
        written, operations = 0, []
        for place, text in places.items():
            old = known.get(place)
            if old is None or not old.lives(since=now - self._retention):
                size = len(encode(text))
                operations += [putting(_text(place), {"text": pack(text)}), writing(Entry(place, size, now))]
                written += size
            elif self._is_stale(old, now=now):
                operations.append(writing(old.used(now=now)))
            if pinned and not (old and old.pinned):
                operations.append(pinning(place))
        self._write(operations)
        return written

    def _named(self, owner: str, ref: str) -> list[Entry]:
        """Return the entries of originals, evicted ones too, that a ref or a beginning of one names."""
        exact = entries(self._store, [Place(owner, ORIGINAL, ref)])
        if exact:
            return list(exact.values())
        found = scan(self._store, ORIGINAL, owner) if len(ref) < 24 else []
        return list(entries(self._store, [place for place, _ in found if place.name.startswith(ref)]).values())

    def _texts(self, places: Iterable[Place]) -> dict[Place, str]:
        at = {_text(place): place for place in places}
        return {at[place]: unpack(value["text"]) for place, value in read(self._store, at).items()}

    def _use(self, known: Iterable[Entry], *, now: float) -> None:
        since = now - self._retention
        used = [entry for entry in known if entry.lives(since=since) and self._is_stale(entry, now=now)]
        self._write(writing(entry.used(now=now)) for entry in used)

    def _is_stale(self, entry: Entry, *, now: float) -> bool:
        return now - entry.touched >= self._stale_after

    def _purge_if_due(self, written: int, *, now: float) -> None:
        if self._sweep.due(written, now=now):
            purge(self._store, retained_since=now - self._retention, cap=self._cap, spared_from=now)


def _text(place: Place) -> Place:
    return Place(place.owner, TEXT, f"{place.kind}-{place.name}")


def _newest(ref: str, older: Iterable[str]) -> list[str]:
    return [ref, *(each for each in older if each != ref)]


def _key(owner: str, key: str) -> Place:
    return Place(owner, KEY, owner_of(key))


def _used(outcome: Mapping[str, Any], *, now: float) -> dict[str, Any]:
    return {**outcome, "touched": max(outcome["touched"], now)}
