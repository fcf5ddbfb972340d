"""Selection: which pieces of a text of no known kind stand under a budget.

Both ends, what is red, what the query names, and then the stretches that hold the most words which stand nowhere
before them: what repeats itself goes first. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from headroom.compressors.log_templates import VALUE
from headroom.compressors.red import RED, severity, suspicious
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
    for number in [*asked, *sorted(range(len(texts)), key=lambda n: (-values[n], n))]:
        if left < NOTE_CHARS:
            break
        if not kept[number] and (cost := len(texts[number]) + 1 + _apart(kept, number)) <= left:
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
    red = [number for number, text in enumerate(texts) if suspicious(text) and severity(text) == RED]
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
    seen = {word for text, keep in zip(texts, kept, strict=True) if keep for word in _WORD.findall(text[:_JUDGED])}
    news = [0] * len(texts)
    for number, text in enumerate(texts):
        found = set(_WORD.findall(text[:_JUDGED]))
        news[number] = len(found - seen)
        seen |= found
    value = list(accumulate(news, initial=0))
    cost = list(accumulate((len(text) + 1 for text in texts), initial=0))
    out: list[int] = []
    for number in range(len(texts)):
        start, end = max(0, number - _REACH), min(len(texts), number + _REACH + 1)
        around = (value[end] - value[start]) * 10_000 // (cost[end] - cost[start] + NOTE_CHARS)
        out.append(around + news[number] * 10_000 // (len(texts[number]) + NOTE_CHARS))
    return out


def _apart(kept: Sequence[bool], number: int) -> int:
    """Return what declaring one more gap costs, if keeping this piece makes one."""
    near = (number > 0 and kept[number - 1]) or (number + 1 < len(kept) and kept[number + 1])
    return 0 if near else NOTE_CHARS
