"""What is said of lines left out of a listing: how many names, by ending."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from itertools import compress

from headroom.compressors.listing_lines import Listing, tail

_TOLD = 5
"""Endings that are told one by one."""
_ENDING = re.compile(r"[^/\\ .\t]\.[^\W_]{1,10}")
"""The ending of a name, which is not all of it, and what is before its dot; a longer one is part of the name."""


def count(listing: Listing, start: int, end: int) -> str:
    """Return the number of names in these lines, by ending, the most frequent first, and of the headings among them."""
    tails = listing.tails[start:end]
    if listing.apart:
        rows = compress(listing.values[start:end], tails)
        tails = [tail(name) for row in rows for name in row.split(listing.apart)]
    endings: Counter[str] = Counter()
    others = 0
    for found, times in Counter(tails).items():
        if _ENDING.fullmatch(found):
            endings[found[1:]] += times
        elif found:
            others += times
    told = sorted(endings, key=lambda ending: (-endings[ending], ending))
    others += sum(endings[ending] for ending in told[_TOLD:])
    parts = [f"{endings[ending]:,} {ending}" for ending in told[:_TOLD]]
    if others:
        noun = "other" if parts else "name"
        parts.append(f"{others:,} {noun}{'s' * (others > 1)}")
    above = bisect_left(listing.headings, end) - bisect_left(listing.headings, start)
    return ", ".join(parts) + (f" in {above:,} directories" if above > 1 else "")
