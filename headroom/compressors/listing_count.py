"""What is said of lines left out of a listing: how many names, by ending."""

from __future__ import annotations

import re
from collections import Counter

from headroom.compressors.listing_lines import Listing, headings

_TOLD = 5
"""Endings that are told one by one."""
_ENDING = re.compile(r"\.(?<=[^/\\ .\t\n]\.)[^\W_]{1,10}(?=\n)")
"""The ending of a name, which is not all of it; a longer one is part of the name."""

_TOTAL = re.compile(r"total [0-9.,]+[KMGT]?")


def count(listing: Listing, start: int, end: int) -> str:
    """Return the number of names in these lines, by ending, the most frequent first, and of the headings among them."""
    names = listing.values[start:end]
    text = "\n".join([*names, ""])
    above = {number - 1 for number in headings(["", *names])} if ":\n" in text else set[int]()
    empty = names.count("")
    if above or listing.apart or "total " in text:
        names = [value for number, value in enumerate(names) if value and number not in above]
        names = [value for value in names if not (value[0] == "t" and _TOTAL.fullmatch(value))]
        names = [name for value in names for name in value.split(listing.apart)] if listing.apart else names
        text, empty = "\n".join([*names, ""]), 0
    endings = Counter(_ENDING.findall(text))
    told = sorted(endings, key=lambda ending: (-endings[ending], ending))[:_TOLD]
    parts = [f"{endings[ending]:,} {ending}" for ending in told]
    others = len(names) - empty - sum(endings[ending] for ending in told)
    if others:
        noun = "other" if parts else "name"
        parts.append(f"{others:,} {noun}{'s' * (others > 1)}")
    folders = f" in {len(above):,} directories" if len(above) > 1 else ""
    return ", ".join(parts) + folders
