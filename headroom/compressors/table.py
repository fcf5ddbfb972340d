"""`table`: CSV and its kin, Markdown tables, what database clients, kubectl, docker, ps and df print.

The lossless form leaves out what draws a table and says once what holds for every row. A table that is long even so
is shown as a selection of its rows under a line of words about all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from headroom.compressors import gaps, table_dense, table_excerpt, table_select, table_words
from headroom.compressors.base import DECLARING_TOKENS, Compressor
from headroom.compressors.json_costs import roughly
from headroom.compressors.table_find import find, sureness
from headroom.compressors.table_keys import keys_of
from headroom.compressors.table_layout import Layout
from headroom.compressors.table_select import Room, Selection
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError

_CLEARLY = 2
"""A selection this many times shorter has fewer tokens without counting."""


class TableCompressor(Compressor):
    """Shrinks texts that are mostly tables."""

    id: ClassVar[str] = "table"
    version: ClassVar[int] = 3
    surest: ClassVar[float] = 0.92

    select_over: int = 16_000
    """Tokens up to which a table stands whole, whatever the target.

    Who asks for a table wants to compute with it, or to look something up: each row left out may be the one. The
    longer the table, the less a row tells of it: of one twice as long, half as many tokens stand, if the target is less.
    """

    def detect(self, block: Block) -> float:
        """Return how surely the text is tables: lines with equally many cells under a header, drawn or aligned columns."""
        return sureness(block.text)

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the tables written densely, or, where those exceed the target, a selection of the text's rows.

        Where neither is smaller, the text as it stands: no other compressor knows better.
        """
        lines = block.text.split("\n")
        layouts = [Layout(grid) for grid in find(lines)]
        if not layouts:
            return None
        forms = table_dense.forms(lines, layouts)
        dense = table_dense.write(lines, layouts, forms)
        lossless = Shrunk(dense, self.recipe) if dense is not None else None
        if target_tokens is None:
            return lossless
        whole = lossless or Shrunk(block.text, self.recipe)
        size = roughly(whole.text)
        if size <= max(target_tokens, self.select_over):
            return whole
        if gaps.ambiguous(lines) or any(map(table_words.is_summary, lines)):
            return whole
        room = Room(target_tokens, max(target_tokens, self.select_over**2 // size))
        selection = table_select.select(lines, layouts, forms, room=room, query=query)
        if all(selection.kept):
            return whole
        shrunk = table_excerpt.write(lines, layouts, selection, recipe=self.recipe)
        return shrunk if _pays(shrunk.text, whole.text) else whole

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the output back: tables cell by cell, and of a selection every line, gap and summary."""
        if shrunk.text == block.text and shrunk.lossless:
            return
        lines = block.text.split("\n")
        layouts = list(map(Layout, find(lines)))
        try:
            kept = [True] * len(lines) if shrunk.lossless else table_excerpt.kept_by(lines, shrunk)
            _check(lines, layouts, kept, _without_words(shrunk))
        except ValueError as error:
            raise CompressionError(str(error), recipe=shrunk.recipe) from error
        if shrunk.lossless:
            return
        keys = keys_of(layouts[0]) if len(layouts) == 1 else None
        named = Selection(kept, keys if keys and f" left out: {keys.name}: " in shrunk.text else None)
        if table_excerpt.write(lines, layouts, named, recipe=self.recipe) != shrunk:
            raise CompressionError("the words about a table are not what it holds", recipe=shrunk.recipe)


def _pays(selection: str, shortest: str) -> bool:
    if len(selection) * _CLEARLY < len(shortest):
        return True
    return roughly(selection) + DECLARING_TOKENS < roughly(shortest)


def _without_words(shrunk: Shrunk) -> list[str]:
    """Return the output without gaps and summaries: source lines and tables."""
    lines = shrunk.text.split("\n")
    if shrunk.lossless:
        return lines
    rest = [line for line in lines if gaps.declared(line) is None]
    return [line for line in rest if not table_words.is_summary(line) or table_dense.is_note(line)]


def _check(lines: Sequence[str], layouts: Sequence[Layout], kept: Sequence[bool], output: Sequence[str]) -> None:
    """Raise ValueError unless the output says what the kept lines say, and nothing else."""
    at = {layout.grid.start: layout for layout in layouts}
    rest = [*kept, True]
    place = rest.index(True)
    for entry in table_dense.read_back(output):
        layout = at.get(place)
        if isinstance(entry, str):
            right = place < len(lines) and lines[place] == entry
            end = place + 1
        elif layout is not None:
            right = layout.says(entry.names, named=entry.named) and entry.says(layout.grid.rows_on(kept))
            end = layout.grid.end
        else:
            right, end = False, place
        if not right:
            raise ValueError(f"the output does not say what line {place + 1} says")
        place = rest.index(True, end)
    if place != len(lines):
        raise ValueError(f"{place} of {len(lines)} lines are accounted for")
