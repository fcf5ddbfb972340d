"""`clean`: runs of lines and redraws written once, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.clean import CleanCompressor, strip_presentation
from headroom.compressors.clean_runs import collapse, expand
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError
from headroom.testing import CompressorTests

CLEAN = CleanCompressor()
LINES = st.sampled_from(
    ["", "compiling the crate", "ok", "a line that is long enough to be worth counting", "\x1b[32mgreen\x1b[0m  "]
)
BLOCKS = st.lists(LINES, min_size=1, max_size=4).flatmap(
    lambda block: st.integers(1, 20).map(lambda times: block * times)
)
TEXTS = st.lists(BLOCKS, min_size=1, max_size=5).map(
    lambda blocks: "\n".join(line for block in blocks for line in block)
)


class TestClean(CompressorTests):
    compressor = CLEAN

    def blocks(self) -> st.SearchStrategy[str]:
        return TEXTS

    def samples(self) -> list[str]:
        return ["same line of output\n" * 50, "\x1b[31mx\x1b[0m\n" * 40 + "end"]


@given(st.lists(st.sampled_from(["a" * 30, "b" * 30, "c", ""]), max_size=12).map(lambda lines: lines * 3))
def test_what_is_collapsed_expands_to_the_same_lines(lines: list[str]) -> None:
    assert lines == expand(collapse(lines))


def small(text: str) -> str:
    shrunk = CLEAN.invoke(Block(text))
    assert shrunk is not None
    assert shrunk.lossless
    return shrunk.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "start\n" + "waiting for the lock\n" * 37 + "done",
            "start\nwaiting for the lock\n[the line above stands 36 more times]\ndone",
        ),
        (
            "\n".join(["GET /health", "200 from upstream-a", ""] * 13 + ["bye"]),
            "GET /health\n200 from upstream-a\n\n[the 3 lines above stand 12 more times]\nbye",
        ),
        ("a" + "\n" * 200 + "b", "a\n\n[the line above stands 198 more times]\nb"),
        ("\x1b[1mBuilding\x1b[0m   \n1%\r2%\r3%", "Building\n3%"),
        ("x" * 100 + "\n" + "x" * 100, "x" * 100 + "\n[the line above stands 1 more time]"),
    ],
)
def test_runs_are_counted_in_words(text: str, expected: str) -> None:
    assert expected == small(text)


def test_redraws_of_several_lines_keep_the_last_state_and_count_the_others() -> None:
    frames = ["layer a 0%\nlayer b 0%\n"] + [
        f"\x1b[2A\x1b[2Klayer a {n}%\n\x1b[2Klayer b {n}%\n" for n in range(10, 101, 10)
    ]
    expected = "pull\nlayer a 100%\nlayer b 100%\n[20 earlier states of the 2 lines above were overwritten]\nDone"
    assert expected == small("pull\n" + "".join(frames) + "Done")


def test_a_redraw_over_an_error_is_not_played() -> None:
    text = "step 1\n\x1b[1A\x1b[2KERROR: no space left on device\n\x1b[1A\x1b[2Kstep 2\n" + "\x1b[32m.\x1b[0m" * 20
    assert "ERROR: no space left on device" in small(text)


def test_a_text_that_speaks_the_notation_is_declined() -> None:
    text = "ok\n[the line above stands 36 more times]\n" + "the same line again and again\n" * 30
    assert CLEAN.shrink(Block(text)) is None


def test_verify_refuses_a_count_that_is_wrong() -> None:
    text = "waiting for the lock\n" * 37
    shrunk = CLEAN.shrink(Block(text))
    assert shrunk is not None
    with pytest.raises(CompressionError, match="expand"):
        CLEAN.verify(Block(text), Shrunk(shrunk.text.replace("36", "35"), shrunk.recipe))


def test_takes_every_text_but_only_as_a_fallback() -> None:
    assert 0 < CLEAN.detect(Block("anything")) <= 0.1


def test_g4_surviving_lines_are_verbatim_and_ordered_and_each_gap_says_how_many_lines() -> None:
    hits = [f"src/module_{n}.py:{n}:    value = compute({n})" for n in range(40)]
    text = "\n".join(hits[:20] + ["-- --"] * 60 + hits[20:])
    lines = small(text).split("\n")
    assert hits == [line for line in lines if line.startswith("src/")]
    assert "[the line above stands 59 more times]" in lines


def test_g6_every_error_line_of_a_compiler_is_kept_and_no_success_is_invented() -> None:
    errors = [f"src/a.ts({n},5): error TS2304: Cannot find name 'x{n}'." for n in range(60)]
    text = "\r\n".join([*errors, "Found 60 errors."])
    assert "\n".join([*errors, "Found 60 errors."]) == small(text)


def test_g9_no_word_is_dropped_from_prose() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 50
    assert CLEAN.shrink(Block(text.strip())) is None


def test_g10_a_form_that_would_grow_is_none() -> None:
    assert CLEAN.shrink(Block("a\na\na\na")) is None


@given(TEXTS)
def test_g12_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    shrunk = CLEAN.shrink(Block(text))
    if shrunk is not None:
        assert CLEAN.shrink(Block(shrunk.text)) is None


def test_no_line_moves_by_stripping() -> None:
    text = "one\r\n\x1b[31mtwo\x1b[0m\n1%\r2%\nfour  "
    assert strip_presentation(text).split("\n") == ["one", "two", "2%", "four"]
