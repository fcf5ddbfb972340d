"""`clean`: the fallback for any text: presentation out, runs of lines and redraws written once."""

from __future__ import annotations

from typing import ClassVar

from headroom.compressors.base import Compressor
from headroom.compressors.clean_presentation import strip_presentation
from headroom.compressors.clean_redraw import NOTE as REDRAW_NOTE
from headroom.compressors.clean_redraw import settle
from headroom.compressors.clean_runs import collapse, expand, has_note
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError

__all__ = ["CleanCompressor", "strip_presentation"]

_FALLBACK = 0.05


class CleanCompressor(Compressor):
    """Takes every text that nobody knows better, and loses nothing of it."""

    id: ClassVar[str] = "clean"
    surest: ClassVar[float] = _FALLBACK

    def detect(self, block: Block) -> float:
        """Return a low sureness for every text: whoever knows its kind comes first."""
        return _FALLBACK if block.text else -1.0

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:  # noqa: ARG002
        """Return the text as a terminal shows it, with runs of lines counted in words; always lossless.

        None for a text that already speaks the notation: it could not be read back.
        """
        if has_note(block.text) or _has_redraw_note(block.text):
            return None
        text = "\n".join(collapse(_shown(block.text).split("\n")))
        if len(text) >= len(block.text) or not text.strip():
            return None
        return Shrunk(text, self.recipe)

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back, and compare with what the terminal shows."""
        if "\n".join(expand(shrunk.text.split("\n"))) != _shown(block.text):
            raise CompressionError("the runs do not expand to the source", recipe=shrunk.recipe)


def _shown(text: str) -> str:
    return strip_presentation(settle(text))


def _has_redraw_note(text: str) -> bool:
    return " overwritten]" in text and any(REDRAW_NOTE.fullmatch(line) for line in text.split("\n") if line[:1] == "[")
