"""Selection: which units of a document stand under a budget.

The most relevant ones, as long as they are clearly so; where a query finds nothing, those that begin a section or
hold the most names and numbers. What says again what is kept is left out. Costs are characters; ties go by position.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compressors import gaps
from headroom.compressors.prose_notation import NOTE_CHARS
from headroom.compressors.prose_units import Unit
from headroom.compressors.red import RED, severity, suspects

_CLEARLY = 2, 5
"""Share of the best score below which a unit does not answer the query."""

_ANSWERS = 20
"""One part in so many of the best score goes to units that hold the kind of thing that is asked for."""

_HEADINGS_SHARE = 5
"""All headings stay where they take less than one part in so many of the budget; else those above what stays."""

_GRAM = 4
"""Words in a row by which one passage is known to repeat another."""

_TITLE = 200
"""Characters of a first unit that always stays: it says what the document is."""

_JUDGED = 2_000
"""Characters of a unit that are looked at for what it holds."""

_NUMBER = re.compile(r"[0-9]")
_NAME = re.compile(r"(?<=[a-z0-9,;:\")] )[A-Z][a-z]")
_ENTITY = re.compile(r"(?<=[a-z0-9,;:\")] )[A-Z][A-Za-z]|[0-9]+")
_WORD = re.compile(r"[0-9a-z\u00c0-\u1fff]+|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE = re.compile(r"[a-z\u00c0-\u9fff'\")] ?[.!?。！？][\"'”’)]{0,3}\s*$")
_ASKED = (
    (
        re.compile(
            r"\b(?:how (?:many|much|long|old|far|often|tall)|when|what (?:year|date|percent|number|price))",
            re.IGNORECASE,
        ),
        _NUMBER,
    ),
    (re.compile(r"\b(?:who|whom|whose|where)\b", re.IGNORECASE), _NAME),
)
"""What a question asks for, and the sign of it."""


def select(
    lines: Sequence[str], units: Sequence[Unit], relevance: Sequence[int], *, budget: int, query: str
) -> list[bool]:
    """Return for each unit whether to keep it. `relevance` holds a score for each, 0 for none; `budget` is a wish."""
    said = [unit.text(lines) for unit in units]
    loud = set(suspects(lines))
    kept = [
        _always(number, unit, said[number], loud=not loud.isdisjoint(range(unit.line, unit.end)))
        for number, unit in enumerate(units)
    ]
    headings = [number for number, unit in enumerate(units) if unit.kind == "heading"]
    if sum(len(said[number]) + 1 for number in headings) * _HEADINGS_SHARE <= budget:
        for number in headings:
            kept[number] = True
    grams: set[tuple[str, ...]] = set()
    left = budget
    for number in [number for number, keep in enumerate(kept) if keep]:
        left -= len(said[number]) + 1
        _is_new(said[number], grams)
    for number in _ranked(units, said, relevance, query):
        if left < NOTE_CHARS:
            break
        cost = len(said[number]) + 1
        if not kept[number] and cost <= left and _is_new(said[number], grams):
            kept[number] = True
            left -= cost
    _head(units, kept)
    _fill(said, kept)
    return kept


def _always(number: int, unit: Unit, said: str, *, loud: bool) -> bool:
    """Tell whether a unit stays at any budget: a short beginning, and errors that were pasted in."""
    if number == 0 and len(said) <= _TITLE and unit.kind != "blank":
        return True
    if unit.kind in {"heading", "header", "blank"} or not loud:
        return False
    return any(
        severity(line) == RED and not _SENTENCE.search(line, max(0, len(line) - 12)) for line in said.split("\n")
    )


def _ranked(units: Sequence[Unit], said: Sequence[str], relevance: Sequence[int], query: str) -> list[int]:
    """Return what may be kept, the best first: while it is relevant, or all of it where nothing is."""
    usable = [number for number, unit in enumerate(units) if unit.kind in {"text", "fixed"}]
    best = max((relevance[number] for number in usable), default=0)
    if best:
        sign = next((sign for asked, sign in _ASKED if asked.search(query)), None)
        usable = [number for number in usable if relevance[number] * _CLEARLY[1] >= best * _CLEARLY[0]]
        scores = {number: relevance[number] for number in usable}
        for number in usable:
            if sign is not None and sign.search(said[number], 0, _JUDGED):
                scores[number] += best // _ANSWERS
    else:
        scores = {number: _salience(units, said, number) for number in usable}
    return sorted(scores, key=lambda number: (-scores[number], number))


def _salience(units: Sequence[Unit], said: Sequence[str], number: int) -> int:
    """Return what a unit is worth by itself: for beginning the document or a section, and for its names and numbers."""
    text = said[number][:_JUDGED]
    dense = min(12, len(_ENTITY.findall(text)) * 800 // (len(text) + 80))
    above = next(
        (units[n].kind for n in range(number - 1, max(-1, number - 3), -1) if units[n].kind != "blank"), "text"
    )
    return dense + (8 if number == 0 or above == "heading" else 0)


def _is_new(text: str, grams: set[tuple[str, ...]]) -> bool:
    """Tell whether a text says something that was not said in these words yet, and remember it."""
    words = _WORD.findall(text[:_JUDGED].lower())
    own = set(zip(*(words[at:] for at in range(_GRAM)), strict=False)) if len(words) > _GRAM else {tuple(words)}
    old = len(own & grams)
    grams |= own
    return len(words) <= _GRAM or old * 3 < len(own) * 2


def _head(units: Sequence[Unit], kept: list[bool]) -> None:
    """Keep the nearest heading above everything that is kept, and the header of a table with a row that is."""
    wanted = row = False
    for number in range(len(units) - 1, -1, -1):
        kind = units[number].kind
        if kind == "header":
            kept[number] = kept[number] or row
        elif kind == "heading":
            kept[number] = kept[number] or wanted
            wanted = False
        else:
            wanted = wanted or kept[number]
        row = kind == "fixed" and (row or kept[number])


def _fill(said: Sequence[str], kept: list[bool]) -> None:
    """Keep what costs no more than declaring it."""
    for start, end in list(gaps.stretches(kept)):
        if not kept[start] and sum(len(said[number]) + 1 for number in range(start, end)) <= NOTE_CHARS:
            kept[start:end] = [True] * (end - start)
