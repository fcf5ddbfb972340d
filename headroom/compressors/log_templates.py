"""Templates: what lines that differ only in numbers, ids, addresses and times have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import is_
from typing import NamedTuple

HOLE = "\0"
"""Stands for a variable part of a word."""

MAX_LINE = 2_000
"""Characters of a line that its mask looks at."""

_MAX_WIDENED = 1 << 18
"""Masks beyond which none are joined: a text of so many has no templates worth the time and the memory."""

VALUE = re.compile(
    r"(?=[0-9a-fA-F])"  # says at once where nothing can begin
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.,]{5,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    r"|[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8}"
    r"|[0-9][xX][0-9a-fA-F]+"
    r"|(?<![0-9A-Za-z])(?=[a-fA-F]{0,32}[0-9])[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]{2,}){0,8}(?![0-9A-Za-z])"
    r"|[0-9]+(?:[.,:][0-9]+)*)"
)
"""The variable part of a word, as one group: a time, an id in hex, an address, a number. All digits are alike to it."""

_ONE_DIGIT = bytes.maketrans(b"123456789", b"000000000")


@dataclass(frozen=True, slots=True)
class Masks:
    """The masks of a text's lines: the lines with `HOLE` for every value."""

    of: list[int]
    """For each line the number of its mask."""
    texts: list[str]
    first: list[int]
    """For each mask the first line that has it."""


class Template(NamedTuple):
    """Lines of one shape."""

    text: str
    """Their mask, perhaps with more holes."""
    members: tuple[int, ...]
    """Line numbers, ascending."""

    @property
    def words(self) -> list[str]:
        """The words of the mask, split at single blanks."""
        return self.text.split(" ")


def mask(lines: Sequence[str]) -> Masks:
    """Mask every line. Linear: lines that differ in digits only are looked at once."""
    shapes = _with_one_digit(lines)
    first_of = dict(zip(reversed(shapes), range(len(shapes) - 1, -1, -1), strict=True))
    kinds = list(dict.fromkeys(shapes))
    masked = _masked(kinds)
    first: dict[str, int] = {}
    for kind, text in zip(kinds, masked, strict=True):
        first.setdefault(text, first_of[kind])
    numbers = dict(zip(first, range(len(first)), strict=True))
    number_of = dict(zip(kinds, map(numbers.__getitem__, masked), strict=True))
    return Masks(list(map(number_of.__getitem__, shapes)), list(first), list(first.values()))


def _masked(kinds: Sequence[str]) -> list[str]:
    """Return lines that hold no digit but 0 with `HOLE` for every value; each word that holds one is looked at once."""
    words = " \n ".join(kinds).split(" ")
    valued = [word for word in set(words) if "0" in word]
    masked = dict(zip(valued, VALUE.sub(HOLE, " ".join(valued)).split(" "), strict=False))
    return " ".join(map(masked.get, words, words)).split(" \n ")


def _with_one_digit(lines: Sequence[str]) -> list[str]:
    """Return what masks look at of each line, with 0 for every digit."""
    if max(map(len, lines), default=0) > MAX_LINE:
        lines = [line[:MAX_LINE] for line in lines]
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return text.translate(_ONE_DIGIT).decode("utf-8", "surrogatepass").split("\n")


def mine(numbers: Sequence[int], masks: Masks, *, widen: bool = True, least: int = 1) -> list[Template]:
    """Group the lines of these ascending numbers into templates of `least` lines or more, in order of first appearance.

    First by equal masks; then, if `widen`, masks of equal length that differ in words which no other mask has at
    that place are joined, as long as half of their words stay equal. Linear (counts of words, no comparing of pairs).
    """
    of = [masks.of[number] for number in numbers]
    kinds = list(dict.fromkeys(of))
    texts = [masks.texts[kind] for kind in kinds]
    wide = _generalised(texts) if widen and len(texts) <= _MAX_WIDENED else texts
    general = dict(zip(kinds, wide, strict=True))
    shapes = list(map(general.__getitem__, of))
    members: dict[str, list[int]] = {shape: [] for shape, count in Counter(shapes).items() if count >= least}
    for number, shape in zip(numbers, shapes, strict=True):
        if shape in members:
            members[shape].append(number)
    return [Template(shape, tuple(found)) for shape, found in members.items()]


def _generalised(masks: Sequence[str]) -> list[str]:
    """Return for each mask the wider one it falls under, or itself."""
    out = list(masks)
    by_length: dict[int, list[int]] = {}
    for number, text in enumerate(masks):
        by_length.setdefault(text.count(" ") + 1, []).append(number)
    for length, alike in by_length.items():
        rows = [masks[number] for number in alike]
        wide = _widened(rows, length)
        shared = Counter(wide)
        for number, row, general in zip(alike, rows, wide, strict=True):
            if general is not row and shared[general] > 1:
                out[number] = general
    return out


def _widened(rows: list[str], length: int) -> list[str]:
    """Return masks of so many words with a hole for every word that no other has at its place, where half stay."""
    words = " ".join(rows).split(" ")
    columns = [words[place::length] for place in range(length)]
    holed = list(map(_holed, columns))
    if all(map(is_, columns, holed)):
        return rows
    wide = list(map(" ".join, zip(*holed, strict=True)))
    most = {general: _said(general) * 2 for general, count in Counter(wide).items() if count > 1}
    return [
        general if row != general and most.get(general) and 0 < _said(row) <= most[general] else row
        for row, general in zip(rows, wide, strict=True)
    ]


def _holed(column: list[str]) -> list[str]:
    counts = Counter(column)
    counts[""] = 0
    return [HOLE if counts[word] == 1 else word for word in column] if 1 in counts.values() else column


def _said(text: str) -> int:
    """Return how many words are more than a hole."""
    words = text.split(" ")
    return len(words) - words.count(HOLE) - words.count("")
