"""Why a row of a table is worth showing, from its values alone and in integer points."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, compress, count, islice
from operator import mul, ne
from statistics import median_low
from string import ascii_lowercase, digits
from typing import NamedTuple

from headroom.compressors.json_columns import ColumnFacts
from headroom.compressors.json_groups import OUTLIER, far_in_group, kind_of, tells_kinds

STRONG = 40
"""Points from which evidence alone is a reason to show a row."""


class Evidence(NamedTuple):
    """One reason to show one row."""

    row: int
    why: str
    """For people, e.g. "level: rare FATAL"; rows with the same reason show the same thing."""
    points: int


_ERROR = re.compile(
    r"(?<![a-z])(?<!no )(?<!0 )(?<!without )(?:errors?|fail(?:ed|ure|s|ing)?|fatal|exceptions?|denied|time[d-]? ?out|critical|panic"
    r"|refused|unavailable|unreachable|traceback|abort(?:ed)?|crash(?:ed)?|exhausted|corrupt(?:ed)?|killed)(?![a-z])",
    re.IGNORECASE,
)
_STEMS = (
    *("error", "fail", "fatal", "exception", "denied", "time", "critical", "panic", "refused", "unavailable"),
    *("unreachable", "traceback", "abort", "crash", "exhausted", "corrupt", "kill"),
)
"""One stands in whatever the pattern finds."""

_FOLDED = "\u0130\u0131\u017f\u212a"
"""Letters that the pattern takes for others (İ, ı, long s, the sign of the kelvin), but which have lower ones of their own."""

_WORD = re.compile("[A-Za-z0-9_\x80-\U0010ffff]+(?:[-.][A-Za-z0-9_]+)*")
_DIGITS = frozenset(digits)
_ALNUM = frozenset(ascii_lowercase + digits)


class _Parts(dict[int, str]):
    """Translates whatever is no letter or digit to a space."""

    def __missing__(self, code: int) -> str:
        self[code] = " "
        return " "


_PARTS = _Parts({ord(one): one for one in _ALNUM})
_MOST_CHANGES = 8
"""A column with more changes has no states that last."""

_MANY_WORDS = 16
"""With more words, the words of a column are collected first, instead of looking for each."""


def find_evidence(facts: Sequence[ColumnFacts], odd: Sequence[str], query: str) -> Iterator[Evidence]:
    """Yield what speaks for each row: rare values, outliers, errors, changes, another shape, words of the query.

    `odd` has the rows that do not fit the columns, as text, and "" for all others.
    """
    kinds = [column for column in facts if tells_kinds(column)]
    for column in facts:
        kind = kind_of(column, kinds)
        for row, why, times in far_in_group(column, kind) if kind else ():
            yield Evidence(row, f"{column.name}: {why}", 30 + times)
        yield from _of_values(column, outliers={} if kind else _outliers(column))
        if column.role == "enum":
            yield from _state_changes(column)
        if column.role == "measure" or (column.role == "enum" and column.are_numbers):
            yield from _level_changes(column)
    yield from _of_shape(facts, odd)
    yield from _of_query(facts, odd, query)


def _of_values(column: ColumnFacts, outliers: dict[str, int]) -> Iterator[Evidence]:
    found: dict[str, list[tuple[str, int]]] = {}
    if column.role == "enum":
        for cell, points in _rare(column.counts).items():
            found.setdefault(cell, []).append((f"rare {cell}", points))
    if column.role == "text":
        rare = _rare(column.form_counts)
        for cell, form in column.forms.items() if rare else ():
            if form in rare:
                found.setdefault(cell, []).append((f"rare {form}", rare[form]))
    for cell, points in outliers.items():
        found.setdefault(cell, []).append((f"outlier {cell}", points))
    for cell, points in _errors(column).items():
        found.setdefault(cell, []).append((f"error {column.forms[cell]}", points))
    if found:
        for row in compress(count(), map(found.__contains__, column.cells)):
            for why, points in found[column.cells[row]]:
                yield Evidence(row, f"{column.name}: {why}", points)


def _rare(counts: Counter[str]) -> dict[str, int]:
    """Return the points of values that occur far less often than their share; the rarer, the more."""
    total = counts.total()
    most = max(counts.values(), default=0)
    few = {value: times for value, times in counts.items() if times * 20 <= total and times * 8 <= most}
    # Where much is rare, being rare says nothing.
    if total < 8 or sum(few.values()) * 5 > total:
        return {}
    return {value: 20 + 5 * (total.bit_length() - times.bit_length()) for value, times in few.items()}


def _outliers(column: ColumnFacts) -> dict[str, int]:
    """Return the points of numbers far from the median, in units of the median distance from it."""
    if column.role not in ("measure", "time") or len(column.numbers) < 8:
        return {}
    median = column.numbers[column.median]
    distances = {cell: abs(number - median) for cell, number in column.numbers.items()}
    ranked = sorted(distances, key=distances.__getitem__)
    times = list(map(column.counts.__getitem__, ranked))
    spread = 1.4826 * distances[column.middle(ranked)]
    spread = spread or 1.2533 * sum(map(mul, map(distances.__getitem__, ranked), times)) / sum(times)
    if not spread:
        return {}
    floor = bisect_left(ranked, OUTLIER * spread, key=distances.__getitem__)
    far = sorted(ranked[floor:], key=lambda cell: (-distances[cell], cell))
    # A column with a long tail has many such numbers: then only the farthest say something.
    return {cell: 30 + int(min(distances[cell] / spread, 30)) for cell in far[: sum(times) // 50 + 2]}


def _errors(column: ColumnFacts) -> dict[str, int]:
    """Return the points of values that speak of a failure, unless a quarter of the rows do."""
    if column.role not in ("enum", "text"):
        return {}
    forms: set[str] = set()
    times = 0
    for form in filter(_ERROR.search, _may_fail(column.form_counts)):
        forms.add(form)
        times += column.form_counts[form]
        if times * 4 > max(column.present, 4):
            return {}
    points = 20 + 5 * (column.present.bit_length() - times.bit_length())
    return {cell: points for cell, form in column.forms.items() if form in forms} if forms else {}


def _may_fail(forms: Collection[str]) -> Collection[str]:
    """Return the texts that hold part of a word for an error: all but a few need no search then."""
    text = "\n".join(forms)
    if any(letter in text for letter in _FOLDED) or text.count("\n") >= max(len(forms), 1):
        return forms
    text = text.lower()
    stems = [stem for stem in _STEMS if stem in text]
    if not stems:
        return ()
    return [form for form, low in zip(forms, text.split("\n"), strict=True) if any(stem in low for stem in stems)]


def _state_changes(column: ColumnFacts) -> Iterator[Evidence]:
    """Yield the rows at which a value that seldom changes does; one row of another value is no change of state."""
    cells = column.cells
    steps = compress(count(1), map(ne, cells, islice(cells, 1, None)))
    changes = list(islice((n for n in steps if n < 2 or cells[n] != cells[n - 2]), _MOST_CHANGES + 1))
    if 0 < len(changes) <= min(_MOST_CHANGES, len(cells) // 8):
        yield from (Evidence(row, f"{column.name}: becomes {cells[row]}", 25) for row in changes)


def _level_changes(column: ColumnFacts) -> Iterator[Evidence]:
    """Yield the row at which the level of a measure shifts most, and the row before, if it clearly does.

    The largest swing of the cumulated differences from the median (CUSUM), each counted by its sign
    only, so that no outlier makes a level. Without any shift it stays below 1.63 times the square root of
    the number of rows in 99 of 100 cases (Kolmogorov); twice that is asked for.
    """
    known = column.numbers
    size = sum(map(column.counts.__getitem__, known))
    cells = column.cells if size == len(column.cells) else list(filter(known.__contains__, column.cells))
    if size < 20:
        return
    peak, swing = _largest_swing(cells, known, known[column.median], least=3.26 * size**1.5)
    if peak + 1 < size and swing:
        # The median lies within one of the levels; what lies between both tells to the row where one ends.
        numbers = list(map(known.__getitem__, cells))
        before, after = median_low(numbers[: peak + 1]), median_low(numbers[peak + 1 :])
        peak = min(_largest_swing(cells, known, (before + after) / 2)[0], size - 2)
        rows = list(compress(count(), map(known.__contains__, column.cells)))
        yield Evidence(rows[peak], f"{column.name}: before a new level", STRONG)
        yield Evidence(rows[peak + 1], f"{column.name}: a new level", STRONG)


def _largest_swing(
    cells: Sequence[str], numbers: dict[str, float], middle: float, *, least: float = 0
) -> tuple[int, int]:
    """Return where numbers have been above the middle, or below it, most against their trend, and by how much.

    In whole numbers: the swing without its trend, times how many numbers there are; 0 if it is not more than `least`.
    """
    signs = {cell: (number > middle) - (number < middle) for cell, number in numbers.items()}
    swing = list(accumulate(map(signs.__getitem__, cells)))
    size, trend = len(swing), swing[-1]
    if size * (max(max(swing), -min(swing)) + abs(trend)) <= least:
        return 0, 0
    centred = [abs(value * size - trend * n) for n, value in enumerate(swing, 1)]
    highest = max(centred)
    return (centred.index(highest), highest) if highest > least else (0, 0)


def _of_shape(facts: Sequence[ColumnFacts], odd: Sequence[str]) -> Iterator[Evidence]:
    """Yield the rows that have keys which few have, or lack keys which nearly all have."""
    rows = len(odd)
    strange = [row for row, whole in enumerate(odd) if whole]
    if len(strange) * 10 <= rows:
        points = 20 + 5 * (rows.bit_length() - len(strange).bit_length())
        yield from (Evidence(row, "another shape", points) for row in strange)
    for column in facts:
        lacking = rows - column.present
        if 0 < column.present * 20 <= rows:
            yield from (Evidence(row, f"has {column.name}", 20) for row, cell in enumerate(column.cells) if cell)
        elif 0 < lacking * 20 <= rows:
            yield from (Evidence(row, f"has no {column.name}", 20) for row, cell in enumerate(column.cells) if not cell)


def words_of(query: str) -> set[str]:
    """Return the words of a query that are worth looking for."""
    return {word.lower() for word in _WORD.findall(query[:2000]) if len(word) > 2}


def _of_query(facts: Sequence[ColumnFacts], odd: Sequence[str], query: str) -> Iterator[Evidence]:
    """Yield the rows that hold words of the query; a word counts the more the fewer rows hold it."""
    words = words_of(query)
    if not words:
        return
    most = len(odd) // 4
    held: defaultdict[str, set[int]] = defaultdict(set)
    numerals = {word for word in words if not _DIGITS.isdisjoint(word)}
    columns = [(numerals if column.are_numbers else words, column.counts, column.cells) for column in facts]
    for wanted, counts, cells in [*columns, *([(words, Counter(odd), odd)] if any(odd) else [])]:
        seldom = {word for word in wanted if len(held.get(word, ())) <= most}
        for word, rows in _rows_with(seldom, counts, cells, most):
            held[word].update(rows)
    for word, found in sorted(held.items()):
        if len(found) <= most:
            points = 8 * (len(odd).bit_length() - len(found).bit_length())
            yield from (Evidence(row, f"query: {word}", points) for row in sorted(found))


def _rows_with(
    words: Collection[str], counts: Counter[str], cells: Sequence[str], most: int
) -> Iterator[tuple[str, Iterable[int]]]:
    """Yield the words that stand in the cells, not as part of another word, with the rows where they do.

    Of a word that more than `most` rows hold, only so many rows that this is seen.
    """
    text = "\n".join(counts).lower() if words else ""
    if len(words) > _MANY_WORDS:
        # A word of several parts (req-07) is there only if all parts are.
        parts = set(text.translate(_PARTS).split())
        words = [word for word in words if parts.issuperset(word.translate(_PARTS).split())]
    there = [word for word in words if word in text]
    distinct = list(counts) if there else []
    for word in there:
        holding = {distinct[line] for line in islice(_lines_with(text, word), most + 1)}
        if len(holding) > most:
            yield word, range(most + 1)
        elif holding:
            yield word, compress(count(), map(holding.__contains__, cells))


def _lines_with(text: str, word: str) -> Iterator[int]:
    """Yield the numbers of the lines in which the word stands between other characters than letters and digits."""
    line = counted = 0
    at = text.find(word)
    while at >= 0:
        if _bounded(text, at, at + len(word)):
            line += text.count("\n", counted, at)
            yield line
            counted = at = text.find("\n", at)
            if at < 0:
                return
        at = text.find(word, at + 1)


def _bounded(text: str, start: int, end: int) -> bool:
    return not _ALNUM.issuperset(text[start - 1 : start] or " ") and not _ALNUM.issuperset(text[end : end + 1] or " ")
