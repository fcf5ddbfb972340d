"""`log`: logs of services, builds and jobs.

Records of one template become one line with a count and the ranges of their values. What is red, odd, rare,
asked for, or stands at an end stays verbatim, in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from headroom import tokens
from headroom.compressors import clean_runs, log_notation
from headroom.compressors.base import Compressor, verify_lines
from headroom.compressors.budget import characters, pays
from headroom.compressors.clean_presentation import strip_presentation
from headroom.compressors.clean_runs import Run
from headroom.compressors.log_groups import groups
from headroom.compressors.log_records import records
from headroom.compressors.log_select import select
from headroom.compressors.log_shape import sureness
from headroom.compressors.log_summary import shapes
from headroom.compressors.log_templates import mask
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError

_MIN_LINES = 12
"""A text of fewer lines is not selected from."""

_TABLE_SHARE = 6
"""One part in so many of the budget goes to what is said about the lines left out."""


class LogCompressor(Compressor):
    """Selects from logs by template, severity and rarity; without a target only collapses runs of lines."""

    id: ClassVar[str] = "log"
    surest: ClassVar[float] = 0.9
    version: ClassVar[int] = 3
    verbatim: ClassVar[bool] = True

    def detect(self, block: Block) -> float:
        """Return how much the text looks like a log: time stamps, levels, verdicts, repeating shapes."""
        return sureness(block.text)

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the log with its runs collapsed, or a selection of its lines towards the target.

        Lines stand as they are in the block, terminal escapes included; they are judged without.
        """
        if log_notation.has_notation(block.text):
            return None  # one of ours, or made to look like one: it could not be read back
        raw = block.text.split("\n")
        runs = clean_runs.find_runs(raw)
        collapsed = "\n".join(clean_runs.written(raw, runs)) if runs else block.text
        lossless = Shrunk(collapsed, self.recipe) if len(collapsed) < len(block.text) else None
        if target_tokens is None or len(raw) < _MIN_LINES:
            return lossless
        budget = characters(target_tokens, text=block.text)
        if len(collapsed) <= budget * 2 and tokens.count(collapsed) <= target_tokens:
            return lossless
        selected = self._selected(block.text, raw, runs, budget, query)
        if selected is None or (lossless is not None and not pays(selected.text, whole=collapsed)):
            return lossless
        return selected

    def _selected(self, text: str, raw: list[str], runs: Sequence[Run], budget: int, query: str) -> Shrunk | None:
        plain = strip_presentation(text)
        lines = raw if plain is text else plain.split("\n")
        masks = mask(lines)
        found = groups(records(lines, masks), masks, lines)
        table = budget // _TABLE_SHARE
        chosen = select(raw, lines, found, runs=runs, budget=budget - table, query=query)
        if all(chosen.kept):
            return None
        above = chosen.standing()
        told = [kept or told for kept, told in zip(chosen.kept, above, strict=True)]
        out, stand = log_notation.write(raw, chosen.kept, above, shapes(told, found.groups, budget=table))
        selection = "\n".join(out)
        if len(selection) >= len(text):
            return None
        return Shrunk(selection, self.recipe, LeftOut(len(raw) - len(stand), len(raw), "lines"), tuple(stand))

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back: lines that stand, gaps and runs must account for every line in its place."""
        raw = block.text.split("\n")
        if shrunk.left_out is None:
            if clean_runs.expand(shrunk.text.split("\n")) != raw:
                raise CompressionError("the runs do not expand to the source", recipe=shrunk.recipe)
            return
        stand: Sequence[int] = shrunk.kept_lines or ()
        if shrunk.left_out != LeftOut(len(raw) - len(stand), len(raw), "lines"):
            raise CompressionError(
                f"{len(stand)} of {len(raw)} lines stand, but it says {shrunk.left_out}", recipe=shrunk.recipe
            )
        verify_lines(raw, shrunk)
        log_notation.check(raw, shrunk.text, stand, recipe=shrunk.recipe)
