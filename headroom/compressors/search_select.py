"""Selection: which lines of a search stand verbatim under a budget.

Each has a score: a definition, something red, words of the query, words that few other lines hold and being the
first hit of its file count for it, a text that stood before against it. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from headroom.compressors import gaps
from headroom.compressors.red import RED, severity
from headroom.compressors.search_lines import BREAK, Lines

_FIRST, _DEFINED, _RED, _AGAIN = 4, 6, 6, -6
_HIT = 10
_MOST = 6
"""What the words of a line may add, for being asked for and for being rare."""

_REST = 32
"""One part in so many of the budget is not worth judging all lines for."""

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
_WORD = re.compile(r"[a-z_][a-z0-9_]{2,63}")
_LONGEST = 64
_LONG = re.compile(r"[a-z_][a-z0-9_]{64,}")
_NUMBER = re.compile(r"[0-9](?<![a-z0-9_].)[0-9]*(?=[a-z_])")
"""Digits that a word cannot begin with."""
_APART = bytes(code if chr(code) in "abcdefghijklmnopqrstuvwxyz0123456789_\n" else 32 for code in range(256))
_ALARMS = frozenset({"error", "errors", "failed", "failure", "fatal", "panic", "exception", "traceback", "critical"})
"""Words without which a line is not judged for red: hits are lines of files, most of which tell no outcome."""

_MAX_QUERY = 20_000
_JUDGED = 400
"""Characters of a line that are judged."""


def select(lines: Lines, *, budget: int, query: str) -> list[bool]:
    """Return for each line whether to keep it: all that is no part of the search, then the best within the budget.

    Others than the prominent ones are judged only as long as more of the budget is left than is worth it.
    """
    choice = _Choice(lines, [not path for path in lines.paths])
    left = budget - sum(len(rest) + 1 for rest in compress(lines.rests, choice.kept))
    enough = budget // _REST
    worth = _worth(lines, query)
    plain, scores = worth.plain, worth.scores(worth.prominent)
    most = [number for number, score in enumerate(scores) if score > plain]
    left = choice.take(sorted(most, key=scores.__getitem__, reverse=True), budget=left)
    if left > enough:
        left = choice.take(worth.all_of(plain), budget=left, enough=enough)
    if left > enough:
        scores = worth.scores(range(len(lines)))
        others = [number for number, score in enumerate(scores) if score <= plain and not choice.kept[number]]
        choice.take(sorted(others, key=scores.__getitem__, reverse=True), budget=left)
    _fill(lines, choice.kept)
    return choice.kept


@dataclass(frozen=True, slots=True)
class _Choice:
    """The lines that stand so far."""

    lines: Lines
    kept: list[bool]
    named: set[str] = field(default_factory=set)
    """The files of which a hit stands."""

    def take(self, order: Iterable[int], *, budget: int, enough: int = 0) -> int:
        """Keep what fits of these lines, until only `enough` of the budget is left; return what is left of it."""
        paths, rests = self.lines.paths, self.lines.rests
        for number in order:
            path, rest = paths[number], rests[number]
            cost = len(rest) + 1
            if cost > budget or not path or rest == BREAK:
                continue
            if path not in self.named:
                cost += len(path) + _GAP_COST
            if cost <= budget:
                budget -= cost
                self.kept[number] = True
                self.named.add(path)
                if budget <= enough:
                    break
        return budget


@dataclass(frozen=True, slots=True)
class _Worth:
    """What lines are worth, worked out for those that may win only."""

    lines: Lines
    texts: list[str]
    """What lines say besides their numbers; empty for what is no part of the search."""
    told: list[str]
    """The words of each line, in small letters with blanks between them."""
    rarity: Mapping[str, int]
    asked: frozenset[str]
    """The words of the query that are not on many lines."""
    first_in_file: frozenset[int]
    first_said: Mapping[str, int]
    """The first hit that says a text."""

    @property
    def plain(self) -> int:
        """What a line is worth at most that is none of the prominent, nor next to one."""
        return _HIT + max(self.rarity.values(), default=0)

    @property
    def prominent(self) -> list[int]:
        """The hits that are the first of their file, or may define something, be red or asked for."""
        telling = self.rarity.keys() & (self.asked | _DEFINING | _ALARMS)
        found = set(self.first_in_file)
        if telling:
            found.update([n for n, said in enumerate(self.told) if not telling.isdisjoint(said.split())])
        found.update([number for number, rest in enumerate(self.lines.rests) if "fn " in rest])
        return sorted(found)

    def scores(self, numbers: Iterable[int]) -> list[int]:
        """Return the score of each line; of hits among these, and of what stands around them."""
        scores = [0] * len(self.lines)
        for number in numbers:
            if self.lines.signs[number] == ":":
                scores[number] = self._score(number)
        return _with_context(self.lines, scores)

    def all_of(self, score: int) -> Iterator[int]:
        """Yield the hits that have this score."""
        return (n for n, sign in enumerate(self.lines.signs) if sign == ":" and self._score(n) == score)

    def _score(self, number: int) -> int:
        words, text = self.told[number].split(), self.texts[number]
        score = _HIT + max(map(self.rarity.__getitem__, words), default=0)
        score += min(_MOST, sum(map(self.rarity.__getitem__, self.asked.intersection(words))))
        score += _said(self.lines.rests[number], text, words)
        score += _FIRST * (number in self.first_in_file) + _AGAIN * (self.first_said[text] < number)
        return score


def _worth(lines: Lines, query: str) -> _Worth:
    texts = [
        rest.lstrip("0123456789:").strip() if path else "" for path, rest in zip(lines.paths, lines.rests, strict=True)
    ]
    told = _words(texts)
    held = _held(told)
    if max(map(len, held), default=0) > _LONGEST:
        told = [_LONG.sub(_in_words, said) for said in told]
        held = _held(told)
    rarity = _rarities(held, len(lines))
    asked = frozenset(word for word in _WORD.findall(query[:_MAX_QUERY].lower()) if rarity.get(word))
    hits = [number for number, sign in enumerate(lines.signs) if sign == ":"][::-1]
    first_in_file = frozenset(dict(zip([lines.paths[number] for number in hits], hits, strict=True)).values())
    first_said = dict(zip([texts[number] for number in hits], hits, strict=True))
    return _Worth(lines, texts, told, rarity, asked, first_in_file, first_said)


def _held(told: Iterable[str]) -> Counter[str]:
    """Return how often each word stands: hardly more often than on so many lines."""
    return Counter("\n".join(told).split())


def _said(rest: str, text: str, words: Sequence[str]) -> int:
    """Return what a hit is worth for defining something, and for telling that something went wrong."""
    defines = ("fn " in rest or not _DEFINING.isdisjoint(words)) and _DEFINITION.match(rest) is not None
    return _DEFINED * defines + _RED * (not _ALARMS.isdisjoint(words) and severity(text) == RED)


def _words(texts: Sequence[str]) -> list[str]:
    """Return the words of each text, in small letters with blanks between them."""
    judged = "\n".join([text[:_JUDGED] for text in texts])
    low = judged.lower().encode("ascii", "replace").translate(_APART).decode("ascii")
    return _NUMBER.sub(" ", low).split("\n")


def _in_words(run: re.Match[str]) -> str:
    return " ".join(_WORD.findall(run[0]))


def _rarities(held: Mapping[str, int], total: int) -> dict[str, int]:
    """Return for each word, given how many lines hold it, 0 if a quarter of them do, up to `_MOST` for the rarest."""
    rarity = {holding: min(_MOST, max(0, (total // holding).bit_length() - 2)) for holding in set(held.values())}
    return {word: rarity[holding] if _WORD.match(word) else 0 for word, holding in held.items()}


def _with_context(lines: Lines, scores: list[int]) -> list[int]:
    """Give context half of what the line next to it is worth."""
    paths = lines.paths
    context = [number for number, sign in enumerate(lines.signs) if sign != ":"]
    for step, order in ((-1, context), (1, context[::-1])):
        for number in order:
            near = number + step
            if 0 <= near < len(paths) and paths[number] == paths[near] and scores[near] // 2 > scores[number]:
                scores[number] = scores[near] // 2
    return scores


def _fill(lines: Lines, kept: list[bool]) -> None:
    """Keep what stands inside a file and costs less than declaring it: breaks, empty context."""
    for start, end in gaps.stretches(kept):
        if kept[start] or not 0 < start < end < len(lines) or end - start > _GAP_COST:
            continue
        inside = lines.paths[start - 1] == lines.paths[end]
        if inside and sum(len(rest) + 1 for rest in lines.rests[start:end]) <= _GAP_COST:
            kept[start:end] = [True] * (end - start)
