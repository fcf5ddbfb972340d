r"""`numbered`: a file shown with a number before every line; every fifth is enough.

    [line numbers: every 5th shown]
         1	import os

        def fold(
                here,
         5	    there,

Numbers are a good part of the tokens of such a view, and each follows from the one above it. A tab or an arrow after
them stays, so that what is after it is the line as it stands in the file; a colon or the dash of `grep -A` goes
too where the line is indented. Lines at the margin keep theirs, and so do hits of a search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from headroom.compressors.base import Compressor
from headroom.content import Block, Shrunk
from headroom.errors import CompressionError

NOTE = "[line numbers: every 5th shown]"
HITS = "[line numbers: every 5th shown, and those of hits]"
_STEP = 5

_NUMBER = re.compile(r"( {0,8}[1-9][0-9]{0,6})([\t→:|-])")
_SAMPLE_CHARS, _SAMPLE_LINES = 2_000, 12
_MIN_LINES = 8
_SHARE = 0.6
"""Of the lines, so many must have the number that follows: else numbers say something of their own."""

_SURENESS = 0.06
"""Above `clean`, below who knows what the lines say."""


class NumberedCompressor(Compressor):
    """Takes listings of files as `cat -n`, `grep -n -A` and editors print them, and loses nothing of them."""

    id: ClassVar[str] = "numbered"
    surest: ClassVar[float] = _SURENESS
    whole: ClassVar[bool] = True

    def detect(self, block: Block) -> float:
        """Return a low sureness for texts in which numbered lines follow each other: whoever knows the file comes first."""
        lines = block.text[:_SAMPLE_CHARS].split("\n")[:_SAMPLE_LINES]
        numbers = [int(match[1]) if (match := _NUMBER.match(line)) else -1 for line in lines]
        return _SURENESS if any(map(_follows, numbers, numbers[1:])) else -1.0

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:  # noqa: ARG002
        """Return the text with every fifth number, and the first of those that follow each other; always lossless.

        None where most lines are not numbered one by one, or where the form could not be read back.
        """
        lines = block.text.split("\n")
        layout = _layout(lines)
        if layout is None or len(lines) < _MIN_LINES:
            return None
        numbers = [layout.number(line) for line in lines]
        if sum(map(_follows, numbers, numbers[1:])) < _SHARE * (len(lines) - 1):
            return None
        text = "\n".join([HITS if layout.separator == "-" else NOTE, *_sparse(lines, numbers, layout)])
        return Shrunk(text, self.recipe) if len(text) < len(block.text) and expand(text) == block.text else None

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Count the numbers again, and compare."""
        if expand(shrunk.text) != block.text:
            raise CompressionError("the numbers do not count up to the source", recipe=shrunk.recipe)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a tool sets the numbers of lines."""

    width: int
    """Characters to which they are filled up; 0 for as many as they have."""
    separator: str

    @property
    def keeps_separator(self) -> bool:
        return self.separator in "\t→"

    def number(self, line: str) -> int:
        """Return the number before a line, -1 for none."""
        match = _NUMBER.match(line)
        if match is None or (match[2] != self.separator and (self.separator, match[2]) != ("-", ":")):
            return -1
        number = int(match[1])
        return number if match[1] == f"{number:>{self.width}}" else -1

    def bare(self, line: str) -> str | None:
        """Return a numbered line without its number; None for one that would not read as such."""
        number, separator, rest = line.partition(self.separator)
        if self.keeps_separator:
            return separator + rest
        return rest if rest[:1] in ("", " ") and number.strip().isdecimal() else None

    def full(self, bare: str, number: int) -> str | None:
        """Return the line that `bare` stands for, if its number follows; None for a line that has none."""
        if self.keeps_separator:
            return f"{number:>{self.width}}{bare}" if bare.startswith(self.separator) else None
        return f"{number:>{self.width}}{self.separator}{bare}" if bare[:1] in ("", " ") else None


def expand(form: str) -> str:
    """Return the text that a form of this compressor stands for."""
    note, *lines = form.split("\n")
    layout = _layout(lines, hits=note == HITS)
    if layout is None:
        return "\n".join(lines)
    out: list[str] = []
    last = -1
    for line in lines:
        number = layout.number(line)
        full = layout.full(line, last + 1) if number < 0 and last > 0 else None
        out.append(line if full is None else full)
        last = number if full is None else last + 1
    return "\n".join(out)


def _layout(lines: Sequence[str], *, hits: bool = False) -> _Layout | None:
    """Return how the first numbered line is set; dashes before all, for they go with the colons of hits."""
    first = next((match for line in lines if (match := _NUMBER.match(line))), None)
    if first is None:
        return None
    width = len(first[1]) if first[1][:1] == " " else 0
    dashes = hits or (first[2] == ":" and any((m := _NUMBER.match(line)) and m[2] == "-" for line in lines))
    return _Layout(width, "-" if dashes else first[2])


def _follows(one: int, next_: int) -> bool:
    return next_ == one + 1 and one > 0


def _sparse(lines: Sequence[str], numbers: Sequence[int], layout: _Layout) -> Iterator[str]:
    """Yield the lines; those whose number follows from above without it, but for every fifth and for hits."""
    last = -1
    for line, number in zip(lines, numbers, strict=True):
        spare = _follows(last, number) and number % _STEP
        bare = layout.bare(line) if spare else None
        yield line if bare is None else bare
        last = number
