from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import json_path, tokens
from headroom.errors import ConfigError
from headroom.slices import ANSWER_TOKENS, cut

LINES = "\n".join(f"line {n} of the source" for n in range(1, 401))
ROWS = json.dumps([{"id": n, "name": f"user-{n}", "score": n * 1.5} for n in range(300)])


@pytest.mark.parametrize(
    ("spec", "numbers"),
    [
        ("10-12", [10, 11, 12]),
        ("10:12", [10, 11, 12]),
        ("7", [7]),
        ("399-", [399, 400]),
        ("-2", [399, 400]),
        ("1,3-4", [1, 3, 4]),
        ("398-9999", [398, 399, 400]),
        (" 5 - 6 ", [5, 6]),
    ],
)
def test_lines_are_counted_from_one_and_include_both_ends(spec: str, numbers: list[int]) -> None:
    shown = [f"{n}: line {n} of the source" for n in numbers]
    assert cut(LINES, lines=spec) == "\n".join([f"{len(numbers)} of 400 lines:", *shown])


@given(st.text(max_size=300))
def test_all_is_the_exact_original(original: str) -> None:
    assert cut(original, lines="all") == original


@given(st.text(max_size=400), st.text(max_size=20))
def test_a_search_never_raises_and_shows_source_only(original: str, query: str) -> None:
    assert cut(original, query=query) is not None


@pytest.mark.parametrize("spec", ["x", "1-2-3", "9999", "5-3", "-", ","])
def test_a_bad_range_says_how_to_write_one(spec: str) -> None:
    with pytest.raises(ConfigError, match="lines"):
        cut(LINES, lines=spec)


def test_nothing_asked_of_a_small_original_returns_it() -> None:
    assert cut("short\ntext") == "short\ntext"


def test_nothing_asked_of_a_large_original_returns_its_outline_within_the_size() -> None:
    answer = cut(LINES)
    assert answer.startswith("3,5") or "400 lines" in answer
    assert '"all"' in answer
    assert tokens.count(answer) <= ANSWER_TOKENS + 60


def test_a_query_finds_the_line_and_stays_small() -> None:
    source = LINES.replace("line 250 of", "line 250 TIMEOUT of")
    answer = cut(source, query="timeout")
    assert answer == "1 of 1 matches in 400 lines:\n250: line 250 TIMEOUT of the source"


def test_a_query_over_json_finds_items_verbatim() -> None:
    answer = cut(ROWS, query="user-217")
    assert '$[217] {"id": 217, "name": "user-217", "score": 325.5}' in answer.split("\n")
    assert tokens.count(answer) <= ANSWER_TOKENS + 20


def test_f7_a_query_that_matches_nothing_says_so_gives_the_outline_and_names_the_call_for_everything() -> None:
    answer = cut(ROWS, query="zebra")
    assert answer.startswith("Nothing matches 'zebra'.")
    assert 'lines="all"' in answer
    assert "JSON array of 300 items" in answer


def test_one_long_line_is_shown_round_the_match() -> None:
    source = "a" * 5_000 + " needle " + "b" * 5_000
    answer = cut(source, query="needle")
    assert "needle" in answer
    assert "characters]" in answer
    assert tokens.count(answer) <= ANSWER_TOKENS


DOCUMENT = (
    '{"items": [{"n": 1.0, "odd key": "x"}, {"n": 1e5}, {"n": 12345678901234567890}], "empty": [], "a": {"b": null}}'
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.items[0].n", "1.0"),
        ("$.items[2].n", "12345678901234567890"),
        ("$.items[-1]", '{"n": 12345678901234567890}'),
        ("$.items[0]['odd key']", '"x"'),
        ("$.items[*].n", "1.0\n1e5\n12345678901234567890"),
        ("$.items[1:3].n", "1e5\n12345678901234567890"),
        ("items[1].n", "1e5"),
        ("$.a.b", "null"),
        ("$", DOCUMENT),
        ("$.empty", "[]"),
        ("$.items.1.n", "1e5"),
    ],
)
def test_a_path_gives_the_sources_own_characters(path: str, value: str) -> None:
    assert json_path.select(DOCUMENT, path) == value


@pytest.mark.parametrize(
    "path",
    [
        "$.nothing",
        "$.items[9]",
        "$..x",
        "$[",
        "$.items[0].n.x",
        "$.empty[0]",
        "$.items[-:]",
        "$.items[" + "9" * 5000 + "]",
    ],
)
def test_a_path_that_leads_nowhere_says_so(path: str) -> None:
    with pytest.raises(ConfigError, match="path"):
        json_path.select(DOCUMENT, path)


def test_a_path_into_prose_says_what_to_ask_for_instead() -> None:
    with pytest.raises(ConfigError, match="not JSON"):
        json_path.select("hello", "$.a")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=4), v, max_size=4),
        max_leaves=12,
    ),
    st.text("$.[]*:ab01'\"-", max_size=12),
)
def test_any_path_into_any_json_gives_a_value_or_a_clear_error(value: object, path: str) -> None:
    text = json.dumps(value, indent=1)
    try:
        found = json_path.select(text, path)
    except ConfigError:
        return
    assert found == "" or all(part in text for part in found.split("\n"))


def test_a_query_finds_a_whole_row_of_the_one_large_list_wherever_it_stands() -> None:
    rows = [{"key": f"k-{n}", "note": f"{n} " + "word " * 90, "value": n * 31} for n in range(60)]
    document = json.dumps({"page": 1, "result": {"total": 60, "rows": rows}}, indent=1)
    answer = cut(document, query="k-41")
    assert answer.startswith("1 of 1 matches in 60 items:\n$.result.rows[41] {")
    assert '"value": 1271' in answer


def test_a_query_over_a_keyed_object_names_the_key() -> None:
    document = json.dumps({f"user {n}": {"mail": f"u{n}@x.y", "age": n} for n in range(200)})
    assert (
        cut(document, query="u73@x.y")
        == "1 of 1 matches in 200 items:\n$['user 73'] " + '{"mail": "u73@x.y", "age": 73}'
    )
    assert cut(document, path="$['user 73'].age") == "73"


def test_json_lines_are_a_list_of_their_values() -> None:
    lines = "\n".join(json.dumps({"id": n, "user": f"u{n}"}) for n in range(300))
    assert json_path.select(lines, "$[7].user") == '"u7"'
    assert cut(lines, query="u241") == '1 of 1 matches in 300 items:\n$[241] {"id": 241, "user": "u241"}'
    assert "300 JSON lines" in cut(lines)


def test_prose_that_begins_like_json_is_prose() -> None:
    assert cut("12 monkeys\nand more", query="monkeys") == "1 of 1 matches in 2 lines:\n1: 12 monkeys"
