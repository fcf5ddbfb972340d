"""One database and many processes: what one has put, every other gets, however the first one ended."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headroom.errors import RefNotFound
from headroom.marker import normal_ref, ref_of
from headroom.store.sql import SqlStore
from headroom.testing.store_machine import NOW, by_ref

MINUTE = 60.0

PREAMBLE = """
import os, sys
from headroom.errors import RefNotFound
from headroom.marker import ref_of
from headroom.store.sql import SqlStore
store = SqlStore(sys.argv[1])
NOW = 1_700_000_000.0
"""


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(code: str, *arguments: str) -> str:
    process = child(code, *arguments)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    return out


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'originals.db'}"


def text_of(number: int) -> str:
    return f"original {number}\n" * 2_000


def test_what_put_returned_for_survives_kill_9(url: str) -> None:
    """While the log is in the middle of a checkpoint, too: a few hundred puts go through several."""
    process = child(
        """
number = 0
while True:
    text = f"original {number}\\n" * 2_000
    store.put("s", {ref_of(text): text}, now=NOW)
    print(number, flush=True)
    number += 1
""",
        url,
    )
    assert process.stdout is not None
    printed = [process.stdout.readline() for _ in range(300)]
    process.send_signal(signal.SIGKILL)
    printed += process.stdout.readlines()
    process.communicate()
    numbers = [int(line) for line in printed if line.endswith("\n")]
    store = SqlStore(url)
    assert len(numbers) >= 300
    assert all(store.get("s", ref_of(text_of(number)), now=NOW) == text_of(number) for number in numbers)
    store.close()


def test_f4_retrieve_after_a_restart_from_a_second_process_after_45_idle_minutes(url: str) -> None:
    store = SqlStore(url)
    store.put("s", by_ref("original"), now=NOW)
    get = "print(store.get('s', sys.argv[2], now=NOW + 45 * 60))"
    assert run(get, url, ref_of("original")) == "original\n"  # beside us
    store.close()
    assert run(get, url, ref_of("original")) == "original\n"  # after us
    assert SqlStore(url).get("s", ref_of("original"), now=NOW + 45 * MINUTE) == "original"


def test_f2_refs_as_models_write_them_resolve(url: str) -> None:
    store = SqlStore(url)
    store.put("s", by_ref("original"), now=NOW)
    ref = ref_of("original")
    for written in (ref, ref.upper(), ref[:12], ref[:12].upper(), f"ref={ref}.", f"{ref} (the log)", f"`{ref[:16]}`"):
        assert store.get("s", normal_ref(written), now=NOW) == "original"


def test_k5_another_process_in_another_scope_gets_nothing(url: str) -> None:
    SqlStore(url).put("mine", by_ref("original"), now=NOW)
    code = """
try:
    store.get("theirs", sys.argv[2], now=NOW)
except RefNotFound as error:
    print(error.why)
"""
    assert run(code, url, ref_of("original")) == "unknown\n"


@pytest.mark.slow
def test_processes_that_start_and_write_at_once_do_not_get_in_each_others_way(url: str) -> None:
    """Making the file, switching it to WAL and making the tables are races of their own."""
    code = """
for number in range(25):
    texts = [f"{sys.argv[2]} {number} {part} " * 500 for part in range(3)]
    store.put("s", {ref_of(text): text for text in texts}, now=NOW)
    store.record("s", bytes([number]), "fit", sys.argv[2], now=NOW)
    store.journal("s", ["k"], f"{sys.argv[2]} {number}", now=NOW)
    for text in texts:
        assert store.get("s", ref_of(text), now=NOW) == text
store.close()
"""
    processes = [child(code, url, str(name)) for name in range(4)]
    ends = [process.communicate(timeout=100) for process in processes]
    assert ends == [("", "")] * 4
    store = SqlStore(url)
    assert len(store.recorded("s", [bytes([number]) for number in range(25)])) == 25
    assert len(store.journalled("s", ["k"])["k"]) == 4 * 25
    assert store.delete_scope("s") == 4 * 25 * 3


def test_the_first_of_two_processes_wins(url: str) -> None:
    store = SqlStore(url)
    record = "print(store.record('s', b'l', 'fit', sys.argv[2], now=NOW))"
    assert run(record, url, "theirs") == "theirs\n"
    assert store.record("s", b"l", "fit", "ours", now=NOW) == "theirs"


def test_what_another_process_deleted_is_put_again(url: str) -> None:
    """What this process remembers of its writes never stands in for a look."""
    store = SqlStore(url)
    store.put("s", by_ref("original"), now=NOW)
    run("store.delete_scope('s')", url)
    store.put("s", by_ref("original"), now=NOW)
    assert store.get("s", ref_of("original"), now=NOW) == "original"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("locked", [False, True], ids=["idle", "in the middle of a write"])
def test_a_forked_child_opens_the_database_for_itself(url: str, locked: bool) -> None:
    code = """
from contextlib import nullcontext
store.put("s", {ref_of("parent"): "parent"}, now=NOW)
with store._database._holding(store._database._turns) if sys.argv[2] else nullcontext():
    child = os.fork()
if child == 0:
    assert store.get("s", ref_of("parent"), now=NOW) == "parent"
    store.put("s", {ref_of("child"): "child"}, now=NOW)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(store.get("s", ref_of("child"), now=NOW))
"""
    if locked:
        code = code.replace(
            "    child = os.fork()\n",
            "    child = os.fork()\n    if child == 0: store.put('s', {ref_of('x'): 'x'}, now=NOW)\n",
        )
    assert run(code, url, "locked" if locked else "") == "child\n"


def test_a_pickled_store_is_the_same_place(url: str) -> None:
    store = SqlStore(url, retention_days=1, store_bytes=1 << 20)
    store.put("s", by_ref("original"), now=NOW)
    again = pickle.loads(pickle.dumps(store))
    assert again.get("s", ref_of("original"), now=NOW) == "original"
    with pytest.raises(RefNotFound, match="no longer kept"):
        again.get("s", ref_of("original"), now=NOW + 2 * 86_400)


def test_a_copy_of_a_store_is_that_store() -> None:
    """Frameworks deep-copy the models that hold us; what is in memory must not be lost on the way."""
    store = SqlStore("sqlite:///:memory:")
    assert (copy.copy(store), copy.deepcopy(store)) == (store, store)


def test_a_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqlStore("sqlite:///originals.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.put("s", by_ref("a"), now=NOW)
    assert (tmp_path / "originals.db").exists()
    store.close()
