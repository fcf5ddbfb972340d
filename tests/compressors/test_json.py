"""Laws of the JSON compressor, a table of what it does, and regressions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.json import JsonCompressor, decode
from headroom.compressors.json_outline import encode
from headroom.compressors.json_values import NotJson, parse
from headroom.content import Block, LeftOut, Shrunk
from headroom.testing.compressors import CompressorTests
from headroom.tokens import count

json_compressor = JsonCompressor()

TRICKY = [
    "", " ", "a", "b c", " x", "x ", "null", "true", "1", "-0", "1.0", "1e5", "a,b", "a|b", "=", "*1", "#", "(item)",
    "(key)", "{", "[", '"', "\\", "\n", "\r", "\t", "a.b", "a[0]", "0", "a:string", "a=1", ";", "é", "漢", "\u2028", "\x7f",
    "\ud83d", "[2 rows as CSV]", "{2 rows as CSV}", "[1 of 2 rows as CSV]", "…[5 characters left out]…",
    "long text that recurs in many a row", "long text, with a comma, that recurs in many a row",
]  # fmt: skip
strings = st.one_of(st.sampled_from(TRICKY), st.text(max_size=6))
numbers = st.sampled_from(["0", "-0", "1", "2", "1.0", "62.50", "1e5", "-1E+2", "123456789012345678901234567890"])
scalars = st.one_of(st.just("null"), st.booleans().map(json.dumps), strings.map(json.dumps), numbers)


def _list(items: list[str]) -> str:
    return "[" + ", ".join(items) + "]"


def _object(items: dict[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in items.items()) + "}"


values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(_list), st.dictionaries(strings, inner, max_size=4).map(_object)
    ),
    max_leaves=8,
)


@st.composite
def tables(draw: st.DrawFn) -> list[str]:
    """Draw rows that have much in common, and some that have not."""
    keys = draw(st.lists(st.sampled_from(["id", "a", "b", "a.b", "", '"', "x y", "#", "(key)"]), unique=True, max_size=4))
    columns = {key: draw(st.lists(values, min_size=1, max_size=3)) for key in keys}
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        row = {key: draw(st.sampled_from(column)) for key, column in columns.items() if draw(st.integers(0, 9))}
        rows.append(_object(row))
    rows = rows * draw(st.sampled_from([1, 1, 5]))
    odd = draw(st.lists(values, max_size=2))
    return rows + odd if draw(st.booleans()) else rows


documents = st.one_of(
    tables().map(_list),
    tables().map(lambda rows: "\n".join(row for row in rows if row[0] in "{[")).filter(str.strip),
    tables().map(lambda rows: _object({f"k{n}": row for n, row in enumerate(rows)})),
    st.tuples(tables(), tables()).map(lambda both: _object({"a": _list(both[0]), "total": "2", "b": _list(both[1])})),
    values,
    st.tuples(tables().map(_list)).map(lambda one: f"Found these:\n{one[0]}\n"),
)


def rows_of(number: int, **more: Any) -> list[dict[str, Any]]:
    """Return ordinary rows, all alike."""
    return [{"id": n, "level": "INFO", "ms": 20 + n % 7, "host": f"ip-{n % 3}", **more} for n in range(number)]


def shrink(value: object, target: int | None = None, query: str = "") -> Shrunk:
    """Shrink and verify; the text is indented as tools indent."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2)
    shrunk = json_compressor.invoke(Block(text), target_tokens=target, query=query)
    assert shrunk is not None
    return shrunk


class TestLaws(CompressorTests):
    compressor = json_compressor

    def blocks(self) -> st.SearchStrategy[str]:
        return documents

    def samples(self) -> list[str]:
        table = json.dumps([*rows_of(300), {"id": 300, "level": "FATAL", "why": "refused"}])
        return [*super().samples(), table, json.dumps({"a": [1, 2.50, "x"] * 50}), "\n".join(map(json.dumps, rows_of(40)))]


@given(documents)
def test_what_is_encoded_decodes_to_the_same_value(text: str) -> None:
    try:
        document = parse(text)
    except NotJson:
        return
    assert document.minified() == decode(encode(document)).minified()


@given(documents)
def test_every_table_decodes_even_where_it_would_not_pay(text: str) -> None:
    try:
        document = parse(text)
    except NotJson:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headroom.compressors.json_outline.cheaper", lambda text, other: True)
        encoded = encode(document)
    assert document.minified() == decode(encoded).minified()
