"""Templates: what lines that differ only in numbers, ids, addresses and times have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

HOLE = "\0"
"""Stands for a variable part of a word."""

MAX_LINE = 2_000
"""Characters of a line that its mask looks at."""

_MEMO_WORDS = 1 << 17
"""Masked words that are remembered before all are forgotten: words repeat, ids do not."""

_BATCH = 1 << 13
"""Lines whose new words are masked at one go."""

VALUE = re.compile(
    r"(?=[0-9a-fA-F])"  # says at once where nothing can begin
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.,]{5,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    r"|[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8}"
    r"|0[xX][0-9a-fA-F]+"
    r"|(?<![0-9A-Za-z])(?=[a-fA-F]{0,32}[0-9])[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]{2,}){0,8}(?![0-9A-Za-z])"
    r"|[0-9]+(?:[.,:][0-9]+)*)"
)
"""The variable part of a word, as one group: a time, an id in hex, an address, a number."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Masks:
    """The masks of a text's lines: their words, split at single blanks, with `HOLE` for every value."""

    of: list[int]
    """For each line the number of its mask."""
    words: list[Words]
    first: list[int]
    """For each mask the first line that has it."""


@dataclass(frozen=True, slots=True)
class Template:
    """Lines of one shape."""

    words: Words
    members: tuple[int, ...]
    """Line numbers, ascending."""


def mask(lines: Sequence[str]) -> Masks:
    """Mask every line. Linear: a word is looked at once, however often it stands."""
    memo: dict[str, str] = {}
    numbers: dict[Words, int] = {}
    of: list[int] = []
    first: list[int] = []
    for start in range(0, len(lines), _BATCH):
        split = [line[:MAX_LINE].split(" ") for line in lines[start : start + _BATCH]]
        if len(memo) > _MEMO_WORDS:
            memo.clear()
        memo.update(_masked(word for word in dict.fromkeys(chain.from_iterable(split)) if word not in memo))
        for row in split:
            words = tuple([memo[word] for word in row])
            number = numbers.setdefault(words, len(first))
            if number == len(first):
                first.append(len(of))
            of.append(number)
    return Masks(of, list(numbers), first)


def _masked(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield words with their masks. No value holds a blank, nor looks beyond one."""
    text = " ".join(words)
    return zip(text.split(" "), VALUE.sub(HOLE, text).split(" "), strict=True)


def mine(numbers: Sequence[int], masks: Masks, *, widen: bool = True) -> list[Template]:
    """Group the lines of these numbers into templates, in order of first appearance.

    First by equal masks; then, if `widen`, masks of equal length that differ in words which no other mask has at
    that place are joined, as long as half of their words stay equal. Linear (counts of words, no comparing of pairs).
    """
    exact: dict[int, list[int]] = {}
    for number in numbers:
        exact.setdefault(masks.of[number], []).append(number)
    words = [masks.words[number] for number in exact]
    joined: dict[Words, list[int]] = {}
    for members, general in zip(exact.values(), _generalised(words) if widen else words, strict=True):
        joined.setdefault(general, []).extend(members)
    found = [Template(general, tuple(sorted(members))) for general, members in joined.items()]
    return sorted(found, key=lambda template: template.members[0])


def _generalised(masks: Sequence[Words]) -> list[Words]:
    """Return for each mask the wider one it falls under, or itself."""
    seen: Counter[tuple[int, int, str]] = Counter()
    for words in masks:
        length = len(words)
        seen.update([(length, place, word) for place, word in enumerate(words)])
    wide = [_widened(words, seen) for words in masks]
    shared = Counter(wide)
    return [general if shared[general] > 1 else words for words, general in zip(masks, wide, strict=True)]


def _widened(words: Words, seen: Counter[tuple[int, int, str]]) -> Words:
    length = len(words)
    common = [seen[length, place, word] > 1 for place, word in enumerate(words)]
    literal = [bool(word.strip(HOLE)) for word in words]
    kept = sum(1 for place in range(length) if common[place] and literal[place])
    if not kept or kept * 2 < sum(literal):
        return words
    return tuple(word if common[place] or not word else HOLE for place, word in enumerate(words))
