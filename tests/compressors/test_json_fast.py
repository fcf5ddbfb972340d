"""What is done to a whole column, or to all lines, at once says the same as what is done to each."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.json_cells import Cells, encode_all, encode_column, encoder, literals, reads_as_literal
from headroom.compressors.json_columns import ColumnFacts
from headroom.compressors.json_evidence import _ERROR, _lines_with, _may_fail
from headroom.compressors.json_values import NotJsonError, Number, Value, parse, same, write

STRINGS = st.text(alphabet=' ,|"{[*=\n\x01aé0-1', max_size=4) | st.sampled_from(["null", "true", "12", "1e5", "0x"])
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.sampled_from("ab1") | st.sampled_from("12").map(Number),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(STRINGS, min_size=1, max_size=6), st.sampled_from(",|"), st.booleans())
def test_a_column_of_strings_is_written_as_each_of_them(strings: list[str], separator: str, text: bool) -> None:
    cells = encode_all(strings, separator=separator, text=text)
    assert cells == list(map(encoder(separator, text=text), strings))
    assert cells.counts == Cells(list(cells)).counts
    assert list(cells.counts) == list(dict.fromkeys(cells))


@given(st.lists(STRINGS | st.none() | st.booleans() | st.sampled_from("12").map(Number), min_size=1, max_size=6))
def test_a_column_of_any_values_is_written_as_each_of_them(values: list[Value]) -> None:
    cells, text = encode_column(values, set(map(type, values)), ",")
    encode = encoder(",", text=text)
    written = [encode(value) if type(value) is str else write(value) for value in values]
    assert written == cells
    assert list(cells.counts) == list(dict.fromkeys(cells))


@given(st.lists(STRINGS, max_size=6))
def test_literals_are_those_that_read_as_such(strings: list[str]) -> None:
    assert sorted(filter(reads_as_literal, strings)) == sorted(literals(strings))


@given(VALUES, VALUES)
def test_values_are_the_same_if_they_are_written_the_same(one: Value, other: Value) -> None:
    assert (write(one) == write(other)) == same(one, other)
    assert same(one, parse(f"[{write(one)}]").values[0][0])  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a":1}\n{"b":2}\n{"c":3}\n', 3),
        ('{"a":1}\r\n{"b":2}\r\n', 2),
        ('{"a":1}\n{"b":2}\n\n{"c":3}', 3),
        ('{"a":1}{"b":2}\n{"c":3}', 3),
        ('{"a":1}\n{"b":\n2}\n[1\n,\n2]', 3),
    ],
)
def test_json_lines_are_read_however_they_lie(text: str, values: int) -> None:
    assert len(parse(text).values) == values


@pytest.mark.parametrize("rest", ['{"b":2},{"c":3}', '{"b":2},', "1", '{"b":NaN}', '{"b":2,"b":3}', "[1],[2]"])
def test_what_stands_between_json_lines_is_not_passed_over(rest: str) -> None:
    with pytest.raises(NotJsonError):
        parse(f'{{"a":1}}\n{rest}')


@given(st.lists(st.text(alphabet="09afz -é", min_size=1, max_size=14), min_size=1, max_size=5, unique=True))
def test_forms_have_a_sign_for_each_number(texts: list[str]) -> None:
    number = re.compile("[0-9a-f]{8,}|[0-9]+")
    forms = ColumnFacts("text", texts).forms
    assert {text: number.sub("#", re.sub("[0-9]", "0", text)) for text in texts} == forms


@given(st.lists(st.text(alphabet="failFAIL timeokK\u0131\u0130\u017f\u212a", max_size=12), max_size=5))
def test_every_text_that_speaks_of_a_failure_is_searched(texts: list[str]) -> None:
    assert list(filter(_ERROR.search, texts)) == list(filter(_ERROR.search, _may_fail(texts)))


@given(
    st.lists(st.text(alphabet="ab1- ", max_size=8), min_size=1, max_size=5), st.sampled_from(["a", "ab", "1", "a-b"])
)
def test_lines_with_a_word_are_found(lines: list[str], word: str) -> None:
    bounded = re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])")
    assert [n for n, line in enumerate(lines) if bounded.search(line)] == list(_lines_with("\n".join(lines), word))
