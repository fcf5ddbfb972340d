"""`output`: what tests, builds, installers and other commands print.

Failures, what led to them, sums and exit codes stand verbatim; what a run does again and again is counted. Told
by the shape of lines, not by tool. It says of nothing that it went well: only the source's own lines do.
"""

from __future__ import annotations

from typing import ClassVar

from headroom import tokens
from headroom.compressors import clean_runs, gaps
from headroom.compressors.base import Compressor
from headroom.compressors.budget import characters, pays
from headroom.compressors.output_lines import judge
from headroom.compressors.output_select import select
from headroom.compressors.output_shape import sureness
from headroom.compressors.output_words import Words
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError

_MIN_LINES = 12
"""A text of fewer lines is not selected from."""

_LONGEST = 16
"""Characters per token beyond which no output is; longer ones need not be counted to exceed a bound."""


class OutputCompressor(Compressor):
    """Keeps what went wrong and what sums up; without a target only collapses runs of lines."""

    id: ClassVar[str] = "output"
    version: ClassVar[int] = 2
    surest: ClassVar[float] = 0.8

    select_over: int = 500
    """Tokens of the largest text that nothing is left out of, whatever the target: an agent asked for its last lines."""

    def detect(self, block: Block) -> float:
        """Return how much the text looks like tests or a build: verdicts, diagnostics, steps, sums."""
        return sureness(block.text)

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the text with its runs collapsed, or a selection of its lines towards the target.

        With a target, the text itself where nothing had better be left out of it.
        """
        lines = block.text.split("\n")
        if clean_runs.has_note(block.text) or gaps.ambiguous(lines):
            return None  # one of ours, or made to look like one: it could not be read back
        collapsed = "\n".join(clean_runs.collapse(lines))
        lossless = Shrunk(collapsed, self.recipe) if len(collapsed) < len(block.text) else None
        if target_tokens is None:
            return lossless
        whole = lossless or Shrunk(block.text, self.recipe)
        if len(lines) < _MIN_LINES:
            return whole
        budget = characters(target_tokens, text=block.text)
        if len(collapsed) <= budget * 2 and tokens.count(collapsed) <= target_tokens:
            return whole
        if len(collapsed) <= self.select_over * _LONGEST and tokens.count(collapsed) <= self.select_over:
            return whole
        judged = judge(lines)
        chosen = select(judged, budget=budget, query=query)
        say = Words(judged, chosen.kept, chosen.folds).say
        selected = gaps.select(lines, chosen.kept, recipe=self.recipe, say=say)
        return selected if selected.left_out and pays(selected.text, whole=collapsed) else whole

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back: lines that stand, gaps and runs must account for every line in its place."""
        lines = block.text.split("\n")
        if shrunk.left_out is not None:
            gaps.check(lines, shrunk)
        elif clean_runs.expand(shrunk.text.split("\n")) != lines:
            raise CompressionError("the runs do not expand to the source", recipe=shrunk.recipe)
