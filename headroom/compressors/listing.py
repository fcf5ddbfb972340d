"""`listing`: what ls, find, tree, du, git ls-files, git status and glob tools print.

A directory stands once, above the names in it; what the columns of ls -l have in common is said once; padding and
drawn branches go. Nothing of that loses a name, and every path can be read off and typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import ClassVar

from headroom import tokens
from headroom.compressors import gaps, listing_notation
from headroom.compressors.base import Compressor
from headroom.compressors.listing_asked import asked
from headroom.compressors.listing_count import count
from headroom.compressors.listing_lines import Listing, parse
from headroom.compressors.listing_select import select
from headroom.compressors.listing_shape import sureness
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError

_WORTH = 20
"""The notation must save one part in so many: another notation costs a reader, too."""

_SHORTER = 4
"""The notation writes no listing in fewer characters than one in so many of its own."""

_SAMPLES, _SAMPLE = 4, 100
"""Places at which the size of the notation is told, and the lines of each."""


class ListingCompressor(Compressor):
    """Writes what repeats once; selects names only from listings that are longer than `select_over` tokens even so."""

    id: ClassVar[str] = "listing"
    version: ClassVar[int] = 4
    surest: ClassVar[float] = 0.95

    select_over: int = 2_500
    """Tokens of the largest lossless form that nothing is left out of, whatever the target, for agents act on names."""

    headings_over: int = 4_000
    """Characters up to which all paths stand whole: a heading would save little, and a whole path is copied without
    a thought. Above, those that the query asks for do."""

    def detect(self, block: Block) -> float:
        """Return how much the text looks like a listing: nearly all its lines are names, paths or rows of ls -l."""
        return sureness(block.text, hint=_hint(block))

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the listing without its repetition, or a selection of a huge one towards the target."""
        listing = parse(block.text, hint=_hint(block))
        if ("[line" in block.text or "…" in block.text) and gaps.ambiguous(listing.values):
            return None
        scores = asked(listing.values, query)
        whole = self._whole(listing, len(block.text), scores)
        if target_tokens is None:
            return self._lossless(listing, whole, len(block.text))
        most = max(self.select_over, target_tokens)
        if len(listing.values) - listing.values.count("") > most:  # a line takes a token at least
            budget = _characters(listing, whole, target_tokens=target_tokens)
            selection = self._selected(listing, whole, budget=budget, scores=scores)
            if selection and len(selection.text) * _SHORTER < len(block.text):
                return selection
        lossless = self._lossless(listing, whole, len(block.text))
        best = lossless.text if lossless else block.text
        size = 0 if len(best) <= most else tokens.count(best)
        if size > most:
            budget = target_tokens * _cost(listing) // size
            selection = self._selected(listing, whole, budget=budget, scores=scores)
            if selection and len(selection.text) < len(best):
                return selection
        return lossless

    def _whole(self, listing: Listing, length: int, scores: list[int]) -> list[bool] | None:
        """Return which paths stand whole; None for all."""
        if length <= self.headings_over or not any("/" in value or "\\" in value for value in listing.values):
            return None
        return [score > 0 for score in scores]

    def _lossless(self, listing: Listing, whole: list[bool] | None, length: int) -> Shrunk | None:
        if whole is not None and listing_notation.least(listing) * _WORTH > length * (_WORTH - 1):
            return None
        text = "\n".join(listing_notation.write(listing, [True] * len(listing.values), whole=whole))
        if len(text) * _WORTH > length * (_WORTH - 1):
            return None
        lossless = Shrunk(text, self.recipe)
        return None if _complaint(listing, lossless) else lossless

    def _selected(self, listing: Listing, whole: list[bool] | None, *, budget: int, scores: list[int]) -> Shrunk | None:
        kept = select(listing, budget=budget, scores=scores)
        stand = tuple(compress(range(len(kept)), kept))
        if not stand or len(stand) == len(kept):
            return None
        text = "\n".join(listing_notation.write(listing, kept, whole=whole))
        selection = Shrunk(text, self.recipe, LeftOut(len(kept) - len(stand), len(kept), "lines"), stand)
        return None if _complaint(listing, selection) else selection

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back: values and gaps must account for every line, in its place."""
        if complaint := _complaint(parse(block.text, hint=_hint(block)), shrunk):
            raise CompressionError(complaint, recipe=shrunk.recipe)


def _hint(block: Block) -> str:
    return f"{block.tool} {block.arguments}"


def _characters(listing: Listing, whole: Sequence[bool] | None, *, target_tokens: int) -> int:
    """Return about how many characters of the lines are so many tokens of the notation, by a sample of them."""
    step = max(1, len(listing.values) // _SAMPLES)
    written: list[str] = []
    said = 0
    for start in range(0, step * _SAMPLES, step):
        part = listing.part(start, start + min(step, _SAMPLE))
        kept = [True] * len(part.values)
        written += listing_notation.write(part, kept, whole=whole and whole[start : start + len(kept)])
        said += _cost(part)
    return target_tokens * said // max(1, tokens.count("\n".join(written)))


def _cost(listing: Listing) -> int:
    return sum(map(len, listing.values)) + len(listing.values)


def _complaint(listing: Listing, shrunk: Shrunk) -> str:
    """Return what is wrong with the accounts of an output; empty when they are right."""
    values = listing.values
    entries = list(listing_notation.read(shrunk.text, drawn=listing.drawn))
    stand: list[int] = []
    place = 0
    if entries == values:  # a lossless form, compared at once
        place, entries, stand = len(values), [], list(range(len(values)))
    for entry in entries:
        if isinstance(entry, str):
            if place >= len(values) or values[place] != entry:
                return f"the output does not say what line {place + 1} of the source says"
            stand.append(place)
            place += 1
            continue
        start, end, note = entry
        if start != place or note != gaps.declare(start, end, count(listing, start, end)):
            return f"{note} is not what is left out at line {place + 1}"
        place = end
    if place != len(values):
        return f"{place} of {len(values)} lines are accounted for"
    declared = LeftOut(len(values) - len(stand), len(values), "lines") if len(stand) < len(values) else None
    if shrunk.left_out != declared or (declared and shrunk.kept_lines != tuple(stand)):
        return f"{len(stand)} of {len(values)} lines stand, but it says {shrunk.left_out}"
    return ""
