"""Skeletons: lines without their numbers; and shapes: what many skeletons have in common at one of their ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

_JUDGED = 1_000
"""Characters of a line whose shape is looked at."""

_MANY = 8
"""So many lines make a shape."""

_SAME = 4
"""So many lines that differ in numbers only are a shape of their own."""

_ONE_DIGIT = bytes.maketrans(b"123456789", b"000000000")

_ASIDES, _ASIDE = 3, 20
"""Bracketed words at the end, as durations and percentages are, that tell no shapes apart; and their longest."""

_SAYS_NOTHING = "0.,:;()[]{}<>-+=*/%!?'\"|`$#&\\^~"
"""A word of these alone tells no shape."""


def skeletons(lines: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the number of each line's skeleton, and the skeletons: lines with 0 for every number."""
    text = "\n".join(lines).encode("utf-8", "surrogatepass").translate(_ONE_DIGIT).decode("utf-8", "surrogatepass")
    digits = text.split("\n")
    different = list(dict.fromkeys(digits))
    text = "\n".join(different)
    while "00" in text:
        text = text.replace("00", "0")
    bare = text.split("\n")
    numbers = {skeleton: number for number, skeleton in enumerate(dict.fromkeys(bare))}
    number_of = dict(zip(different, map(numbers.__getitem__, bare), strict=True))
    return list(map(number_of.__getitem__, digits)), list(numbers)


def shapes(texts: Sequence[str], counts: Counter[int]) -> tuple[list[int], list[int]]:
    """Return the shape of each skeleton, and how many lines have each shape; `counts` are the lines of each skeleton.

    The first of these that enough lines share: the whole skeleton, its last two words, its first two, its last, its first.
    """
    found: list[str] = list(texts)
    left = [number for number in range(len(texts)) if counts[number] < _SAME]
    several = [number for number, count in counts.items() if count > 1]
    words = list(map(_words, texts)) if left else []
    for known_by in (_last_two, _first_two, _last, _first):
        if not left:
            break
        keys = list(map(known_by, words))
        tally = Counter(keys)
        for number in several:
            tally[keys[number]] += counts[number] - 1
        shared = {key for key, count in tally.items() if count >= _MANY and key}
        for number in left:
            if keys[number] in shared:
                found[number] = f"{known_by.__name__}\n{keys[number]}"  # no skeleton holds a line end
        left = [number for number in left if keys[number] not in shared]
    numbers = {shape: number for number, shape in enumerate(dict.fromkeys(found))}
    of = list(map(numbers.__getitem__, found))
    sizes = [0] * len(numbers)
    for number, shape in enumerate(of):
        sizes[shape] += counts[number]
    for blank in {of[number] for number, text in enumerate(texts) if not text or text.isspace()}:
        sizes[blank] = 0
    return of, sizes


def _words(text: str) -> list[str]:
    text = text[:_JUDGED]
    return (_without_asides(text) if text.rstrip()[-1:] in {")", "]"} else text).split() or text.split()


def _last_two(words: Sequence[str]) -> str:
    return f"{words[-2]} {words[-1]}" if len(words) > 1 and words[-1].strip(_SAYS_NOTHING) else ""


def _first_two(words: Sequence[str]) -> str:
    return f"{words[0]} {words[1]}" if len(words) > 1 and words[0].strip(_SAYS_NOTHING) else ""


def _last(words: Sequence[str]) -> str:
    return words[-1] if words and words[-1].strip(_SAYS_NOTHING) else ""


def _first(words: Sequence[str]) -> str:
    return words[0] if len(words) > 1 and words[0].strip(_SAYS_NOTHING) else ""


def _without_asides(line: str) -> str:
    for _ in range(_ASIDES):
        line = line.rstrip()
        if line[-1:] not in {")", "]"}:
            break
        start = max(line.rfind("(", -_ASIDE), line.rfind("[", -_ASIDE))
        if start < 0:
            break
        line = line[:start]
    return line
