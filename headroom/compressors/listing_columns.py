"""The columns of ls -l: what many lines have in common is said once.

    [f: -rw-r--r-- 1 root root SIZE May 6 2025 NAME]
    [d: drwxr-xr-x LINKS root root 4096 May 6 2025 NAME]
    f 58 .coveragerc
    d 2 .circleci

A line of such a form gives the form's letter and the words that the form leaves open. All other lines stay whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_OPEN_WORDS = frozenset({"#", "LINKS", "SIZE", "MAJOR", "MINOR", "MONTH", "DAY", "TIME", "DATE", "ZONE"})
_FORM = re.compile(r"\[([a-zD][0-9]{0,6}): ((?:\S+ ){5,12})NAME\]")
_PLAIN = str.maketrans("-.", "ff")
_FEWEST = 3
"""Lines that a form must stand for."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the lines of one kind have in common."""

    key: str
    words: tuple[str, ...]
    """The columns before the name; those of `_OPEN_WORDS` differ from line to line."""
    open: tuple[int, ...]
    """The columns that a line must give."""

    def __str__(self) -> str:
        return f"[{self.key}: {' '.join(self.words)} NAME]"

    def short(self, columns: Sequence[str]) -> str:
        """Return what a line with these columns gives before its name."""
        return " ".join([self.key, *[columns[place] for place in self.open], ""])

    def long(self, given: Sequence[str]) -> str:
        """Return the columns of a line that gives these words, and the blank before its name."""
        words = [*self.words, ""]
        for place, word in zip(self.open, given, strict=True):
            words[place] = word
        return " ".join(words)


def form_of(key: str, words: tuple[str, ...]) -> Form:
    """Return the form of this key that says these words."""
    return Form(key, words, tuple(place for place, word in enumerate(words) if word in _OPEN_WORDS))


def read_form(line: str) -> Form | None:
    """Return the form that a line of an output says, or None."""
    form = _FORM.fullmatch(line) if line[:1] == "[" else None
    return form_of(form[1], tuple(form[2].split())) if form else None


def forms(rows: Mapping[int, tuple[str, ...]]) -> dict[int, Form]:
    """Return the form of each of these lines, given as columns by number, that has one."""
    found: dict[int, Form] = {}
    keys: Counter[str] = Counter()
    for members in _alike(rows):
        form = _form([rows[number] for number in members], keys)
        found.update((number, form) for number in members)
    return found


def _alike(rows: Mapping[int, tuple[str, ...]]) -> list[list[int]]:
    """Group lines: equal modes, owners and dates first; then those left over, whatever their dates. Singles are left out."""
    groups: list[list[int]] = []
    left = list(rows)
    for dated in (True, False):
        by: dict[tuple[object, ...], list[int]] = {}
        for number in left:
            by.setdefault(_likeness(rows[number], dated=dated), []).append(number)
        groups += [members for members in by.values() if len(members) >= _FEWEST]
        left = [number for members in by.values() if len(members) < _FEWEST for number in members]
    return groups


def _likeness(columns: tuple[str, ...], *, dated: bool) -> tuple[object, ...]:
    at, date = _mode_at(columns), _date_at(columns)
    between = columns[at + 1 : date]
    if date - at == 5 and between[0].isdigit() and between[3].isdigit() and between[2][-1] != ",":
        same: tuple[object, ...] = between[1:3]  # of nearly all lines: quicker than naming each word
    else:
        names = _names(between)
        same = (names, *(word for word, name in zip(between, names, strict=True) if not name))
    kind = (at, len(columns), columns[at], *same)
    return kind + columns[date:] if dated else kind


def _mode_at(columns: Sequence[str]) -> int:
    place = 0
    while columns[place][:1].isdigit():
        place += 1
    return place


def _date_at(columns: Sequence[str]) -> int:
    """Return where the date begins: two words of a short ISO date, three of all others."""
    return len(columns) - (2 if columns[-2][4:5] == "-" else 3)


def _form(rows: Sequence[tuple[str, ...]], keys: Counter[str]) -> Form:
    at, date = _mode_at(rows[0]), _date_at(rows[0])
    names = ["#"] * at + ["", *_names(rows[0][at + 1 : date]), *_date_names(rows[0][date:])]
    words = tuple(
        column[0] if len(set(column)) == 1 else name
        for column, name in zip(zip(*rows, strict=True), names, strict=True)
    )
    kind = rows[0][at][0].translate(_PLAIN)
    keys[kind] += 1
    return form_of(kind if keys[kind] == 1 else f"{kind}{keys[kind]}", words)


def _names(words: Sequence[str]) -> tuple[str, ...]:
    """Name what stands between mode and date: numbers at either end, empty for whose it is."""
    *rest, last = words
    if len(rest) > 1 and rest[-1].endswith(",") and _is_number(last):
        return ("LINKS", *[""] * (len(rest) - 2), "MAJOR", "MINOR")
    if not _is_number(last):
        return ("SIZE", *[""] * len(rest))
    return ("LINKS", *[""] * (len(rest) - 1), "SIZE") if _is_number(rest[0]) else (*[""] * len(rest), "SIZE")


def _is_number(word: str) -> bool:
    return word[0] in "0123456789" or word == "-"


def _date_names(date: Sequence[str]) -> tuple[str, ...]:
    if "-" in date[0]:
        return ("DATE", "TIME", "ZONE")[: len(date)]
    return ("MONTH", "DAY", "TIME") if date[0][0].isalpha() else ("DAY", "MONTH", "TIME")
