"""`unknown`: the last resort, never worse than cutting out the middle."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import tokens
from headroom.compressors import built_in, excerpt, pick, unknown_notation
from headroom.compressors.clean import CleanCompressor
from headroom.compressors.unknown import UnknownCompressor
from headroom.compressors.unknown_pieces import pieces
from headroom.compressors.unknown_select import ends
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

UNKNOWN = UnknownCompressor()
SMALL = UnknownCompressor(keep=20)

LINE = st.one_of(
    st.sampled_from(
        ["a = b", "", "  value 42", "ERROR disk full", "[line 3 left out]", "[…12 characters left out]", "x" * 700]
    ),
    st.text("ab 01=,", max_size=40),
    st.integers(1, 90).map(lambda n: "key=value, " * n),
)
TEXTS = st.lists(LINE, max_size=40).map("\n".join)


def records(count: int, facts: dict[int, str]) -> list[str]:
    """Return lines that look alike but for a few facts."""
    return [facts.get(n, f"slot {n % 13} is occupied by unit {n % 7} of the western row") for n in range(count)]


def select(text: str, target: int = 400, query: str = "") -> Shrunk:
    form = UNKNOWN.invoke(Block(text), target_tokens=target, query=query)
    assert form is not None
    assert form.left_out is not None
    return form


class TestUnknown(CompressorTests):
    compressor = SMALL

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return ["\n".join(records(100, {77: "gate 9 belongs to Mr. Ito"})), "key=value&" * 400]


@given(TEXTS)
def test_pieces_cover_every_character(text: str) -> None:
    lines = text.split("\n")
    said = [""] * len(lines)
    for piece in pieces(lines):
        assert piece.start == len(said[piece.line])
        said[piece.line] += lines[piece.line][piece.start : piece.stop]
    assert lines == said


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("shape", ["alike", "varied", "wide"])
def test_recall_is_never_worse_than_that_of_the_naive_cut_at_the_same_size(seed: int, shape: str) -> None:
    """Facts stand at random places; the cut keeps as many tokens of head and tail as `unknown` keeps in all."""
    chance = random.Random(f"{shape}{seed}")
    facts = {chance.randrange(1_500): f"the code of door {n} is {chance.getrandbits(40):x}" for n in range(40)}
    lines = records(1_500, facts)
    if shape == "varied":
        lines = [f"{line} {chance.choice(['calm', 'rain', 'frost', 'wind'])} {chance.randrange(60)}" for line in lines]
    if shape == "wide":
        lines = [" | ".join(lines[n : n + 5]) for n in range(0, len(lines), 5)]
    text = "\n".join(lines)
    form = select(text)
    budget = len(text) * tokens.count(form.text) // tokens.count(text)
    kept = ends(lines, budget=budget + 60)
    cut = "\n".join(line for line, keep in zip(lines, kept, strict=True) if keep)
    assert sum(fact in form.text for fact in facts.values()) >= sum(fact in cut for fact in facts.values())


def test_what_is_asked_for_stays() -> None:
    lines = [f"entry {n}: {n * 7919 % 100_003} {n * 104_729 % 99_991}" for n in range(2_000)]
    lines[1_234] = "entry 1234: assigned to zebra-crossing"
    assert lines[1_234] in select("\n".join(lines), query="where is zebra-crossing assigned").text.split("\n")


def test_red_lines_stay_and_only_kinds_of_them_where_they_are_the_whole_text() -> None:
    lines = records(
        2_000, {900: "fatal: cannot lock ref 'refs/heads/main'", 1_400: "worker 3 crashed with exit code 139"}
    )
    form = select("\n".join(lines))
    assert {lines[900], lines[1_400]} <= set(form.text.split("\n"))
    red = [f"ERROR {n} failed to open file number {n}" for n in range(3_000)]
    red[1_700] = "ERROR the disk is on fire"
    form = select("\n".join(red))
    assert red[1_700] in form.text
    assert len(form.text) < len("\n".join(red)) // 3


def test_short_texts_and_lossless_needs_are_left_alone() -> None:
    text = "\n".join(f"{n} {n * 7919}" for n in range(100))
    assert None is UNKNOWN.shrink(Block(text), target_tokens=400)
    assert None is UNKNOWN.shrink(Block(text * 50))


def test_runs_are_left_to_clean_when_that_is_short_enough() -> None:
    text = "\n".join(["begin", *["waiting for the lock of the other process"] * 4_000, "end"])
    assert None is UNKNOWN.shrink(Block(text), target_tokens=400)
    assert CleanCompressor().shrink(Block(text)) is not None


def test_inside_a_long_line_characters_are_declared() -> None:
    line = "start;" + ";".join(f"k{n}=v{n % 10}" for n in range(30_000)) + ";needle=zulu;" + "k=v;" * 9_000 + "end"
    form = select(line, query="needle zulu")
    assert form.text.startswith("start;")
    assert form.text.endswith("end")
    assert "needle=zulu" in form.text
    assert " characters left out]" in form.text
    assert form.left_out is not None
    assert form.left_out.unit == "characters"
    assert form.left_out.total == len(line)
    assert form.kept_lines == ()
    assert tokens.count(form.text) < 3_000


def test_notes_are_read_as_they_are_written() -> None:
    assert unknown_notation.read("abc[…4 characters left out]xyz", "abc1234xyz") == 6
    assert unknown_notation.read("abc[…5 characters left out]xyz", "abc1234xyz") == 0
    assert unknown_notation.read("abd[…4 characters left out]xyz", "abc1234xyz") == 0
    assert unknown_notation.read("abc1234xyz", "abc1234xyz") == 0


@pytest.mark.parametrize(
    "damaged",
    [
        Shrunk("a\n[line 2 left out]\nc", "unknown/1", LeftOut(2, 3), (0, 2)),
        Shrunk("a\n[lines 2-9 left out]", "unknown/1", LeftOut(2, 3), (0,)),
        Shrunk("a\n[lines 2-99999999 left out]", "unknown/1", LeftOut(2, 3), (0,)),
        Shrunk("a\nc", "unknown/1", LeftOut(1, 3), (0, 2)),
        Shrunk("a\n[line 2 left out]\nc", "unknown/1", None, (0, 2)),
    ],
)
def test_verify_rejects_accounts_that_do_not_add_up(damaged: Shrunk) -> None:
    with pytest.raises(CompressionError):
        UNKNOWN.verify(Block("a\nb\nc"), damaged)


def test_texts_that_speak_the_notation_are_left_alone() -> None:
    assert excerpt.ambiguous("a\n  # [lines 3-4 left out]\nb")
    assert excerpt.ambiguous("a […3 sentences left out] b")
    assert not excerpt.ambiguous("it was left out of [the list]")


def test_it_is_asked_only_where_nobody_knows_the_text() -> None:
    everyone = built_in()
    log = "\n".join(f"2024-05-01 10:00:{n % 60:02d} INFO request {n} done" for n in range(2_000))
    assert "unknown" not in [each.id for each in pick(Block(log), everyone)]
    words = "\n".join(f"{n * 7919 % 1009} ~ {n * 104_729 % 997}" for n in range(2_000))
    takers = [each.id for each in pick(Block(words), everyone)]
    assert takers[0] == "unknown" or "unknown" not in takers


PINNED = """zone 0 lies behind gate 0
[lines 2-21 left out]
zone 1 lies behind gate 1
tunnel 7 was sealed by order of the harbour master
[lines 24-39 left out]
zone 4 lies behind gate 3"""
"""A change of output is a change of recipe version."""


def test_pinned_output() -> None:
    lines = [f"zone {n % 5} lies behind gate {n % 4}" for n in range(40)]
    lines[22] = "tunnel 7 was sealed by order of the harbour master"
    form = UnknownCompressor(keep=60).invoke(Block("\n".join(lines)), target_tokens=20)
    assert form is not None
    assert form.text == PINNED
    assert form.recipe == "unknown/1"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["ab,cd;" * 200_000, "x y\n" * 100_000, "q" * 1_000_000], ids=["line", "lines", "word"]
)
def test_huge_texts_are_cut_in_linear_time(text: str) -> None:
    form = UNKNOWN.invoke(Block(text), target_tokens=400, query="x ab")
    assert form is None or len(form.text) < len(text) // 10
