"""`gaps`: what `select` writes, `check` reads back; nothing else passes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from headroom.compressors import gaps
from headroom.content import LeftOut
from headroom.errors import CompressionError

LEADS = ("", "# ", "    ... # ", '    """ # ', "\t} // ", "  }); // ", " */ // ", "// ")
WORDS = ("", "50 tests passed", "a\nb  c", "]")
LINES = st.lists(
    st.sampled_from(["", "a", "    return x", "}", "[lines 1-2 left out", "x [line 3 left out]", "\ud800\t"]),
    min_size=1,
    max_size=12,
)


@st.composite
def selections(draw: st.DrawFn) -> tuple[list[str], list[bool]]:
    lines = draw(LINES)
    return lines, draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))


@given(selections(), st.sampled_from(LEADS), st.sampled_from(WORDS), st.booleans())
def test_what_is_selected_is_accounted_for(
    chosen: tuple[list[str], list[bool]], lead: str, words: str, brief: bool
) -> None:
    lines, kept = chosen
    shrunk = gaps.select(lines, kept, recipe="x/1", say=lambda *_: words, lead=lambda *_: lead, brief=brief)
    gaps.check(lines, shrunk)
    assert shrunk.kept_lines == tuple(n for n, keep in enumerate(kept) if keep)
    assert shrunk.left_out == (None if all(kept) else LeftOut(kept.count(False), len(kept), "lines"))
    told = [span for line in shrunk.text.split("\n") if (span := gaps.declared(line))]
    assert told == [gap for gap in gaps.stretches(kept) if not kept[gap[0]]]


@given(selections(), st.data())
def test_a_line_more_or_less_or_another_is_noticed(chosen: tuple[list[str], list[bool]], data: st.DataObject) -> None:
    lines, kept = chosen
    shrunk = gaps.select(lines, kept, recipe="x/1")
    out = shrunk.text.split("\n")
    at = data.draw(st.integers(0, len(out) - 1))
    other = data.draw(st.sampled_from(["b", "[lines 1-2 left out]", "[line 2 left out]", "[lines 3-1 left out]"]))
    for damaged in (out[:at] + out[at + 1 :], [*out[:at], other, *out[at:]], [*out[:at], other, *out[at + 1 :]]):
        assume(damaged != out and damaged)
        with pytest.raises(CompressionError):
            gaps.check(lines, replace(shrunk, text="\n".join(damaged)))


@given(selections())
def test_the_count_must_be_the_gaps(chosen: tuple[list[str], list[bool]]) -> None:
    lines, kept = chosen
    shrunk = gaps.select(lines, kept, recipe="x/1")
    with pytest.raises(CompressionError):
        gaps.check(lines, replace(shrunk, left_out=LeftOut(len(lines) + 1, len(lines) + 1, "lines")))


@pytest.mark.parametrize("lead", LEADS)
def test_a_source_that_reads_like_a_gap_is_ambiguous(lead: str) -> None:
    assert gaps.ambiguous(["x", f"{lead}[lines 3-9 left out]"])
    assert gaps.ambiguous([f"{lead}[line 3 left out: licence]"])
    assert gaps.ambiguous([f"{lead.removesuffix(' ')}3…9"])


@pytest.mark.parametrize(
    "line",
    [
        "[lines 3-9 were left out]",
        "x = 1  # [lines 3-9 left out]",
        "[lines 0-9 left out]",
        "- [line 3 left out]",
        "# ",
        "# 3…9",
        "a 3…9",
        "…",
    ],
)
def test_other_lines_declare_nothing(line: str) -> None:
    assert gaps.declared(line) is None
    assert not gaps.ambiguous([line])


def test_a_gap_that_runs_backwards_declares_nothing() -> None:
    lines = ["a", "b", "c", "d"]
    shrunk = gaps.select(lines, [True, True, False, False], recipe="x/1")
    text = "a\nb\n[lines 3-1 left out]\n[lines 2-4 left out]"
    with pytest.raises(CompressionError):
        gaps.check(lines, replace(shrunk, text=text))


def test_a_gap_is_written_as_it_is_asked_for() -> None:
    lines = [f"line {n}" for n in range(1, 8)]
    shrunk = gaps.select(lines, [True, False, True, False, False, False, True], recipe="x/1")
    assert shrunk.text == "line 1\n[line 2 left out]\nline 3\n[lines 4-6 left out]\nline 7"


def test_many_gaps_are_written_briefly() -> None:
    lines = [f"line {n}" for n in range(1, 8)]
    kept = [True, False, True, False, False, False, True]
    shrunk = gaps.select(lines, kept, recipe="x/1", lead=lambda *_: "} // ", brief=True)
    assert shrunk.text == "line 1\n} // [line 2 left out: below as first…last]\nline 3\n} //4…6\nline 7"
    one = gaps.select(lines, [True] * 6 + [False], recipe="x/1", brief=True)
    assert one.text.endswith("[line 7 left out]")


@given(selections(), st.integers(0, 99), st.booleans())
def test_gaps_are_counted_from_further_on(chosen: tuple[list[str], list[bool]], by: int, brief: bool) -> None:
    lines, kept = chosen
    out = gaps.select(lines, kept, recipe="x/1", lead=lambda *_: "  # ", brief=brief).text.split("\n")
    there = [gaps.moved(line, by) for line in out]
    assert [gaps.declared(line) for line in there] == [
        (gap[0] + by, gap[1] + by) if (gap := gaps.declared(line)) else None for line in out
    ]
    assert [gaps.moved(line, -by) for line in there] == out


def test_short_stretches_are_cheaper_kept() -> None:
    kept = [True, False, True, False, True]
    gaps.fill(["a", "short", "b", "x" * 40, "c"], kept)
    assert kept == [True, True, True, False, True]
