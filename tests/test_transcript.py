"""Transcripts: every part comes back exactly, by its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom import slices, transcript
from headroom.content import Block
from headroom.errors import ConfigError
from headroom.transcript import Part, name_of, part_of

texts = st.text(st.sampled_from('ab\n\r\u2028"[]#8 '), max_size=40)
parts = st.lists(st.tuples(texts, texts), max_size=8).map(
    lambda pairs: [Part(name_of(n, n % 2), " ".join(label.split("\n")), text) for n, (label, text) in enumerate(pairs)]
)


@given(parts)
def test_every_part_comes_back_exactly(told: list[Part]) -> None:
    whole = transcript.transcript(told)
    assert transcript.names(whole) == [part.name for part in told]
    for part in told:
        assert part.text == transcript.read(whole, part.name)
        assert part.text == slices.cut(whole, path=part.name, lines="all")


@given(parts)
def test_a_transcript_may_hold_transcripts(told: list[Part]) -> None:
    inner = transcript.transcript(told)
    whole = transcript.transcript([Part("3", "bash", inner), Part("5", "bash", "x")])
    assert inner == transcript.read(whole, "3")
    assert transcript.names(whole) == ["3", "5"]


@pytest.mark.parametrize("written", ["8", " 8 ", "message 8", "#8", "Message 8"])
def test_a_part_is_named_as_models_write(written: str) -> None:
    whole = transcript.transcript([Part("7", "human", "no"), Part("8", "bash", "one\ntwo\nthree")])
    assert slices.cut(whole, path=written, lines="2-3") == "2 of 3 lines:\n2: two\n3: three"


def test_a_path_goes_on_inside_a_part() -> None:
    whole = transcript.transcript([Part("8", "bash", '{"items": [1, {"id": "x"}]}'), Part("9", "bash", "x")])
    assert slices.cut(whole, path="8 $.items[1].id") == '"x"'
    assert slices.cut(whole, path="8$.items[0]") == "1"


def test_a_part_that_is_not_there_gets_the_names_of_those_that_are() -> None:
    whole = transcript.transcript([Part("7", "human", "no"), Part("8.2", "bash", "one")])
    with pytest.raises(ConfigError, match=r"path '9' names none of the parts 7, 8\.2"):
        slices.cut(whole, path="9")


def test_a_text_that_is_no_transcript_has_no_parts() -> None:
    assert transcript.names("8 in lines 1-2: bash") == []
    assert transcript.read("[x]\n8 in lines 1-2: bash", "8") is None


def test_the_outline_begins_with_the_table() -> None:
    block = Block("word " * 3_000, kind="tool_result", tool="bash", arguments='{"command":\n"cat x"}')
    told = [part_of(7, block), part_of(9, Block("yes", role="human"))]
    assert slices.cut(transcript.transcript(told)).split("\n")[1:4] == [
        '1: [2 parts of the conversation: ask for one with path="8", its own lines as well]',
        '2: 8 in lines 5-5: bash {"command": "cat x"}',
        "3: 10 in lines 6-6: human",
    ]
