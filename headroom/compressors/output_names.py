"""Lines that name something: what the query asks for, what failed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

_MOST_TERMS, _MOST_LINES = 16, 3
"""Terms that are looked for, and lines that hold one: what more lines hold tells none of them apart."""

_SHORTEST = 3


def naming(lines: Sequence[str], terms: Iterable[str], *, but: Sequence[bool] = ()) -> Iterator[int]:
    """Yield the lines that hold a term which few lines hold, as a word of its own; the rarest terms first.

    Lines marked in `but` neither count nor come.
    """
    wanted = _first(term.lower() for term in terms if len(term) >= _SHORTEST)
    text = "\n".join(lines).lower() if wanted else ""
    if len(text) != sum(map(len, lines)) + len(lines) - 1:
        return  # lower case has other lengths somewhere: positions would be off
    starts = list(accumulate([len(line) + 1 for line in lines], initial=0))
    found = [_holding(text, term, starts, but) for term in wanted]
    yield from dict.fromkeys(number for held in sorted(found, key=len) for number in held)


def _first(terms: Iterable[str]) -> list[str]:
    """Return the first different terms, without looking at the others."""
    seen: dict[str, None] = {}
    for term in terms:
        seen[term] = None
        if len(seen) == _MOST_TERMS:
            break
    return list(seen)


def _holding(text: str, term: str, starts: Sequence[int], but: Sequence[bool]) -> list[int]:
    found: list[int] = []
    at = text.find(term)
    while at >= 0:
        end = at + len(term)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            number = bisect_left(starts, at + 1) - 1
            if (not found or found[-1] != number) and not (but and but[number]):
                found.append(number)
            if len(found) > _MOST_LINES:
                return []
        at = text.find(term, end)
    return found
