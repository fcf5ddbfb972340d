"""The store in an SQL database: SQLite by default, PostgreSQL for workers on many machines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, delete

from headroom.errors import RefNotFound, StoreError
from headroom.marker import ref_of
from headroom.store import eviction, statements
from headroom.store.database import Database
from headroom.store.eviction import Horizon
from headroom.store.recent import Recent, Sweep
from headroom.store.schema import exchange_keys
from headroom.store.statements import EXCHANGE, ORIGINAL
from headroom.store.stored import decode, digest, encode

T = TypeVar("T")

_DAY = 86_400.0
_TOUCH_SECONDS = 3_600.0
_SWEEP_SECONDS = 3_600.0
_NAMES_AT_ONCE = 500  # names per statement, well below what a database takes
_REF = re.compile(r"[0-9a-f]{12,24}")


class SqlStore:
    """Keeps everything in one SQL database; see `OriginalStore` for what each method promises.

    `url` is a SQLAlchemy URL: a SQLite file, which is made for this user's eyes only, `sqlite:///:memory:`
    for nothing on disk, or PostgreSQL (extra `postgres`). Raises ConfigError for any other; the database
    itself is opened at first use. Several processes may use one database, and a process that is forked
    or unpickled opens it for itself. Copies of a store are that store.

    The cap is kept by purges, which a process does by itself at its first write and then once per hour
    or sixteenth of the cap written: between them, each process may exceed it by as much.
    """

    def __init__(self, url: str, *, retention_days: float = 7, store_bytes: int = 1 << 30) -> None:
        self._arguments = (url, retention_days, store_bytes)
        self._database = Database(url)
        self._retention = retention_days * _DAY
        self._cap = store_bytes
        # A touch must come several times in a retention, however short that is.
        self._stale_after = min(_TOUCH_SECONDS, self._retention / 4)
        self._recent = Recent(seconds=self._stale_after)
        self._sweep = Sweep(every_bytes=store_bytes // 16, every_seconds=_SWEEP_SECONDS)

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, self._arguments

    def __copy__(self) -> SqlStore:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> SqlStore:
        return self

    def put(self, scope: str, originals: Mapping[str, str], *, now: float, pinned: bool = False) -> None:
        """Keep originals by ref; durable when this returns."""
        owner = digest(scope)
        missing = originals if pinned else self._unsettled(owner, originals, now=now)
        if not missing:
            return
        # In one order everywhere, so that two transactions never wait for each other's rows.
        rows = [_entry(owner, ORIGINAL, ref, originals[ref], now=now, pinned=pinned) for ref in sorted(missing)]
        with self._database.write() as connection:
            connection.execute(self._keep_entry, rows)
        self._recent.add(((ORIGINAL, owner, ref) for ref in missing), now=now)
        self._purge_if_due(sum(row["bytes"] for row in rows), now=now)

    def get(self, scope: str, ref: str, *, now: float) -> str:
        """Return an original by its ref or an unambiguous prefix of it. Raises RefNotFound."""
        if not _REF.fullmatch(ref):
            raise RefNotFound(ref)
        where = {"owner": digest(scope), **statements.ref_range(ref)}
        with self._database.read() as connection:
            rows = connection.execute(statements.originals, {"alive": now - self._retention, **where}).all()
            if len(rows) != 1:
                expired = not rows and connection.execute(statements.was_original, where).scalar()
                raise RefNotFound(ref, why="expired" if expired else "unknown")
            found, touched, stored = rows[0]
            original = decode(stored)
        if ref_of(original) != found:
            raise StoreError(
                f"{self._database.name}: what is stored under ref {found} is not its original; something else has "
                "written there. Call the tool that produced it again; `headroom doctor` shows more."
            )
        if now - touched >= self._stale_after:
            with suppress(StoreError):  # the original is at hand, whether or not this can be noted
                self.touch(scope, [found], now=now)
        return original

    def touch(
        self, scope: str, refs: Iterable[str], *, now: float, lineages: Iterable[bytes] = (), keys: Iterable[str] = ()
    ) -> None:
        """Note that a live conversation still carries these."""
        owner = digest(scope)
        self._touch(statements.touch_originals, ORIGINAL, owner, refs, now=now)
        self._touch(statements.touch_outcomes, "outcome", owner, lineages, now=now)
        self._touch(statements.touch_exchanges, EXCHANGE, owner, map(digest, keys), now=now)

    def record(self, scope: str, lineage: bytes, kind: str, value: str, *, now: float) -> str:
        """Record an outcome, first writer wins; return the value that stands."""
        owner, which = digest(scope), {"lineage": lineage, "kind": kind}
        row = {"scope": owner, **which, "value": encode(value), "created": now, "touched": now}
        with self._database.write() as connection:
            connection.execute(statements.keep_outcome(self._database.dialect, stale_after=self._stale_after), row)
            return decode(connection.execute(statements.outcome, {"owner": owner, **which}).scalar_one())

    def recorded(self, scope: str, lineages: Sequence[bytes]) -> dict[bytes, dict[str, str]]:
        """Return the outcomes of these lineages, by lineage and kind."""
        found: defaultdict[bytes, dict[str, str]] = defaultdict(dict)
        with self._database.read() as connection:
            for lineage, kind, value in _each(connection, statements.outcomes_of, digest(scope), lineages):
                found[lineage][kind] = decode(value)
        return dict(found)

    def journal(self, scope: str, keys: Iterable[str], exchange: str, *, now: float) -> None:
        """Keep an exchange under every key; durable when this returns."""
        owner, names = digest(scope), sorted({digest(key) for key in keys})
        if not names:
            return
        row = _entry(owner, EXCHANGE, ref_of(exchange), exchange, now=now, pinned=False)
        with self._database.write() as connection:
            connection.execute(self._keep_entry, [row])
            entry = connection.execute(statements.exchange_id, {"owner": owner, "ref": row["ref"]}).scalar_one()
            # Written anew, so that it is the newest under each key.
            connection.execute(
                delete(exchange_keys).where(exchange_keys.c.entry == entry, exchange_keys.c.key.in_(names))
            )
            connection.execute(
                exchange_keys.insert(), [{"scope": owner, "key": name, "entry": entry} for name in names]
            )
        self._purge_if_due(row["bytes"], now=now)

    def journalled(self, scope: str, keys: Sequence[str]) -> dict[str, list[str]]:
        """Return the exchanges under each key, newest first."""
        key_of = {digest(key): key for key in keys}
        found: defaultdict[str, list[str]] = defaultdict(list)
        with self._database.read() as connection:
            for name, exchange in _each(connection, statements.exchanges_of, digest(scope), list(key_of)):
                found[key_of[name]].append(decode(exchange))
        return dict(found)

    def has_journal(self, scope: str) -> bool:
        """Whether the scope has any exchange at all."""
        with self._database.read() as connection:
            return bool(connection.execute(statements.any_exchange, {"owner": digest(scope)}).scalar())

    def purge(self, *, now: float) -> int:
        """Delete what retention and the size cap no longer keep, and give the space back to the file system."""
        gone = self._evict(self._horizon(now=now))
        with suppress(StoreError):  # what is free in the file serves the store itself
            self._database.give_back()
        return gone

    def delete_scope(self, scope: str) -> int:
        """Delete everything of a scope, and overwrite it in the file: somebody asked for it to be gone."""
        owner, gone, more = digest(scope), 0, True
        while more:
            with self._database.erase() as connection:
                count, more = eviction.delete_batch(connection, owner)
                if not more:
                    eviction.delete_rest(connection, owner)
            gone += count
        self._database.checkpoint()
        return gone

    def close(self) -> None:
        """Release files and connections."""
        self._database.close()

    @property
    def _keep_entry(self) -> Any:
        return statements.keep_entry(self._database.dialect, stale_after=self._stale_after)

    def _unsettled(self, owner: bytes, refs: Iterable[str], *, now: float) -> list[str]:
        """Return the refs that need a write: not stored, or due for a touch."""
        names = list(refs)
        if len(self._recent.due(((ORIGINAL, owner, ref) for ref in names), now=now)) == len(names):
            return names  # nothing that this process knows of: asking would only cost
        stale = {"stale": now - self._stale_after}
        with self._database.read() as connection:
            settled = {ref for (ref,) in _each(connection, statements.settled, owner, names, **stale)}
        return [ref for ref in names if ref not in settled]

    def _touch(self, statement: Any, kind: str, owner: bytes, names: Iterable[str | bytes], *, now: float) -> None:
        due = self._recent.due(((kind, owner, name) for name in names), now=now)
        if not due:
            return
        times = {"now": now, "stale": now - self._stale_after, "alive": now - self._retention}
        with self._database.write() as connection:
            for some in _slices([name for _, _, name in due]):
                connection.execute(statement, {"owner": owner, "names": some, **times})
        self._recent.add(due, now=now)

    def _horizon(self, *, now: float) -> Horizon:
        with self._database.read() as connection:
            return eviction.find_horizon(connection, retained_since=now - self._retention, cap=self._cap)

    def _evict(self, horizon: Horizon) -> int:
        gone, more = 0, True
        while more:
            with self._database.write() as connection:
                count, more = eviction.evict(connection, horizon)
                if not more:
                    eviction.evict_rest(connection, horizon)
            gone += count
        return gone

    def _purge_if_due(self, written: int, *, now: float) -> None:
        if self._sweep.due(written, now=now):
            with suppress(StoreError):  # what was to be written is written; the next sweep tries again
                # Never what this very request wrote or touched: its markers are on their way.
                self._evict(min(self._horizon(now=now), Horizon(now)))


def _make(url: str, retention_days: float, store_bytes: int) -> SqlStore:
    return SqlStore(url, retention_days=retention_days, store_bytes=store_bytes)


def _entry(scope: bytes, kind: str, ref: str, text: str, *, now: float, pinned: bool) -> dict[str, Any]:
    stored = encode(text)
    times = {"created": now, "touched": now}
    return {"scope": scope, "kind": kind, "ref": ref, "bytes": len(stored), **times, "pinned": pinned, "text": stored}


def _each(connection: Connection, statement: Any, owner: bytes, names: Sequence[Any], **more: float) -> Iterator[Any]:
    for some in _slices(names):
        yield from connection.execute(statement, {"owner": owner, "names": some, **more})


def _slices(names: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(names), _NAMES_AT_ONCE):
        yield names[start : start + _NAMES_AT_ONCE]
