"""What is said of lines left out of a listing: how many names, by ending."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from headroom.compressors.listing_lines import Listing, headings

_TOLD = 5
"""Endings that are told one by one."""
_LONGEST = 10
"""Characters of an ending; a longer one is part of a name."""
_NO_NAME = re.compile(r"(?:total [0-9.,]+[KMGT]?)?")


def count(listing: Listing, start: int, end: int) -> str:
    """Return the number of names in these lines, by ending, the most frequent first, and of the headings among them."""
    above = headings(["", *listing.values[start:end]])
    names = _names(listing, start, end, skip={start + number - 1 for number in above})
    endings = Counter(map(_ending, names))
    told = sorted((ending for ending in endings if ending), key=lambda ending: (-endings[ending], ending))[:_TOLD]
    parts = [f"{endings[ending]:,} {ending}" for ending in told]
    others = endings.total() - sum(endings[ending] for ending in told)
    if others:
        noun = "other" if parts else "name"
        parts.append(f"{others:,} {noun}{'s' * (others > 1)}")
    folders = f" in {len(above):,} directories" if len(above) > 1 else ""
    return ", ".join(parts) + folders


def _names(listing: Listing, start: int, end: int, *, skip: set[int]) -> Iterator[str]:
    for number in range(start, end):
        value = listing.values[number]
        if number in skip or not value or (value[0] == "t" and _NO_NAME.fullmatch(value)):
            continue
        if listing.apart:
            yield from value.split(listing.apart)
        else:
            yield value[listing.lead(number) :]


def _ending(name: str) -> str:
    """Return a name's ending, with its dot; "" for none."""
    dot = name.rfind(".")
    if dot < 1 or name[dot - 1] in "/\\ ." or len(name) - dot > _LONGEST + 1:
        return ""
    return name[dot:] if name[dot + 1 :].isalnum() else ""
