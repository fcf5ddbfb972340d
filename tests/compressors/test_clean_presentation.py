"""Presentation: what a terminal would finally show, line for line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.clean import strip_presentation

PIECES = st.sampled_from(
    [
        "ab",
        "ERROR: x",
        " ",
        "\t",
        "\n",
        "\r",
        "\x08",
        "\r\n",
        "\x1b",
        "\x1b[31m",
        "\x1b[m",
        "\x1b[K",
        "\x1b[2K",
        "\x1b[3C",
        "\x1b[1A",
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\",
        "\x1b(B",
        "\x1b7",
        "[31m",
        "m",
        "]",
        "é漢",
        "\x07",
        "10%",
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@given(TEXTS)
def test_the_number_of_lines_never_changes(text: str) -> None:
    assert text.count("\n") == strip_presentation(text).count("\n")


@given(TEXTS)
def test_stripping_twice_is_stripping_once(text: str) -> None:
    once = strip_presentation(text)
    assert once == strip_presentation(once)


@given(TEXTS)
def test_no_escape_and_no_trailing_blank_is_left(text: str) -> None:
    stripped = strip_presentation(text)
    assert "\x1b" not in stripped
    assert "\b" not in stripped
    assert all(line == line.rstrip(" \t") for line in stripped.split("\n"))


@given(st.lists(st.text("ab[1m]0;=é", max_size=12), max_size=8).map("\n".join))
def test_a_text_without_presentation_is_the_same_object(text: str) -> None:
    assert strip_presentation(text) is text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10%\r50%\r100%", "100%"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("\x1b[1;31mERROR\x1b[m done", "ERROR done"),
        ("\x1b[38;2;255;0;0mred\x1b[0m", "red"),
        ("\x1b]8;;https://x.test\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\$ ls", "$ ls"),
        ("\x1b(Bplain\x1b)0", "plain"),
        ("\x1b7saved\x1b8", "saved"),
        ("N\bNA\bAM\bME\bE", "NAME"),
        ("_\bu_\bn", "un"),
        ("spin |\b/\b-\b\\", "spin \\"),
        ("trailing  \t\nnext ", "trailing\nnext"),
        ("a longer text\rshort\x1b[K", "short"),
        ("a longer text\x1b[2K\rshort", "short"),
        ("longer\rab", "abnger"),
        ("wide\x1b[4Capart", "wide    apart"),
        ("broken \x1b]0;never closed", "broken ]0;never closed"),
        ("\x1b\x1b[m[31m", "[31m"),
        ("", ""),
    ],
)
def test_shows_what_a_terminal_shows(text: str, shown: str) -> None:
    assert shown == strip_presentation(text)


def test_an_overwritten_error_does_not_vanish() -> None:
    assert strip_presentation("ERROR: disk full\rdone") == "ERROR: disk full\rdone"
    assert strip_presentation("Error: \rError: x") == "Error: x"


def test_a13_a_model_id_in_brackets_is_no_escape() -> None:
    text = '{"model": "claude-opus-4-8[1m]"}\nclaude-opus-4-8[1m]'
    assert strip_presentation(text) is text
    assert strip_presentation("\x1b[32mclaude-opus-4-8[1m]\x1b[0m ok") == "claude-opus-4-8[1m] ok"


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["\x1b]", "\x1bP", "\x1b[", "a\r", "a\b", " ", "\x1b[2K\r", "\x1b[1A", "ok   \r"])
def test_a_megabyte_of_anything_is_stripped_once_and_for_all(piece: str) -> None:
    once = strip_presentation(piece * (1_000_000 // len(piece)) + "x")
    assert strip_presentation(once) == once
