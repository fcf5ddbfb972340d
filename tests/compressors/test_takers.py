"""Who takes a block: the surest first, and nobody asked in vain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors import built_in, pick, takers
from headroom.compressors.base import Compressor
from headroom.compressors.budget import characters, pays
from headroom.compressors.telltale import holding
from headroom.content import Block, Shrunk

BLOCK = Block("any text")
ASKED: list[float] = []


class Sure(Compressor):
    """Says that it is so sure, and could not be surer than `surest`."""

    id: ClassVar[str] = "sure"
    surest: ClassVar[float] = 1.0

    sureness: float

    def detect(self, block: Block) -> float:
        ASKED.append(self.sureness)
        return self.sureness

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        return None

    def verify(self, block: Block, shrunk: Shrunk) -> None: ...


class HalfSure(Sure):
    surest: ClassVar[float] = 0.5


class LastResort(Sure):
    surest: ClassVar[float] = 0.6
    last_resort: ClassVar[bool] = True


def expected(compressors: Sequence[Sure]) -> list[Sure]:
    """Ask everybody, then sort."""
    order = sorted((each for each in compressors if each.sureness >= 0), key=lambda each: -each.sureness)
    known = next((n for n, each in enumerate(order) if not each.last_resort), len(order))
    return [each for n, each in enumerate(order) if n < known or not each.last_resort]


def sure(kind: type[Sure]) -> st.SearchStrategy[Sure]:
    return st.sampled_from([-1.0, 0.0, 0.3, 0.5, 0.6, 1.0]).map(lambda how: kind(sureness=min(how, kind.surest)))


@given(st.lists(st.one_of(sure(Sure), sure(HalfSure), sure(LastResort)), max_size=6))
def test_takers_come_as_if_all_had_been_asked_first(compressors: list[Sure]) -> None:
    assert expected(compressors) == list(pick(BLOCK, tuple(compressors)))


def test_nobody_is_asked_in_vain() -> None:
    ASKED.clear()
    compressors = (HalfSure(sureness=0.4), Sure(sureness=0.9), LastResort(sureness=0.1))
    coming = takers(BLOCK, compressors)
    assert next(coming) is compressors[1]
    assert ASKED == [0.9]
    assert list(coming) == [compressors[0]]
    assert ASKED == [0.9, 0.4]


def test_no_compressor_is_surer_than_it_says() -> None:
    assert [each.id for each in built_in() if not 0 < each.surest <= 0.97] == []


def test_lines_that_hold_a_word_are_found_by_number() -> None:
    lines = ["all is well", "an ERROR, FAILED", "nothing", "FAILED"]
    assert holding(lines, ("ERROR", "FAILED", "absent"), text="\n".join(lines)) == [1, 3]


def test_characters_of_a_target_are_told_by_a_sample() -> None:
    assert characters(100, text="") == 100
    assert 300 <= characters(100, text="words of a sentence " * 4_000) <= 700


def test_a_selection_pays_when_it_saves_its_marker() -> None:
    assert pays("word " * 10, whole="word " * 100)
    assert not pays("word " * 100, whole="word " * 110)
