"""`search`: what grep, ripgrep and git grep print.

Hits of one file stand under one heading, the whole path, as ripgrep prints them. That loses nothing.
"""

from __future__ import annotations

from itertools import compress
from typing import ClassVar

from headroom import tokens
from headroom.compressors import search_notation
from headroom.compressors.base import Compressor
from headroom.compressors.search_lines import Lines, may_hold_hits
from headroom.compressors.search_select import select
from headroom.compressors.search_shape import sureness
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError

_NAMES_SHARE = 4
"""One part in so many of the budget goes to the paths of files that are left out whole."""

_SHORTER = 2
"""A token of the lossless form, whose paths are fewer, holds at most so many times as much as one of the text."""


class SearchCompressor(Compressor):
    """Writes each path once; selects hits only from results that are longer than `select_over` tokens.

    An agent acts on its search results: selecting from them loses what it uses next, and a heading per file
    already saves most of what repeats.
    """

    id: ClassVar[str] = "search"
    surest: ClassVar[float] = 0.95
    version: ClassVar[int] = 4

    select_over: int = 2_000
    """Tokens of the largest text that nothing is left out of, whatever the target; half as many stay of a larger one."""

    def detect(self, block: Block) -> float:
        """Return how much the text looks like search results: most lines are hits, in files, that tell no errors."""
        return sureness(block.text)

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the hits under headings, or a selection of them towards the target.

        None for a text that could not be read back. One that has ripgrep's headings already is selected from only.
        """
        if not may_hold_hits(block.text):
            return None
        source, lines = search_notation.parsed(block.text)
        if not any(lines.paths):
            return None
        length = len(block.text)
        before = 0 if target_tokens is None or length <= self.select_over else tokens.count(block.text)
        if target_tokens is None or before <= self.select_over:
            return self._lossless(source, lines, length)
        wanted = max(target_tokens, self.select_over // 2)
        lossless = None
        if sum(map(len, lines.rests)) * before <= wanted * length * _SHORTER:
            lossless = self._lossless(source, lines, length)
            if tokens.count(lossless.text if lossless else block.text) <= wanted:
                return lossless
        selection = self._selected(source, lines, budget=wanted * length // before, query=query)
        if selection is not None and len(selection.text) < (len(lossless.text) if lossless else length):
            return selection
        return lossless or self._lossless(source, lines, length)

    def _lossless(self, source: list[str], lines: Lines, length: int) -> Shrunk | None:
        text = "\n".join(search_notation.write(lines, [True] * len(lines)))
        if len(text) >= length or search_notation.read(text) != source:
            return None
        return Shrunk(text, self.recipe)

    def _selected(self, source: list[str], lines: Lines, *, budget: int, query: str) -> Shrunk | None:
        room = budget // _NAMES_SHARE
        kept = select(lines, budget=budget - room, query=query)
        stand = tuple(compress(range(len(kept)), kept))
        if not stand or len(stand) == len(source):
            return None
        text = "\n".join(search_notation.write(lines, kept, room=room))
        left_out = LeftOut(len(source) - len(stand), len(source), "lines")
        selection = Shrunk(text, self.recipe, left_out, stand)
        return None if _complaint(source, lines, selection) else selection

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back: lines and gaps must account for every source line, in its place."""
        if complaint := _complaint(*search_notation.parsed(block.text), shrunk):
            raise CompressionError(complaint, recipe=shrunk.recipe)


def _complaint(source: list[str], lines: Lines, shrunk: Shrunk) -> str:
    """Return what is wrong with the accounts of an output; empty when they are right."""
    entries = search_notation.read(shrunk.text)
    stand: list[int] = []
    place = 0
    if entries == source:  # a lossless form, compared at once
        place, entries, stand = len(source), [], list(range(len(source)))
    for entry in entries:
        if isinstance(entry, str):
            if place >= len(source) or source[place] != entry:
                return f"the output does not say what line {place + 1} of the source says"
            stand.append(place)
            place += 1
        elif not search_notation.is_gap_of(entry, lines.part(place, place + entry.count)):
            return f"{entry.note} is not what is left out at line {place + 1}"
        else:
            place += entry.count
    if place != len(source):
        return f"{place} of {len(source)} lines are accounted for"
    declared = LeftOut(len(source) - len(stand), len(source), "lines") if len(stand) < len(source) else None
    if shrunk.left_out != declared or (declared and shrunk.kept_lines != tuple(stand)):
        return f"{len(stand)} of {len(source)} lines stand, but it says {shrunk.left_out}"
    return ""
