"""Spans in raw JSON, splicing, and the scan that remembers."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.wire.remembered import Remembered
from headroom.wire.splice import (
    Value,
    appended,
    decode_value,
    document,
    dumps,
    items,
    literal,
    members,
    replaced,
    skip_value,
    splice,
    walked,
)
from tests.wire.bodies import TEXTS, spelt

SEEDS = st.integers(0, 2**32)
VALUES = SEEDS.map(lambda seed: any_value(Random(seed)))
OBJECTS = SEEDS.map(lambda seed: _object(Random(seed), 3))
LISTS = SEEDS.map(lambda seed: _list(Random(seed), 3))


def any_value(rng: Random, depth: int = 3) -> Any:
    """Return some JSON value; hypothesis chooses the seed alone, which keeps an example cheap."""
    kind = rng.randrange(6 if depth else 4)
    if kind < 4:
        return (
            rng.choice([None, True, False]),
            rng.randrange(-9, 2**70),
            rng.choice(TEXTS),
            rng.choice([0.5, -1e300]),
        )[kind]
    return _list(rng, depth) if kind == 4 else _object(rng, depth)


def _object(rng: Random, depth: int) -> dict[str, Any]:
    return {rng.choice(TEXTS) + str(n): any_value(rng, depth - 1) for n in range(rng.randrange(5))}


def _list(rng: Random, depth: int) -> list[Any]:
    return [any_value(rng, depth - 1) for _ in range(rng.randrange(6))]


@given(value=OBJECTS, seed=SEEDS)
def test_every_member_is_found_where_it_stands(value: dict[str, Any], seed: int) -> None:
    raw = spelt(value, Random(seed))
    text = walked(raw)
    found = document(text)
    assert list(value.items()) == [(key, member.value) for key, member in found.items()]
    for member in found.values():
        assert member.value == json.loads(literal(text, member.start, member.end))
        assert member.value == json.loads(raw[member.start : member.end])


@given(value=LISTS, seed=SEEDS, after=st.sampled_from(["", " ", "]", ",x"]))
def test_every_item_is_found_where_it_stands(value: list[Any], seed: int, after: str) -> None:
    text = walked(spelt(value, Random(seed)))
    found, end = items(text + after, 0)
    assert end == len(text)
    assert value == [item.value for item in found]
    assert [(item.start, item.end) for item in found] == [(at, to) for at, to, _ in items(text, 0, skip_value)[0]]


@given(value=OBJECTS, new=VALUES, seed=SEEDS)
def test_splicing_changes_the_values_and_no_other_byte(value: dict[str, Any], new: Any, seed: int) -> None:
    rng = Random(seed)
    raw = spelt(value, rng)
    found = document(walked(raw))
    chosen = [key for key in found if rng.random() < 0.5]
    edits = [(found[key].start, found[key].end, dumps(new)) for key in chosen]
    rng.shuffle(edits)
    written = splice(raw, edits)
    assert {key: new if key in chosen else said for key, said in value.items()} == json.loads(written)
    again = document(walked(written))
    assert raw == splice(written, [(again[k].start, again[k].end, _text(raw, found[k])) for k in chosen])


@given(value=LISTS, seed=SEEDS, data=st.data())
def test_items_are_replaced_taken_out_and_added(value: list[Any], seed: int, data: st.DataObject) -> None:
    raw = spelt(value, Random(seed))
    array = Value(0, *reversed(items(walked(raw), 0)))
    new = data.draw(st.dictionaries(st.integers(0, 5), st.lists(VALUES, max_size=2), max_size=4))
    written = splice(raw, replaced(array, {index: [dumps(one) for one in texts] for index, texts in new.items()}))
    assert [one for index, old in enumerate(value) for one in new.get(index, [old])] == json.loads(written)
    assert [*value, *value] == json.loads(splice(raw, appended(array, [dumps(one) for one in value])))


@given(value=VALUES)
def test_dumped_json_is_valid_utf8_and_reads_back(value: Any) -> None:
    assert value == json.loads(dumps(value).encode("utf-8"))


@given(raw=st.binary(max_size=40), edits=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=3))
def test_any_bytes_survive(raw: bytes, edits: list[tuple[int, int]]) -> None:
    spans = [(start, start + length) for start, length in edits]
    text = walked(raw)
    assert raw == literal(text, 0, len(text)).encode("utf-8", "surrogateescape")
    kept = [(start, end, literal(text, start, end)) for start, end in spans if end <= len(raw)]
    if any(a[1] > b[0] for a, b in zip(sorted(kept), sorted(kept)[1:], strict=False)):
        with pytest.raises(ValueError, match="overlap"):
            splice(raw, kept)
    else:
        assert raw == splice(raw, kept)


@given(values=LISTS, seed=SEEDS, small=st.booleans())
def test_a_remembered_value_is_the_one_that_stands_there(values: list[Any], seed: int, small: bool) -> None:
    rng = Random(seed)
    scan = Remembered(decode_value, max_bytes=400 if small else 1 << 20)
    for _ in range(3):
        text = walked(b",".join(spelt(rng.choice([*values, {}]), rng) for _ in range(3)))
        assert items(f"[{text}]", 0) == items(f"[{text}]", 0, scan)


def test_what_is_known_is_not_scanned_again() -> None:
    scanned: list[int] = []

    def count(text: str, start: int) -> tuple[Any, int]:
        scanned.append(start)
        return decode_value(text, start)

    scan = Remembered(count, max_bytes=1 << 20)
    head = '{"a":"' + "x" * 400
    assert [scan(head + end, 0)[0]["a"][400:] for end in ('1"}', '2"}', '1"}', '2"}')] == ["1", "2", "1", "2"]
    assert scanned == [0, 0]
    assert scan(f"[{head}1" + '"},7]', 1) == ({"a": "x" * 400 + "1"}, len(head) + 4)
    assert scanned == [0, 0]


def test_a_number_is_never_remembered() -> None:
    """A number has no closing bracket: 1 is how 12 begins."""
    scan = Remembered(decode_value, max_bytes=1 << 20)
    digits = "1" * 300
    assert [scan(digits, 0), scan(digits + "2", 0)] == [(int(digits), 300), (int(digits + "2"), 301)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[",
        "{1:2}",
        '{"a"}',
        '{"a":}',
        '{"a":1',
        '{"a":1,',
        '{"a":1,}',
        '{"a":1 "b":2}',
        '{"a":1]',
        '{"a":1}{',
        '{"a":1,"a":2}',
        '{"a":\x0b1}',
        '"a',
        "{'a':1}",
        '{"a":tru}',
        '{"\\ud8":1}',
        '{"a":"\n"}',
    ],
)
def test_what_is_no_object_raises_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\(char [0-9]+\)"):
        document(text)


@pytest.mark.parametrize("text", ["", "[", "[1", "[1,", "[1,]", "[1 2]", "[1}", "{}", "[,]"])
def test_what_is_no_array_raises_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\(char [0-9]+\)"):
        items(text, 0)


def test_a_scan_of_its_own_reads_one_key() -> None:
    found, end = members('{"a": [1, 2], "b": 3} tail', 0, scans={"a": items})
    assert end == 21
    assert found["a"] == Value(6, 12, [Value(7, 8, 1), Value(10, 11, 2)])
    assert found["b"] == Value(19, 20, 3)


def _text(raw: bytes, value: Value) -> str:
    return raw[value.start : value.end].decode("utf-8")
