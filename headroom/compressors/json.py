"""Compressor for JSON: minified, lists of objects as tables; at a target, the rows that say most.

The lossless form is what `json_outline` writes and `json_decoder.decode` reads back to the same value:
numbers as they were spelled, keys in their order, absent keys told from null. White space goes. Towards
a target, `json_excerpt` shows some rows of a table, numbered as in the source, under a line of words
about all of them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from langchain_core.runnables import RunnableConfig

from headroom import tokens
from headroom.compressors.base import DECLARING_TOKENS, Compressor
from headroom.compressors.json_accounts import MismatchError, left_out
from headroom.compressors.json_costs import cheaper
from headroom.compressors.json_cut import begins_as_json, read
from headroom.compressors.json_decoder import decode, decode_all
from headroom.compressors.json_excerpt import excerpt
from headroom.compressors.json_outline import Lossless, Tables, outline
from headroom.compressors.json_values import Document, NotJsonError, preamble_end
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError

__all__ = ["JsonCompressor", "decode"]

_CUT_OFF = 0.5
"""How sure it is of a text that begins as JSON and does not end so: cut off, or followed by something else."""

_CLOSERS = "}]"
_CLEARLY = 2
"""An excerpt this many times shorter has fewer tokens without counting."""

_GAIN = 19, 20
"""An excerpt must cost less than this share of the lossless form; else nothing need be left out."""


class JsonCompressor(Compressor):
    """Shrinks JSON documents and JSON lines, also behind a line or two of text."""

    id: ClassVar[str] = "json"
    surest: ClassVar[float] = 0.95
    version: ClassVar[int] = 4

    def detect(self, block: Block) -> float:
        """Return how sure it is that the text is JSON, from its two ends alone."""
        start = preamble_end(block.text)
        if start < 0:
            return -1
        if block.text.rstrip(" \t\r\n")[-1:] not in _CLOSERS:
            return _CUT_OFF if begins_as_json(block.text, start) else -1
        head = block.text[start : start + 200].lstrip(" \t\r\n{[")
        if head[:1] not in '"]}-0123456789tfn':
            return -1
        return 0.95 if not block.text[:start].strip() else 0.7

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the lossless form if it meets the target, else an excerpt; None if neither is smaller."""
        try:
            document = read(block.text)
        except NotJsonError:
            return None
        return self._shrink(document, block, target_tokens=target_tokens, query=query)

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the output back and compare it with the source, value by value."""
        try:
            original = read(block.text)
        except NotJsonError as error:
            raise CompressionError(str(error), recipe=self.recipe) from error
        self._verify(original, shrunk)

    def invoke(self, input: Block, config: RunnableConfig | None = None, **kwargs: Any) -> Shrunk | None:  # noqa: ARG002 - the framework's signature
        """Shrink and verify, the source parsed once for both."""
        try:
            document = read(input.text)
        except NotJsonError:
            return None
        shrunk = self._shrink(document, input, **kwargs)
        if shrunk is not None:
            self._verify(document, shrunk)
        return shrunk

    def _shrink(
        self, document: Document, block: Block, *, target_tokens: int | None = None, query: str = ""
    ) -> Shrunk | None:
        tables = Tables()
        lossless = Lossless(document, outline(document, tables))
        if target_tokens is not None and lossless.exceeds(target_tokens):
            text, rows = excerpt(document, lossless.parts, tables, target_tokens=target_tokens, query=query)
            declared = rows or left_out(document, decode_all(text)[0])
            if declared is not None and _pays(text, lossless):
                return Shrunk(text, self.recipe, declared)
        return Shrunk(lossless.text, self.recipe) if cheaper(lossless.text, block.text) else None

    def _verify(self, original: Document, shrunk: Shrunk) -> None:
        try:
            shown, excerpts = decode_all(shrunk.text)
            declared = None if not excerpts and original.equals(shown) else left_out(original, shown)
        except (ValueError, MismatchError) as error:
            raise CompressionError(str(error), recipe=self.recipe) from error
        if declared != shrunk.left_out:
            raise CompressionError("kept and declared do not add up to the original", recipe=self.recipe)


def _pays(text: str, lossless: Lossless) -> bool:
    if len(text) * _CLEARLY < lossless.least_chars or len(text) * _CLEARLY < len(lossless.text):
        return True
    return (tokens.count(text) + DECLARING_TOKENS) * _GAIN[1] < tokens.count(lossless.text) * _GAIN[0]
