"""Which lines of a listing are asked for: those that hold words of the query which few other lines hold."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice

_MAX_QUERY = 20_000
_SHORTEST = 3
_APART = bytes(32 if n < 128 and not chr(n).isalnum() else n for n in range(256))
_FEW, _PART = 4, 50
"""A word tells something when it stands no more often than this, or than on one line in so many."""


def asked(values: Sequence[str], query: str) -> list[int]:
    """Return for each line how rare the words of the query are that it holds; 0 for none or only common ones."""
    scores = [0] * len(values)
    wanted = {word for word in _words(query[:_MAX_QUERY].lower()) if len(word) >= _SHORTEST}
    if not wanted:
        return scores
    text = "\n".join(values).lower()
    most = max(_FEW, len(values) // _PART)
    starts = [0, *accumulate([len(line) + 1 for line in text.split("\n")])]
    for word in sorted(wanted.intersection(_words(text))):
        places = list(islice(_places(text, word), most + 1))
        for number in {bisect_right(starts, at) - 1 for at in places} if len(places) <= most else ():
            scores[number] += len(values) // len(places)
    return scores


def _words(text: str) -> list[str]:
    """Return what stands between blanks and signs; of UTF-8, since `str.translate` is slow on what is not ASCII."""
    return text.encode("utf-8", "surrogatepass").translate(_APART).decode("utf-8", "surrogatepass").split()


def _places(text: str, word: str) -> Iterator[int]:
    """Yield where a word stands for itself."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            yield at
        at = text.find(word, end)
