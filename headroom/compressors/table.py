"""`table`: CSV and its kin, Markdown tables, what database clients, kubectl, docker, ps and df print.

The lossless form leaves out what draws a table and says once what holds for every row. A table that is long even so
is shown as a selection of its own lines under a line of words about all of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from headroom import tokens
from headroom.compressors import gaps, table_dense, table_select, table_words
from headroom.compressors.base import DECLARING_TOKENS, Compressor
from headroom.compressors.json_costs import exceeds
from headroom.compressors.table_find import find, sureness
from headroom.compressors.table_grid import Grid
from headroom.compressors.table_keys import keys_of
from headroom.compressors.table_layout import Layout
from headroom.compressors.table_select import Selection
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError

_CLEARLY = 2
"""A selection this many times shorter has fewer tokens without counting."""


class TableCompressor(Compressor):
    """Shrinks texts that are mostly tables."""

    id: ClassVar[str] = "table"
    version: ClassVar[int] = 2
    surest: ClassVar[float] = 0.92

    select_over: int = 10_000
    """Tokens that a selection has room for at least: what is shorter stands whole, whatever the target.

    Who asks for a table wants to compute with it, or to look something up: each row left out may be the one.
    """

    def detect(self, block: Block) -> float:
        """Return how surely the text is tables: lines with equally many cells under a header, drawn or aligned columns."""
        return sureness(block.text)

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the tables written densely, or, where those exceed the target, a selection of the text's lines.

        Where neither is smaller, the text as it stands: no other compressor knows better.
        """
        lines = block.text.split("\n")
        layouts = [Layout(grid) for grid in find(lines)]
        if not layouts:
            return None
        dense = table_dense.write(lines, layouts)
        lossless = Shrunk(dense, self.recipe) if dense is not None else None
        if target_tokens is None:
            return lossless
        whole = lossless or Shrunk(block.text, self.recipe)
        shortest = block.text if dense is None else dense
        budget = max(target_tokens, self.select_over)
        if not exceeds(shortest, budget):
            return whole
        selection = self._selected(lines, layouts, budget, query)
        return selection if selection is not None and _pays(selection.text, shortest) else whole

    def _selected(self, lines: list[str], layouts: Sequence[Layout], budget: int, query: str) -> Shrunk | None:
        if gaps.ambiguous(lines) or any(map(table_words.is_summary, lines)):
            return None
        selection = table_select.select(lines, layouts, budget=budget, query=query)
        return None if all(selection.kept) else table_select.write(lines, layouts, selection, recipe=self.recipe)

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the output back: tables cell by cell, and of a selection every line, gap and summary."""
        if shrunk.text == block.text and shrunk.lossless:
            return
        lines = block.text.split("\n")
        grids = find(lines)
        if shrunk.left_out is None:
            _check_dense(lines, grids, shrunk)
            return
        stand = set(shrunk.kept_lines or ())
        bare = "\n".join(line for line in shrunk.text.split("\n") if not table_words.is_summary(line))
        gaps.check(lines, replace(shrunk, text=bare))
        kept = [number in stand for number in range(len(lines))]
        layouts = list(map(Layout, grids))
        keys = keys_of(layouts[0]) if len(layouts) == 1 else None
        named = Selection(kept, keys if keys and f" left out: {keys.name} " in bare else None)
        if table_select.write(lines, layouts, named, recipe=self.recipe) != shrunk:
            raise CompressionError("the words about a table are not what it holds", recipe=shrunk.recipe)


def _pays(selection: str, shortest: str) -> bool:
    if len(selection) * _CLEARLY < len(shortest):
        return True
    return tokens.count(selection) + DECLARING_TOKENS < tokens.count(shortest)


def _check_dense(lines: Sequence[str], grids: Sequence[Grid], shrunk: Shrunk) -> None:
    at = {grid.start: grid for grid in grids}
    place = 0
    try:
        for entry in table_dense.read_back(shrunk.text):
            if isinstance(entry, str):
                right = place < len(lines) and lines[place] == entry
                end = place + 1
            else:
                grid = at.get(place)
                right = grid is not None and entry.says(grid)
                end = grid.end if grid else place
            if not right:
                raise CompressionError(f"the output does not say what line {place + 1} says", recipe=shrunk.recipe)
            place = end
    except ValueError as error:
        raise CompressionError(str(error), recipe=shrunk.recipe) from error
    if place != len(lines):
        raise CompressionError(f"{place} of {len(lines)} lines are accounted for", recipe=shrunk.recipe)
