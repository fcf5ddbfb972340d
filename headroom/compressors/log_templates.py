"""Templates: what lines that differ only in numbers, ids, addresses and times have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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

Words = tuple[str, ...]
"""Split at single blanks."""


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

    words: Words
    members: tuple[int, ...]
    """Line numbers, ascending."""


def mask(lines: Sequence[str]) -> Masks:
    """Mask every line. Linear: lines that differ in digits only are looked at once."""
    shapes = _with_one_digit(lines)
    first_of = dict(zip(reversed(shapes), range(len(shapes) - 1, -1, -1), strict=True))
    kinds = list(dict.fromkeys(shapes))
    numbers: dict[str, int] = {}
    number_of: dict[str, int] = {}
    first: list[int] = []
    for kind, masked in zip(kinds, _masked(kinds), strict=True):
        number = number_of[kind] = numbers.setdefault(masked, len(first))
        if number == len(first):
            first.append(first_of[kind])
    return Masks(list(map(number_of.__getitem__, shapes)), list(numbers), first)


def _masked(lines: Sequence[str]) -> list[str]:
    """Return the lines with `HOLE` for every value; no value holds a blank, so each word is looked at once."""
    words = " \n ".join(lines).split(" ")
    different = list(dict.fromkeys(words))
    masked = dict(zip(different, VALUE.sub(HOLE, " ".join(different)).split(" "), strict=True))
    return " ".join(map(masked.__getitem__, words)).split(" \n ")


def _with_one_digit(lines: Sequence[str]) -> list[str]:
    """Return what masks look at of each line, with 0 for every digit."""
    if max(map(len, lines), default=0) > MAX_LINE:
        lines = [line[:MAX_LINE] for line in lines]
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return text.translate(_ONE_DIGIT).decode("utf-8", "surrogatepass").split("\n")


def mine(numbers: Sequence[int], masks: Masks, *, widen: bool = True) -> list[Template]:
    """Group the lines of these numbers into templates, in order of first appearance.

    First by equal masks; then, if `widen`, masks of equal length that differ in words which no other mask has at
    that place are joined, as long as half of their words stay equal. Linear (counts of words, no comparing of pairs).
    """
    exact: dict[int, list[int]] = {}
    for number in numbers:
        exact.setdefault(masks.of[number], []).append(number)
    words = [tuple(masks.texts[number].split(" ")) for number in exact]
    joined: dict[Words, list[int]] = {}
    wide = _generalised(words) if widen and len(words) <= _MAX_WIDENED else words
    for members, general in zip(exact.values(), wide, strict=True):
        if joined.setdefault(general, members) is not members:
            joined[general] += members
    found = [Template(general, tuple(sorted(members))) for general, members in joined.items()]
    found.sort(key=lambda template: template.members[0])
    return found


def _generalised(masks: Sequence[Words]) -> list[Words]:
    """Return for each mask the wider one it falls under, or itself."""
    out = list(masks)
    by_length: dict[int, list[int]] = {}
    for number, words in enumerate(masks):
        by_length.setdefault(len(words), []).append(number)
    for alike in by_length.values():
        if len(alike) > 1:
            wide = _widened([masks[number] for number in alike])
            shared = Counter(wide)
            for number, general in zip(alike, wide, strict=True):
                if shared[general] > 1:
                    out[number] = general
    return out


def _widened(rows: Sequence[Words]) -> list[Words]:
    """Return masks of equal length with a hole for every word that no other has at its place, where half stay."""
    columns = []
    for column in zip(*rows, strict=True):
        counts = Counter(column)
        columns.append([word if counts[word] > 1 or not word else HOLE for word in column])
    wide = zip(*columns, strict=True)
    return [
        general if row != general and 0 < _said(row) <= _said(general) * 2 else row
        for row, general in zip(rows, wide, strict=True)
    ]


def _said(words: Words) -> int:
    """Return how many words are more than a hole."""
    return len(words) - words.count(HOLE) - words.count("")
