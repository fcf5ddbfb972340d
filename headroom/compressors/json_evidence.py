"""Why a row of a table is worth showing, from its values alone and in integer points."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from string import ascii_lowercase, digits
from typing import NamedTuple

from headroom.compressors.json_columns import ColumnFacts

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
_WORD = re.compile("[A-Za-z0-9_\x80-\U0010ffff]+(?:[-.][A-Za-z0-9_]+)*")
_ALNUM = frozenset(ascii_lowercase + digits)
_OUTLIER = 4
"""Robust z from which a number is an outlier (as in Iglewicz and Hoaglin, who take 3.5)."""


def find_evidence(facts: Sequence[ColumnFacts], odd: Sequence[str], query: str) -> Iterator[Evidence]:
    """Yield what speaks for each row: rare values, outliers, errors, changes, another shape, words of the query.

    `odd` has the rows that do not fit the columns, as text, and "" for all others.
    """
    for column in facts:
        yield from _of_values(column)
        if column.role == "enum":
            yield from _state_changes(column)
        if column.role == "measure" or (column.role == "enum" and len(column.numbers) == len(column.counts)):
            yield from _level_changes(column)
    yield from _of_shape(facts, odd)
    yield from _of_query(facts, odd, query)


def _of_values(column: ColumnFacts) -> Iterator[Evidence]:
    found: dict[str, list[tuple[str, int]]] = {}
    if column.role == "enum":
        for cell, points in _rare(column.counts).items():
            found.setdefault(cell, []).append((f"rare {cell}", points))
    if column.role == "text":
        rare = _rare(column.form_counts)
        for cell, form in column.forms.items():
            if form in rare:
                found.setdefault(cell, []).append((f"rare {form}", rare[form]))
    for cell, points in _outliers(column).items():
        found.setdefault(cell, []).append((f"outlier {cell}", points))
    for cell, points in _errors(column).items():
        found.setdefault(cell, []).append((f"error {column.forms[cell]}", points))
    if found:
        for row, cell in enumerate(column.cells):
            for why, points in found.get(cell, ()):
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
    ordered = sorted(number for cell, number in column.numbers.items() for _ in range(column.counts[cell]))
    median = ordered[len(ordered) // 2]
    distances = sorted(abs(number - median) for number in ordered)
    spread = 1.4826 * distances[len(distances) // 2] or 1.2533 * sum(distances) / len(distances)
    far = {cell: abs(number - median) / spread for cell, number in column.numbers.items()} if spread else {}
    ranked = sorted((cell for cell in far if far[cell] >= _OUTLIER), key=lambda cell: (-far[cell], cell))
    # A column with a long tail has many such numbers: then only the farthest say something.
    return {cell: 30 + int(min(far[cell], 30)) for cell in ranked[: len(ordered) // 50 + 2]}


def _errors(column: ColumnFacts) -> dict[str, int]:
    """Return the points of values that speak of a failure, unless a quarter of the rows do."""
    if column.role not in ("enum", "text"):
        return {}
    forms = {form for form in column.form_counts if _ERROR.search(form)}
    times = sum(column.form_counts[form] for form in forms)
    if times * 4 > max(column.present, 4):
        return {}
    points = 20 + 5 * (column.present.bit_length() - times.bit_length())
    return {cell: points for cell, form in column.forms.items() if form in forms}


def _state_changes(column: ColumnFacts) -> Iterator[Evidence]:
    """Yield the rows at which a value that seldom changes does; one row of another value is no change of state."""
    cells = column.cells
    changes = [n for n in range(1, len(cells)) if cells[n] != cells[n - 1]]
    changes = [n for n in changes if n < 2 or cells[n] != cells[n - 2]]
    if changes and len(changes) <= 8 and len(column.cells) >= 8 * len(changes):
        yield from (Evidence(row, f"{column.name}: becomes {column.cells[row]}", 25) for row in changes)


def _level_changes(column: ColumnFacts) -> Iterator[Evidence]:
    """Yield the row at which the level of a measure shifts most, and the row before, if it clearly does.

    The largest swing of the cumulated differences from the median (CUSUM), each counted by its sign
    only, so that no outlier makes a level. Without any shift it stays below 1.63 times the square root of
    the number of rows in 99 of 100 cases (Kolmogorov); twice that is asked for.
    """
    rows = [(row, column.numbers[cell]) for row, cell in enumerate(column.cells) if cell in column.numbers]
    if len(rows) < 20:
        return
    ordered = sorted(number for _, number in rows)
    median = ordered[len(ordered) // 2]
    swing = list(accumulate((number > median) - (number < median) for _, number in rows))
    mean = swing[-1] / len(swing)
    centred = [abs(value - mean * n) for n, value in enumerate(swing, 1)]
    peak = max(range(len(centred)), key=lambda n: (centred[n], -n))
    if centred[peak] > 3.26 * len(rows) ** 0.5 and peak + 1 < len(rows):
        yield Evidence(rows[peak][0], f"{column.name}: before a new level", STRONG)
        yield Evidence(rows[peak + 1][0], f"{column.name}: a new level", STRONG)


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


def _of_query(facts: Sequence[ColumnFacts], odd: Sequence[str], query: str) -> Iterator[Evidence]:
    """Yield the rows that hold words of the query; a word counts the more the fewer rows hold it."""
    words = {word.lower() for word in _WORD.findall(query[:2000]) if len(word) > 2}
    if not words:
        return
    pattern = re.compile("|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))))
    found: list[set[str]] = []
    for row, whole in enumerate(odd):
        text = whole.lower() if whole else "\n".join([column.cells[row] for column in facts]).lower()
        found.append({text[m.start() : m.end()] for m in pattern.finditer(text) if _bounded(text, m.start(), m.end())})
    seen = Counter(word for row in found for word in row)
    worth = {w: 8 * (len(odd).bit_length() - n.bit_length()) for w, n in seen.items() if n * 4 <= len(odd)}
    for row, held in enumerate(found):
        yield from (Evidence(row, f"query: {word}", worth[word]) for word in sorted(held) if word in worth)


def _bounded(text: str, start: int, end: int) -> bool:
    return not _ALNUM.issuperset(text[start - 1 : start] or " ") and not _ALNUM.issuperset(text[end : end + 1] or " ")
