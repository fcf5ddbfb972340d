"""Relevance: how much of what a query asks for stands in a passage and near it.

For each word of the query its rarity (inverse document frequency) times how near it is, at most once: what holds
several of the words, or stands between them, is worth more than what repeats one. Nearness fades with distance, so
that answers which take up no word of the question are found beside those that do. No model is needed; another
`relevance` of the same shape may take this one's place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

Relevance = Callable[[Sequence[str], str], list[int]]
"""From passages, in order, and a query to a score for each passage; 0: it has nothing to do with the query."""

_HERE = 1 << 10
"""How near a word is that stands in the passage itself."""

_FADES = 1_600
"""Characters over which nearness fades to its e-th part."""

_BREAK = 800
"""Characters that a blank line counts for."""

_OWN = 1, 10
"""Share of a word's worth that goes to the passages that hold it themselves, over those near it."""

_MAX_QUERY = 8_000
_MAX_TERMS = 24
_STEM = 6
"""Characters of a word that are compared: "categorization" finds "categories"."""

_WORD = re.compile(r"[0-9A-Za-z\u00c0-\u1fff]{1,64}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,64}")
_CJK = "\u3040"
_SUFFIXES = ("ingly", "edly", "ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "ly")
_PLAIN = (
    "a an the of to in on at by for from with and or but if then than as is are was were be been being am do does did "
    "doing have has had having will would can could should may might must shall not no nor so such this that these those "
    "there here it its he she they we you i me him her them us my your his their our what which who whom whose when where "
    "why how all any both each few more most other some own same too very just about into over under again further once "
    "only up down out off s t don now mean think say said tell find give show get please discuss discussed discussing "
    "discussion summarize summary talk talking mention mentioned opinion query question search"
)
_ASKING = frozenset(_PLAIN.split())
"""Words that ask, or hold a sentence together: they are in every text and tell passages not apart."""


def relevance(passages: Sequence[str], query: str) -> list[int]:
    """Return a score for each passage. Linear in the passages, for a bounded number of the query's words."""
    low = [_lower(passage) for passage in passages]
    starts = list(accumulate((len(passage) + 1 for passage in low), initial=0))
    text = "\n".join(low)
    total = sum(1 for passage in low if passage.strip())
    found = [
        (hits, _rarity(len(hits), total)) for term in _terms(query) if (hits := list(_holders(text, term, starts)))
    ]
    found.sort(key=lambda each: -each[1])
    scores = [0] * len(passages)
    steps = [max(len(passage), 1) + (_BREAK if not passage.strip() else 0) for passage in low]
    for hits, rarity in found[:_MAX_TERMS]:
        scores = [score + rarity * near for score, near in zip(scores, _nearness(hits, steps), strict=True)]
        for number in hits:
            scores[number] += rarity * _HERE * _OWN[0] // _OWN[1]
    return scores


def _lower(text: str) -> str:
    low = text.lower()
    return low if len(low) == len(text) else text


def _terms(query: str) -> list[tuple[str, bool]]:
    """Return what to look for, each once: the beginning of a word, and whether the word must end there."""
    terms: dict[tuple[str, bool], None] = {}
    for word in _WORD.findall(query[:_MAX_QUERY].lower()):
        if word[0] >= _CJK:
            terms.update({(word[at : at + 2], False): None for at in range(max(1, len(word) - 1))})
        elif word not in _ASKING:
            stem = _stem(word)
            terms[stem, len(stem) < 4 or stem[0].isdecimal()] = None
    return list(terms)


def _stem(word: str) -> str:
    if word[0].isdecimal():
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 4 and (word[-1] == word[-2] or word[-1] in "ey"):
        word = word[:-1]
    return word[:_STEM]


def _holders(text: str, term: tuple[str, bool], starts: Sequence[int]) -> Iterator[int]:
    """Yield the passages that hold a term, in order, each once."""
    stem, whole = term
    inner = stem[0] < _CJK
    at = text.find(stem)
    while at >= 0:
        end = at + len(stem)
        if inner and (text[at - 1 : at].isalnum() or (whole and text[end : end + 1].isalnum())):
            at = text.find(stem, end)
            continue
        number = bisect_right(starts, at) - 1
        yield number
        at = text.find(stem, starts[number + 1] - 1)


def _rarity(holding: int, total: int) -> int:
    """Return 16 times the binary logarithm of how rare it is to hold a word, in whole numbers: the same everywhere."""
    return ((total + holding) ** 16 // holding**16).bit_length() - 1


def _nearness(hits: Sequence[int], steps: Sequence[int]) -> list[int]:
    """Return for each passage how near a word is that stands in `hits`, at most `_HERE`."""
    near = [0] * len(steps)
    _spread(near, hits, steps, stops=[*hits[1:], len(steps)], way=1)
    _spread(near, hits[::-1], steps, stops=[*hits[-2::-1], -1], way=-1)
    return [min(_HERE, value) for value in near]


def _spread(near: list[int], hits: Sequence[int], steps: Sequence[int], *, stops: Sequence[int], way: int) -> None:
    """Add to `near` what fades from each hit towards the next, where it stops, or has faded before."""
    carried = 0
    for hit, stop in zip(hits, stops, strict=True):
        carried += _HERE
        for number in range(hit, stop, way):
            near[number] += carried
            carried = carried * _FADES // (_FADES + steps[number])
            if not carried:
                break
