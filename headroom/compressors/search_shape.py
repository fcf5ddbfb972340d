"""Whether a text is what a search prints: by the shape of its lines alone."""

from __future__ import annotations

import re
from itertools import islice

from headroom.compressors.search_lines import NUMBERED
from headroom.compressors.search_notation import parsed

_START, _MIDDLE = 9_000, 4_000
_MIN_HITS = 3

_TOLD = re.compile(
    r"[0-9]{1,9}:(?:[0-9]{1,6}:)? [A-Za-z]|[0-9]{1,9}:[0-9]{1,6} - |[0-9]{1,9}:(?:[0-9]{1,6}:)? *(?:fatal |Fatal )?(?:error|warning|note)\b"
)
"""What a compiler or a linter tells of a line; a hit shows the line as it stands in the file."""

_MAY_HIT = re.compile(
    r"[^\s:\"'<>|*?`][^\t:\"<>|*?`]{0,400}:(?=[^:\s]| {2,}\S|\t)"  # a path and what stands behind it
    r"|[0-9]{1,9}[:=-]"  # a number under a heading
)
"""How every hit begins, and most lines of other texts do not."""

_TIME = re.compile(r"[0-9]{2}:[0-9]{2}\b")
"""A time of day, behind a name and a colon."""


def sureness(text: str) -> float:
    """Return how surely a text is search results, 0 to 1, or -1. Looks at a sample from the start and the middle only."""
    sample = _sample(text)
    if len(list(islice(filter(_MAY_HIT.match, sample.split("\n")), _MIN_HITS))) < _MIN_HITS:
        return -1.0
    lines = parsed(sample)[1]
    said = sum(1 for path, rest in zip(lines.paths, lines.rests, strict=True) if path or rest.strip())
    ours = len(lines) - lines.paths.count("")
    hits = [rest for sign, rest in zip(lines.signs, lines.rests, strict=True) if sign == ":"]
    if len(hits) < _MIN_HITS or ours * 10 < said * 6:
        return -1.0
    told = sum(1 for rest in hits if _TOLD.match(rest) or _TIME.match(rest))
    if told * 3 > len(hits):
        return -1.0
    return 0.95 if NUMBERED.match(hits[0]) else 0.85


def _sample(text: str) -> str:
    if len(text) <= _START + _MIDDLE:
        return text
    middle = len(text) // 2
    parts = (text[:_START], text[middle : middle + _MIDDLE])  # of the second, the first heading is not there
    return "\n\n".join(part[part.find("\n") + 1 : part.rfind("\n")] for part in parts)
