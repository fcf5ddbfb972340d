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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

_OPEN_WORDS = frozenset({"#", "LINKS", "SIZE", "MAJOR", "MINOR", "MONTH", "DAY", "TIME", "DATE", "ZONE"})
_FORM = re.compile(r"\[([a-zD][0-9]{0,6}): ((?:\S+ ){5,12})NAME\]")
_PLAIN = str.maketrans("-.", "ff")
_MOST_COLUMNS = 8
"""Mode, links, owner, group, size and three words of a date."""
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
    template: str
    """The whole line, for `%` with the words that it gives and its name."""

    def __str__(self) -> str:
        return f"[{self.key}: {' '.join(self.words)} NAME]"

    def short(self, columns: Sequence[Sequence[str]]) -> Iterable[str]:
        """Return what lines give before their names; each of `columns` is one column of all of them."""
        given = [columns[place] for place in self.open]
        return map(" ".join, zip(repeat(self.key, len(columns[0])), *given, repeat("")))

    def long(self, line: str, heading: str) -> str:
        """Return the whole line for one that gives this form's words, its name below a heading; empty if some are missing."""
        words = line.split(" ", len(self.open) + 1)
        if len(words) < len(self.open) + 2:
            return ""
        words[-1] = heading + words[-1]
        return self.template % tuple(words[1:])


def form_of(key: str, words: tuple[str, ...]) -> Form:
    """Return the form of this key that says these words."""
    places = tuple(place for place, word in enumerate(words) if word in _OPEN_WORDS)
    said = ["%s" if word in _OPEN_WORDS else word.replace("%", "%%") for word in words]
    return Form(key, words, places, " ".join([*said, "%s"]))


def read_form(line: str) -> Form | None:
    """Return the form that a line of an output says, or None."""
    form = _FORM.fullmatch(line) if line[:1] == "[" else None
    return form_of(form[1], tuple(form[2].split())) if form else None


def forms(rows: Mapping[int, tuple[str, ...]]) -> dict[int, tuple[Form, str]]:
    """Return for each of these lines, given as columns by number, its form and what it gives, if it has one."""
    found: dict[int, tuple[Form, str]] = {}
    keys: Counter[str] = Counter()
    for members in _alike(rows):
        columns = list(zip(*[rows[number] for number in members], strict=True))
        form = _form(columns, keys)
        found.update(zip(members, zip(repeat(form), form.short(columns)), strict=True))
    return found


def _alike(rows: Mapping[int, tuple[str, ...]]) -> list[list[int]]:
    """Group lines: equal modes, owners and dates first; then those left over, whatever their dates. Singles are left out."""
    groups: list[list[int]] = []
    left = list(rows)
    for dated in (True, False):
        by: dict[tuple[object, ...], list[int]] = {}
        for number, likeness in zip(left, _likenesses([rows[number] for number in left], dated=dated), strict=True):
            by.setdefault(likeness, []).append(number)
        groups += [members for members in by.values() if len(members) >= _FEWEST]
        left = [number for members in by.values() if len(members) < _FEWEST for number in members]
    return groups


def _likenesses(rows: Sequence[tuple[str, ...]], *, dated: bool) -> Iterable[tuple[object, ...]]:
    """Return what alike lines have in common, for each line: of all at once where they have the columns of most."""
    if {len(row) for row in rows} != {_MOST_COLUMNS}:
        return [_likeness(row, dated=dated) for row in rows]
    modes, links, owners, groups, sizes, *date = zip(*rows, strict=True)
    usual = "".join(links + sizes).isdigit() and "," not in "".join(groups) and "-" not in "".join(date[1])
    if not usual or any(mode[0].isdigit() for mode in set(modes)):
        return [_likeness(row, dated=dated) for row in rows]
    return zip(modes, owners, groups, *(date if dated else ()), strict=True)


def _likeness(columns: tuple[str, ...], *, dated: bool) -> tuple[object, ...]:
    at, date = _mode_at(columns), _date_at(columns)
    between = columns[at + 1 : date]
    names = _names(between)
    same = (word for word, name in zip(between, names, strict=True) if not name)
    kind = (at, len(columns), columns[at], names, *same)
    return kind + columns[date:] if dated else kind


def _mode_at(columns: Sequence[str]) -> int:
    place = 0
    while columns[place][:1].isdigit():
        place += 1
    return place


def _date_at(columns: Sequence[str]) -> int:
    """Return where the date begins: two words of a short ISO date, three of all others."""
    return len(columns) - (2 if columns[-2][4:5] == "-" else 3)


def _form(columns: Sequence[Sequence[str]], keys: Counter[str]) -> Form:
    row = [column[0] for column in columns]
    at, date = _mode_at(row), _date_at(row)
    names = ["#"] * at + ["", *_names(row[at + 1 : date]), *_date_names(row[date:])]
    words = tuple(column[0] if len(set(column)) == 1 else name for column, name in zip(columns, names, strict=True))
    kind = row[at][0].translate(_PLAIN)
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
