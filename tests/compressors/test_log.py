"""`log`: templates with counts and ranges; what is red, odd, rare or asked for stays verbatim."""

from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import tokens
from headroom.compressors.log import LogCompressor
from headroom.compressors.log_columns import odd, sum_up
from headroom.compressors.log_records import records
from headroom.compressors.log_templates import HOLE, VALUE, mask, mine
from headroom.compressors.red import PLAIN, RED
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

LOG = LogCompressor()

LINES = st.one_of(
    st.builds(
        "2024-12-15T10:00:{:02d}Z INFO worker-{} done in {}ms".format,
        st.integers(0, 59),
        st.integers(0, 3),
        st.integers(0, 90),
    ),
    st.builds("2024-12-15T10:00:{:02d}Z WARN slow query {}".format, st.integers(0, 59), st.integers(0, 9)),
    st.builds("2024-12-15T10:00:{:02d}Z ERROR {} refused".format, st.integers(0, 59), st.sampled_from(["db", "cache"])),
    st.sampled_from(
        [
            "",
            "\tat a.b.C(C.java:5)",
            "java.lang.BoomException: x",
            "Finished: FAILURE",
            "\x1b[31mFATAL\x1b[m x",
            "[3 lines: y]",
        ]
    ),
)
RUNS = st.tuples(LINES, st.integers(1, 6)).map(lambda run: [run[0]] * run[1])
TEXTS = st.lists(RUNS, max_size=12).map(lambda runs: "\n".join(line for run in runs for line in run))

GAP = re.compile(r"\[([0-9]+) lines? left out\]")


def service_log(count: int = 240) -> list[str]:
    """Return a service's log without anything unusual in it."""
    random = Random(5)
    lines = []
    for n in range(count):
        stamp = f"2024-12-15T10:{n // 60:02d}:{n % 60:02d}.{random.randrange(1000):03d}Z"
        if n % 4:
            lines.append(
                f"{stamp} INFO  [worker-{n % 8}] Request processed - latency={random.randrange(20, 90)}ms id=req-{n:06d}"
            )
        else:
            lines.append(f"{stamp} DEBUG [pool] connection acquired from 10.0.{n % 9}.{n % 200}:5432")
    return lines


def selected(lines: list[str], target: int = 400, query: str = "") -> Shrunk:
    block = Block("\n".join(lines))
    shrunk = LOG.invoke(block, target_tokens=target, query=query)
    assert shrunk is not None
    assert shrunk.left_out is not None
    return shrunk


class TestLog(CompressorTests):
    compressor = LOG

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return ["\n".join(service_log(120)), "\n".join(["ERROR x", *service_log(40)] * 3)]


@given(TEXTS, st.sampled_from([20, 200]))
def test_kept_and_declared_lines_add_up_to_the_source(text: str, target: int) -> None:
    shrunk = LOG.shrink(Block(text), target_tokens=target)
    if shrunk is None or shrunk.left_out is None:
        return
    source, kept = text.split("\n"), shrunk.kept_lines or ()
    assert LeftOut(len(source) - len(kept), len(source), "lines") == shrunk.left_out
    out = shrunk.text.split("\n")
    notes = re.findall(r"(?m)^\[the (?:(\d+) lines|line) above stands? (\d+) more times?\]$", shrunk.text)
    runs = sum(int(period or 1) * int(times) for period, times in notes)
    assert len(source) == len(kept) + sum(int(gap[1]) for line in out if (gap := GAP.fullmatch(line))) + runs


@given(TEXTS)
def test_no_output_line_is_anything_but_a_source_line_or_a_declaration(text: str) -> None:
    shrunk = LOG.shrink(Block(text), target_tokens=20)
    if shrunk is not None:
        source = set(text.split("\n"))
        assert all(line in source or (line[0] == "[" and line[-1] == "]") for line in shrunk.text.split("\n"))


@given(TEXTS)
def test_every_kind_of_error_stays_verbatim(text: str) -> None:
    shrunk = LOG.shrink(Block(text), target_tokens=20)
    if shrunk is not None:
        for kind in ("ERROR db", "ERROR cache", "FATAL", "java.lang.BoomException"):
            assert (kind in text) == any(
                kind in line for line in shrunk.text.split("\n") if line[:1] != "[" or "\x1b" in line
            )


def test_a_240_line_log_keeps_its_one_fatal_in_a_tenth_of_the_tokens() -> None:
    lines = service_log()
    lines[160] = (
        "2024-12-15T10:02:40.000Z FATAL [db] Connection pool exhausted: PG-5523, raise max_connections to 500, 1847 affected"
    )
    shrunk = selected(lines)
    assert tokens.count(shrunk.text) * 10 <= tokens.count("\n".join(lines))
    out = shrunk.text.split("\n")
    assert lines[160] in out
    assert lines[:3] == out[:3]
    assert set(lines[-5:]) <= set(out)
    assert any(line.startswith("[") and "latency=20..89ms id=req-" in line for line in out)


@pytest.mark.parametrize(
    "different",
    [
        "2024-12-15T10:03:20.000Z INFO  [worker-71] Request processed - latency=50ms id=req-000200",
        "2024-12-15T10:03:20.000Z INFO  [worker-1] Request processed - latency=9050ms id=req-000200",
        "2024-12-15T10:03:20.000Z INFO  [worker-1] Request processed - latency=50ms id=req-000200 retried",
        "2024-12-15T10:03:20.000Z INFO  [worker-1] Leader election finished in favour of node b",
    ],
)
def test_400_lines_that_look_alike_keep_the_one_that_differs(different: str) -> None:
    lines = [
        f"2024-12-15T10:{n // 60:02d}:{n % 60:02d}.000Z INFO  [worker-{n % 4}] Request processed - latency={40 + n % 13}ms id=req-{n:06d}"
        for n in range(400)
    ]
    lines[200] = different
    assert different in selected(lines).text.split("\n")


def test_a_line_the_query_names_stays() -> None:
    lines = service_log()
    assert any(
        "req-000133" in line
        for line in selected(lines, query="what happened to req-000133?").text.split("\n")
        if line[0] != "["
    )


def test_a_line_the_query_names_stays_though_red_took_the_budget() -> None:
    lines = service_log() + [
        f"2024-12-15T11:00:00Z ERROR job {n} failed: disk {n * 7} is gone, see /var/crash/{n}" for n in range(200)
    ]
    assert any("req-000133" in line for line in selected(lines, query="req-000133").text.split("\n") if line[0] != "[")


def test_a_stack_trace_stays_whole_where_it_fits() -> None:
    trace = [
        "ERROR payment failed",
        "java.lang.IllegalStateException: closed",
        *(f"\tat com.acme.Pay.step{n}(Pay.java:{n})" for n in range(30)),
        "Caused by: java.io.IOException: reset",
        "\t... 12 more",
    ]
    lines = service_log(200) + trace + service_log(200)
    assert "\n".join(trace) in selected(lines, target=1_500).text


def test_a_deep_recursion_is_told_by_its_cycle() -> None:
    cycle = [f"\tat com.acme.Visitor.visit{n}(Visitor.java:{n})" for n in range(6)]
    lines = [
        *service_log(60),
        "ERROR java.lang.StackOverflowError",
        *(cycle * 200),
        "\tat com.acme.Main.main(Main.java:7)",
        *service_log(60),
    ]
    out = selected(lines).text.split("\n")
    assert "[the 6 lines above stand 199 more times]" in out
    assert "\tat com.acme.Main.main(Main.java:7)" in out


def test_many_like_errors_keep_the_first_and_the_last_and_count_the_rest() -> None:
    lines = [
        f"2024-12-15T10:{n // 60:02d}:{n % 60:02d}Z ERROR job {n} failed: no space left on device" for n in range(600)
    ]
    out = selected(lines).text.split("\n")
    assert lines[0] in out
    assert lines[-1] in out
    assert any(
        re.fullmatch(r"\[[0-9]+ lines: .* ERROR job [0-9]+\.\.[0-9]+ failed: no space left on device\]", line)
        for line in out
    )


def test_warnings_are_told_once_with_their_count() -> None:
    lines = service_log()
    for n in range(5, 235, 5):
        lines[n] = f"2024-12-15T10:00:00.000Z WARN  [pool] slow checkout: {n}ms"
    out = selected(lines).text.split("\n")
    assert lines[5] in out
    assert any("slow checkout: 10..230ms]" in line and line[0] == "[" for line in out)


def test_escapes_stay_on_kept_lines_and_do_not_hide_a_level() -> None:
    lines = [*service_log(), "\x1b[1;31mERROR\x1b[m no route", *service_log()]
    assert "\x1b[1;31mERROR\x1b[m no route" in selected(lines).text.split("\n")


def test_without_a_target_only_runs_are_collapsed() -> None:
    text = "\n".join(["boot", *["waiting for the database to come up"] * 50, *service_log(20)])
    shrunk = LOG.invoke(Block(text))
    assert shrunk is not None
    assert shrunk.lossless
    assert "waiting for the database to come up\n[the line above stands 49 more times]\n" in shrunk.text
    assert LOG.shrink(Block("\n".join(service_log()))) is None


def test_a_lossless_form_that_meets_the_target_is_preferred() -> None:
    text = "\n".join(["boot", *["waiting for the database to come up"] * 500, "ready"])
    shrunk = LOG.invoke(Block(text), target_tokens=100)
    assert shrunk is not None
    assert shrunk.lossless


@pytest.mark.parametrize("damage", [("left out", "left  out"), ("[the ", "[teh "), ("10:00:01", "10:00:09")])
def test_verify_refuses_what_was_tampered_with(damage: tuple[str, str]) -> None:
    lines = service_log()
    shrunk = selected(lines)
    with pytest.raises(CompressionError):
        LOG.verify(
            Block("\n".join(lines)),
            Shrunk(shrunk.text.replace(*damage, 1), shrunk.recipe, shrunk.left_out, shrunk.kept_lines),
        )


@pytest.mark.parametrize(
    ("lines", "heads"),
    [
        (["a", "  b", "c"], [0, 2]),
        (
            ["ERROR x", "Traceback (most recent call last):", '  File "a", line 1, in b', "ValueError: y", "next"],
            [0, 1, 4],
        ),
        (["2024-01-01 10:00:00 a", "java.lang.X: y", "\tat z", "2024-01-01 10:00:01 b"], [0, 3]),
        (["x", "Caused by: y", "\tat z", ""], [0]),
        (["2024-01-01T10:00:00Z a", "2024-01-01T10:00:00Z   b"], [0]),
        (["  indented first", "a"], [0, 1]),
    ],
)
def test_records(lines: list[str], heads: list[int]) -> None:
    assert heads == [record.start for record in records(lines, mask(lines))]


def test_the_end_of_a_long_line_is_judged_though_another_begins_as_it_does() -> None:
    lines = ["x" * 2_500, "x" * 2_500 + " ERROR: disk full"]
    assert [record.severity for record in records(lines, mask(lines))] == [PLAIN, RED]


@given(st.lists(st.text("a1f-:.T xé", max_size=12), min_size=1, max_size=6))
def test_masks_are_the_lines_with_a_hole_for_every_value(lines: list[str]) -> None:
    masks = mask(lines)
    digits = [re.sub("[0-9]", "0", line) for line in lines]
    assert [VALUE.sub(HOLE, line) for line in digits] == [masks.texts[number] for number in masks.of]


def test_templates_join_what_differs_in_a_word_or_in_values() -> None:
    lines = [f"user {name} logged in from 10.0.0.{n}" for n, name in enumerate(["ann", "bob", "cyd", "dan"])] + [
        "disk is full now"
    ]
    assert [template.members for template in mine(range(5), mask(lines))] == [(0, 1, 2, 3), (4,)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["7", "7"], "7"),
        (["20", "5", "90"], "5..90"),
        (["1.5", "0.25"], "0.25..1.5"),
        (["000004", "000099"], "000004..000099"),
        (["a", "b", "a"], "{a|b}"),
        (["1.2.3", "1.2.4", "1.2.5", "1.2.6", "1.2.7"], "{5 kinds}"),
        ([f"2024-12-15T10:00:0{n}Z" for n in range(6)], "2024-12-15T10:00:00Z..05Z"),
    ],
)
def test_columns_are_summed_up(values: list[str], told: str) -> None:
    assert told == sum_up(values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["ok"] * 50 + ["late"], [50]),
        ([str(20 + n % 7) for n in range(50)] + ["900"], [50]),
        ([str(n) for n in range(50)], []),
        ([f"u{n}" for n in range(50)], []),
        (["1", "2"] * 5, []),
    ],
)
def test_what_is_odd_in_a_column(values: list[str], expected: list[int]) -> None:
    assert expected == odd(values)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("\n".join(service_log(40)), True),
        (
            "\n".join(
                f'10.0.0.{n} - - [15/Dec/2024:10:00:{n:02d} +0000] "GET /{n} HTTP/1.1" 200 {n}' for n in range(40)
            ),
            True,
        ),
        ("\n".join(f"Dec 15 10:00:{n:02d} host sshd[{n}]: session opened" for n in range(40)), True),
        ("\n".join(f"tests/test_a.py::test_{n} PASSED [ {n}%]" for n in range(40)), True),
        ("\n".join(f"Downloading: {n}% of 40 MB" for n in range(40)), True),
        ("\n".join(f'{{"level": "info", "n": {n}}}' for n in range(40)), False),
        ("\n".join(f"def f{n}(a, b):\n    return a + {n}\n" for n in range(40)), False),
        ("\n".join(f"src/a/file_{n}.py" for n in range(40)), False),
        ("\n".join(f"src/a/file.py:{n}:    x = {n}" for n in range(40)), False),
        ("\n".join(f"-rw-r--r-- 1 root root 69{n} Nov 22 21:17 file{n}" for n in range(40)), False),
        ("diff --git a/x b/x\n@@ -1,40 +1,40 @@\n" + "\n".join(f"-old {n}\n+new {n}" for n in range(40)), False),
        ("Once there was a text of many sentences. It went on.\n" * 3, False),
        ("", False),
    ],
    ids=[
        "service",
        "access",
        "syslog",
        "pytest",
        "progress",
        "jsonl",
        "code",
        "find",
        "grep",
        "ls",
        "diff",
        "prose",
        "empty",
    ],
)
def test_detects_logs_by_their_shape(text: str, taken: bool) -> None:
    assert taken == (LOG.detect(Block(text)) > 0)


def test_g6_every_error_line_is_kept_and_no_success_is_invented() -> None:
    lines = [f"Downloading module {n}/90 ({n}%)" for n in range(90)] + [
        "main.go:7:2: undefined: foo",
        "main.go:9:5: error: x declared and not used",
        "FAIL\tgithub.com/a/b [build failed]",
    ]
    out = selected(lines, target=150).text
    assert "main.go:9:5: error: x declared and not used\nFAIL\tgithub.com/a/b [build failed]" in out
    assert "main.go:7:2: undefined: foo" in out
    assert not re.search(r"\b(?:ok|OK|passed|success)", out)


def test_g9_no_word_is_dropped_inside_a_line() -> None:
    lines = service_log()
    kept = [line for line in selected(lines).text.split("\n") if line[0] != "["]
    assert set(kept) <= set(lines)


def test_g10_a_selection_that_would_grow_is_none() -> None:
    assert LOG.shrink(Block("\n".join(f"ERROR {chr(97 + n)}" for n in range(20))), target_tokens=1) is None


def test_g12_a_selection_is_not_selected_from_again() -> None:
    assert LOG.shrink(Block(selected(service_log()).text), target_tokens=100) is None


@pytest.mark.parametrize("piece", ["a1 ", "ERROR ok ", "/", "0", "_", "deadbeef-", "\t"])
def test_one_huge_line_among_others_is_safe(piece: str) -> None:
    huge = piece * (1_000_000 // len(piece))
    shrunk = selected([*service_log(40), huge, *service_log(40)])
    assert len(shrunk.text) < 20_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "time,count\n" + "".join(f"2015/01/0{n % 9 + 1} 01:00:00,{n}\n" for n in range(80)), id="a time series"
        ),
        pytest.param(
            "".join(f"# Title {n}\n\n- A point.\n- [A link](https://x.y/{n})\n\n" for n in range(30)), id="Markdown"
        ),
        pytest.param(
            "".join(f"Grad {'ABC'[n % 3]}: Well , that is thing {n} I guess .\n" for n in range(80)), id="a transcript"
        ),
    ],
)
def test_what_is_no_log_is_not_taken(text: str) -> None:
    assert LogCompressor().detect(Block(text)) < 0


def test_a_log_that_holds_what_stands_for_a_hole_is_taken() -> None:
    lines = [f"2024-12-15T10:00:{n % 60:02d}Z INFO a\0b{n} c{n}/d{n} done" for n in range(400)]
    assert selected(lines).left_out is not None
