"""What can go wrong with a file: each raises a StoreError that names it and says what to do, and none is for ever."""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from headroom.errors import ConfigError, RefNotFound, StoreError
from headroom.marker import ref_of
from headroom.store import database
from headroom.store.sql import SqlStore
from headroom.testing.store_machine import NOW, by_ref

TEXTS = [f"original {number} " * 500 for number in range(50)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "originals.db"


@pytest.fixture
def store(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    store = SqlStore(f"sqlite:///{file}")
    yield store
    store.close()


@contextmanager
def pragma(text: str) -> Iterator[None]:
    """Run a pragma on every connection that is made meanwhile."""

    def run(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(text)

    event.listen(Engine, "connect", run)
    try:
        yield
    finally:
        event.remove(Engine, "connect", run)


def every_call(store: SqlStore) -> list[Callable[[], object]]:
    return [
        lambda: store.put("s", by_ref("new"), now=NOW),
        lambda: store.get("s", ref_of(TEXTS[0]), now=NOW),
        lambda: store.touch("s", [ref_of(TEXTS[0])], now=NOW + 1e5),
        lambda: store.record("s", b"l", "fit", "1", now=NOW),
        lambda: store.recorded("s", [b"l"]),
        lambda: store.journal("s", ["k"], "1", now=NOW),
        lambda: store.journalled("s", ["k"]),
        lambda: store.has_journal("s"),
        lambda: store.purge(now=NOW),
        lambda: store.delete_scope("s"),
    ]


def assert_works(store: SqlStore) -> None:
    store.put("s", by_ref("after"), now=NOW)
    assert store.get("s", ref_of("after"), now=NOW) == "after"


def test_a_full_disk_keeps_all_or_nothing(store: SqlStore, file: Path) -> None:
    store.put("s", by_ref(TEXTS[0]), now=NOW)
    store.close()
    store = SqlStore(f"sqlite:///{file}")
    pages = file.stat().st_size // 4096
    with pragma(f"PRAGMA max_page_count={pages + 4}"):
        with pytest.raises(StoreError, match=r"originals\.db: the disk is full\. Free some space"):
            store.put("s", by_ref("little", *(text * 10 for text in TEXTS)), now=NOW)
        with pytest.raises(RefNotFound):
            store.get("s", ref_of("little"), now=NOW)
        assert store.get("s", ref_of(TEXTS[0]), now=NOW) == TEXTS[0]
    store.close()
    assert_works(SqlStore(f"sqlite:///{file}"))


def test_a_full_disk_heals_in_the_same_store(store: SqlStore, file: Path) -> None:
    with pragma("PRAGMA max_page_count=40"), pytest.raises(StoreError, match="the disk is full"):
        store.put("s", by_ref(*TEXTS), now=NOW)
    store.put("s", by_ref(*TEXTS), now=NOW)
    assert_works(store)


def test_a_store_in_memory_that_is_full_keeps_what_it_has() -> None:
    with pragma("PRAGMA max_page_count=40"):
        store = SqlStore("sqlite:///:memory:")
        store.put("s", by_ref("kept"), now=NOW)
        with pytest.raises(StoreError, match="the store in memory: the disk is full"):
            store.put("s", by_ref(*TEXTS), now=NOW)
        assert store.get("s", ref_of("kept"), now=NOW) == "kept"


def test_a_locked_file_is_told_and_used_again_once_it_is_free(store: SqlStore, file: Path) -> None:
    store.put("s", by_ref(*TEXTS), now=NOW)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"originals\.db: it is locked by another process"):
        store.put("s", by_ref("new"), now=NOW)
    assert store.get("s", ref_of(TEXTS[0]), now=NOW) == TEXTS[0]  # readers need no lock
    other.close()
    assert_works(store)


def test_a_file_that_is_wholly_locked_is_told_by_every_call(store: SqlStore, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE other (x)")
    for call in every_call(store):
        with pytest.raises(StoreError, match="locked"):
            call()
    other.close()
    assert_works(store)


def test_no_thread_waits_in_line_for_ever(store: SqlStore, file: Path) -> None:
    """Behind a thread that holds the lock, the others give up as they would behind a process."""
    store.put("s", by_ref("a"), now=NOW)
    with store._database.write(), pytest.raises(StoreError, match="locked"):
        store.put("s", by_ref("b"), now=NOW)
    assert_works(store)


@pytest.mark.parametrize(
    "garbage", [b"not a database", b"\0" * 8192, bytes(range(256)) * 64], ids=["text", "zeros", "bytes"]
)
def test_garbage_is_told_by_every_call_until_it_is_moved_away(store: SqlStore, file: Path, garbage: bytes) -> None:
    file.write_bytes(garbage)
    for call in every_call(store):
        with pytest.raises(StoreError, match=r"originals\.db: the file is damaged\. Move it away .* `headroom doctor`"):
            call()
    assert file.read_bytes() == garbage  # somebody may want to look at it
    file.rename(file.with_suffix(".damaged"))
    assert_works(store)


def test_a_file_cut_short_never_gives_a_wrong_original(store: SqlStore, file: Path) -> None:
    store.put("s", by_ref(*TEXTS), now=NOW)
    store.close()
    whole = file.read_bytes()
    for part in (1, 5, 9):
        file.write_bytes(whole[: len(whole) * part // 10])
        store = SqlStore(f"sqlite:///{file}")
        told = 0
        for text in TEXTS:
            try:
                assert store.get("s", ref_of(text), now=NOW) == text
            except StoreError as error:
                told += str(file) in str(error)
        assert told > 0
        store.close()
    file.write_bytes(whole)
    assert store_of(file).get("s", ref_of(TEXTS[0]), now=NOW) == TEXTS[0]


def test_single_bytes_that_changed_never_give_a_wrong_original(store: SqlStore, file: Path) -> None:
    store.put("s", by_ref(*TEXTS), now=NOW)
    store.close()
    whole = file.read_bytes()
    for position in range(100, len(whole), len(whole) // 15):
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        store = store_of(file)
        for text in TEXTS:
            try:
                assert store.get("s", ref_of(text), now=NOW) == text
            except (StoreError, RefNotFound):
                continue
        store.close()


def store_of(file: Path) -> SqlStore:
    return SqlStore(f"sqlite:///{file}")


def test_a_file_that_is_mended_in_place_is_read_anew(store: SqlStore, file: Path) -> None:
    store.put("s", by_ref("a"), now=NOW)
    store.close()
    whole, store = file.read_bytes(), store_of(file)
    file.write_bytes(b"garbage" * 1000)
    with pytest.raises(StoreError, match="damaged"):
        store.get("s", ref_of("a"), now=NOW)
    file.write_bytes(whole)
    assert store.get("s", ref_of("a"), now=NOW) == "a"


@pytest.mark.parametrize(
    "take_away", [Path.unlink, lambda file: file.rename(file.with_suffix(".moved"))], ids=["deleted", "moved"]
)
def test_a_file_that_is_taken_away_in_use_is_made_again(
    store: SqlStore, file: Path, take_away: Callable[[Path], object]
) -> None:
    """Else every write would go to a file without a name, and be gone with the process."""
    store.put("s", by_ref("a"), now=NOW)
    take_away(file)
    with pytest.raises(RefNotFound):
        store.get("s", ref_of("a"), now=NOW)
    assert_works(store)
    assert store_of(file).get("s", ref_of("after"), now=NOW) == "after"


def test_a_folder_that_is_none_is_told(file: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("a file")
    store = store_of(tmp_path / "plain" / "deeper" / "originals.db")
    for call in every_call(store):
        with pytest.raises(
            StoreError, match=r"plain/deeper/originals\.db: it cannot be opened and written.*HEADROOM_DATABASE_URL"
        ):
            call()
    (tmp_path / "plain").unlink()
    assert_works(store)


def test_a_file_that_is_a_folder_is_told(store: SqlStore, file: Path) -> None:
    file.mkdir()
    with pytest.raises(StoreError, match=r"originals\.db: it cannot be opened and written"):
        store.put("s", by_ref("a"), now=NOW)
    file.rmdir()
    assert_works(store)


def test_a_read_only_database_is_told(store: SqlStore, file: Path) -> None:
    assert_works(store)
    store.close()
    store = store_of(file)
    with pragma("PRAGMA query_only=ON"), pytest.raises(StoreError, match="it cannot be opened and written"):
        store.put("s", by_ref("a"), now=NOW)
    assert_works(store)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(store: SqlStore, file: Path) -> None:
    file.parent.chmod(0o500)
    try:
        with pytest.raises(StoreError, match=r"originals\.db: it cannot be opened and written.*Permission denied"):
            store.put("s", by_ref("a"), now=NOW)
    finally:
        file.parent.chmod(0o700)
    assert_works(store)


def test_making_a_store_touches_nothing(tmp_path: Path) -> None:
    """So that importing and constructing never fail for want of a disk."""
    for store in (store_of(tmp_path / "folder" / "originals.db"), store_of(Path("/dev/null/never"))):
        store.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "originals.db",
        "mysql://localhost/x",
        "nosuch://x",
        "sqlite+aiosqlite:///x.db",
        "sqlite:///file:x?mode=memory&uri=true",
        "postgresql://user:secret@host:notaport/x",
    ],
)
def test_a_url_that_cannot_be_used_is_told_at_once(url: str) -> None:
    with pytest.raises(ConfigError, match=r"sqlite:///FILE") as caught:
        SqlStore(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    pytest.importorskip("psycopg")
    store = SqlStore("postgresql://user:secret@127.0.0.1:1/name?connect_timeout=2")
    with pytest.raises(StoreError, match=r"user:\*\*\*@127\.0\.0\.1:1/name") as caught:
        store.put("s", by_ref("a"), now=NOW)
    assert "secret" not in str(caught.value)


def test_a_missing_driver_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'headroom-ai\[postgres\]'"):
        SqlStore("postgresql://127.0.0.1/name").has_journal("s")


def test_k7_no_error_holds_what_was_to_be_kept(store: SqlStore) -> None:
    with pragma("PRAGMA max_page_count=40"), pytest.raises(StoreError) as caught:
        store.put("s", by_ref(*TEXTS), now=NOW)
    assert "original 7" not in "".join(traceback.format_exception(caught.value))
