"""Laws of the JSON compressor, a table of what it does, and regressions."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.json import JsonCompressor, decode
from headroom.compressors.json_costs import exceeds, roughly
from headroom.compressors.json_explain import explain
from headroom.compressors.json_outline import encode
from headroom.compressors.json_values import NotJsonError, parse
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError
from headroom.testing.compressors import CompressorTests
from headroom.tokens import count

compressor = JsonCompressor()

TRICKY = [
    "", " ", "a", "b c", " x", "x ", "null", "true", "1", "-0", "1.0", "1e5", "a,b", "a|b", "=", "*1", "#", "(item)",
    "(key)", "{", "[", '"', "\\", "\n", "\r", "\t", "a.b", "a[0]", "0", "a:string", "a=1", ";", "é", "漢", "\u2028", "\x7f",
    "\ud83d", "[2 rows as CSV]", "{2 rows as CSV}", "[1 of 2 rows as CSV]", "…[5 characters left out]…",
    "long text that recurs in many a row", "long text, with a comma, that recurs in many a row",
]  # fmt: skip
NUMBERS = ["0", "-0", "1", "2", "1.0", "62.50", "1e5", "-1E+2", "123456789012345678901234567890"]


class Documents:
    """Makes JSON texts from a seed: much faster than drawing every value, so that many are tried."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def scalar(self) -> str:
        kind = self.random.randrange(5)
        return (
            "null" if kind == 0
            else self.random.choice(["true", "false"]) if kind == 1
            else self.random.choice(NUMBERS) if kind == 2
            else json.dumps(self.random.choice(TRICKY))
        )  # fmt: skip

    def value(self, depth: int = 0) -> str:
        kind = self.random.randrange(8)
        if kind < 5 or depth > 2:
            return self.scalar()
        items = [self.value(depth + 1) for _ in range(self.random.randrange(5))]
        if kind == 5:
            return _list(items)
        if kind == 6:
            return _list(self.rows(depth + 2, self.random.randrange(5)))
        keys = self.random.sample(TRICKY, len(items))
        return _object(dict(zip(keys, items, strict=True)))

    def rows(self, depth: int = 0, most: int = 12) -> list[str]:
        """Rows that have much in common, and some that have not."""
        keys = self.random.sample(["id", "a", "b", "a.b", "", '"', "x y", "#", "(key)"], self.random.randrange(1, 5))
        columns = {key: [self.value(depth + 1) for _ in range(self.random.randrange(1, 4))] for key in keys}
        absent = self.random.choice([0, 0, 8])
        rows = []
        for number in range(most):
            row = {k: self.random.choice(c) for k, c in columns.items() if self.random.randrange(10) >= absent / 4}
            if number and not self.random.randrange(9):
                row = dict(reversed(row.items()))
            rows.append(_object(row))
        if not self.random.randrange(4):
            rows.insert(self.random.randrange(len(rows) + 1), self.value(depth + 1))
        return rows * self.random.choice([1, 1, 4]) if not depth else rows

    def document(self) -> str:
        kind = self.random.randrange(8)
        rows = self.rows(most=self.random.randrange(1, 14))
        if kind < 3:
            return _list(rows)
        if kind == 3:
            return "\n".join(row for row in rows if row[0] in "{[")
        if kind == 4:
            return _object({f"k{number}": row for number, row in enumerate(rows)})
        if kind == 5:
            return _object({"a": _list(rows), "total": "2", "b": _list(self.rows())})
        if kind == 6:
            return f"Found these:\n{_list(rows)}\n"
        return _list([self.scalar() for _ in range(self.random.randrange(200))])


def _list(items: list[str]) -> str:
    return "[" + ", ".join(items) + "]"


def _object(items: dict[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in items.items()) + "}"


documents = st.integers(0, 2**32 - 1).map(lambda seed: Documents(seed).document())

strings = st.one_of(st.sampled_from(TRICKY), st.text(max_size=4))
plain_rows = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from([0, 1, 1.5, None, True])},
        optional={
            "a": strings,
            "a.b": st.lists(strings, max_size=2),
            "c": st.dictionaries(strings, strings, max_size=2),
        },
    ),
    min_size=1,
    max_size=8,
)


class TestLaws(CompressorTests):
    compressor = compressor

    def blocks(self) -> st.SearchStrategy[str]:
        return documents

    def samples(self) -> list[str]:
        table = json.dumps([*ordinary(300), {"id": 300, "level": "FATAL", "why": "refused"}])
        others = [json.dumps({"a": [1, 2.50, "x"] * 50}), "\n".join(map(json.dumps, ordinary(40)))]
        return [*super().samples(), table, *others]


def round_trips(text: str) -> bool:
    try:
        document = parse(text)
    except NotJsonError:
        return True
    return document.equals(decode(encode(document)))


@given(documents)
def test_what_is_encoded_decodes_to_the_same_value(text: str) -> None:
    assert round_trips(text)


@given(documents)
def test_every_table_decodes_even_where_it_would_not_pay(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headroom.compressors.json_outline.cheaper", lambda text, other: True)
        assert round_trips(text)


def objects_of_mixed_shapes(seed: int) -> str:
    """Return objects by their keys, most of which say their key again, in a few shapes and orders, some of them rare."""
    chance = random.Random(seed)
    shapes = [chance.sample(["id", "kind", "n", "x"], chance.randrange(1, 5)) for _ in range(3)]
    keys = [*TRICKY, *"ghijklmnopqrstuv"]
    rows = {}
    for key in chance.sample(keys, chance.randrange(2, 41)):
        own = key if chance.randrange(40) else chance.choice(TRICKY)
        values = {"id": own, "kind": "same", "n": chance.choice(TRICKY), "x": None}
        rows[key] = {name: values[name] for name in chance.choice([shapes[0]] * 8 + shapes)}
    return json.dumps(rows)


@pytest.mark.parametrize("every", [False, True])
@given(text=st.integers(0, 2**32 - 1).map(objects_of_mixed_shapes))
def test_objects_of_mixed_shapes_decode_however_they_are_laid_out(text: str, every: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headroom.compressors.json_outline.cheaper", lambda text, other: True)
        patch.setattr("headroom.compressors.json_outline._FEW_ROWS", 99 if every else 0)
        patch.setattr("headroom.compressors.json_folds._SAME_CHARS", 0)
        assert round_trips(text)


def assert_at_once_as_each(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        shrunk = [compressor.shrink(Block(text), target_tokens=target) for target in (None, 20)]
        for module in ("outline", "excerpt"):
            patch.setattr(f"headroom.compressors.json_{module}.write_plain", lambda value, longest: None)
        assert shrunk == [compressor.shrink(Block(text), target_tokens=target) for target in (None, 20)]


@given(documents)
def test_values_written_at_once_are_written_as_each_of_them(text: str) -> None:
    assert_at_once_as_each(text)


@pytest.mark.parametrize("chars", [236, 238, 239, 240, 1_596, 1_598, 1_599, 1_700])
def test_long_values_among_plain_ones_are_cut_as_each_of_them(chars: int) -> None:
    value = {"a": ["x" * chars, "b", 1], "k" * chars: 2, "b": {"c": "y" * chars * 3}, "d": [1] * 300}
    assert_at_once_as_each(json.dumps(value))


@given(plain_rows)
def test_every_table_of_any_strings_decodes(rows: list[dict[str, Any]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headroom.compressors.json_outline.cheaper", lambda text, other: True)
        assert round_trips(json.dumps(rows))


def ordinary(number: int, **more: Any) -> list[dict[str, Any]]:
    """Return rows that are all alike."""
    return [{"id": n, "level": "INFO", "ms": 20 + n * 7 % 13, "host": f"ip-{n % 3}", **more} for n in range(number)]


def shrink(value: object, target: int | None = None, query: str = "") -> Shrunk:
    """Shrink and verify; the text is indented as tools indent."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2)
    shrunk = compressor.invoke(Block(text), target_tokens=target, query=query)
    assert shrunk is not None
    return shrunk


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param('{ "a" : 1.0, "b": [ ] }', '{"a":1.0,"b":[]}', id="minified"),
        pytest.param('[{"id": 1, "t": "x y"}, {"id": 2, "t": "z"}, {"id": 3, "t": "w"}, {"id": 4, "t": "1"}]',
                     '[4 rows as CSV]\nid,t\n1,x y\n2,z\n3,w\n4,"1"', id="a table"),
        pytest.param('[{"zip": "04103", "n": 1}, {"zip": "40205", "n": 2}, {"zip": "78750", "n": 3}, {"zip": "10001", "n": 4}]',
                     "[4 rows as CSV]\nzip:string,n\n04103,1\n40205,2\n78750,3\n10001,4", id="strings of digits"),
        pytest.param('[{"a": {"x": 1, "y": [1.5, 2]}}, {"a": {"x": 2, "y": [3, 4]}}, {"a": {"x": 3, "y": [5, 6]}}]',
                     "[3 rows as CSV]\na.(x,y[0],y[1])\n1,1.5,2\n2,3,4\n3,5,6", id="nested"),
        pytest.param('{"total": 3, "items": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}, {"id": 3, "name": "C"}]}',
                     '{"total":3,"items":[3 rows as CSV]}\nid,name\n1,A\n2,B\n3,C', id="inside an object"),
        pytest.param('{"x": {"cpu": 1, "mem": 2}, "y": {"cpu": 3, "mem": 4}, "z": {"cpu": 5, "mem": 6}}',
                     "{3 rows as CSV}\n(key),cpu,mem\nx,1,2\ny,3,4\nz,5,6", id="an object of objects"),
        pytest.param('{"id": 1, "name": "A"}\n{"id": 2, "name": "B"}\n{"id": 3, "name": "C"}\n',
                     "[3 JSON lines as CSV]\nid,name\n1,A\n2,B\n3,C", id="JSON lines"),
        pytest.param('Found 3 results:\n[{"id": 1, "name": "A"}, {"id": 2, "name": "B"}, {"id": 3, "name": "C"}]',
                     "Found 3 results:\n[3 rows as CSV]\nid,name\n1,A\n2,B\n3,C", id="behind a line of text"),
        pytest.param('{"note": "a\\u00e9\\ud83d", "n": 12345678901234567890123}',
                     '{"note":"aé\\ud83d","n":12345678901234567890123}', id="escapes"),
    ],
)  # fmt: skip
def test_the_lossless_form(source: str, expected: str) -> None:
    shrunk = shrink(source)
    assert expected == shrunk.text
    assert shrunk.lossless


def test_what_holds_for_every_row_stands_in_the_header() -> None:
    lines = shrink(ordinary(12, region="eu-1", tags=["a"])).text.split("\n")
    assert lines[0] == "[12 rows as CSV. name=value holds for every row]"
    assert lines[1] == 'id,level="INFO",ms,host,region="eu-1",tags[0]="a"'
    assert lines[2] == "0,20,ip-0"


def test_absent_is_not_null() -> None:
    rows = [{"id": n, "error": None, "note": "x"} for n in range(9)] + [
        {"id": 9, "note": "x"},
        {"id": 10, "error": None},
    ]
    lines = shrink(rows).text.split("\n")
    assert "9,,x" in lines
    assert "10,null" in lines


def test_a_row_of_another_shape_stands_whole() -> None:
    odd = {"level": "FATAL", "id": 20, "code": "PG-5523"}
    lines = shrink([*ordinary(20), odd]).text.split("\n")
    assert lines[-1] == '{"level":"FATAL","id":20,"code":"PG-5523"}'


def test_rows_that_share_a_value_stand_under_it() -> None:
    rows = [{"country": f"Country {n // 20}", "year": 1900 + n % 20, "n": n * n} for n in range(60)]
    lines = shrink(rows).text.split("\n")
    assert lines[1:4] == ["country=,year,n", "=Country 0", "1900,0"]


def test_a_long_value_that_recurs_is_listed_once() -> None:
    long = "All supported AWS regions except Asia Pacific (New Zealand), China (Beijing)"
    text = shrink([{"id": n, "regions": long if n % 3 else f"only one, {n}"} for n in range(30)]).text
    assert text.count(long) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}', '{"a": NaN}', '[1, 2', "[INFO] started", "plain text", '"a string"', "12", "", "{}x",
        '{"a": "raw \ud800 surrogate"}', "[" * 101 + "]" * 101, "text\n" * 200 + '{"a": 1}',
    ],
)  # fmt: skip
def test_what_cannot_be_given_back_is_left_alone(text: str) -> None:
    assert compressor.shrink(Block(text)) is None
    assert compressor.shrink(Block(text), target_tokens=1) is None


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ('{"a": 1}', True), ('\n [{"a": 1}]\n', True), ('{"a":1}\n{"a":2}\n', True), ("[]", True),
        ('2 hits\n[{"a": 1}]', True), ("[INFO] up", False), ("{ return x; }", False), ("a {b}", False), ("", False),
    ],
)  # fmt: skip
def test_detects_by_the_ends_of_a_text(text: str, sure: bool) -> None:
    assert sure == (compressor.detect(Block(text)) > 0)


def test_a_target_that_the_lossless_form_meets_leaves_nothing_out() -> None:
    assert shrink(ordinary(20), target=1_000).lossless


def test_the_headline() -> None:
    chance = random.Random(7)
    rows: list[dict[str, Any]] = [
        {
            "timestamp": f"2024-12-15T{n // 60:02d}:{n % 60:02d}:00Z",
            "level": "INFO",
            "service": chance.choice(["api-gateway", "user-service", "inventory", "auth", "payments"]),
            "message": f"Request processed successfully - latency={chance.randint(20, 90)}ms",
            "request_id": f"req-{n:06d}",
            "status_code": 200,
            "trace_id": f"{chance.getrandbits(64):016x}",
        }
        for n in range(100)
    ]
    fatal = {"error_code": "PG-5523", "resolution": "Increase max_connections to 500", "affected": 1847}
    rows[66] |= {"level": "FATAL", "message": "Connection pool exhausted", "status_code": 500, **fatal}
    text = json.dumps(rows, indent=2)
    shrunk = shrink(text, target=400)
    assert count(shrunk.text) < count(text) / 16
    assert all(fact in shrunk.text for fact in ("FATAL", "PG-5523", "Increase max_connections to 500", "1847"))
    assert (
        "all 100 rows: timestamp 2024-12-15T00:00:00Z to 2024-12-15T01:39:00Z; level INFO 99, FATAL 1;" in shrunk.text
    )
    assert shrunk.text.startswith("[3 of 100 rows as CSV. # is the row's index from 0.")
    assert shrunk.left_out == LeftOut(97, 100, "rows")


def _rename(row: dict[str, Any]) -> dict[str, Any]:
    return {f"f{number}": value for number, value in enumerate(row.values())}


NEEDLES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a rare category": lambda row: row | {"level": "GELB"},
    "an outlier": lambda row: row | {"ms": 97_531},
    "an error in words": lambda row: row | {"note": "Connection refused by 10.0.0.9"},
    "a text of another form": lambda row: row | {"note": "Verbindung getrennt"},
    "another shape": lambda row: {"id": row["id"], "only": "here"},
    "a number as text": lambda row: row | {"level": "INFO2"},
    "a lower status class": lambda row: row | {"status": 503},
}


@pytest.mark.parametrize("place", [1, 150, 397])
@pytest.mark.parametrize("kind", NEEDLES)
@pytest.mark.parametrize("change", [dict, _rename], ids=["as is", "renamed"])
def test_the_one_row_that_differs_is_kept(kind: str, place: int, change: Callable[..., dict[str, Any]]) -> None:
    rows = [row | {"status": 200, "note": f"served {row['id'] * 31 % 97} bytes to client"} for row in ordinary(400)]
    rows[place] = NEEDLES[kind](rows[place])
    shrunk = shrink([change(row) for row in rows], target=500)
    assert not shrunk.lossless
    assert any(line.startswith(f"{place},") for line in shrunk.text.split("\n"))


def test_an_error_is_known_by_its_value_not_by_its_key() -> None:
    rows = [row | {"error": None} for row in ordinary(400)]
    rows[222]["error"] = "disk quota exceeded"
    shrunk = shrink(rows, target=300)
    assert "222," in shrunk.text
    assert shrunk.left_out is not None
    assert shrunk.left_out.count > 350


def test_a_change_of_level_is_kept() -> None:
    rows = [{"id": n, "load": (10 if n < 237 else 14) + n * 7 % 5} for n in range(400)]
    lines = shrink(rows, target=200).text.split("\n")
    assert any(line.startswith("237,") for line in lines)


def test_rows_that_the_query_names_are_kept() -> None:
    rows = [{"user": f"u{n * 7919 % 1000:04d}", "city": f"city {n % 9}"} for n in range(400)]
    lines = shrink(rows, target=300, query="what do we know of U0323?").text.split("\n")
    assert any(",u0323," in line for line in lines)


def test_first_and_last_rows_are_kept() -> None:
    lines = shrink(ordinary(500), target=200).text.split("\n")
    assert lines[3].startswith("0,")
    assert lines[-1].startswith("499,")


def test_summaries_are_about_all_rows() -> None:
    rows = [{"id": n, "ms": n * 37 % 1009, "level": "warn" if n % 4 else "info"} for n in range(1000)]
    summary = shrink(rows, target=300).text.split("\n")[1]
    assert summary == "all 1000 rows: id 1000 distinct, 0 to 999; ms 0 to 1008, median 500; level warn 750, info 250"


def test_a_huge_list_of_scalars_says_how_many_stand_there() -> None:
    shrunk = shrink({"values": [n * 37 % 1009 for n in range(5_000)], "unit": "ms"}, target=300)
    assert shrunk.text.startswith('{"values":[')
    assert (
        ' of 5000 items as CSV. # is the row\'s index from 0],"unit":"ms"}\nall 5000 items: (item) 0 to 1008'
        in shrunk.text
    )
    assert shrunk.left_out is not None
    assert (shrunk.left_out.total, shrunk.left_out.unit) == (5_000, "items")


def test_a_long_string_keeps_head_and_tail_and_says_what_is_gone() -> None:
    body = " ".join(f"word{n}" for n in range(20_000))
    shrunk = shrink({"id": 7, "body": body}, target=400)
    shown = json.loads(shrunk.text)["body"]
    assert shown.startswith("word0 word1 ")
    assert shown.endswith(" word19998 word19999")
    assert shrunk.left_out is not None
    assert f"…[{shrunk.left_out.count} characters left out]…" in shown
    assert shrunk.left_out.total == len(body)


def test_a_number_is_no_string_in_the_accounts() -> None:
    block = Block('{"a": [1, 2, 3], "b": "long enough"}')
    with pytest.raises(CompressionError, match="json/4"):
        compressor.verify(block, Shrunk('{"a":["1",2,3],"b":"long enough"}', "json/4"))
    with pytest.raises(CompressionError, match="json/4"):
        compressor.verify(block, Shrunk('{"a":[1,2,3],"b":"long enough"}', "json/4", LeftOut(1, 3, "rows")))


def test_many_rows_with_one_reason_do_not_crowd_out_another() -> None:
    rows = [row | {"state": "failed" if row["id"] % 30 == 7 else "ok"} for row in ordinary(3_000)]
    rows[1234]["ms"] = 99_999
    shrunk = shrink(rows, target=600)
    assert any(line.startswith("1234,") for line in shrunk.text.split("\n"))
    assert count(shrunk.text) < 1_300


def test_g1_a_list_of_120_strings_is_complete_or_says_how_many_are_left_out() -> None:
    value = {"slugs": [f"some-long-article-slug-{n * 7919 % 1000}" for n in range(120)], "total": 120}
    assert decode(shrink(value).text).values == parse(json.dumps(value)).values
    shrunk = shrink(value, target=200)
    assert shrunk.left_out is not None
    assert f"[{120 - shrunk.left_out.count} of 120 items as CSV" in shrunk.text


@pytest.mark.parametrize(
    "value", [{"a": {"b": {}}}, ["x", ""], [1.50, 2, -0.0], [1, "1", None, True, {}, []], [[], {}]]
)
def test_g2_lossless_is_lossless_for_every_kind_of_list(value: object) -> None:
    text = json.dumps(value, indent=4)
    assert decode(shrink(text).text).equals(parse(text))


@pytest.mark.parametrize("rows", range(3, 9))
def test_g3_no_field_of_a_small_document_is_removed(rows: int) -> None:
    value = {"items": [{"id": n, "name": f"item {n}", "error": None, "tags": []} for n in range(rows)], "next": None}
    shrunk = shrink(value, target=400)
    assert shrunk.lossless
    assert decode(shrunk.text).equals(parse(json.dumps(value)))


def test_g9_no_word_of_a_kept_text_is_dropped() -> None:
    words = "The quick brown fox did not jump over the lazy dog, as it was asked. " * 12 + "So."
    shrunk = shrink([row | {"text": f"{row['id']}: {words}"} for row in ordinary(60)], target=700)
    cells = [
        json.loads(line[line.index('"') :]) for line in shrunk.text.split("\n") if '"' in line[3:] and line[0].isdigit()
    ]
    assert len(cells) > 10
    for cell in cells:
        head, gap, tail = re.split(r"…\[([0-9]+) characters left out\]…", cell)
        whole = f"{head.partition(':')[0]}: {words}"
        assert (head, tail) == (whole[: len(head)], whole[len(head) + int(gap) :])


def test_g10_a_text_that_cannot_shrink_stays() -> None:
    assert compressor.shrink(Block('{"a":1}')) is None


def test_g12_an_output_is_not_shrunk_again() -> None:
    shrunk = shrink([*ordinary(400), {"id": 400, "level": "FATAL"}], target=300)
    assert compressor.shrink(Block(shrunk.text), target_tokens=300) is None


@pytest.mark.parametrize(
    ("corpus", "most"), [("aws_moto", 0.36), ("vega_json", 0.40), ("tau_env", 0.70), ("issues_swebench", 0.95)]
)
def test_real_documents_without_loss(corpus: str, most: float, shared: Any) -> None:
    shares = []
    for line in (shared / "data" / "C" / "dev" / f"{corpus}.jsonl").read_text(encoding="utf-8").split("\n"):
        if line:
            text = json.loads(line)["json"]
            shares.append(count(shrink(text).text) / count(text))
    assert sum(shares) / len(shares) <= most


def test_an_estimate_of_tokens_is_near_and_exact_for_short_texts() -> None:
    lines = "\n".join(f"{n},2024-05-{n % 28 + 1:02d}T10:00:00Z,customer-{n * 7919 % 5000},paid" for n in range(2_000))
    assert roughly(lines[:3_000]) == count(lines[:3_000])
    assert abs(roughly(lines) - count(lines)) * 10 < count(lines)
    size = count(lines)
    assert exceeds(lines, size - 1)
    assert not exceeds(lines, size)


@pytest.mark.parametrize("text", ['{"a": "x\\": y", "a": 1}', '{"a" : 1, "b": {"c": 2, "c" : 3}}', '[{"a":1,"a":2}]'])
def test_a_doubled_key_is_seen_whatever_stands_round_it(text: str) -> None:
    with pytest.raises(NotJsonError, match="the same key twice"):
        parse(text)


def test_a_string_that_looks_like_the_end_of_a_key_is_no_key() -> None:
    text = '{"a": "x\\":y", "b": "\\" :"}'
    assert parse(text).values == [{"a": 'x":y', "b": '" :'}]


def test_invoke_is_shrink_and_verify() -> None:
    block = Block(json.dumps(ordinary(300), indent=1))
    shrunk = compressor.shrink(block, target_tokens=300)
    assert shrunk is not None
    compressor.verify(block, shrunk)
    assert shrunk == compressor.invoke(block, target_tokens=300)


def test_rows_that_are_hardly_alike_stand_with_shorter_texts() -> None:
    chance = random.Random(5)

    def words(number: int) -> str:
        return " ".join(chance.choice(["the", "disk", "queue", "was", "slow", "again", "today"]) for _ in range(number))

    issues = [{"id": f"issue-{n * 7919 % 1000}", "commit": f"{n * 7919:040x}", "body": words(400)} for n in range(25)]
    shrunk = shrink(issues, target=1_500)
    assert all(issue["id"] in shrunk.text and issue["commit"] in shrunk.text for issue in issues)
    assert shrunk.left_out is not None
    assert shrunk.left_out.unit == "characters"
    assert count(shrunk.text) < 3_000


def test_one_row_of_another_value_is_no_change_of_state() -> None:
    rows = [
        {"id": n, "state": "down" if n == 200 else "up" if n < 300 else "idle", "x": n * 37 % 101} for n in range(400)
    ]
    lines = shrink(rows, target=200).text.split("\n")
    shown = {line.split(",")[0] for line in lines}
    assert {"200", "300"} <= shown
    assert "201" not in shown


def _kinds(rows: list[dict[str, Any]], target: int = 700) -> set[int]:
    """Return the ids of the rows shown, whatever order they have and whatever their keys are."""
    text = shrink(rows, target=target).text
    numbers = [int(line.split(",")[0]) for line in text.split("\n") if line[:1].isdigit()]
    return {json.loads(json.dumps(rows[n]))["n"] for n in numbers if "n" in rows[n]} or set(numbers)


CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "shuffled keys": lambda row: dict(sorted(row.items(), key=lambda item: item[0][::-1])),
    "renamed fields": lambda row: {key if key == "n" else f"k{place}": row[key] for place, key in enumerate(row)},
    "scaled numbers": lambda row: {k: v * 1_000 if isinstance(v, int) and k != "n" else v for k, v in row.items()},
    "translated texts": lambda row: {
        k: v.replace("served", "geliefert").replace("bytes to client", "Byte an Kunden") if isinstance(v, str) else v
        for k, v in row.items()
    },
}


def planted() -> list[dict[str, Any]]:
    rows = [
        {"n": n, "ms": 20 + n * 37 % 41, "state": "ok", "note": f"served {n * 31 % 97} bytes to client"}
        for n in range(400)
    ]
    rows[77]["ms"] = 9_000
    rows[155]["state"] = "lost"
    rows[233]["note"] = "Connection refused by 10.0.0.9"
    rows[311]["more"] = 1
    return rows


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_kinds_of_rows_are_kept_of_changed_rows(change: str) -> None:
    assert {77, 155, 233, 311} <= _kinds([CHANGES[change](row) for row in planted()])


def test_the_same_kinds_of_rows_are_kept_of_permuted_rows() -> None:
    rows = planted()
    random.Random(3).shuffle(rows)
    assert {77, 155, 233, 311} <= _kinds(rows)


@pytest.mark.parametrize("more", [0, 600, 3_600])
def test_an_anomaly_is_never_displaced_by_more_ordinary_rows(more: int) -> None:
    rows = planted() + [
        {"n": n, "ms": 20 + n * 37 % 41, "state": "ok", "note": f"served {n * 31 % 97} bytes to client"}
        for n in range(400, 400 + more)
    ]
    assert {77, 155, 233, 311} <= _kinds(rows)


def test_explains_columns_roles_and_rows() -> None:
    rows = planted()
    block = Block(json.dumps({"total": 400, "rows": rows}))
    shrunk = compressor.invoke(block, target_tokens=400)
    assert shrunk is not None
    lines = explain(block, shrunk.text)
    assert lines[0].endswith(" of 400 rows are shown")
    assert "  n (id): 400 distinct, 0 to 399" in lines
    assert "  state (enum): ok 399, lost 1" in lines
    assert "  row 0: the first row" in lines
    assert "  row 77: ms: outlier 9000" in lines
    assert "  row 155: state: rare lost; state: becomes lost" in lines
    assert any(line.startswith("  row 233: note: error Connection refused") for line in lines)
    numbers = [int(line.split(",")[0]) for line in shrunk.text.split("\n") if line[:1].isdigit()]
    assert numbers == [int(line.split(":")[0].removeprefix("  row ")) for line in lines if line.startswith("  row ")]


def test_explains_nothing_of_a_lossless_form() -> None:
    block = Block(json.dumps(ordinary(9)))
    assert explain(block, shrink(ordinary(9)).text) == []


def _cut_off(form: str) -> str:
    rows = ordinary(100)
    if form == "lines":
        return "\n".join(map(json.dumps, rows))[:-5]
    text = json.dumps(rows, indent=2)[:-30]
    return {"list": text, "noted": f"{text}... [truncated]", "led": f"Found 100:\n{text}"}[form]


@pytest.mark.parametrize("form", ["list", "lines", "noted", "led"])
@pytest.mark.parametrize("target", [None, 200])
def test_of_json_that_is_cut_off_the_whole_items_are_a_table(form: str, target: int | None) -> None:
    text = _cut_off(form)
    assert compressor.detect(Block(text)) > 0
    shrunk = compressor.invoke(Block(text), target_tokens=target)
    assert shrunk is not None
    assert (target is None) == shrunk.lossless
    _, cut, rest = shrunk.text.partition("\n[cut off in the source, which goes on:]\n")
    assert cut
    assert text.endswith(rest)
    if target is None:
        whole = decode(shrunk.text)
        assert whole.rest == rest
        assert json.loads(json.dumps(whole.root))[0]["level"] == "INFO"
        assert len(whole.values if form == "lines" else whole.values[0]) == 99  # type: ignore[arg-type]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("target", [None, 200])
@pytest.mark.parametrize(
    ("keys", "inside"), [(["items"], ' inside "items"'), (["data", "a.b"], ' inside "data"."a.b"')], ids=["one", "two"]
)
def test_a_list_that_is_cut_off_inside_an_object_is_a_table(
    keys: list[str], inside: str, target: int | None, indent: int | None
) -> None:
    document: Any = ordinary(100)
    for key in reversed(keys):
        document = {"total": 100, key: document}
    text = json.dumps(document, indent=indent)
    text = text[: text.rindex('"level"')]
    shrunk = compressor.invoke(Block(text), target_tokens=target)
    assert shrunk is not None
    assert (target is None) == shrunk.lossless
    assert shrunk.text.startswith('{"total":100,')
    _, cut, rest = shrunk.text.partition(f"\n[cut off in the source{inside}, which goes on:]\n")
    assert cut
    assert text.endswith(rest)
    if target is None:
        found = decode(shrunk.text).root
        for key in keys:
            assert isinstance(found, dict)
            found = found[key]
        assert isinstance(found, list)
        assert len(found) == 99


def test_an_object_that_is_cut_off_behind_its_list_says_so() -> None:
    text = json.dumps({"items": ordinary(50), "next": "page-2"})[:-4]
    shrunk = compressor.invoke(Block(text))
    assert shrunk is not None
    assert shrunk.text.endswith('\n[cut off in the source, which goes on:]\n, "next": "page')


def test_a_list_without_its_bracket_is_said_to_be_cut_off() -> None:
    shrunk = compressor.invoke(Block(json.dumps(ordinary(50))[:-1]))
    assert shrunk is not None
    assert shrunk.text.endswith("\n[cut off in the source, which goes on:]\n")


def test_a_number_that_is_cut_off_is_not_taken_for_a_whole_one() -> None:
    text = json.dumps({"items": ordinary(50), "total": 1234})[:-2]
    shrunk = compressor.invoke(Block(text))
    assert shrunk is not None
    assert shrunk.text.endswith(', "total": 123')


def test_what_stands_behind_the_whole_items_is_compared() -> None:
    block = Block(_cut_off("list"))
    shrunk = compressor.shrink(block)
    assert shrunk is not None
    with pytest.raises(CompressionError, match="begin or end"):
        compressor.verify(block, Shrunk(shrunk.text + "x", shrunk.recipe))


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2}, {"a"', '{"a": [1, 2, 3', '[{"a": 1},' * 3, '{"a": 1}\nDone.'])
def test_with_few_whole_items_a_cut_text_is_left_to_others(text: str) -> None:
    assert compressor.shrink(Block(text)) is None


@given(st.integers(0, 10_000), st.floats(0.5, 1), st.sampled_from([None, 20]))
def test_wherever_a_text_is_cut_off_its_form_accounts_for_all_of_it(
    seed: int, share: float, target: int | None
) -> None:
    documents = Documents(seed)
    rows = _list(documents.rows(2, 12))
    text = f'{{"a": {{"b": {rows}}}, "c": [1, 2]}}' if seed % 2 else rows
    text = text[: int(len(text) * share)]
    shrunk = compressor.invoke(Block(text), target_tokens=target)
    if shrunk is not None and shrunk.lossless and "cut off" in shrunk.text:
        rest = decode(shrunk.text).rest
        assert rest is not None
        assert text.endswith(rest)


FLIGHT = {"from": "ATL", "to": "LGA", "seats": {"basic": 8, "economy": 9, "business": 16}, "status": "available"}


def flight(number: int) -> dict[str, Any]:
    """Return one of many objects that are alike."""
    return FLIGHT | {"number": f"HAT{number:03d}", "seats": {"basic": number, "economy": 9 + number, "business": 16}}


def test_lists_of_like_objects_share_one_table() -> None:
    lists = [[flight(2 * n), flight(2 * n + 1)] for n in range(4)]
    lines = shrink(lists).text.split("\n")
    assert lines[0] == "[4 lists of 2 rows as CSV. name=value holds for every row]"
    assert lines[1] == 'from="ATL",to="LGA",seats.(basic,economy,business=16),status="available",number'
    assert lines[2:4] == ["0,9,HAT000", "1,10,HAT001"]
    assert len(lines) == 2 + 8


def test_lists_of_like_objects_in_several_places_share_one_table() -> None:
    value = {"out": [flight(1), flight(2)], "page": 1, "back": [flight(3)], "later": {"more": [flight(4), flight(5)]}}
    lines = shrink(value).text.split("\n")
    assert lines[0] == (
        '{"out":[2 rows as CSV. name=value holds for every row],"page":1,"back":[next row],"later":{"more":[next 2 rows]}}'
    )
    assert len(lines) == 2 + 5


def test_rows_that_go_on_in_an_older_table_name_it() -> None:
    people = [{"first_name": f"Ann {n}", "last_name": f"Li {n}", "born": f"1990-04-{n:02d}"} for n in range(10, 16)]
    value = [{"f": [flight(n), flight(n + 1)], "p": people[n : n + 2]} for n in range(4)]
    text = shrink({"trips": {"a": value[0], "n": 1, "b": value[1], "m": [value[2], 2, value[3]]}}).text
    assert "[next 2 rows of table 1]" in text
    assert "[next 2 rows]" in text


@given(st.integers(0, 2**32 - 1))
def test_whatever_shares_a_table_decodes(seed: int) -> None:
    made = Documents(seed)
    lists = [_list(made.rows(2, made.random.randrange(1, 4))) for _ in range(made.random.randrange(2, 6))]
    places = [f'"k{n}": {rows}' for n, rows in enumerate(lists)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headroom.compressors.json_pools._pays", lambda place, lists, alone: True)
        patch.setattr("headroom.compressors.json_table.worth_lifting", lambda spreads, whole: True)
        patch.setattr("headroom.compressors.json_folds._SAME_CHARS", 0)
        patch.setattr("headroom.compressors.json_outline.cheaper", lambda text, other: True)
        assert round_trips("{" + ", ".join(places) + "}")
        assert round_trips(_list(lists))


@pytest.mark.parametrize(
    "text",
    ["[next 2 rows]", '{"a":[next row]}', '{"a":[2 rows as CSV],"b":[next 2 rows of table 2]}\nid\n1\n2\n3\n4',
     '{"a":{2 rows as CSV},"b":[next row]}\n(key),id\nx,1\ny,2\nz,3'],
)  # fmt: skip
def test_rows_that_go_on_nowhere_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no table|place|value|[Nn]ot"):
        decode(text)


def test_a_column_that_repeats_another_stands_once() -> None:
    cards = {f"gift_card_{n * 7919 % 10_000}": {"amount": n, "kind": "gift"} for n in range(9)}
    value = {key: {**card, "id": key} for key, card in cards.items()}
    lines = shrink(value).text.split("\n")
    assert lines[1] == '(key),amount,kind="gift",id=(key)'
    rows = [
        {"name": f"volume-{n * 7919 % 10_000}", "size": n, "label": f"volume-{n * 7919 % 10_000}"} for n in range(9)
    ]
    lines = shrink(rows).text.split("\n")
    assert lines[0] == "[9 rows as CSV. name=(other) is the same as other]"
    assert lines[1] == "name,size,label=(name)"
    shrunk = shrink(rows * 30, target=200)
    assert ",label=(name)" in shrunk.text


def test_a_key_that_one_of_few_rows_has_is_a_column_where_that_costs_less() -> None:
    gifts = {f"gift_{n * 7919}": {"source": "gift", "amount": 10 + n, "id": f"gift_{n * 7919}"} for n in range(4)}
    card = {"source": "card", "brand": "visa", "last_four": "0725", "id": "card_98"}
    assert shrink({"card_98": card, **gifts}).text == (
        "{5 rows as CSV. empty: no such key}\n(key),source,brand,last_four,amount,id=(key)\n"
        "card_98,card,visa,0725\ngift_0,gift,,,10\ngift_7919,gift,,,11\ngift_15838,gift,,,12\ngift_23757,gift,,,13"
    )


def test_a_row_that_stands_whole_hinders_no_fold_of_the_others() -> None:
    rows: dict[str, Any] = {
        f"item_{n * 7919}": {"n": n, "status": "available", "id": f"item_{n * 7919}"} for n in range(40)
    }
    rows["item_x"] = {"id": "item_x", "note": "withdrawn", "since": "May", "why": "unsafe", "n": 7}
    lines = shrink(rows).text.split("\n")
    assert lines[0].startswith("{41 rows as CSV. name=value holds for every row not in braces")
    assert lines[1:3] == ['(key),n,status="available",id=(key)', "item_0,0"]
    assert lines[-1] == 'item_x,{"id":"item_x","note":"withdrawn","since":"May","why":"unsafe","n":7}'
    assert ",id=(key)\n0,item_0,0\n" in shrink(rows, target=150).text


@pytest.mark.parametrize("other", [7, "item_1", None])
def test_a_column_that_differs_from_the_keys_once_stands_there(other: object) -> None:
    rows: dict[str, Any] = {f"item_{n}": {"n": n, "id": f"item_{n}"} for n in range(40)}
    rows["item_9"]["id"] = other
    rows["item_x"] = {"id": "item_x", "odd": True}
    assert shrink(rows).text.split("\n")[1] == "(key),n,id"


def test_names_with_signs_of_a_group_come_back() -> None:
    rows = [{"a b)": {"x(": n, "y)": n + 1, ".(": 2, "z": {"q)": n, "r": [n, {"s": 1, "t": n}]}}} for n in range(9)]
    assert decode(shrink(rows).text).equals(parse(json.dumps(rows)))


def test_an_outlier_inside_its_group_is_kept() -> None:
    rows = [
        {"id": n, "plan": ["free", "team", "business"][n % 3], "price": [10, 100, 1_000][n % 3] + n * 37 % 7}
        for n in range(600)
    ]
    rows[200]["price"] = 103
    assert rows[200]["plan"] == "business"
    lines = shrink(rows, target=250).text.split("\n")
    assert any(line.startswith("200,") for line in lines)


def test_of_a_text_that_is_cut_the_part_that_the_query_names_is_shown() -> None:
    body = " ".join(f"word{n}" for n in range(2_000))
    value = {"id": 7, "body": body.replace("word1234", "the valve K-17 leaked")}
    shrunk = shrink(value, target=400, query="what about valve K-17?")
    shown = json.loads(shrunk.text)["body"]
    assert "the valve K-17 leaked" in shown
    assert shown.startswith("word0 ")
    assert shown.endswith(" word1999")
    assert shown.count("characters left out]…") == 2
    assert shrunk.left_out is not None
    assert shrunk.left_out.count == sum(map(int, re.findall(r"…\[([0-9]+) characters", shown)))
    with pytest.raises(CompressionError):
        compressor.verify(
            Block(json.dumps(value)), Shrunk(shrunk.text.replace("leaked", "burnt!"), "json/4", shrunk.left_out)
        )


def _edges(number: int) -> object:
    nodes = [
        {"cursor": f"c{n:04d}", "node": {"id": f"U{n * 7919 % 1000:03d}", "name": f"user {n}", "team": {"id": n % 3}}}
        for n in range(number)
    ]
    return {"data": {"users": {"pageInfo": {"hasNextPage": True, "endCursor": "x"}, "edges": nodes}}}


def _geojson(number: int) -> object:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"name": f"stop {n}", "lines": n % 4},
             "geometry": {"type": "Point", "coordinates": [13.4 + n / 100, 52.5 - n / 100]}}
            for n in range(number)
        ],
    }  # fmt: skip


def _pods(number: int) -> object:
    return {
        "apiVersion": "v1", "kind": "List",
        "items": [
            {"metadata": {"name": f"web-{n * 7919 % 1000:03d}", "namespace": "prod", "labels": {"app": "web", "tier": "front"}},
             "spec": {"containers": [{"name": "web", "image": "web:1.2", "ports": [{"containerPort": 80}]}]},
             "status": {"phase": "Running" if n != 17 else "CrashLoopBackOff", "restarts": 0 if n != 17 else 97}}
            for n in range(number)
        ],
    }  # fmt: skip


def _reservations(number: int) -> object:
    instances = [
        [
            {"InstanceId": f"i-{n:08x}{k}", "State": {"Code": 16, "Name": "running"}, "Type": "m5.large"}
            for k in range(2)
        ]
        for n in range(number)
    ]
    return {
        "Reservations": [
            {"ReservationId": f"r-{n:06d}", "OwnerId": "123456789012", "Instances": found}
            for n, found in enumerate(instances)
        ]
    }


def _map(number: int) -> object:
    return {
        "packages": {
            f"node_modules/p{n * 7919 % 1000}": {"version": f"{n % 5}.{n % 7}.0", "dev": n % 2 == 0, "license": "MIT"}
            for n in range(number)
        }
    }


NESTED = {"GraphQL edges": _edges, "GeoJSON": _geojson, "Kubernetes": _pods, "AWS": _reservations, "a keyed map": _map}


@pytest.mark.parametrize("kind", NESTED)
def test_nested_documents_beat_white_space_out(kind: str) -> None:
    value = NESTED[kind](40)
    minified = json.dumps(value, separators=(",", ":"))
    text = shrink(value).text
    assert count(text) < 0.7 * count(minified)
    assert decode(text).equals(parse(minified))


@pytest.mark.parametrize("kind", NESTED)
def test_nested_documents_shrink_to_rows(kind: str) -> None:
    shrunk = shrink(NESTED[kind](400), target=500)
    assert shrunk.left_out is not None
    assert shrunk.left_out.unit == "rows"
    assert count(shrunk.text) < 1_000
    if kind == "Kubernetes":
        assert "CrashLoopBackOff" in shrunk.text


def test_numbers_and_mixed_lists_inside_one_another_come_back() -> None:
    value = {"m": [[n * k for k in range(6)] for n in range(30)], "mixed": [1, "1", None, {"a": [1, "x"]}, [], {}] * 5}
    assert decode(shrink(value).text).equals(parse(json.dumps(value)))


def test_a_list_where_another_table_stands_between_lists_of_one_table_comes_back() -> None:
    assert round_trips(Documents(35650793).document())
