"""Whether a text is a listing: by the shape of its lines; the call that printed it is a hint only."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compressors.listing_lines import Listing, any_long, parse
from headroom.compressors.telltale import holding

_SAMPLE = 6_000
_FEWEST = 4

_PATH = re.compile(
    r"(?:[A-Za-z]:[\\/])?[^\s:\"'<>|*?`;,(){}$=]{0,300}[\\/][^\s:\"'<>|*?`;(){}$=]{0,300}(?::[0-9]{1,9})?(?: \| +(?:[0-9]+|Bin) .*)?"
)
_NAME = re.compile(r"[\w.@+~#%/-][^\s:\"'<>|?`;,(){}$=]{0,200}[*@|=/]?(?: -> \S{1,200})?")
_BESIDES = re.compile(r"total [0-9.,]+[KMGT]?$|<[a-z/][^>]{0,80}>|[0-9,]+ (?:directories|files?)\b")
_HINT = re.compile(
    r"(?:^|[\s\"'(;&|/])(?:ls|find|fd|tree|dir|ll|exa|eza|git ls-files|git ls-tree|rg --files|du)(?=[\s\"')]|$)|^(?:Glob|glob|LS|list_?(?:dir|files)\w*)"
)


def sureness(text: str, *, hint: str) -> float:
    """Return how surely a text is a listing, 0 to 1, or -1. Looks at a sample from the start and the middle only."""
    sample = _sample(text)
    hinted = _HINT.search(hint) is not None
    if not hinted and not _may_be(sample):
        return -1.0
    listing = parse(sample, hint=hint)
    said = [n for n, value in enumerate(listing.values) if value and not _BESIDES.match(value)]
    if len(said) < _FEWEST:
        return -1.0
    if listing.drawn:
        return 0.95
    long = len(listing.columns) - listing.columns.count("")
    paths = sum(1 for n in said if _is_path(listing, n))
    if (long + paths) * 10 >= len(said) * 8:
        return 0.95 if long > paths else 0.9
    if (hinted or len(listing.headings) > 2) and _named(listing, said):
        return 0.9
    return -1.0


def _may_be(sample: str) -> bool:
    """Tell whether a text that nobody called a listing may be one: it has paths, branches, headings or modes."""
    lines = [line for line in sample.split("\n") if line]
    if (
        len(holding(lines, ("/", "\\"), text=sample)) * 10 >= len(lines) * 4
        or "\u2500\u2500" in sample
        or "-- " in sample
    ):
        return True
    headed = ":" in sample and sum(1 for line in lines if line.endswith((":", ":\r"))) > 2
    return headed or any_long(sample)


def _is_path(listing: Listing, number: int) -> bool:
    value = listing.values[number]
    if listing.is_long(number) or not ("/" in value or "\\" in value) or "://" in value:
        return False
    return _PATH.fullmatch(value, listing.lead(number)) is not None


def _named(listing: Listing, said: Sequence[int]) -> bool:
    """Tell whether nearly all is names: one a line or side by side, below headings or not."""
    names = [
        name
        for n in said
        for name in (
            listing.values[n].split(listing.apart) if listing.apart else [listing.values[n][listing.lead(n) :]]
        )
    ]
    ours = sum(1 for name in names if _NAME.fullmatch(name.removesuffix(":")))
    return ours * 10 >= len(names) * 9


def _sample(text: str) -> str:
    if len(text) <= _SAMPLE * 2:
        return text
    middle = len(text) // 2
    parts = (text[:_SAMPLE], text[middle : middle + _SAMPLE])
    return "\n".join(part[part.find("\n") + 1 : part.rfind("\n")] for part in parts)
