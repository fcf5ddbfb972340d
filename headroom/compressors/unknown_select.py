"""Selection: which pieces of a text of no known kind stand under a budget.

Both ends, what is red, what the query names, and then the stretches that hold the most words which stand nowhere
before them: what repeats itself goes first. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, compress, repeat
from operator import sub

from headroom.compressors.log_templates import VALUE
from headroom.compressors.red import RED, severity, suspects
from headroom.compressors.unknown_notation import NOTE_CHARS, fill

_ENDS = 3, 10
"""Share of the budget that goes to the two ends."""

_REACH = 3
"""Pieces to either side that are judged together: what stands among much that is new is understood better."""

_FEW = 3
"""A word of the query that no more pieces hold says where to look; such pieces come first."""

_JUDGED = 1_000
"""Characters of a piece that are judged."""

_MAX_QUERY = 8_000

_WORD = re.compile(
    r"[A-Za-z_\u00c0-\u1fff][0-9A-Za-z_\u00c0-\u1fff]{2,63}|[0-9]{2,32}|[\u3040-\u9fff\uac00-\ud7af]{1,8}"
)


def select(texts: Sequence[str], *, budget: int, query: str) -> list[bool]:
    """Return for each piece whether to keep it. What is red stays whatever it costs, once of each kind if it is much."""
    kept = ends(texts, budget=budget * _ENDS[0] // _ENDS[1])
    for number in _red(texts, budget):
        kept[number] = True
    left = budget - sum(len(text) + 1 for text, keep in zip(texts, kept, strict=True) if keep)
    values = _values(texts, kept)
    asked = _asked(texts, query)
    for number in [*asked, *sorted(range(len(texts)), key=values.__getitem__, reverse=True)]:
        if left < NOTE_CHARS:
            break
        cost = len(texts[number]) + 1
        if cost <= left and not kept[number] and (cost := cost + _apart(kept, number)) <= left:
            kept[number] = True
            left -= cost
    fill(texts, kept)
    return kept


def ends(texts: Sequence[str], *, budget: int) -> list[bool]:
    """Return for each piece whether it is of the beginning or the end, half of the budget each: the naive cut."""
    kept = [False] * len(texts)
    for order in (range(len(texts)), range(len(texts) - 1, -1, -1)):
        left = budget // 2
        for number in order:
            left -= len(texts[number]) + 1
            if left < 0 or kept[number]:
                break
            kept[number] = True
    return kept


def _red(texts: Sequence[str], budget: int) -> list[int]:
    """Return what is red: all of it, or where that is more than the budget the first and the last of each kind."""
    red = [number for number in suspects(texts, sure=True) if severity(texts[number]) == RED]
    if sum(len(texts[number]) + 1 for number in red) <= budget:
        return red
    kinds: dict[str, list[int]] = {}
    for number in red:
        kinds.setdefault(VALUE.sub("", texts[number]), []).append(number)
    return [number for found in kinds.values() for number in dict.fromkeys((found[0], found[-1]))]


def _asked(texts: Sequence[str], query: str) -> list[int]:
    """Return the pieces that hold a word of the query which few hold, in order."""
    low = "\n".join(texts).lower()
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
    if len(low) != starts[-1] - 1:
        return []  # lower case has other lengths somewhere: positions would be off
    holders = (_holders(low, word, starts) for word in dict.fromkeys(_WORD.findall(query[:_MAX_QUERY].lower())))
    return sorted({number for found in holders if len(found) <= _FEW for number in found})


def _holders(low: str, word: str, starts: Sequence[int]) -> list[int]:
    """Return the first pieces that hold a word by itself, one more than are few at most."""
    found: list[int] = []
    at = low.find(word)
    while at >= 0 and len(found) <= _FEW:
        end = at + len(word)
        if low[at - 1 : at].isalnum() or low[end : end + 1].isalnum():
            at = low.find(word, end)
        else:
            found.append(bisect_right(starts, at) - 1)
            at = low.find(word, starts[found[-1] + 1] - 1)
    return found


def _values(texts: Sequence[str], kept: Sequence[bool]) -> list[int]:
    """Return how many words each piece adds, alone and with its neighbours, for what they cost."""
    known = set(" ".join(text[:_JUDGED] for text in compress(texts, kept)).split(" "))
    seen = set(_WORD.findall(" ".join(known)))
    news: list[int] = []
    for text in texts:
        parts = set(text[:_JUDGED].split(" ")) - known  # no word holds a blank: the others hold none that is new
        known |= parts
        fresh = set(_WORD.findall(" ".join(parts))) - seen if parts else parts
        news.append(len(fresh))
        seen |= fresh
    costs = [len(text) + 1 for text in texts]
    around = zip(_around(news), _around(costs), strict=True)
    alone = zip(news, costs, strict=True)
    return [
        value * 10_000 // (cost + NOTE_CHARS) + new * 10_000 // (own - 1 + NOTE_CHARS)
        for (value, cost), (new, own) in zip(around, alone, strict=True)
    ]


def _around(values: Sequence[int]) -> Iterator[int]:
    """Yield the sum of each value and its neighbours."""
    sums = list(accumulate(values, initial=0))
    before = chain([0] * _REACH, sums)
    return map(sub, chain(sums[_REACH + 1 :], repeat(sums[-1], min(_REACH, len(values)))), before)


def _apart(kept: Sequence[bool], number: int) -> int:
    """Return what declaring one more gap costs, if keeping this piece makes one."""
    near = (number > 0 and kept[number - 1]) or (number + 1 < len(kept) and kept[number + 1])
    return 0 if near else NOTE_CHARS
