"""What stands before a gap in code, so that what is left parses: a comment, where a suite is empty `...`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from headroom.compressors.code_listing import Listing
from headroom.compressors.code_outline import Outline


class Leads:
    """The leads of one outline's gaps."""

    def __init__(self, listing: Listing, outline: Outline, closers: Mapping[int, int]) -> None:
        self._code = listing.code
        self._numbers = listing.numbers
        self._comment = outline.grammar.comment
        self._docs = sorted(outline.docs)
        self._suites = outline.suites
        self._closers = closers

    def lead(self, start: int, end: int) -> str:
        """Return what stands before the gap of the lines from `start` up to `end`; nothing where lines have numbers."""
        if self._numbers:
            return ""
        closer = self._closers.get(start)
        if closer is not None:
            line = self._code[closer]
            return f"{_indent(line)}{line.strip()} {self._comment} "
        first = next((line for line in self._code[start:end] if line.strip()), "")
        sign = self._doc_end(start, end) or ("... " if start <= self._suites.get(start, -1) <= end else "")
        return f"{_indent(first)}{sign}{self._comment} "

    def say(self, start: int, end: int) -> str:
        """Return which numbers the lines of a gap have before them, where those are not their places in the text."""
        numbers = [number for number in self._numbers[start:end] if number > 0]
        if not numbers or numbers[0] == start + 1:
            return ""
        return f"numbers {numbers[0]}-{numbers[-1]}"

    def _doc_end(self, start: int, end: int) -> str:
        at = bisect_left(self._docs, (start,)) - 1
        if at < 0:
            return ""
        _, last, closer = self._docs[at]
        return f"{closer} " if start <= last < end else ""


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
