"""`unknown`: the last resort for long texts that nobody else knows.

Both ends, red lines, and the stretches that say most that is new or asked for. Gaps are declared in place.
"""

from __future__ import annotations

from typing import ClassVar

from headroom import tokens
from headroom.compressors import excerpt, unknown_notation
from headroom.compressors.base import DECLARING_TOKENS, Compressor
from headroom.compressors.clean import CleanCompressor
from headroom.compressors.unknown_pieces import pieces
from headroom.compressors.unknown_select import select
from headroom.content import Block, Shrunk

_LAST = 0.06


class UnknownCompressor(Compressor):
    """Selects lines from texts of more than `keep` tokens; it has no lossless form.

    Nobody knows what such a text is for, and agents act on what they read: short ones stay whole, and of long ones
    at least `keep` tokens.
    """

    id: ClassVar[str] = "unknown"
    surest: ClassVar[float] = _LAST
    last_resort: ClassVar[bool] = True

    keep: int = 2_000
    """Tokens that stay at any target: on agents' results less loses names, paths and ids that they use next."""

    def detect(self, block: Block) -> float:
        """Return a low sureness for every text."""
        return _LAST if block.text else -1.0

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the lines that say most, towards the target; None where that saves nothing or `clean` does as well."""
        if target_tokens is None or excerpt.ambiguous(block.text):
            return None
        wanted = max(target_tokens, self.keep)
        before = tokens.count(block.text)
        if before <= wanted + DECLARING_TOKENS or _collapses(block, wanted):
            return None
        lines = block.text.split("\n")
        parts = pieces(lines)
        texts = [lines[part.line][part.start : part.stop] for part in parts]
        kept = select(texts, budget=wanted * len(block.text) // before, query=query)
        shrunk = unknown_notation.write(lines, parts, kept, recipe=self.recipe)
        pays = shrunk.left_out and shrunk.text.strip() and tokens.count(shrunk.text) + DECLARING_TOKENS < before
        return shrunk if pays else None

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back: every line stands, stands in part, or is in a gap."""
        excerpt.check(block.text.split("\n"), shrunk, read=unknown_notation.read)


def _collapses(block: Block, wanted: int) -> bool:
    """Tell whether the text is short enough once its runs are counted in words."""
    clean = CleanCompressor().shrink(block)
    return clean is not None and tokens.count(clean.text) <= wanted
