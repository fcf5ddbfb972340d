"""Facts of a document: which to ask for, and whether a text shows them."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

SAMPLED = 50
_LONG = 200
_WINDOW = 60
_EXACT = 40
"""Up to this length a fact must stand as a whole word: 359 is not found in 13590."""


class Spelled(str):
    """A number as its document spells it."""

    __slots__ = ()


def sample(text: str, *, seed: str) -> list[str]:
    """Return up to 50 scalar leaves of a JSON or CSV document, the rarer in their column the likelier.

    A leaf's weight is 1 / how often its column has it (sampling without replacement after Efraimidis and Spirakis).
    Leaves of fewer than three characters, booleans and nulls say too little to be looked for.
    """
    leaves = [leaf for leaf in _leaves(parsed(text), "") if len(leaf[1].strip()) >= 3]
    often = Counter(leaves)
    dice = random.Random(seed)
    drawn = {leaf: -math.log(1 - dice.random()) * times for leaf, times in often.items()}
    chosen = sorted(drawn, key=lambda leaf: drawn[leaf])[:SAMPLED]
    return [fact for _, value in chosen if shows(text, fact := probe(value))]


def probe(value: str) -> str:
    """Return what to look for: a long string is known by its middle."""
    middle = len(value) // 2
    return value[middle - _WINDOW // 2 : middle + _WINDOW // 2] if len(value) > _LONG else value


def shows(text: str, fact: str) -> bool:
    """Whether the text has the fact verbatim, as it is or as JSON or CSV write it."""
    quoted = json.dumps(fact)[1:-1], json.dumps(fact, ensure_ascii=False)[1:-1], fact.replace('"', '""')
    for spelling in dict.fromkeys((fact, *quoted)):
        if spelling in text and (len(fact) > _EXACT or _whole(spelling).search(text)):
            return True
    return False


def pairs(text: str, *, count: int, seed: str) -> list[tuple[str, str]]:
    """Return (key, value) pairs of a document of 50 rows or more: a value, and what names its row uniquely."""
    rows = rows_of(text)
    if len(rows) < 50:
        return []
    key = next((name for name in rows[0] if _names_rows([row.get(name) for row in rows])), None)
    if key is None:
        return []
    dice = random.Random(seed)
    drawn = dice.sample(rows, min(count, len(rows)))
    cells = [[v for k, v in row.items() if k != key and isinstance(v, str) and 3 <= len(v) <= _LONG] for row in drawn]
    return [(row[key], dice.choice(values)) for row, values in zip(drawn, cells, strict=True) if values]


def rows_of(text: str) -> list[dict[str, Any]]:
    """Return the rows of a document that is, or holds, a list of objects, or that is a CSV table; else nothing."""
    document = parsed(text)
    if isinstance(document, dict):
        document = max((value for value in document.values() if isinstance(value, list)), key=len, default=None)
    good = isinstance(document, list) and all(isinstance(row, dict) for row in document)
    return document if good else []


def parsed(text: str) -> Any:
    """Return the JSON document, the JSON lines or the CSV rows that a text is, numbers as they are spelled."""
    try:
        return _json(text)
    except ValueError:
        pass
    try:
        return [_json(line) for line in text.split("\n") if line]
    except ValueError:
        return list(csv.DictReader(io.StringIO(text)))


def _names_rows(cells: list[Any]) -> bool:
    said = [cell for cell in cells if isinstance(cell, str) and 3 <= len(cell) <= _EXACT]
    return len(set(said)) == len(cells)


def _json(text: str) -> Any:
    return json.loads(text, parse_int=Spelled, parse_float=Spelled)


def _leaves(value: Any, column: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{column}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, f"{column}[]")
    elif isinstance(value, str):
        yield column, value


def _whole(fact: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9A-Za-z]){re.escape(fact)}(?![0-9A-Za-z])")


def share(hits: Sequence[bool]) -> float | None:
    """Return the share of hits, or None where nothing was asked."""
    return sum(hits) / len(hits) if hits else None
