"""`diff`: names and changes always; context and files nobody reads declared, and never called a patch then."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.diff import DiffCompressor
from headroom.compressors.diff_lines import CHANGE, CONTEXT, OTHER, parse
from headroom.content import Block, Shrunk
from headroom.testing import CompressorTests
from headroom.work import Task, perform

DIFF = DiffCompressor()
ANY_SIZE = DiffCompressor(trim_over=0)

CODE = st.sampled_from(["x = 1", "", "return resolve(name, 12)", "-- x", "++ y", "@@ -1 +1 @@", "ERROR: it failed"])
SIGNED = st.tuples(st.sampled_from("  +- "), CODE).map("".join)


def hunk(lines: list[str], start: int = 10) -> list[str]:
    """Return lines that begin with their signs, below a header that counts them."""
    old = sum(1 for line in lines if line[:1] != "+")
    new = sum(1 for line in lines if line[:1] != "-")
    return [f"@@ -{start},{old} +{start},{new} @@ def f(x):", *lines]


def file(path: str, *hunks: list[str]) -> list[str]:
    """Return the diff of one file as git prints it."""
    head = [f"diff --git a/{path} b/{path}", "index 3b18e51..a4d7f0c 100644", f"--- a/{path}", f"+++ b/{path}"]
    return [*head, *(line for lines in hunks for line in lines)]


PATHS = st.sampled_from(["src/a.py", "package-lock.json", "vendor/x/y.go", "web/app.min.js"])
FILES = st.tuples(PATHS, st.lists(st.lists(SIGNED, min_size=1, max_size=14).map(hunk), min_size=1, max_size=4)).map(
    lambda drawn: file(drawn[0], *drawn[1])
)
LOOSE = st.sampled_from(
    ["commit 3b18e51", "", "    message", "warning: LF will be replaced", "--- a/x", "\\ No newline"]
)
TEXTS = st.lists(st.one_of(FILES, LOOSE.map(lambda line: [line])), max_size=6).map(
    lambda parts: "\n".join(line for part in parts for line in part)
)


def edit(number: int, *, around: int = 3) -> list[str]:
    """Return a hunk that changes one line."""
    before = [f"     value_{number}_{n} = compute(value_{number}_{n - 1}, limit={n})" for n in range(around)]
    after = [f"     other_{number}_{n} = compute(other_{number}_{n - 1}, limit={n})" for n in range(around)]
    return hunk([*before, f"-    old_{number}()", f"+    new_{number}()", *after], start=100 * number)


def long_diff(files: int = 30, *, around: int = 12) -> list[str]:
    return [line for n in range(files) for line in file(f"src/module_{n}.py", edit(n, around=around))]


def lock(path: str = "package-lock.json", packages: int = 60) -> list[str]:
    body = []
    for n in range(packages):
        body += [
            f'     "node_modules/package-{n}": {{',
            f'-      "version": "1.{n}.0",',
            f'+      "version": "2.{n}.0",',
        ]
        body += [f'-      "integrity": "sha512-{n:043d}Aa=="', f'+      "integrity": "sha512-{n:043d}Bb=="', "     },"]
    return file(path, hunk(body, 1))


def selected(lines: list[str], *, query: str = "", target: int = 400, compressor: DiffCompressor = DIFF) -> Shrunk:
    shrunk = compressor.invoke(Block("\n".join(lines)), target_tokens=target, query=query)
    assert shrunk is not None
    assert shrunk.left_out is not None
    return shrunk


class TestDiff(CompressorTests):
    compressor = DIFF

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return ["\n".join(long_diff()), "\n".join(lock())]


class TestDiffOfAnySize(TestDiff):
    compressor = ANY_SIZE


@given(TEXTS)
def test_nothing_but_context_and_folded_files_is_left_out(text: str) -> None:
    lines = text.split("\n")
    shrunk = ANY_SIZE.shrink(Block(text), target_tokens=1)
    if shrunk is None:
        return
    roles = parse(lines).roles
    kept = set(shrunk.kept_lines or ())
    gone = {number for number in range(len(lines)) if number not in kept}
    folded = {n for n in gone if roles[n] != CONTEXT}
    assert not any(roles[n] == OTHER for n in gone)
    assert not folded or re.search(r"left out: (?:lock file|vendored|minified)", shrunk.text)


@given(st.lists(SIGNED, max_size=20))
def test_a_hunk_is_as_long_as_its_header_says(lines: list[str]) -> None:
    roles = parse([*file("a.py", hunk(lines)), "-not of the hunk", "+nor this"]).roles
    assert [CHANGE if line[0] in "+-" else CONTEXT for line in lines] == roles[5 : 5 + len(lines)]
    assert roles[5 + len(lines) :] == [OTHER, OTHER]


def test_context_of_a_long_diff_goes_and_changes_stay() -> None:
    lines = long_diff()
    shrunk = selected(lines)
    out = shrunk.text.split("\n")
    assert [line for line in lines if line[:1] in "+-@d"] == [line for line in out if line[:1] in "+-@d"]
    assert len(shrunk.text) < 0.5 * len("\n".join(lines))


def test_pinned_trim() -> None:
    lines = file("src/a.py", edit(1, around=5))
    assert (
        "\n".join(
            [
                *lines[:4],
                "@@ -100,11 +100,11 @@ def f(x):",
                "[lines 6-9 left out: this diff no longer applies]",
                "     value_1_4 = compute(value_1_3, limit=4)",
                "-    old_1()",
                "+    new_1()",
                "     other_1_0 = compute(other_1_-1, limit=0)",
                "[lines 14-17 left out]",
            ]
        )
        == selected(lines, target=1, compressor=ANY_SIZE).text
    )


def test_pinned_lock_file() -> None:
    lines = [*file("src/a.py", edit(1)), *lock()]
    head = len(lines) - 361
    assert (
        "\n".join(
            [
                *lines[:head],
                f"[lines {head + 1}-{len(lines)} left out: lock file, 120 lines added, 120 removed; this diff no longer applies]",
            ]
        )
        == selected(lines).text
    )


def test_a_short_diff_stays_whole() -> None:
    text = "\n".join(long_diff(8, around=3))
    assert DIFF.invoke(Block(text), target_tokens=400) is None


def test_little_context_is_not_worth_a_patch_that_does_not_apply() -> None:
    lines = file("src/a.py", *([*edit(n, around=1), *(f"+    more_{n}_{k}()" for k in range(9))] for n in range(90)))
    assert DIFF.invoke(Block("\n".join(lines)), target_tokens=400) is None


def test_there_is_no_lossless_form() -> None:
    assert DIFF.invoke(Block("\n".join(lock()))) is None


def test_a_context_line_that_is_red_or_asked_for_stays() -> None:
    lines = long_diff()
    red, wanted = 8, 200
    lines[red] = "     ERROR: deployment failed"
    lines[wanted] = "     zebra_index = 5"
    shrunk = selected(lines, query="what uses zebra_index")
    assert {red, wanted} <= set(shrunk.kept_lines or ())


@pytest.mark.parametrize(
    "path",
    ["yarn.lock", "web/poetry.lock", "go.sum", "node_modules/a/index.js", "static/app.min.css", "api/x_pb2.py"],
)
def test_files_nobody_reads_are_told_by_name(path: str) -> None:
    shrunk = selected(file(path, *(edit(n) for n in range(40))))
    assert f"+++ b/{path}" in shrunk.text
    assert "40 lines added, 40 removed in 40 hunks" in shrunk.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (["+" + "var a=b,c=d;" * 200 for _ in range(4)], "minified"),
        (["+// Code generated by tool. DO NOT EDIT.", *(f"+func F{n}() {{}}" for n in range(200))], "generated"),
        ([line for line in lock()[5:] if line[0] in "+-"], "lock file"),
    ],
)
def test_files_nobody_reads_are_told_by_shape(body: list[str], kind: str) -> None:
    assert f"left out: {kind}, " in selected(file("some/name.txt", hunk(body))).text


def test_a_file_that_is_asked_for_is_never_folded() -> None:
    text = "\n".join(lock())
    assert DIFF.invoke(Block(text), target_tokens=400, query='bash\n{"command":"git diff package-lock.json"}') is None


def test_binary_patches_are_counted_by_no_line() -> None:
    lines = ["diff --git a/x.png b/x.png", "index 1..2 100644", "GIT binary patch", "literal 9000"]
    lines += ["z" + "abcDEF123" * 7 for _ in range(60)] + ["", "literal 0", "HcmV?d00001", "", "diff --git a/b b/b"]
    shrunk = selected(lines)
    assert (
        "GIT binary patch\n[lines 4-68 left out: binary patch; this diff no longer applies]\ndiff --git" in shrunk.text
    )


def test_combined_diffs_of_merges_keep_what_any_parent_changed() -> None:
    lines = ["diff --cc a.py", "index 1,2..3", "--- a/a.py", "+++ b/a.py", "@@@ -1,4 -1,4 +1,5 @@@"]
    lines += ["  one", "- two", " -three", "++four", "+ five", "  six", "  seven"]
    roles = parse([*lines, "outside"]).roles
    assert roles[5:] == [CONTEXT, CHANGE, CHANGE, CHANGE, CHANGE, CONTEXT, CONTEXT, OTHER]


def test_svn_and_plain_diffs_and_mails_are_diffs() -> None:
    svn = ["Index: a.c", "=" * 67, "--- a.c\t(revision 1)", "+++ a.c\t(working copy)", *edit(1)]
    plain = ["--- a/x.py\t2024-01-01 10:00:00", "+++ b/x.py\t2024-01-02 10:00:00", *edit(2)]
    mail = [
        "From 3b18e51 Mon Sep 17 00:00:00 2001",
        "Subject: [PATCH] x",
        "",
        "---",
        " a.py | 2 +-",
        "",
        *file("a.py", edit(3)),
    ]
    for lines in (svn, plain, mail):
        assert DIFF.detect(Block("\n".join(lines))) > 0.9
        assert parse(lines).files[-1].path in {"a.c", "x.py", "a.py"}


@pytest.mark.parametrize("line", ["def f(x):", "src/a.py:12:@@ -1 +1 @@", "2024-01-01 INFO started", "- item"])
def test_leaves_other_kinds_alone(line: str) -> None:
    assert DIFF.detect(Block("\n".join([line] * 40))) < 0
    assert DIFF.detect(Block("\n".join([line] * 40 + hunk(["+x"])))) < 0


def test_colours_of_a_terminal_stay_and_are_seen_through() -> None:
    plain = long_diff()
    coloured = [f"\x1b[32m{line}\x1b[m" if line[0] == "+" else line for line in plain]
    expected = selected(plain).kept_lines
    assert expected == selected(coloured).kept_lines


def test_g7_a_hunk_of_158_000_lines_is_never_lost() -> None:
    lines = file("data/big.txt", hunk([f"+row {n}" for n in range(158_000)]))
    assert DIFF.invoke(Block("\n".join(lines)), target_tokens=400) is None


def test_g7_what_no_longer_applies_says_so_and_commits_keep_their_messages() -> None:
    log = []
    for n in range(20):
        log += [f"commit {n:040x}", "Merge: 1 2", "Author: A <a@b.c>", "", f"    Message {n}", "", *long_diff(2)]
    shrunk = selected(log)
    assert shrunk.text.count("this diff no longer applies") == 1
    assert all(f"    Message {n}" in shrunk.text for n in range(20))
    gaps = re.findall(r"(?m)^\[lines? (\d+)(?:-(\d+))? left out.*\]$", shrunk.text)
    assert all(int(a[1] or a[0]) < int(b[0]) for a, b in pairwise(gaps))


def test_g7_without_capability_nothing_happens_and_with_it_a_ref_stands() -> None:
    block = Block("\n".join(lock()), kind="tool_result", tool="bash", arguments='{"command":"git diff"}')
    task = Task(block=block, query="", declared=False, exact=True, min_tokens=100, target_ratio=0.15)
    assert perform(task, (DIFF,)).text is None
    declared = perform(Task(**{**vars(task), "declared": True}), (DIFF,))
    assert declared.ref
    assert "source intact" in (declared.text or "")
