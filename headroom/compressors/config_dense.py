"""XML on one line, or on a few very long ones: as lines of its own making, of which each is a span of the source.

    <suite><case name="t1"/><case name="t2"/>[…193,022 characters left out: 3,812 case]<case name="t3999"/></suite>

It is cut where one tag follows another, and within long texts; so its parts are found, and chosen, as those of a file
that has a line for each. What stands are spans of the source, without a line end between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from headroom.compressors import config_shape, excerpt, unknown_notation
from headroom.compressors.config_select import select
from headroom.compressors.config_words import gap_words
from headroom.compressors.unknown_pieces import LONG, Piece
from headroom.content import Shrunk

_TEXT = re.compile(r"(<[A-Za-z_][^<>]*>)([^<&]*)(</[^<>]*>)")
"""An element that holds nothing but text: without a tag or a reference in it, it may be cut anywhere."""

_PIECE = 240
"""Characters of a piece of such a text."""

_NOTE = re.compile(r"\[…([1-9][0-9]{0,2}(?:,[0-9]{3}){0,4}) characters left out(?:: [^\[\]\n]{1,400})?\]")

shown = partial(unknown_notation.read, note=_NOTE)
"""How much of a source line an output line shows; its notes may say what they leave out."""


@dataclass(frozen=True, slots=True)
class Dense:
    """A document on few lines, and the lines of its own making."""

    lines: Sequence[str]
    pieces: Sequence[Piece]
    """Where it is cut, in order: every character belongs to one piece."""
    spans: Sequence[str]
    file: config_shape.File
    """What its parser makes of the spans, taken for lines."""

    def select(self, *, budget: int, query: str, recipe: str) -> Shrunk:
        """Return about `budget` tokens of it, with every gap declared in its place."""
        start, end, root = self.file.start, self.file.end, self.file.root
        kept = [True] * len(self.spans)
        kept[start:end] = select(self.spans[start:end], root, budget=budget, query=query)
        unknown_notation.fill(self.spans, kept)

        def say(first: int, stop: int) -> str:
            return gap_words(root, first - start, stop - start)

        return unknown_notation.write(self.lines, self.pieces, kept, recipe=recipe, say=say)


def read(text: str) -> Dense | None:
    """Return the document; None for what no parser reads, or what already holds a note as a selection would. Linear."""
    if " characters left out" in text or excerpt.ambiguous(text):
        return None
    lines = text.split("\n")
    pieces = list(_pieces(lines))
    spans = [lines[piece.line][piece.start : piece.stop] for piece in pieces]
    file = config_shape.read(spans)
    return None if file is None else Dense(lines, pieces, spans, file)


def _pieces(lines: Sequence[str]) -> Iterator[Piece]:
    for number, line in enumerate(lines):
        start = 0
        for span in line.replace("><", ">\n<").split("\n"):
            stop = start + len(span)
            text = _TEXT.fullmatch(span) if len(span) > LONG else None
            if text is not None:
                for at in range(start + text.end(1) + _PIECE, start + text.end(2), _PIECE):
                    yield Piece(number, start, at)
                    start = at
            yield Piece(number, start, stop)
            start = stop
