"""JSON text that takes less room: nothing but white space goes, and what is cut says how much it was."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headroom import slices
from headroom.json_dense import dense, shortened
from headroom.tokens import count

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(alphabet='ab "\\[]{},:\n', max_size=6))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=3), inner, max_size=4)),
    max_leaves=12,
)


@given(values, st.sampled_from([None, 1, 4]))
def test_without_white_space_it_is_the_minified_text(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    assert json.dumps(value, separators=(",", ":"), ensure_ascii=False) == dense(text)


@given(values, st.integers(0, 60))
def test_what_is_shortened_fits_or_is_none(value: Any, size: int) -> None:
    text = dense(json.dumps(value, ensure_ascii=False))
    short = shortened(text, lambda shown: len(shown) <= size)
    assert short is None or len(short) <= size


def test_long_lists_go_before_what_lies_deepest() -> None:
    value = {
        "id": "m5",
        "cores": list(range(40)),
        "net": {"cards": [{"index": 0, "speed": "25 Gigabit"}], "efa": False},
    }
    text = dense(json.dumps(value))
    assert shortened(text, lambda shown: len(shown) < 110) == (
        '{"id":"m5","cores":[0,1,2,…37 more],"net":{"cards":[{"index":0,"speed":"25 Gigabit"}],"efa":false}}'
    )
    assert shortened(text, lambda shown: len(shown) < 90) == (
        '{"id":"m5","cores":[0,1,2,…37 more],"net":{"cards":[{…2 keys}],"efa":false}}'
    )


def test_what_is_to_stay_is_not_cut() -> None:
    text = dense(json.dumps({"a": {"x": "needle", "y": list(range(9))}, "b": {"x": 1, "y": 2, "z": list(range(9))}}))
    short = shortened(text, lambda shown: len(shown) < 60, keeps=lambda inner: "needle" in inner)
    assert short is not None
    assert "needle" in short


def test_a_row_that_is_too_long_only_for_its_white_space_comes_whole() -> None:
    rows = [{"name": f"m{n}.large", **{f"key_{k}": {"value": k, "unit": "GiB"} for k in range(30)}} for n in range(60)]
    text = json.dumps({"items": rows}, indent=8)
    answer = slices.cut(text, query="m17.large")
    assert '"key_29":{"value":29,"unit":"GiB"}' in answer
    assert "$.items[17] (without white space) {" in answer
    assert count(answer) <= slices.ANSWER_TOKENS


def test_of_a_row_that_is_too_long_anyway_what_lies_deep_is_cut() -> None:
    deep = {f"key_{k}": {"value": k, "unit": "GiB", "more": {"a": k, "b": [k, k]}} for k in range(30)}
    rows = [{"name": f"m{n}.large", "deep": deep, "state": f"state-{n}"} for n in range(60)]
    answer = slices.cut(json.dumps({"items": rows}, indent=8), query="m17.large")
    assert '"state":"state-17"' in answer
    assert "(without white space, what lies deep cut)" in answer
    assert count(answer) <= slices.ANSWER_TOKENS
