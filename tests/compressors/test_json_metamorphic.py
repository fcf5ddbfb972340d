"""What a selection of rows shows does not depend on names, wording, scale or order, nor on how much is ordinary."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compressors.json import JsonCompressor
from headroom.content import Block

compressor = JsonCompressor()
Row = dict[str, Any]
Rows = list[Row]

TARGET = 700
KINDS = ["outlier", "rare category", "error", "other form", "other shape"]
WORDS = {"served": "geliefert", "bytes to client": "Byte an Kunden", "leader moved": "Leiter gewechselt"}
"""The error stays: what a failure is called is known in English."""


def table(seed: int, size: int) -> tuple[Rows, dict[str, Row]]:
    """Return ordinary rows with one of each kind planted among them, and those by their kind."""
    dice = random.Random(seed)
    rows: Rows = [
        {
            "n": 7_000 + number,
            "ms": dice.randrange(20, 61),
            "state": dice.choice(["ok", "ok", "late"]),
            "note": f"served {dice.randrange(10, 99)} bytes to client",
        }
        for number in range(size)
    ]
    places = dice.sample(range(2, size - 2), len(KINDS))
    planted = {kind: rows[place] for kind, place in zip(KINDS, places, strict=True)}
    planted["outlier"]["ms"] = dice.randrange(4_000, 90_000)
    planted["rare category"]["state"] = "lost"
    planted["error"]["note"] = "Connection refused by 10.0.0.9"
    planted["other form"]["note"] = "leader moved to shard-4"
    planted["other shape"]["more"] = 1
    return rows, planted


def shown(rows: Rows, target: int = TARGET) -> list[int]:
    """Return the places of the rows that are shown."""
    shrunk = compressor.invoke(Block(json.dumps(rows)), target_tokens=target)
    assert shrunk is not None
    assert not shrunk.lossless
    return [int(line.split(",")[0]) for line in shrunk.text.split("\n") if line[:1].isdigit()]


def missing(rows: Rows, planted: dict[str, Row]) -> set[str]:
    """Return the kinds of rows that are not shown, those at the ends included."""
    places = set(shown(rows))
    ends = {"first": 0, "last": len(rows) - 1}
    where = ends | {kind: next(n for n, row in enumerate(rows) if row is one) for kind, one in planted.items()}
    return {kind for kind, place in where.items() if place not in places}


def _in_place(rows: Rows, change: Callable[[Row], Row]) -> Rows:
    for row in rows:
        changed = change(row)
        row.clear()
        row.update(changed)
    return rows


def _shuffled_keys(rows: Rows, dice: random.Random) -> Rows:
    keys = [*rows[0], "more"]
    dice.shuffle(keys)
    return _in_place(rows, lambda row: {key: row[key] for key in keys if key in row})


def _renamed(rows: Rows, dice: random.Random) -> Rows:
    names = {key: f"{dice.choice('uvwxyz')}{dice.randrange(10**6)}{key}" for key in [*rows[0], "more"]}
    return _in_place(rows, lambda row: {names[key]: value for key, value in row.items()})


def _translated(rows: Rows, dice: random.Random) -> Rows:
    def change(row: Row) -> Row:
        for word, other in WORDS.items():
            row["note"] = row["note"].replace(word, other)
        return dict(row)

    return _in_place(rows, change)


def _scaled(rows: Rows, dice: random.Random) -> Rows:
    factor = dice.choice([3, 1_000, 0.001, -1])
    return _in_place(rows, lambda row: row | {"ms": round(row["ms"] * factor, 6)})


def _moved(rows: Rows, dice: random.Random) -> Rows:
    by = dice.choice([-10_000, 5, 1_000_000])
    return _in_place(rows, lambda row: row | {"ms": row["ms"] + by})


def _permuted(rows: Rows, dice: random.Random) -> Rows:
    dice.shuffle(rows)
    return rows


CHANGES: dict[str, Callable[[Rows, random.Random], Rows]] = {
    "none": lambda rows, _: rows,
    "shuffled keys": _shuffled_keys,
    "renamed fields": _renamed,
    "translated messages": _translated,
    "scaled numbers": _scaled,
    "moved numbers": _moved,
    "permuted rows": _permuted,
}

# Each example lays out hundreds of rows, which takes some 20 ms.
few = settings(max_examples=min(25, settings().max_examples // 4))


@few
@pytest.mark.parametrize("change", CHANGES)
@given(seed=st.integers(0, 10**6), size=st.integers(150, 400))
def test_a_changed_table_shows_the_same_kinds_of_rows(change: str, seed: int, size: int) -> None:
    rows, planted = table(seed, size)
    changed = CHANGES[change](rows, random.Random(seed))
    assert missing(changed, planted) == set()


@few
@given(seed=st.integers(0, 10**6), more=st.integers(0, 1_500))
def test_an_anomaly_is_never_displaced_by_more_ordinary_rows(seed: int, more: int) -> None:
    rows, planted = table(seed, 200 + more)
    assert missing(rows, planted) == set()


@few
@pytest.mark.parametrize("change", sorted(set(CHANGES) - {"permuted rows"}))
@given(seed=st.integers(0, 10**6), size=st.integers(150, 400))
def test_a_change_of_level_is_shown_whatever_the_table_looks_like(change: str, seed: int, size: int) -> None:
    rows, _ = table(seed, size)
    place = random.Random(seed).randrange(size // 3, 2 * size // 3)
    for row in rows[place:]:
        row["ms"] += 500
    places = shown(CHANGES[change](rows, random.Random(seed)))
    # An outlier a row or two before the change is taken for its first row.
    assert any(abs(one - place) <= 3 for one in places)


def alike(seed: int, size: int) -> Rows:
    """Return rows that differ in id, time and the numbers of a text only, but for one column of three values."""
    dice = random.Random(seed)
    return [
        {
            "id": f"req-{dice.randrange(10**9)}",
            "at": f"2026-03-{1 + n % 28:02}T{n % 24:02}:00:{dice.randrange(60):02}Z",
            "user": f"team {n % 3}",
            "note": f"copied {dice.randrange(900)} files to s3://store/{n}",
        }
        for n in range(size)
    ]


def test_rows_that_are_alike_stand_once_with_their_count() -> None:
    shrunk = compressor.invoke(Block(json.dumps(alike(0, 300))), target_tokens=2_000)
    assert shrunk is not None
    first, summary, header, *rows = shrunk.text.split("\n")
    assert first == "[3 of 300 rows as CSV. # is the row's index from 0]"
    assert "; rows alike but for id, at, note: #0 and 99 more, #" in summary
    assert header == "#,id,at,user,note"
    assert {row.split(",")[3] for row in rows} == {"team 0", "team 1", "team 2"}
    more = [int(number) for number in re.findall("and ([0-9]+) more", summary)]
    assert len(rows) + sum(more) == 300


@few
@given(seed=st.integers(0, 10**6), size=st.integers(100, 600))
def test_what_is_alike_hides_nothing_that_is_not(seed: int, size: int) -> None:
    rows = alike(seed, size)
    places = random.Random(seed).sample(range(1, size - 1), 4)
    rows[places[0]]["user"] = "team 9"
    rows[places[1]]["note"] = "disk quota exceeded"
    rows[places[2]]["id"] = "root"
    rows[places[3]]["retries"] = 3
    assert {0, size - 1, *places} <= set(shown(rows))


def test_names_are_not_taken_for_ids() -> None:
    dice = random.Random(1)
    rows = [{"name": "".join(dice.choices("abcdefgh", k=9)), "kind": "file"} for _ in range(400)]
    assert len(shown(rows, target=600)) > 40


def test_rows_that_the_query_names_stand_beside_those_they_are_like() -> None:
    rows = alike(5, 300)
    shrunk = compressor.invoke(Block(json.dumps(rows)), target_tokens=400, query=f"what became of {rows[123]['id']}?")
    assert shrunk is not None
    assert rows[123]["id"] in shrunk.text
