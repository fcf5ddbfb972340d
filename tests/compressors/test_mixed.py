"""`mixed`: each part by the compressor of its kind, each form under the line that says what it stands for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors import built_in, mixed_notation, mixed_parts, pick
from headroom.compressors.mixed import MixedCompressor
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

MIXED = MixedCompressor()


def rows(count: int = 120) -> list[dict[str, object]]:
    return [
        {"id": n, "name": f"user-{n}", "state": "failed" if n % 40 == 7 else "active", "zone": "north"}
        for n in range(count)
    ]


def log(count: int = 200) -> str:
    lines = [
        f"2024-05-01T10:{n // 60:02d}:{n % 60:02d}Z INFO worker-{n % 7} has done job {n} in {n * 7 % 90} ms"
        for n in range(count)
    ]
    lines[count // 2] = "2024-05-01T10:01:40Z ERROR worker-3 lost the connection to db-17"
    return "\n".join(lines)


PARTS = st.sampled_from(
    [
        json.dumps(rows(12), indent=1),
        json.dumps(rows(16)),
        "INFO answer: " + json.dumps({"rows": rows(14)}),
        log(20),
        "$ cat notes.txt",
        "===== second =====",
        "",
        "```json\n" + json.dumps(rows(9), indent=2) + "\n```",
        "<output>",
        "</output>",
        '{"a": 1}',
        "{not json",
        "[lines 2-9 in 3 lines, json/4]",
    ]
)
TEXTS = st.lists(PARTS, max_size=4).map("\n".join)


def mix(text: str, target: int | None = 400, query: str = "") -> Shrunk:
    form = MIXED.invoke(Block(text), target_tokens=target, query=query)
    assert form is not None
    return form


class TestMixed(CompressorTests):
    compressor = MIXED

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return [f"header\n{json.dumps(rows(40), indent=1)}\n{log(60)}"]

    def may_lose(self, shrunk: Shrunk, line: int) -> bool:
        """JSON's own notation may lose a line that says nothing of the source, as its summary of all rows."""
        said = shrunk.text.split("\n")[line]
        return not said.strip()


@given(st.lists(st.one_of(PARTS, st.text('ab{}[]"=-`\n <>$1,:', max_size=30)), max_size=8).map("\n".join))
def test_parts_cover_every_character(text: str) -> None:
    parts = mixed_parts.find(text)
    said = ""
    for part in parts:
        between = text[len(said) : part.start]
        assert between in {"", "\n"}
        assert part.line == text.count("\n", 0, part.start)
        assert part.end == text.count("\n", 0, part.stop) + 1
        said = text[: part.stop]
    assert said == text


def test_a_header_then_json_then_a_log() -> None:
    text = f"$ curl localhost/users\nHTTP/1.1 200 OK\n{json.dumps(rows(), indent=1)}\n$ journalctl\n{log()}\nbye"
    assert pick(Block(text), built_in())[0].id == "mixed"
    form = mix(text)
    said = form.text.split("\n")
    assert said[:2] == ["$ curl localhost/users", "HTTP/1.1 200 OK"]
    assert any(line.startswith("[lines 3-") and "json/" in line and "rows left out]" in line for line in said)
    assert any("log/" in line and "lines left out]" in line for line in said)
    assert "2024-05-01T10:01:40Z ERROR worker-3 lost the connection to db-17" in said
    assert "user-7," in form.text
    assert form.left_out is not None
    assert form.left_out.unit == "characters"
    assert len(form.text) < len(text) // 4


def test_json_at_the_end_of_a_line() -> None:
    line = "2024-05-01 12:00:00 INFO client: answer was " + json.dumps(rows())
    form = mix(f"starting\n{line}\nall fine", query="user-17")
    said = form.text.split("\n")
    assert said[:2] == ["starting", "2024-05-01 12:00:00 INFO client: answer was "]
    assert said[2].startswith("[line 2 from character 45 in ")
    assert said[-1] == "all fine"
    assert form.kept_lines == (0, 2)


def test_b8_short_prose_and_json_with_brackets_in_strings() -> None:
    document = [{"id": n, "note": f"a }} b ]] c {{ {n}", "kind": "x"} for n in range(60)]
    text = f"Here is what you asked for:\n{json.dumps(document, indent=1)}\nLet me know if you need more."
    form = mix(text, None)
    assert form.lossless
    assert form.text.startswith("Here is what you asked for:\n[lines 2-")
    assert form.text.endswith("\nLet me know if you need more.")
    assert "a } b ]] c { 59" in form.text


def test_fenced_blocks_and_sections() -> None:
    text = f"Notes\n```json\n{json.dumps(rows(), indent=2)}\n```\n===== app.log =====\n{log()}"
    form = mix(text)
    assert form.text.startswith("Notes\n```json\n[lines 3-")
    assert "\n```\n===== app.log =====\n[lines " in form.text


def test_without_a_target_nothing_is_left_out() -> None:
    form = mix(f"first\n{json.dumps(rows(), indent=1)}\nlast", None)
    assert form.lossless
    assert "left out" not in form.text


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(rows(), indent=1),
        log(),
        "one line of words\n" * 40,
        "\n".join(f"def f{n}(x):\n    return [{n}, {n}]" for n in range(60)),
        "===== title =====\nonly one part of some size: " + "words " * 100,
        "{" * 4_000,
        "",
    ],
    ids=["json", "log", "words", "code", "one section", "braces", "empty"],
)
def test_a_text_of_one_kind_is_left_to_its_kind(text: str) -> None:
    assert MIXED.detect(Block(text)) == -1.0


def test_whoever_knows_the_whole_text_has_the_word() -> None:
    text = f"{log(400)}\n{json.dumps(rows(6))}\n{log(400)}"
    assert pick(Block(text), built_in())[0].id != "mixed"


def test_no_part_goes_to_mixed_or_unknown() -> None:
    words = "\n".join(f"{n * 7919 % 100_003} ~ {n * 104_729 % 99_991} ~ odd" for n in range(3_000))
    text = f"{words}\n===== more =====\n{words}\n```\n{json.dumps(rows())}\n```"
    form = MIXED.invoke(Block(text), target_tokens=400)
    assert form is None or not any(f", {kind}/" in form.text for kind in ("mixed", "unknown"))


def test_gaps_in_a_part_count_the_lines_of_the_whole_text() -> None:
    gapped = "def f():\n    # [lines 2-9 left out: 1 body]\n    return x\n[line 11 left out]"
    moved = "def f():\n    # [lines 42-49 left out: 1 body]\n    return x\n[line 51 left out]"
    assert mixed_notation.shifted(gapped, 40) == moved
    assert mixed_notation.shifted(moved, -40) == gapped
    assert mixed_notation.shifted(gapped, 0) == gapped


def test_a_text_that_speaks_the_notation_is_left_alone() -> None:
    text = f"[lines 2-9 in 3 lines, json/4]\nfirst\n{json.dumps(rows(), indent=1)}\nlast"
    assert MIXED.shrink(Block(text), target_tokens=400) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[lines 2-", "[lines 3-"),
        ("json/4", "jsonx/2"),
        (" in ", " in 1"),
        ("first", "First"),
        ("user-7", "user-8"),
        ("last", ""),
    ],
)
def test_verify_reads_every_part(old: str, new: str) -> None:
    text = f"first\n{json.dumps(rows(), indent=1)}\nlast"
    form = mix(text)
    damaged = Shrunk(form.text.replace(old, new, 1), form.recipe, form.left_out, form.kept_lines)
    assert damaged.text != form.text
    with pytest.raises(CompressionError):
        MIXED.verify(Block(text), damaged)


def test_pinned_output() -> None:
    document = [{"id": n, "name": f"item {n}", "stock": 5} for n in range(12)]
    form = mix(f"GET /items\n{json.dumps(document, indent=2)}\n200 OK", None)
    head, *rest = form.text.split("\n")
    assert head == "GET /items"
    assert rest[0] == f"[lines 2-63 in {len(rest) - 2} lines, json/4]"
    assert rest[-1] == "200 OK"
    assert form.recipe == "mixed/1"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "[1,\n" * 60_000,
        '{"a": ' * 40_000,
        "x = {\n" * 60_000,
        "```\n" * 60_000,
        "====\n" * 60_000,
        '{"a": 1}\n' * 40_000 + "x",
        "[[[[\n" * 30_000,
    ],
    ids=["open lists", "nested", "openers", "fences", "rules", "json lines", "brackets"],
)
def test_awkward_texts_take_linear_time(text: str) -> None:
    assert MIXED.detect(Block(text)) <= 1
    assert MIXED.invoke(Block(text), target_tokens=400) is None or True
