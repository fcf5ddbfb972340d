"""SqlStore keeps the laws of a store, in a file and in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from headroom.errors import RefNotFound
from headroom.marker import ref_of
from headroom.store import OriginalStore, eviction
from headroom.store.recent import Recent
from headroom.store.sql import SqlStore
from headroom.testing.store_machine import DAY, HOUR, NOW, by_ref
from headroom.testing.stores import StoreTests


class TestFile(StoreTests):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.files = (tmp_path / f"{number}.db" for number in count())

    def new_store(self) -> SqlStore:
        return SqlStore(
            f"sqlite:///{next(self.files)}", retention_days=self.retention_days, store_bytes=self.store_bytes
        )


class TestMemory(StoreTests):
    def new_store(self) -> SqlStore:
        return SqlStore("sqlite:///:memory:", retention_days=self.retention_days, store_bytes=self.store_bytes)


def test_no_call_reads_a_whole_table(tmp_path: Path) -> None:
    """Else the store would slow down as it fills. Purges alone walk an index."""
    store = SqlStore(f"sqlite:///{tmp_path / 'originals.db'}", store_bytes=1 << 20)
    store.purge(now=NOW)
    with recorded_statements() as statements:
        for number in range(3):
            store.put("s", by_ref(str(number)), now=NOW)
            store.put("s", by_ref(str(number), "x"), now=NOW)
        store.get("s", ref_of("x")[:12], now=NOW + 2 * HOUR)
        with pytest.raises(RefNotFound):
            store.get("s", ref_of("never stored"), now=NOW)
        store.touch("s", [ref_of("x")], lineages=[b"l"], keys=["k"], now=NOW + 4 * HOUR)
        store.record("s", b"l", "fit", "1", now=NOW)
        store.recorded("s", [b"l"])
        store.journal("s", ["k"], "exchange", now=NOW)
        store.journalled("s", ["k"])
        store.has_journal("s")
        store.delete_scope("s")
    store.close()
    assert len({statement for statement, _ in statements}) >= 15
    assert scans(tmp_path / "originals.db", statements) == []


def test_a_purge_finds_what_is_old_by_an_index(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'originals.db'}"
    wide, store = SqlStore(url), SqlStore(url, store_bytes=1 << 20)
    wide.put("s", by_ref(*(f"{number:04}" * 25_000 for number in range(20))), now=NOW)
    with recorded_statements() as statements:
        assert store.purge(now=NOW) == 10
    assert [scan for scan in scans(tmp_path / "originals.db", statements) if "headroom" in scan] == []


@contextmanager
def recorded_statements() -> Iterator[list[tuple[str, Any]]]:
    found: list[tuple[str, Any]] = []

    def record(
        connection: object, cursor: object, statement: str, parameters: Any, context: object, many: bool
    ) -> None:
        found.append((statement, parameters[0] if many else parameters))

    event.listen(Engine, "before_cursor_execute", record)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", record)


def scans(file: Path, statements: list[tuple[str, Any]]) -> list[str]:
    connection = sqlite3.connect(file)
    plans = [
        row[3]
        for statement, parameters in statements
        if not statement.startswith("PRAGMA")
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]
    connection.close()
    return [plan for plan in plans if plan.startswith("SCAN") and plan != "SCAN CONSTANT ROW"]


def test_a_touch_writes_once_per_ref_and_hour(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'originals.db'}"
    store, other, third = SqlStore(url), SqlStore(url), SqlStore(url)
    store.put("s", by_ref("a"), now=NOW)
    assert changes(tmp_path, partial(store.touch, "s", [ref_of("a")] * 3, now=NOW + HOUR - 1)) == 0
    assert changes(tmp_path, partial(other.touch, "s", [ref_of("a")], now=NOW + HOUR - 1)) == 0
    assert changes(tmp_path, partial(third.touch, "s", [ref_of("a")], now=NOW + HOUR)) == 1
    assert changes(tmp_path, partial(store.touch, "s", [ref_of("a")], now=NOW + HOUR)) == 0


def test_putting_again_writes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'originals.db'}"
    store, other = SqlStore(url), SqlStore(url)
    store.put("s", by_ref("a"), now=NOW)
    other.get("s", ref_of("a"), now=NOW)
    for again in (store, other):
        again.put("other", {}, now=NOW)
        assert changes(tmp_path, partial(again.put, "s", by_ref("a"), now=NOW + 1)) == 0


def changes(folder: Path, call: Callable[[], object]) -> int:
    """Return how often the database changed for other connections."""
    watcher = sqlite3.connect(folder / "originals.db")
    (before,) = watcher.execute("PRAGMA data_version").fetchone()
    call()
    (after,) = watcher.execute("PRAGMA data_version").fetchone()
    watcher.close()
    return int(after - before)


def test_tombstones_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest refs that went read as unknown in the end."""
    monkeypatch.setattr(eviction, "_TOMBSTONES", 10)
    store = SqlStore(f"sqlite:///{tmp_path / 'originals.db'}", retention_days=1)
    texts = [str(number) for number in range(30)]
    for number, text in enumerate(texts):
        store.put("s", by_ref(text), now=NOW + number)
    assert store.purge(now=NOW + 2 * DAY) == 30
    whys = []
    for text in texts:
        with pytest.raises(RefNotFound) as caught:
            store.get("s", ref_of(text), now=NOW + 2 * DAY)
        whys.append(caught.value.why)
    assert whys == ["unknown"] * 20 + ["expired"] * 10


def test_h15_what_a_process_remembers_is_bounded() -> None:
    recent = Recent(seconds=HOUR)
    for start in range(0, 100_000, 1_000):
        recent.add(range(start, start + 1_000), now=NOW)
    assert len(recent._written) == 16_384
    assert recent.due(range(99_000, 100_000), now=NOW) == []
    assert recent.due(range(1_000), now=NOW) == list(range(1_000))


def test_two_processes_that_purge_at_once_evict_no_more_than_one(tmp_path: Path) -> None:
    """Both see the same excess before either has done anything about it."""
    url = f"sqlite:///{tmp_path / 'originals.db'}"
    one, two = (SqlStore(url, store_bytes=1 << 20) for _ in range(2))
    wide = SqlStore(url)
    wide.put("s", by_ref(*(f"{number:04}" * 25_000 for number in range(20))), now=NOW)
    horizons = [store._horizon(now=NOW) for store in (one, two)]
    assert [store._evict(horizon) for store, horizon in zip((one, two), horizons, strict=True)] == [10, 0]
    assert wide.delete_scope("s") == 10


def test_it_is_an_original_store() -> None:
    store: OriginalStore = SqlStore("sqlite:///:memory:")
    assert store.recorded("s", []) == {}
    store.close()
