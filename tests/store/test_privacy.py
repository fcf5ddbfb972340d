"""Originals are as private as what they were made from (case K6)."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headroom.errors import RefNotFound
from headroom.marker import ref_of
from headroom.store.sql import SqlStore
from headroom.testing.store_machine import DAY, NOW, by_ref

SECRET = "correct horse battery staple " * 1_000

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes; the user's folder is private there")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@posix
def test_k6_folder_and_files_are_the_users_alone_whatever_the_umask(tmp_path: Path, umask: None) -> None:
    file = tmp_path / "share" / "headroom" / "originals.db"
    store = SqlStore(f"sqlite:///{file}")
    store.put("s", by_ref(SECRET), now=NOW)
    files = [file, Path(f"{file}-wal"), Path(f"{file}-shm")]
    assert [mode(path) for path in files] == [0o600, 0o600, 0o600]
    assert [mode(folder) for folder in (file.parent, file.parent.parent)] == [0o700, 0o700]
    store.close()


@posix
def test_k6_what_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """Somebody chose it."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o770)
    file = folder / "originals.db"
    file.touch()
    file.chmod(0o660)
    SqlStore(f"sqlite:///{file}").put("s", by_ref(SECRET), now=NOW)
    assert [mode(path) for path in (folder, file, Path(f"{file}-wal"))] == [0o770, 0o660, 0o660]


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite://"])
def test_k6_in_memory_nothing_is_written(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqlStore(url)
    store.put("s", by_ref(SECRET), now=NOW)
    store.purge(now=NOW)
    assert store.get("s", ref_of(SECRET), now=NOW) == SECRET
    assert list(tmp_path.iterdir()) == []


def test_k6_stores_in_memory_share_nothing() -> None:
    SqlStore("sqlite:///:memory:").put("s", by_ref("a"), now=NOW)
    with pytest.raises(RefNotFound):
        SqlStore("sqlite:///:memory:").get("s", ref_of("a"), now=NOW)


def in_files(folder: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.iterdir())


def test_k6_what_somebody_deletes_is_overwritten(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'originals.db'}")
    store.put("s", by_ref(SECRET, "tiny secret"), now=NOW)
    store.put("t", by_ref("another's"), now=NOW)
    store.record("s", b"l", "fit", "outcome secret", now=NOW)
    store.journal("s", ["k"], "exchange secret", now=NOW)
    secrets = ("battery staple", "tiny secret", "outcome secret", "exchange secret", ref_of(SECRET))
    assert [in_files(tmp_path, secret) for secret in secrets] == [True] * 5
    store.delete_scope("s")
    assert [in_files(tmp_path, secret) for secret in secrets] == [False] * 5
    assert store.get("t", ref_of("another's"), now=NOW) == "another's"


def test_k6_a_purge_gives_the_space_back(tmp_path: Path) -> None:
    file = tmp_path / "originals.db"
    store = SqlStore(f"sqlite:///{file}")
    store.put("s", by_ref(*(f"{number} {SECRET}" for number in range(100))), now=NOW)
    store.put("s", by_ref("kept"), now=NOW + DAY)
    assert store.purge(now=NOW + 7.5 * DAY) == 100
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 200_000
    assert not in_files(tmp_path, "battery staple")
    assert store.get("s", ref_of("kept"), now=NOW + 7.5 * DAY) == "kept"


def test_k7_the_file_does_not_say_whose_data_it_holds(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'originals.db'}")
    store.put("a tenant's name", by_ref("a"), now=NOW)
    store.journal("a tenant's name", ["a signature"], "b", now=NOW)
    store.close()
    assert not in_files(tmp_path, "tenant")
    assert not in_files(tmp_path, "signature")
