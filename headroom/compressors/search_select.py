"""Selection: which lines of a search stand verbatim under a budget.

Each has a score: a definition, something red, words of the query, words that few other lines hold and being the
first hit of its file count for it, a text that stood before against it. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, compress

from headroom.compressors import gaps
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
_DEFINING = frozenset(
    {"def", "class", "func", "function", "interface", "struct", "enum", "trait", "impl", "type", "module", "namespace"}
)
"""Words without one of which, or "fn", a line defines nothing."""
_NONE: frozenset[str] = frozenset()
_WORD = re.compile(r"[a-z_][a-z0-9_]{2,63}")
_ALARMS = frozenset({"error", "errors", "failed", "failure", "fatal", "panic", "exception", "traceback", "critical"})
"""Words without which a line is not judged for red: hits are lines of files, most of which tell no outcome."""

_MAX_QUERY = 20_000
_JUDGED = 400
"""Characters of a line that are judged."""


def select(lines: Sequence[Line], *, budget: int, query: str) -> list[bool]:
    """Return for each line whether to keep it: all that is no part of the search, then the best within the budget."""
    kept = [not line.path for line in lines]
    costs = [len(line.rest) + 1 for line in lines]
    left = budget - sum(compress(costs, kept))
    scores = _scores(lines, query)
    named: set[str] = set()
    for number in sorted(range(len(lines)), key=scores.__getitem__, reverse=True):
        path, _, rest = lines[number]
        if path and rest != BREAK:
            cost = costs[number] + (0 if path in named else len(path) + _GAP_COST)
            if cost <= left:
                left -= cost
                kept[number] = True
                named.add(path)
                if left <= 0:
                    break
    _fill(lines, kept)
    return kept


def _scores(lines: Sequence[Line], query: str) -> list[int]:
    words = _words(lines)
    rarity = _rarities(Counter(chain.from_iterable(words)), len(lines))
    rarest = frozenset(word for word, rare in rarity.items() if rare == _MOST)
    asked = rarity.keys() & _WORD.findall(query[:_MAX_QUERY].lower())
    seen: set[str] = set()
    files: set[str] = set()
    scores: list[int] = []
    for (path, sign, rest), found in zip(lines, words, strict=True):
        score = 0
        if sign == ":":
            text = rest.lstrip("0123456789:").strip()
            score = _HIT
            score += max(map(rarity.__getitem__, found), default=0) if rarest.isdisjoint(found) else _MOST
            if not asked.isdisjoint(found):
                score += min(_MOST, sum(rarity[word] for word in found & asked))
            score += _FIRST * (path not in files) + _AGAIN * (text in seen)
            if "fn " in rest or not _DEFINING.isdisjoint(found):
                score += _DEFINED * (_DEFINITION.match(rest) is not None)
            score += _RED * (not _ALARMS.isdisjoint(found) and severity(text) == RED)
            seen.add(text)
            files.add(path)
        scores.append(score)
    return _with_context(lines, scores)


def _words(lines: Sequence[Line]) -> list[AbstractSet[str]]:
    """Return the words of each line, in small letters; none of what is no part of the search."""
    low = "\n".join([rest[:_JUDGED] for _, _, rest in lines]).lower().split("\n")
    find = _WORD.findall
    return [set(find(text)) if path else _NONE for (path, _, _), text in zip(lines, low, strict=True)]


def _rarities(held: Mapping[str, int], total: int) -> dict[str, int]:
    """Return for each word, given how many lines hold it, 0 if a quarter of them do, up to `_MOST` for the rarest."""
    rarity = {holding: min(_MOST, max(0, (total // holding).bit_length() - 2)) for holding in set(held.values())}
    return {word: rarity[holding] for word, holding in held.items()}


def _with_context(lines: Sequence[Line], scores: list[int]) -> list[int]:
    """Give context half of what the line next to it is worth."""
    context = [number for number, line in enumerate(lines) if line.sign != ":"]
    for step, order in ((-1, context), (1, reversed(context))):
        for number in order:
            near = number + step
            if 0 <= near < len(lines) and lines[number].path == lines[near].path:
                scores[number] = max(scores[number], scores[near] // 2)
    return scores


def _fill(lines: Sequence[Line], kept: list[bool]) -> None:
    """Keep what stands inside a file and costs less than declaring it: breaks, empty context."""
    for start, end in gaps.stretches(kept):
        if kept[start] or not 0 < start < end < len(lines) or end - start > _GAP_COST:
            continue
        inside = lines[start - 1].path == lines[end].path
        if inside and sum(len(line.rest) + 1 for line in lines[start:end]) <= _GAP_COST:
            kept[start:end] = [True] * (end - start)
