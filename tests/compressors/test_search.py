"""`search`: each path once, nothing lost; a selection only of what is huge."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors import built_in, pick
from headroom.compressors.search import SearchCompressor
from headroom.compressors.search_lines import parse
from headroom.compressors.search_notation import parsed, source_of
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

SEARCH = SearchCompressor()
ANY_SIZE = SearchCompressor(select_over=0)

PATHS = st.sampled_from(
    [
        "src/a.py",
        "./b-1-x.go",
        "C:\\a\\b.py",
        "C:\\Program Files\\x.txt",
        "dir with blank/c.ts",
        "Makefile",
        "src/[id]/page.tsx",
        "HEAD~2:src/a.py",
        "v1.2.3:lib/b-2.c",
        "origin/main:src/a.py",
    ]
)
TEXT = st.sampled_from(
    ["def f(x):", "    return f(y)", "", "  a: 1", "3:4", "ERROR failed", "[2 more hits in this file]", "src/a.py:9:x"]
)
LINES = st.one_of(
    st.tuples(PATHS, st.integers(1, 999), TEXT).map("{0[0]}:{0[1]}:{0[2]}".format),
    st.tuples(PATHS, st.integers(1, 999), TEXT).map("{0[0]}-{0[1]}-{0[2]}".format),
    st.sampled_from(["--", "", "<output>", "src/a.py", "12:x", "Binary file x matches", "[2 more files, 3 hits]"]),
)
RUNS = st.tuples(PATHS, st.integers(1, 99), st.lists(TEXT, min_size=1, max_size=12)).map(
    lambda run: [f"{run[0]}:{run[1] + number}:{text}" for number, text in enumerate(run[2])]
)
BARE = st.tuples(PATHS, st.lists(TEXT, min_size=1, max_size=12)).map(lambda run: [f"{run[0]}:    {t}" for t in run[1]])
AROUND = st.tuples(PATHS, st.lists(st.tuples(st.sampled_from(":-"), TEXT), min_size=2, max_size=9)).map(
    lambda run: [*(f"{run[0]}{sign}{text}" for sign, text in run[1]), "--"]
)
HEADED = st.tuples(PATHS, st.lists(st.tuples(st.sampled_from(":-"), TEXT), min_size=1, max_size=9)).map(
    lambda run: [run[0], *(f"{n}{sign}{text}" for n, (sign, text) in enumerate(run[1], 3)), ""]
)
TEXTS = st.one_of(
    st.lists(st.one_of(AROUND, BARE), max_size=8),
    st.lists(HEADED, max_size=8),
    st.lists(st.one_of(LINES.map(lambda line: [line]), RUNS), max_size=10),
    st.lists(BARE, max_size=8),
).map(lambda runs: "\n".join(line for run in runs for line in run))


def hits(files: int = 40, each: int = 30) -> list[str]:
    """Return hits of many files."""
    return [
        f"src/package/module_{file:02d}.py:{number * 7 + 3}:    value_{file}_{number} = resolve(name, {number})"
        for file in range(files)
        for number in range(each)
    ]


def lossless(text: str) -> str:
    shrunk = SEARCH.invoke(Block(text))
    assert shrunk is not None
    assert shrunk.lossless
    return shrunk.text


def selected(lines: list[str], target: int = 800, query: str = "") -> Shrunk:
    shrunk = SEARCH.invoke(Block("\n".join(lines)), target_tokens=target, query=query)
    assert shrunk is not None
    assert shrunk.left_out is not None
    return shrunk


class TestSearch(CompressorTests):
    compressor = SEARCH

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return ["\n".join(hits(20, 5)), "\n".join(hits(40, 30))]


class TestSelectionOfAnySize(TestSearch):
    compressor = ANY_SIZE


@given(TEXTS)
def test_a_selection_accounts_for_every_line(text: str) -> None:
    shrunk = ANY_SIZE.shrink(Block(text), target_tokens=20)
    if shrunk is None or shrunk.left_out is None:
        return
    told = re.findall(r"(?m)^\[(\d+) more (?:hit|line)s? in this file\]$", shrunk.text)
    told += re.findall(r"(?m)^\[\d+ more files?, (\d+) (?:hit|line)s?(?:: .*)?\]$", shrunk.text)
    kept = shrunk.kept_lines or ()
    total = len(source_of(text))
    assert shrunk.left_out == LeftOut(sum(map(int, told)), total, "lines")
    assert len(kept) + sum(map(int, told)) == total


def test_hits_of_a_file_stand_under_its_path() -> None:
    text = "a/b.py:3:import x\na/b.py:90:    x.run()\na/b.py:95:    x.stop()\nlib/c.py:1:import x\nlib/c.py:2:x()\n"
    assert lossless(text) == ("a/b.py\n3:import x\n90:    x.run()\n95:    x.stop()\n\nlib/c.py\n1:import x\n2:x()\n")


def test_context_and_breaks_stay() -> None:
    text = (
        "pkg/mod-a.py-11-class A:\npkg/mod-a.py:12:    def f(self):\npkg/mod-a.py-13-\n--\n"
        "pkg/mod-a.py-80-x\npkg/mod-a.py:81:f()\n--\nother/name.py:5:f()"
    )
    assert lossless(text) == (
        "pkg/mod-a.py\n11-class A:\n12:    def f(self):\n13-\n--\n80-x\n81:f()\n--\n\nother/name.py:5:f()"
    )


def test_hits_without_numbers_stand_under_the_path_and_a_colon() -> None:
    text = "<output>\na/bcd.py:    import x\na/bcd.py:from x import y\na/bcd.py:x()\n</output>"
    assert lossless(text) == "<output>\na/bcd.py:\n    import x\nfrom x import y\nx()\n\n</output>"


def test_context_without_numbers_keeps_its_sign() -> None:
    text = "src/a-b.py-def f():\nsrc/a-b.py:    x = 1\nsrc/a-b.py-    y\n--\nsrc/c.py-z\nsrc/c.py:    x = 2\nsrc/c.py-"
    assert lossless(text) == "src/a-b.py\n-def f():\n:    x = 1\n-    y\n--\n\nsrc/c.py\n-z\n:    x = 2\n-"


@pytest.mark.parametrize("rev", ["HEAD", "HEAD~2", "3b18e51", "v1.2.3", "origin/main", "main", "topic@{1}", "feat/x^2"])
def test_hits_in_a_revision_stand_under_what_git_show_takes(rev: str) -> None:
    text = "\n".join(f"{rev}:src/a.py:{n}:line {n}" for n in range(3))
    assert lossless(text) == f"{rev}:src/a.py\n0:line 0\n1:line 1\n2:line 2"


def test_windows_paths_with_blanks_stay_whole_without_numbers() -> None:
    text = "\n".join(f"C:\\My App\\b.py:    x = {n}" for n in range(3))
    assert lossless(text) == "C:\\My App\\b.py:\n    x = 0\n    x = 1\n    x = 2"


def test_results_that_have_headings_are_selected_from_when_they_are_huge() -> None:
    found = "\n\n".join(
        f"src/module_{file}.py\n" + "\n".join(f"{n}:    value_{file}_{n} = resolve(name)" for n in range(30))
        for file in range(40)
    )
    assert SEARCH.detect(Block(found)) > 0.9
    assert SEARCH.invoke(Block(found)) is None
    shrunk = selected(found.split("\n"), query="value_33_17")
    assert "17:    value_33_17 = resolve(name)" in shrunk.text.split("\n")
    assert "src/module_33.py" in shrunk.text
    assert shrunk.left_out is not None
    assert shrunk.left_out.total == 1_200


def test_windows_paths_stay_whole() -> None:
    assert lossless("C:\\a\\b.py:1:x\nC:\\a\\b.py:2:y\nC:\\a\\b.py:3:z") == "C:\\a\\b.py\n1:x\n2:y\n3:z"


def test_dashes_and_digits_in_paths_are_no_context() -> None:
    lines = parse(["v1-2-x/a.py-3-x", "v1-2-x/a.py:4:y"])
    assert lines.paths == ["v1-2-x/a.py", "v1-2-x/a.py"]
    assert lines.signs == ["-", ":"]


@pytest.mark.parametrize(
    "text",
    [
        "a.py:1:x\na.py:2:y\na.py:30:[2 more hits in this file]\na.py:4:z",
        "src/a.py\n1:x\n2:y\nsrc/b.py:1:aaaaaaaaa\nsrc/b.py:2:bbbbbbbb\nsrc/b.py:3:x",
    ],
    ids=["a hit that reads like a gap", "headings already there"],
)
def test_what_could_not_be_read_back_stays_or_comes_back(text: str) -> None:
    shrunk = SEARCH.invoke(Block(text))
    assert shrunk is None or shrunk.lossless


@pytest.mark.parametrize(
    "line",
    [
        "src/main.c:{n}:5: error: expected ';' before 'x'",
        "src/app.ts:{n}:7 - error TS2304: Cannot find name 'x'.",
        "lib/a.py:{n}: error: Name 'x' is not defined  [name-defined]",
        "lib/a.py:{n}:80: E501 line too long",
        "./cmd/main.go:{n}:2: undefined: x",
        "10:12:{n} INFO request done",
        "2024-12-15T10:12:{n}Z app.py:{n}: error",
        '  File "/srv/app/main.py", line {n}, in run',
        "    at run (/srv/app/main.js:{n}:5)",
        "https://example.org:80{n}/a/b.html",
        "tests/test_a.py::test_{n} PASSED",
        "{n}:    return x",
        "worker-{n}: started",
        "src/a{n}.py",
        "INFO:root:{n}:started",
        "app/web.1:10:12:{n} started",
        "INFO:app.module:{n}:started",
        "ERROR:app.db:{n}:connection lost",
        "src/main.c: In function 'f{n}':",
    ],
)
def test_leaves_other_kinds_alone(line: str) -> None:
    assert SEARCH.detect(Block("\n".join(line.replace("{n}", str(n)) for n in range(10, 40)))) < 0


@pytest.mark.parametrize(
    "line",
    ["src/a.py:{n}:    return x", "./a.py:    x = {n}", "a/b.c-{n}-  x\na/b.c:{n}: * frees y", "C:\\a\\b.py:{n}:x = 1"],
)
def test_takes_search_results(line: str) -> None:
    text = "<output>\n" + "\n".join(line.replace("{n}", str(n)) for n in range(10, 40)) + "\n</output>"
    assert SEARCH.detect(Block(text)) > 0.6


def test_a_target_selects_nothing_below_the_size() -> None:
    text = "\n".join(hits(10, 8))
    shrunk = SEARCH.invoke(Block(text), target_tokens=100, query="value")
    assert shrunk is not None
    assert shrunk.lossless


def test_g4_kept_hits_stand_verbatim_and_each_gap_says_how_many() -> None:
    lines = hits()
    shrunk = selected(lines)
    out = shrunk.text.split("\n")
    for number in shrunk.kept_lines or ():
        path, rest = lines[number].split(":", 1)
        assert rest in out or lines[number] in out
        assert path in shrunk.text
    assert re.search(r"(?m)^\[[0-9]+ more hits in this file\]$", shrunk.text)


def test_g5_files_left_out_are_named_by_their_whole_paths() -> None:
    lines = [f"/srv/repo/deep/down/module_{n:03d}.py:{n + 1}:" + "x = resolve() " * 20 for n in range(300)]
    shrunk = selected(lines, 2_000)
    assert "/srv/repo/deep/down/module_" in re.findall(r"(?m)^\[\d+ more files?, \d+ hits?: (.*)\]$", shrunk.text)[0]


def test_g9_no_line_is_cut() -> None:
    lines = [f"{line} {'long ' * 200}" if n % 9 == 0 else line for n, line in enumerate(hits())]
    shrunk = selected(lines, 1_500)
    rests = {line.split(":", 1)[1] for line in lines}
    assert all(
        line in rests or line in lines or line.endswith(".py") or line.startswith("[") or not line
        for line in shrunk.text.split("\n")
    )


def test_what_defines_and_what_is_asked_for_comes_first() -> None:
    lines = hits()
    lines[333] = "src/package/module_11.py:900:    def resolve(name, number):"
    lines[777] = "src/package/module_25.py:901:    zebra_index = resolve(name)"
    shrunk = selected(lines, 1_500, query="where does zebra_index come from")
    assert {333, 777} <= set(shrunk.kept_lines or ())


def test_what_is_asked_for_stands_among_very_many_hits_of_one_file() -> None:
    lines = [f"src/a.py:{n}:    value_{n % 70} = resolve(name)" for n in range(1, 4_001)]
    lines[3_777] = "src/a.py:3778:    value_7 = zebra_index(name)"
    shrunk = selected(lines, 1_500, query="zebra_index")
    kept = set(shrunk.kept_lines or ())
    assert {0, 3_777} <= kept
    assert len(kept) > 40


def test_headings_say_what_hits_with_their_paths_say() -> None:
    """Of ripgrep's headings and of grep's hits the same lines come, with the same parts."""
    headed = "src/a.py\n3-x\n4:y: 1\n--\n9=def f():\n10:z\n\n\nsrc/b-1-c.py\n1:x\n"
    plain = "src/a.py-3-x\nsrc/a.py:4:y: 1\n--\nsrc/a.py=9=def f():\nsrc/a.py:10:z\n\nsrc/b-1-c.py:1:x\n"
    assert parsed(headed) == parsed(plain)
    assert source_of(headed) == plain.split("\n")


def test_verify_rejects_a_wrong_count() -> None:
    text = "\n".join(hits())
    shrunk = selected(hits())
    gap = re.search(r"\[([0-9]+) more hits in this file\]", shrunk.text)
    assert gap is not None
    wrong = shrunk.text.replace(gap[0], f"[{int(gap[1]) + 1} more hits in this file]", 1)
    with pytest.raises(CompressionError):
        SEARCH.verify(Block(text), Shrunk(wrong, shrunk.recipe, shrunk.left_out, shrunk.kept_lines))


@pytest.mark.parametrize("header", ["$ tail app.log", "root@host:~# tail -n 20 /var/log/app.log", "app.log"])
@pytest.mark.parametrize(
    "line", ["2024-05-06T10:0{n}:11Z INFO worker {n} did job {n}", "20240506-10:0{n} job", "17:00 job {n}"]
)
def test_a_log_under_a_command_is_no_search_result(header: str, line: str) -> None:
    """The year of a date and the hour of a time look like line numbers under a heading, but do not ascend."""
    text = "\n".join([header, *(line.replace("{n}", str(n)) for n in range(9))])
    assert SEARCH.detect(Block(text)) < 0
    assert "search" not in [each.id for each in pick(Block(text), built_in())]
