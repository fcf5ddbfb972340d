"""What the store costs per call: originals of 20 KB, one process, µs.

    python benchmarks/store.py [--count 2000]

The row "sqlite3" is the floor: the same row written and read by the bare driver.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from headroom.marker import ref_of
from headroom.store.sql import SqlStore

NOW = 1_700_000_000.0
SIZE = 20_480


def text_of(number: int) -> str:
    words = random.Random(number).choices(
        ["error", "GET /v1/items", "200", "12 ms", "worker-7", "ok", "retry"], k=SIZE // 4
    )
    return f"{number} {' '.join(words)}"[:SIZE]


def times(calls: Iterable[Callable[[], object]]) -> list[float]:
    taken = []
    for call in calls:
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1e6)
    return sorted(taken)


def measure_store(url: str, texts: dict[str, str]) -> dict[str, list[float]]:
    store = SqlStore(url)
    store.put("warm", {ref_of("warm"): "warm"}, now=NOW)
    refs, lineages = list(texts), [number.to_bytes(16, "big") for number in range(400)]
    tens = [{ref: texts[ref] for ref in refs[start : start + 10]} for start in range(0, len(refs), 10)]
    found = {
        "put, new": times(partial(store.put, "a", {ref: texts[ref]}, now=NOW) for ref in refs),
        "put of ten, new": times(partial(store.put, "b", ten, now=NOW) for ten in tens),
        "put, again": times(partial(store.put, "a", {ref: texts[ref]}, now=NOW + 1) for ref in refs),
        "get": times(partial(store.get, "a", ref, now=NOW) for ref in refs),
        "get by 12 digits": times(partial(store.get, "a", ref[:12], now=NOW) for ref in refs),
        "touch of 50, not due": times(lambda: store.touch("a", refs[-50:], now=NOW + 60) for _ in refs),
        "record, new": times(partial(store.record, "a", x, "fit", "1", now=NOW) for x in lineages),
        "recorded of 400": times(lambda: store.recorded("a", lineages) for _ in range(100)),
        "has_journal": times(lambda: store.has_journal("a") for _ in refs),
        "purge, nothing due": times(lambda: store.purge(now=NOW) for _ in range(5)),
    }
    store.close()
    return found


def measure_floor(file: Path, texts: dict[str, str]) -> dict[str, list[float]]:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("CREATE TABLE entries (ref TEXT PRIMARY KEY, text BLOB)")

    def put(ref: str) -> None:
        connection.execute("INSERT INTO entries VALUES (?, ?)", (ref, texts[ref].encode()))

    def get(ref: str) -> bool:
        row = connection.execute("SELECT text FROM entries WHERE ref = ?", (ref,)).fetchone()
        return ref_of(row[0].decode()) == ref

    found = {
        "put, new": times(partial(put, ref) for ref in texts),
        "get": times(partial(get, ref) for ref in texts),
    }
    connection.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2_000, help="how many originals")
    texts = {ref_of(text): text for text in map(text_of, range(parser.parse_args().count))}
    table = Table(
        "store",
        "call",
        "p50 µs",
        "mean µs",
        "p99 µs",
        title=f"{len(texts):,} originals of {SIZE:,} bytes, {os.cpu_count()} cores",
    )
    with tempfile.TemporaryDirectory() as folder:
        measured = {
            "SQLite file": measure_store(f"sqlite:///{folder}/originals.db", texts),
            "in memory": measure_store("sqlite:///:memory:", texts),
            "sqlite3": measure_floor(Path(folder) / "floor.db", texts),
        }
    for name, rows in measured.items():
        for call, taken in rows.items():
            at = (taken[len(taken) // 2], statistics.fmean(taken), taken[len(taken) * 99 // 100])
            table.add_row(name, call, *(f"{value:,.0f}" for value in at))
    Console().print(table)


if __name__ == "__main__":
    main()
