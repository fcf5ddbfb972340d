"""`mixed`: content of several kinds, each part by the compressor of its own kind.

A header and then JSON and then a log, a line that ends in JSON, fenced blocks, several files or commands in one
output. Parts that nobody takes stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from headroom import calls, tokens
from headroom.compressors import mixed_notation, mixed_parts
from headroom.compressors.base import Compressor
from headroom.compressors.mixed_notation import Form
from headroom.compressors.mixed_parts import MIN_CHARS
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError

_SURE, _PROVEN = 0.3, 0.65
"""How sure marks make of several kinds, and JSON that takes a fair share of a text of which it is not all."""

_SHARE = 4
"""A fair share is one part in so many."""

_MIN_TARGET = 100
_HEAD_TOKENS = 30
"""What the line above a form costs at most."""


class MixedCompressor(Compressor):
    """Splits a text at its marks and gives each part to the compressor that knows its kind."""

    id: ClassVar[str] = "mixed"
    surest: ClassVar[float] = _PROVEN
    last_resort: ClassVar[bool] = True

    def detect(self, block: Block) -> float:
        """Return how sure it is that parts of the text are of their own kinds; -1 for a text of one part."""
        if block.text[:1] in {"{", "["} and block.text.rstrip()[-1:] in {"}", "]"}:
            return -1.0
        parts = mixed_parts.find(block.text)
        large = sum(1 for part in parts if part.stop - part.start >= MIN_CHARS)
        if large + any(part.is_json for part in parts) < 2 or len(parts) < 2:
            return -1.0
        in_json = sum(part.stop - part.start for part in parts if part.is_json)
        return _PROVEN if in_json * _SHARE >= len(block.text) else _SURE

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the parts in their smaller forms; lossless when all of them are. None if no part has any."""
        lines = block.text.split("\n")
        parts = mixed_parts.find(block.text)
        if len(parts) < 2 or mixed_notation.ambiguous(lines):
            return None
        forms: list[Form] = []
        for part in parts:
            if block.text[part.stop : part.stop + 1].strip("\n"):
                continue  # what stands before JSON in its line
            target = None if target_tokens is None else target_tokens * (part.stop - part.start) // len(block.text)
            shrunk = _shrunk(block, block.text[part.start : part.stop], target_tokens=target, query=query)
            if shrunk is not None:
                forms.append(Form(part.line, part.end, part.column, shrunk))
        if not forms:
            return None
        text, stand = mixed_notation.write(lines, forms)
        return Shrunk(text, self.recipe, _left_out(lines, forms), stand)

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back, and have each form verified by the compressor that made it."""
        lines = block.text.split("\n")
        forms = list(mixed_notation.read(shrunk, lines))
        known = {compressor.recipe: compressor for compressor in _kinds(block)}
        for form in forms:
            if form.shrunk.recipe not in known:
                raise CompressionError(f"nobody makes {form.shrunk.recipe}", recipe=shrunk.recipe)
            known[form.shrunk.recipe].verify(replace(block, text=form.source(lines)), form.shrunk)
        if shrunk.left_out != _left_out(lines, forms):
            raise CompressionError(f"it says {shrunk.left_out}, unlike its parts", recipe=shrunk.recipe)


def _kinds(block: Block) -> tuple[Compressor, ...]:
    """Return the compressors that parts may go to: those that know a kind, and no outlines of files that are viewed."""
    from headroom.compressors import built_in

    viewed = calls.is_file_view(block.tool, block.arguments)
    return tuple(each for each in built_in() if not each.last_resort and not (viewed and each.outlines))


def _shrunk(block: Block, text: str, *, target_tokens: int | None, query: str) -> Shrunk | None:
    """Return the smaller form of one part, if somebody takes it and it pays."""
    from headroom.compressors import takers

    if len(text) < MIN_CHARS:
        return None
    part = replace(block, text=text)
    target = None if target_tokens is None else max(_MIN_TARGET, target_tokens)
    for compressor in takers(part, _kinds(block)):
        shrunk = compressor.shrink(part, target_tokens=target, query=query)
        if shrunk is not None and shrunk.text.strip():
            form = replace(shrunk, kept_lines=shrunk.kept_lines or ())
            saves = tokens.count(form.text) + _HEAD_TOKENS < tokens.count(text)
            return form if saves and _stands_alone(compressor, part, form) else None
    return None


def _stands_alone(compressor: Compressor, part: Block, form: Shrunk) -> bool:
    """Tell whether a form can be read back within a text, where gaps are counted from its first line."""
    try:
        compressor.verify(part, form)
    except CompressionError:
        return False
    return not mixed_notation.ambiguous(part.text.split("\n"))


def _left_out(lines: list[str], forms: list[Form]) -> LeftOut | None:
    """Return what the forms leave out: lines, or characters, each part's share of them, where parts count in other units."""
    said = [(form, form.shrunk.left_out) for form in forms if form.shrunk.left_out is not None]
    if not said:
        return None
    if all(left_out.unit == "lines" for _, left_out in said):
        return LeftOut(sum(left_out.count for _, left_out in said), len(lines), "lines")
    shares = (max(1, len(form.source(lines)) * left_out.count // left_out.total) for form, left_out in said)
    return LeftOut(sum(shares), sum(map(len, lines)) + len(lines) - 1, "characters")
