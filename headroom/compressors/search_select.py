"""Selection: which lines of a search stand verbatim under a budget.

Each has a score: a definition, something red, words of the query, words that few other lines hold and being the
first hit of its file count for it, a text that stood before against it. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compressors.red import RED, severity
from headroom.compressors.search_lines import BREAK, Line

_FIRST, _DEFINED, _RED, _AGAIN = 4, 6, 6, -6
_HIT = 10
_MOST = 6
"""What the words of a line may add, for being asked for and for being rare."""

_GAP_COST = 30
"""Characters' worth of declaring one more gap."""

_DEFINITION = re.compile(
    r"(?:[0-9]{1,9}:)?\s*(?:(?:export|default|public|private|protected|static|abstract|final|pub|async|override)\s+){0,4}"
    r"(?:def|class|func|function|fn|interface|struct|enum|trait|impl|type|module|namespace)\s+\w"
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,63}")
_ALARMS = frozenset({"error", "errors", "failed", "failure", "fatal", "panic", "exception", "traceback", "critical"})
"""Words without which a line is not judged for red: hits are lines of files, most of which tell no outcome."""

_MAX_QUERY = 20_000
_JUDGED = 400
"""Characters of a line that are judged."""


def select(lines: Sequence[Line], *, budget: int, query: str) -> list[bool]:
    """Return for each line whether to keep it: all that is no part of the search, then the best within the budget."""
    kept = [not line.path for line in lines]
    left = budget - sum(len(line.rest) + 1 for line in lines if not line.path)
    scores = _scores(lines, query)
    named: set[str] = set()
    for number in sorted(range(len(lines)), key=lambda n: (-scores[n], n)):
        line = lines[number]
        if line.path and line.rest != BREAK:
            cost = len(line.rest) + 1 + (0 if line.path in named else len(line.path) + _GAP_COST)
            if cost <= left:
                left -= cost
                kept[number] = True
                named.add(line.path)
    _fill(lines, kept)
    return kept


def _scores(lines: Sequence[Line], query: str) -> list[int]:
    words = [set(_WORD.findall(line.rest[:_JUDGED].lower())) if line.path else set() for line in lines]
    held = Counter(word for found in words for word in found)
    asked = set(_WORD.findall(query[:_MAX_QUERY].lower()))
    rarity = {holding: _rarity(holding, len(lines)) for holding in held.values()}
    seen: set[str] = set()
    files: set[str] = set()
    scores: list[int] = []
    for line, found in zip(lines, words, strict=True):
        score = 0
        if line.hit:
            text = line.rest.lstrip("0123456789:").strip()
            score = _HIT + max((rarity[held[word]] for word in found), default=0)
            score += min(_MOST, sum(rarity[held[word]] for word in found & asked))
            score += _FIRST * (line.path not in files) + _AGAIN * (text in seen)
            score += _DEFINED * (_DEFINITION.match(line.rest) is not None)
            score += _RED * (not _ALARMS.isdisjoint(found) and severity(text) == RED)
            seen.add(text)
            files.add(line.path)
        scores.append(score)
    return _with_context(lines, scores)


def _rarity(holding: int, total: int) -> int:
    """Return 0 for a word that a quarter of the lines hold, up to `_MOST` for the rarest."""
    return min(_MOST, max(0, (total // holding).bit_length() - 2))


def _with_context(lines: Sequence[Line], scores: list[int]) -> list[int]:
    """Give context half of what the line next to it is worth."""
    for order in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        step = 1 if order.step > 0 else -1
        for number in order:
            near = number - step
            if not lines[number].hit and lines[number].path == lines[near].path:
                scores[number] = max(scores[number], scores[near] // 2)
    return scores


def _fill(lines: Sequence[Line], kept: list[bool]) -> None:
    """Keep what stands inside a file and costs less than declaring it: breaks, empty context."""
    start = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or kept[number] != kept[start]:
            inside = start > 0 and number < len(lines) and lines[start - 1].path == lines[number].path
            if not kept[start] and inside and sum(len(lines[n].rest) + 1 for n in range(start, number)) <= _GAP_COST:
                kept[start:number] = [True] * (number - start)
            start = number
