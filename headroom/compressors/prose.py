"""`prose`: documents, tickets, transcripts, passages found for a question.

Whole sentences, turns and paragraphs that answer the query, and the headings above them. What is left out is
declared where it stood.
"""

from __future__ import annotations

from typing import ClassVar

from headroom import calls, tokens
from headroom.compressors import excerpt, prose_notation
from headroom.compressors.base import DECLARING_TOKENS, Compressor
from headroom.compressors.prose_relevance import relevance
from headroom.compressors.prose_select import select
from headroom.compressors.prose_shape import sureness
from headroom.compressors.prose_units import units
from headroom.content import Block, Shrunk

_EVIDENCE = 5, 3
"""How much more than the target is taken: prose says a thing once, so what is left out is not told by the rest."""

_VIEWED = 2_000
"""Tokens that stay of a file that an agent views, at any target: it edits what it reads."""


class ProseCompressor(Compressor):
    """Selects sentences and paragraphs towards a target; it has no lossless form."""

    id: ClassVar[str] = "prose"
    version: ClassVar[int] = 2
    surest: ClassVar[float] = 0.8

    def detect(self, block: Block) -> float:
        """Return how much of the text is words in sentences."""
        return sureness(block.text)

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return what the query asks for, or what says most, towards the target; None if that saves nothing."""
        if target_tokens is None or excerpt.ambiguous(block.text):
            return None
        before = tokens.count(block.text)
        wanted = target_tokens * _EVIDENCE[0] // _EVIDENCE[1]
        if calls.is_file_view(block.tool, block.arguments):
            wanted = max(wanted, _VIEWED)
        if before <= wanted + DECLARING_TOKENS:
            return None
        lines = block.text.split("\n")
        parts = units(lines)
        scores = relevance([part.text(lines) for part in parts], query)
        kept = select(lines, parts, scores, budget=wanted * len(block.text) // before, query=query)
        shrunk = prose_notation.write(lines, parts, kept, recipe=self.recipe)
        return shrunk if shrunk.left_out and _pays(shrunk.text, before) else None

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back: every sentence stands in its place or is declared there."""
        excerpt.check(block.text.split("\n"), shrunk, read=prose_notation.read)


def _pays(text: str, before: int) -> bool:
    return bool(text.strip()) and tokens.count(text) + DECLARING_TOKENS < before
