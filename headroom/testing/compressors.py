r"""The laws of compressors, as tests to inherit.

    from headroom.testing import CompressorTests

    class TestMine(CompressorTests):
        compressor = MyCompressor()

        def blocks(self):
            return st.lists(my_lines).map("\n".join)

Needs pytest and hypothesis, which headroom itself does not depend on.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.base import Compressor
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError
from headroom.testing.elsewhere import shrink_elsewhere

TARGETS = (None, 20, 400)

AWKWARD = (
    "",
    " \n\t\r\n ",
    "\x00",
    "\ud800 lone \udfff surrogates \udc00",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "[" * 5_000,
    "{" * 5_000 + "}" * 5_000,
    '{"a":' * 5_000 + "1" + "}" * 5_000,
    "x" * 110_000,
    "word " * 24_000,
    "\n" * 20_000,
    '["' + "x" * 110_000 + '"]',
    "a\r\nb\rc\n" * 3_000,
    "ERROR \x1b[31mred\x1b[0m\n" * 2_000,
)
"""Texts that no compressor may stumble over."""


def arbitrary_texts() -> st.SearchStrategy[str]:
    """Return texts of any kind: lone surrogates, control characters, line ends of every sort."""
    anything = st.text(st.characters(), max_size=200)
    lines = st.lists(st.text('ab 01{}[]":,-=*#.\t\r\ud800é漢', max_size=20), max_size=30).map("\n".join)
    return st.one_of(anything, lines, st.sampled_from(AWKWARD[:5]))


class CompressorTests:
    """Laws that every compressor keeps; set `compressor` and write `blocks`."""

    compressor: ClassVar[Compressor]

    query: ClassVar[str] = "why did 42 fail"
    """What law tests ask for."""

    @abstractmethod
    def blocks(self) -> st.SearchStrategy[str]:
        """Return texts of the compressor's own kind, some of them large enough to shrink."""

    def shrink(self, text: str, target: int | None) -> Shrunk | None:
        """Shrink a text as a document."""
        return self.compressor.shrink(Block(text), target_tokens=target, query=self.query)

    def test_recipe_is_an_id_and_versions(self) -> None:
        """The recipe names the compressor and stays the same."""
        assert re.fullmatch(r"[a-z][a-z0-9_-]*(?:/[0-9][0-9a-z.+-]*)+", self.compressor.recipe)
        assert self.compressor.recipe.startswith(f"{self.compressor.id}/{self.compressor.version}")
        assert self.compressor.recipe == type(self.compressor)(**self._fields()).recipe

    @given(st.data())
    def test_keeps_the_laws_over_texts_of_its_kind(self, data: st.DataObject) -> None:
        """Whatever comes out is deterministic, verified, accounted for, lossless unless it may not be."""
        self.check(data.draw(self.blocks()), data.draw(st.sampled_from(TARGETS)))

    @given(arbitrary_texts(), st.sampled_from(TARGETS))
    def test_keeps_the_laws_over_any_text(self, text: str, target: int | None) -> None:
        """Texts of other kinds raise nothing."""
        self.check(text, target)

    @pytest.mark.parametrize("target", TARGETS)
    @pytest.mark.parametrize("text", AWKWARD, ids=range(len(AWKWARD)))
    def test_keeps_the_laws_over_awkward_texts(self, text: str, target: int | None) -> None:
        """Empty, huge, endless and deeply nested texts raise nothing."""
        self.check(text, target)

    @given(st.data())
    def test_rejects_an_output_that_lost_a_line(self, data: st.DataObject) -> None:
        """`verify` notices any line that is gone."""
        text = data.draw(self.blocks())
        target = data.draw(st.sampled_from(TARGETS))
        shrunk = self.shrink(text, target)
        if shrunk is None:
            return
        lines = shrunk.text.split("\n")
        gone = data.draw(st.integers(0, len(lines) - 1))
        rest = "\n".join(lines[:gone] + lines[gone + 1 :])
        if not self.may_lose(shrunk, gone) and rest != shrunk.text:
            damaged = Shrunk(rest, shrunk.recipe, shrunk.left_out, shrunk.kept_lines)
            with pytest.raises(CompressionError):
                self.compressor.verify(Block(text), damaged)

    def may_lose(self, shrunk: Shrunk, line: int) -> bool:
        """Return whether an output line says nothing of the source, so that its loss may go unnoticed.

        Override for lines of words, such as a summary, or for blank ones that a lossless form may add or drop.
        """
        return not shrunk.text.split("\n")[line].strip()

    @given(st.data())
    def test_shrinking_again_loses_nothing_undeclared(self, data: st.DataObject) -> None:
        """An output is a text like any other."""
        target = data.draw(st.sampled_from(TARGETS))
        shrunk = self.shrink(data.draw(self.blocks()), target)
        if shrunk is not None:
            self.check(shrunk.text, target)

    def test_is_the_same_under_another_hash_seed(self) -> None:
        """The same bytes in another process, with strings hashed in another order."""
        texts = [text for text in self.samples() if len(text) < 100_000]
        work = [(text, target) for text in texts for target in TARGETS]
        kind = type(self.compressor)
        order = {"module": kind.__module__, "name": kind.__name__, "fields": self._fields(), "query": self.query}
        here = [self.shrink(text, target) for text, target in work]
        assert [None if one is None else one.text for one in here] == shrink_elsewhere({**order, "work": work})

    def samples(self) -> list[str]:
        """Return a few fixed texts for laws that are too costly for many; override to add your own kind."""
        return [*AWKWARD[:5]]

    def check(self, text: str, target: int | None) -> None:
        """Assert every law that one text can show."""
        block = Block(text)
        sureness = self.compressor.detect(block)
        assert sureness <= self.compressor.surest <= 1
        shrunk = self.shrink(text, target)
        assert block == Block(text)
        assert shrunk == self.shrink(text, target)
        assert sureness == self.compressor.detect(block)
        if shrunk is None:
            return
        assert shrunk.recipe == self.compressor.recipe
        assert shrunk.text.strip() or not text.strip()
        assert shrunk.lossless or target is not None
        if shrunk.left_out is not None:
            assert 0 < shrunk.left_out.count <= shrunk.left_out.total
        self.compressor.verify(block, shrunk)

    def _fields(self) -> dict[str, Any]:
        return self.compressor.model_dump(exclude={"name"}, exclude_none=True)
