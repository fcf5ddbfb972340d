"""`output`: failures verbatim, routine counted, no success invented."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors import pick
from headroom.compressors.output import OutputCompressor
from headroom.compressors.output_failures import failures
from headroom.compressors.output_lines import judge
from headroom.compressors.red import RED, severity
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

OUTPUT = OutputCompressor(select_over=0)

NAMES = st.sampled_from(["test_a", "test_b1", "pkg.C.test_c", "tests/test_d.py::test_e[1]", "src/f.c"])
LINES = st.one_of(
    st.tuples(
        NAMES, st.sampled_from([" ... ok", " ... FAIL", " PASSED [ 12%]", ":3:5: error: no", ":9: warning: old"])
    ).map("".join),
    st.sampled_from(
        [
            "",
            "=" * 70,
            "-" * 70,
            "=== FAILURES ===",
            "____ test_b1 ____",
            "--- Captured stdout call ---",
            "Traceback (most recent call last):",
            '  File "a.py", line 3, in f',
            "    return g()",
            "           ^^^",
            "ValueError: bad",
            "E       assert 1 == 2",
            ">       assert x",
            "  at f (/a.js:1:2)",
            "    2 | int x;",
            "      |     ^",
            "Ran 3 tests in 0.1s",
            "make: *** [all] Error 2",
            "+ cd /x",
            "[line 3 left out]",
            "word " * 30,
        ]
    ),
)
RUNS = st.tuples(LINES, st.integers(1, 30)).map(lambda run: [run[0].replace("1", str(n)) for n in range(run[1])])
TEXTS = st.lists(RUNS, min_size=1, max_size=10).map(lambda runs: "\n".join(line for run in runs for line in run))


def passes(number: int = 120, start: int = 0) -> list[str]:
    """Return lines of tests that passed."""
    return [f"test_case_{n:03d} (suite.tests.Many.test_case_{n:03d}) ... ok" for n in range(start, start + number)]


FAILURE = [
    "=" * 70,
    "FAIL: test_total (suite.tests.Bill.test_total)",
    "-" * 70,
    "Traceback (most recent call last):",
    '  File "/app/suite/tests.py", line 31, in test_total',
    "    self.assertEqual(bill.total, 12)",
    "AssertionError: 11 != 12 : of bill 4711",
    "",
    "Stdout:",
    "adding 5",
    "adding 6",
    "",
    "-" * 70,
]

SUMMARY = ["Ran 241 tests in 3.104s", "", "FAILED (failures=1)"]
RUN = [*passes(), "test_total (suite.tests.Bill.test_total) ... FAIL", *passes(120, 120), "", *FAILURE, *SUMMARY]


def selected(lines: list[str], target: int = 400, query: str = "") -> Shrunk:
    shrunk = OUTPUT.invoke(Block("\n".join(lines)), target_tokens=target, query=query)
    assert shrunk is not None
    assert shrunk.left_out is not None
    return shrunk


def stands(block: list[str], shrunk: Shrunk) -> bool:
    lines = shrunk.text.split("\n")
    return any(lines[n : n + len(block)] == block for n in range(len(lines)))


class TestOutputOfAnySize(CompressorTests):
    compressor = OUTPUT

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return ["\n".join(RUN), "\n".join(RUN * 3)]


class TestOutput(TestOutputOfAnySize):
    compressor = OutputCompressor()


@given(TEXTS)
def test_every_line_is_a_source_line_or_a_gap(text: str) -> None:
    shrunk = OUTPUT.shrink(Block(text), target_tokens=20)
    if shrunk is None or shrunk.left_out is None:
        return
    source = set(text.split("\n"))
    said = r"\[lines? \d+(-\d+)? left out(: (\d+ like line \d+|(like|the same as) lines? \d+(-\d+)?)(, .+)?)?\]"
    assert all(line in source or re.fullmatch(said, line) for line in shrunk.text.split("\n"))


@given(TEXTS)
def test_a_red_line_stands_or_its_like_does(text: str) -> None:
    """Where red lines are too many, some of each kind stand."""
    shrunk = OUTPUT.shrink(Block(text), target_tokens=20)
    if shrunk is None or shrunk.left_out is None:
        return
    judged = judge(text.split("\n"))
    standing = {judged.skeletons[number] for number in shrunk.kept_lines or ()}
    assert {judged.skeletons[n] for n, level in enumerate(judged.levels) if level == RED} <= standing


@given(TEXTS)
def test_failures_hold_every_red_line_and_do_not_overlap(text: str) -> None:
    judged = judge(text.split("\n"))
    found = failures(judged)
    held = [number for failure in found for number in range(failure.start, failure.end)]
    assert sorted(set(held)) == held
    assert {n for n, level in enumerate(judged.levels) if level == RED} <= set(held)


def test_passes_become_a_count_and_the_failure_stands() -> None:
    """Pinned: a change of output is a change of recipe version."""
    assert selected(RUN).text.split("\n") == [
        *passes(2),
        "[lines 3-120 left out: 118 like line 1]",
        "test_total (suite.tests.Bill.test_total) ... FAIL",
        "[lines 122-242 left out: 120 like line 1]",
        *FAILURE,
        *SUMMARY,
    ]


def test_a_compiler_says_its_error_among_many_commands() -> None:
    """Pinned: a change of output is a change of recipe version."""
    calls = [f"gcc -c -O2 src/part_{n}.c -o build/part_{n}.o" for n in range(80)]
    error = [
        "In file included from src/part_40.c:2:",
        "src/part.h: In function 'half':",
        "src/part.h:7:12: error: 'y' undeclared (first use in this function)",
        "    7 |     return y / 2;",
        "      |            ^",
        "src/part.h:7:12: note: each undeclared identifier is reported only once",
        "make: *** [Makefile:9: build/part_40.o] Error 1",
    ]
    assert selected([*calls[:41], *error, *calls[41:], "make: Target 'all' not remade because of errors."]).text.split(
        "\n"
    ) == [
        *calls[:2],
        "[lines 3-41 left out: 39 like line 1]",
        *error,
        "[lines 49-83 left out: 35 like line 1]",
        *calls[-4:],
        "make: Target 'all' not remade because of errors.",
    ]


def test_failures_that_say_the_same_point_at_the_first() -> None:
    frames = [f'  File "/app/layer_{n}.py", line {n}, in call_{n}\n    return lower_{n}(request)' for n in range(1, 9)]
    body = "\n".join(["Traceback (most recent call last):", *frames]).split("\n")
    lines = passes()
    for name in ("test_a", "test_b"):
        lines += ["=" * 70, f"ERROR: {name} (suite.T)", "-" * 70, *body, f"KeyError: '{name}'", ""]
    shrunk = selected([*lines, "-" * 70, *SUMMARY, "Destroying the database", "leaving the shell"])
    assert stands([*body, "KeyError: 'test_a'"], shrunk)
    assert "[lines 147-162 left out: the same as lines 125-140]\nKeyError: 'test_b'" in shrunk.text


def test_what_interrupts_a_routine_stands() -> None:
    lines = [*passes(60), "test_odd (suite.tests.Many.test_odd) ... skipped 'no network'", *passes(60, 60)]
    assert "test_odd" in selected([*lines, "-" * 70, "Ran 121 tests in 1s", "", "OK (skipped=1)"]).text


def test_what_names_what_failed_stands() -> None:
    durations = [f"{n / 100:.2f}s call     tests/test_x.py::test_case_{n}" for n in range(40)]
    lines = [*passes(), *durations[:20], "4.11s setup    tests/test_x.py::test_slow_thing", *durations[20:]]
    lines += ["FAILED tests/test_x.py::test_slow_thing - assert 0", "1 failed, 160 passed in 9.31s"]
    assert "4.11s setup" in selected(lines).text


def test_what_the_query_names_stands() -> None:
    assert "test_case_077" not in selected(RUN).text
    assert "test_case_077 (" in selected(RUN, query="does test_case_077 pass now?").text


def test_names_of_more_failures_than_fit_all_stand() -> None:
    failed = [f"FAILED tests/test_{n}.py::test_{chr(97 + n % 26)}{n} - assert 0" for n in range(90)]
    text = selected([*passes(900), *failed, "90 failed, 900 passed in 9s"]).text
    assert all(line in text for line in failed)


def test_a_section_of_passed_tests_is_no_failure() -> None:
    lines = [f"_____ test_{n} _____\n----- Captured stdout call -----\nhello {n} from here" for n in range(60)]
    judged = judge("\n".join(["==== PASSES ====", *lines, "==== 60 passed in 1s ===="]).split("\n"))
    assert failures(judged) == []


def test_g6_every_error_line_of_go_and_tsc_is_kept() -> None:
    go = [f"./pkg/file_{n}.go:{n + 3}:{n % 9}: undefined: helper{chr(97 + n % 26)}" for n in range(30)]
    tsc = [f"src/part_{n}.ts({n},5): error TS2304: Cannot find name 'x{n}'." for n in range(30)]
    lines = [*(f"go build ./pkg/p{n}" for n in range(300)), "# example.com/pkg", *go, *tsc, "exit status 1"]
    text = selected(lines, target=900).text
    assert all(line in text.split("\n") for line in [*go, *tsc])
    assert not re.search(r"pass|success|\bok\b", text, re.IGNORECASE)


def test_g12_an_output_is_not_selected_from_twice() -> None:
    assert OUTPUT.invoke(Block(selected(RUN).text), target_tokens=40) is None


def test_without_a_target_only_runs_are_collapsed() -> None:
    waiting = ["waiting for the lock"] * 300
    shrunk = OUTPUT.invoke(Block("\n".join([*passes(3), *waiting, "FAILED"])))
    assert shrunk is not None
    assert shrunk.lossless
    assert shrunk.text.split("\n")[3:] == [waiting[0], "[the line above stands 299 more times]", "FAILED"]
    assert OUTPUT.invoke(Block("\n".join(RUN))) is None


def test_short_outputs_stay_whole() -> None:
    short, long = Block("\n".join(passes(30))), Block("\n".join(RUN))
    assert OutputCompressor().invoke(short, target_tokens=100) == Shrunk(short.text, OUTPUT.recipe)
    assert OUTPUT.invoke(long, target_tokens=100_000) == Shrunk(long.text, OUTPUT.recipe)


@pytest.mark.parametrize("change", [("lines 3-120", "lines 3-119"), ("[lines 3-120 left out", "["), ("\nRan", "\nRun")])
def test_verify_rejects_what_does_not_add_up(change: tuple[str, str]) -> None:
    shrunk = selected(RUN)
    damaged = Shrunk(shrunk.text.replace(*change, 1), shrunk.recipe, shrunk.left_out, shrunk.kept_lines)
    with pytest.raises(CompressionError):
        OUTPUT.verify(Block("\n".join(RUN)), damaged)


MINE = {
    "unittest": "\n".join(RUN),
    "pytest": "\n".join(
        [
            "============================= test session starts ==============================",
            "platform linux -- Python 3.11.7, pytest-8.3.3",
            "collected 40 items",
            "",
            *(f"tests/test_{n}.py {'.' * 30}  [ {n + 10}%]" for n in range(20)),
            "",
            "============================= 600 passed in 12.41s =============================",
        ]
    ),
    "gcc": "\n".join(f"a_{n}.c:{n}:3: warning: unused variable 'x{n}' [-Wunused]\n    {n} | int x;" for n in range(20)),
    "cargo": "\n".join(
        [*(f"   Compiling crate_{n} v0.{n}.1" for n in range(30)), "    Finished dev [unoptimized] target(s) in 3s"]
    ),
    "go": "\n".join(
        [*(f"=== RUN   TestA{n}\n--- PASS: TestA{n} (0.00s)" for n in range(20)), "PASS", "ok  \tpkg\t0.01s"]
    ),
    "npm": "\n".join(
        ["> app@1.0.0 test", "> mocha", *(f"    ✔ does {n} things (3ms)" for n in range(30)), "", "  30 passing (1s)"]
    ),
    "pip": "\n".join(
        [
            *(f"Collecting package-{n}\n  Downloading package_{n}-1.0.tar.gz (12 kB)" for n in range(20)),
            "Successfully installed x-1",
        ]
    ),
}
OTHERS = {
    "service log": "\n".join(f"2024-01-02 03:04:{n:02d} INFO request {n} done" for n in range(60)),
    "CI log": "\n".join([f"[INFO] Building module {n}" for n in range(60)] + ["[ERROR] Failed to execute goal"] * 6),
    "code": "\n".join(f"def function_{n}(x):\n    return x + {n}\n" for n in range(40)),
    "prose": "\n".join(f"The {n}th paragraph says that all is well, and that it ends here.\n" for n in range(40)),
    "search": "\n".join(f"src/mod_{n}.py:{n}:    raise ValueError('error {n}')" for n in range(60)),
    "table": "\n".join(f"{n},{n * 2},{n * 3}" for n in range(60)),
}


@pytest.mark.parametrize("kind", MINE)
def test_detects_its_own(kind: str) -> None:
    block = Block(MINE[kind])
    assert pick(block, _built_in())[0].id == "output"


@pytest.mark.parametrize("kind", OTHERS)
def test_leaves_what_is_others(kind: str) -> None:
    block = Block(OTHERS[kind])
    assert "output" not in [compressor.id for compressor in pick(block, _built_in())[:1]]


def _built_in() -> tuple[object, ...]:
    from headroom.compressors import built_in

    return built_in()


@pytest.mark.parametrize(
    ("lines", "block"),
    [
        # node: the source above the error
        (["/app/main.js:3", "throw new Error('x')", "^", "", "Error: x", "    at f (/app/main.js:3:7)"], (0, 6)),
        # go: what a test logged before its verdict
        (["=== RUN   TestA", "    a_test.go:10: got 1", "    a_test.go:11: want 2", "--- FAIL: TestA (0.00s)"], (0, 4)),
        # python: frames, then a message of several lines
        (
            ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    g()", "pkg.Odd: one", "two", ""],
            (0, 5),
        ),
        # rust: places and gutters
        (
            [
                "error[E0308]: mismatched types",
                " --> src/main.rs:2:18",
                "  |",
                "2 |     let x: i32 = y;",
                "  |                  ^",
            ],
            (0, 5),
        ),
        # java: frames and causes
        (
            ["Odd: at once", "\tat a.B.c(B.java:1)", "\tat a.B.d(B.java:2)", "Caused by: a.Deep: x", "\t... 3 more"],
            (0, 5),
        ),
        # captured lines under a heading that names the test
        (
            ["---- tests::bad stdout ----", "row 1", "row 2", "", "thread 'tests::bad' panicked at src/lib.rs:4:70:"],
            (0, 5),
        ),
        # mocha: everything is indented
        (
            [
                "  1) suite",
                "       fails:",
                "     AssertionError: no",
                "      + expected",
                "      at f (a.js:1:2)",
                "",
                "  done",
            ],
            (0, 5),
        ),
    ],
)
def test_a_failure_reaches_from_what_led_to_it_to_its_last_word(lines: list[str], block: tuple[int, int]) -> None:
    before = ["some words of another kind"]
    found = failures(judge([*before, "", *lines, "", "", *before]))
    assert [(failure.start - 2, failure.end - 2) for failure in found] == [block]


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["error: x\n", "x y ", "at f (\n", "=====\n", "test_a ... ok\n", "  ", "E   a\n\n", "____ a ____\n"]
)
def test_awkward_texts_cost_no_more_than_their_length(piece: str) -> None:
    text = piece * (2_000_000 // len(piece))
    OUTPUT.invoke(Block(text), target_tokens=400)
    assert severity(piece) in {0, 1, 2}
