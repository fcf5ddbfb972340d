"""One database, opened when it is first used: the only place that knows about engines, locks and files."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakSet

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from headroom.errors import StoreError
from headroom.store import place
from headroom.store.faults import BUSY, is_busy, store_error
from headroom.store.schema import metadata

BUSY_SECONDS = 2.0
"""How long a writer waits for another: a thousand times what a write takes, yet short of what a user notices on a request."""

_WAL_BYTES = 16 << 20
"""What the write-ahead log is cut back to: one great write must not hold disk space for ever."""

_SCHEMA_LOCK = 0x6865_6164
"""The advisory lock under which PostgreSQL's workers make the tables one after the other."""

_FAULTS = (SQLAlchemyError, sqlite3.Error, OSError, UnicodeError, ImportError)


@dataclass(frozen=True, slots=True)
class _Opened:
    engine: Engine
    writer: Engine
    """The same connections, for transactions that write."""
    identity: tuple[int, int] | None


class Database:
    """Gives out connections, and turns whatever goes wrong on them into StoreErrors.

    Nothing is opened before the first use, or twice in one process; a forked child opens its own.
    After an error the file is opened anew, so that the next call finds what was mended.
    """

    def __init__(self, url: str) -> None:
        self._url = place.parse(url)
        self._file = place.file_of(self._url)
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        self._in_memory = self._is_sqlite and self._file is None
        self._opened: _Opened | None = None
        self._closed = False
        self._renew_locks()
        _databases.add(self)

    @property
    def name(self) -> str:
        """How messages call this database: its file, or its URL without the password."""
        return place.name_of(self._url)

    @property
    def dialect(self) -> str:
        """The dialect of SQL spoken here: "sqlite" or "postgresql"."""
        return self._url.get_backend_name()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for statements that each see the database as it is. Raises StoreError."""
        # The one connection of a database in memory must not serve two threads at a time.
        turn: AbstractContextManager[object] = self._holding(self._turns) if self._in_memory else nullcontext()
        with self._told(), turn, self._open().engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection with one transaction on it, durable when this ends. Raises StoreError."""
        # SQLite has one writer at a time. In our own process they queue up here, which is fair and
        # needs no polling; only other processes are waited for in SQLite itself.
        turn: AbstractContextManager[object] = self._holding(self._turns) if self._is_sqlite else nullcontext()
        with self._told(), turn, self._open().writer.begin() as connection:
            yield connection

    @contextmanager
    def erase(self) -> Iterator[Connection]:
        """Do as `write`, and overwrite what is deleted instead of leaving it to be written over one day."""
        with self.write() as connection:
            if not self._is_sqlite:
                yield connection
                return
            # Ten times what a plain delete of a large row costs, hence not for evictions.
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA secure_delete=OFF")

    def give_back(self) -> None:
        """Give the space of what was deleted back to the file system, if it is half of the file. Raises StoreError."""
        if self._file is None:
            return
        with self._holding(self._turns), self.read() as connection:
            # Rewrites the file, which pays when little is left in it. (SQLite's incremental vacuum takes
            # time in the square of what is free: minutes for a gigabyte.)
            free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
            if 2 * free > connection.exec_driver_sql("PRAGMA page_count").scalar_one():
                connection.exec_driver_sql("VACUUM")
        self.checkpoint()

    def checkpoint(self) -> None:
        """Empty the write-ahead log into the file, as far as nobody is reading it. Raises StoreError."""
        if self._file is not None:
            with self.read() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()

    def close(self) -> None:
        """Close every connection; further use raises StoreError."""
        with self._opening:
            self._closed = True
            self._forget()

    def after_fork(self) -> None:
        """Start afresh in a forked child: its parent's connections and locks are not its own."""
        if self._opened is not None:
            # SQLite forbids a child even to close its parent's connections, so they are kept for ever.
            _inherited.append(self._opened)
        self._opened = None
        self._renew_locks()

    def _renew_locks(self) -> None:
        self._opening = threading.Lock()
        self._turns = threading.Lock()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except _FAULTS as error:
            if self._file is not None and not is_busy(error):
                self._forget()
            raise store_error(error, place=self.name) from error

    @contextmanager
    def _holding(self, lock: threading.Lock) -> Iterator[None]:
        if not lock.acquire(timeout=BUSY_SECONDS):
            raise StoreError(f"{self.name}: {BUSY}")
        try:
            yield
        finally:
            lock.release()

    def _open(self) -> _Opened:
        opened = self._opened
        if opened is not None and self._still_there(opened):
            return opened
        with self._holding(self._opening):
            if self._closed:
                raise StoreError(f"{self.name}: the store is closed. Make a new one.")
            if self._opened is None or not self._still_there(self._opened):
                self._forget()
                self._opened = self._connect()
            return self._opened

    def _still_there(self, opened: _Opened) -> bool:
        # Whoever deletes or moves the file leaves us an open one without a name, which would take
        # every write and be gone with the process.
        return self._file is None or opened.identity == place.identity(self._file)

    def _forget(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.engine.dispose()

    def _connect(self) -> _Opened:
        made = None
        if self._file is not None:
            place.make_private(self._file)
            made = place.identity(self._file)
        # Parameters hold originals, which belong in no message and no log.
        engine = create_engine(self._url, hide_parameters=True, **self._options())
        if self._is_sqlite:
            event.listen(engine, "connect", _configure)
        writer = engine.execution_options()
        if self._is_sqlite:
            event.listen(writer, "begin", _begin)
        try:
            _make_tables(writer)
        except _FAULTS:
            engine.dispose()
            raise
        return _Opened(engine, writer, made)

    def _options(self) -> dict[str, Any]:
        if self._in_memory:
            # Every connection to :memory: is a database of its own, so all threads share one.
            return {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        if self._is_sqlite:
            return {"connect_args": {"timeout": BUSY_SECONDS}}
        return {"pool_pre_ping": True}


_databases: WeakSet[Database] = WeakSet()
_inherited: list[_Opened] = []


def _after_fork() -> None:
    for database in list(_databases):
        database.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _make_tables(writer: Engine) -> None:
    if set(metadata.tables) <= set(inspect(writer).get_table_names()):
        return  # nothing to write, so nobody to wait for
    with writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        metadata.create_all(connection)


def _configure(connection: sqlite3.Connection, _: object) -> None:
    # Python must not begin transactions by itself: it begins them too late (see _begin).
    connection.isolation_level = None
    # A commit is in the page cache before it returns, so it outlives the process however that ends.
    # NORMAL leaves out the fsync of each commit: a power cut may cost the last ones, never the file.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA journal_size_limit={_WAL_BYTES}")


def _begin(connection: Connection) -> None:
    # Locked from the start: a transaction that reads before it writes would be refused, without any
    # waiting, when another process has written in between. Reads need no transaction: each is one statement.
    cast("sqlite3.Connection", connection.connection.driver_connection).execute("BEGIN IMMEDIATE")
