"""What a column of a table holds, found from its values alone: its role, and a few words about all of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, islice
from math import isfinite
from operator import itemgetter, le, lt
from typing import Literal

from headroom.compressors.json_cells import NUMBER, Cells, encode_all, framed, number_lines
from headroom.compressors.json_header import Field, write_field
from headroom.compressors.json_shape import Column, at
from headroom.compressors.json_table import Table
from headroom.compressors.json_values import Value, parse_value

Role = Literal["id", "enum", "time", "measure", "text", "empty"]
"""id: (nearly) every value once. enum: few values. time: dates or epochs. measure: numbers that vary."""

MAX_ENUM = 50
"""Distinct values up to which a column may be an enum."""

_DATE = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9](?:[T ].*)?")
_DATE_CHARS = 11
"""Characters of a date and of what must follow it, if anything does."""

_DIGITS = re.compile("[0-9a-f](?:[0-9a-f]{7,}|(?<=[0-9])[0-9]*)")
"""Eight or more hexadecimal digits, or some decimal ones; with one class in front, letters are skipped at C speed."""
_ZEROS = str.maketrans("123456789", "000000000")
_HEXADECIMAL, _HASH = str.maketrans("123456789abcdef", "0" * 15), "0" * 8
_EPOCHS = ((10**9, 2 * 10**9), (10**12, 2 * 10**12), (10**15, 2 * 10**15))
_STRINGS = ":string"
_FIRST, _NUMERIC, _EXPONENT = itemgetter(0), frozenset("-0123456789"), frozenset("eE")
_FINITE_CHARS = 300
"""A number of fewer characters without an exponent is finite."""

FORM_CHARS = 200
"""Characters of a text that tell its form."""

_MAX_WORDS = 60
"""Characters of a value that a summary shows."""


@dataclass(frozen=True)
class ColumnFacts:
    """One column over all rows."""

    name: str
    cells: Sequence[str]
    """One for each row; "" where the key is absent."""

    @cached_property
    def column(self) -> Cells:
        """The cells with what is known of them."""
        return self.cells if isinstance(self.cells, Cells) else Cells(self.cells)

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each value occurs; absent ones do not."""
        counts = self.column.counts
        return counts if "" not in counts else Counter({cell: times for cell, times in counts.items() if cell})

    @cached_property
    def present(self) -> int:
        """Number of rows that have a value."""
        return self.counts.total()

    @cached_property
    def are_numbers(self) -> bool:
        """Whether all values are numbers."""
        if not NUMBER.fullmatch(next(iter(self.counts), "0")):
            return False
        if self._spelled and self.widest < _FINITE_CHARS and not _EXPONENT.intersection("".join(self.counts)):
            return True
        return len(self.numbers) == len(self.counts)

    @cached_property
    def numbers(self) -> dict[str, float]:
        """The values that are numbers, by their cells."""
        cells: Collection[str] = self.counts
        if not self._spelled:
            if self._text or _NUMERIC.isdisjoint(map(_FIRST, self.counts)) or self._are_dates:
                return {}
            lines = framed(self.counts)
            cells = [cell for cell in self.counts if NUMBER.fullmatch(cell)] if lines is None else number_lines(lines)
        numbers = dict(zip(cells, map(float, cells), strict=True))
        if all(map(isfinite, numbers.values())):
            return numbers
        return {cell: number for cell, number in numbers.items() if isfinite(number)}

    @property
    def _spelled(self) -> bool:
        """Whether it is known that all are spelled as numbers."""
        return self.column.numeric

    @cached_property
    def ranked(self) -> list[str]:
        """The values that are numbers, the smallest first."""
        return sorted(self.numbers, key=self.numbers.__getitem__)

    @cached_property
    def median(self) -> str:
        """The value in the middle of all rows that have a number."""
        return self.middle(self.ranked)

    def middle(self, ranked: Sequence[str]) -> str:
        """Return which of these values, in their order, stands in the middle row."""
        reached = list(accumulate(map(self.counts.__getitem__, ranked)))
        return ranked[bisect_right(reached, reached[-1] // 2)]

    @cached_property
    def role(self) -> Role:
        """What the column is for."""
        distinct = len(self.counts)
        if not distinct:
            return "empty"
        values = distinct - ("null" in self.counts)
        if values and self._is_time:
            return "time"
        few = distinct <= MAX_ENUM and distinct * 3 <= self.present
        if values > 0 and (self.are_numbers or len(self.numbers) >= values):
            if few and distinct <= 12:
                return "enum"
            return "id" if self._counts_up else "measure"
        if few:
            return "enum"
        if distinct * 20 >= self.present * 19 and " " not in "".join(self.counts):
            return "id"
        return "text"

    @cached_property
    def never_falls(self) -> bool:
        """Whether the values, all of one length, follow one another in their order."""
        present = self.cells if self.present == len(self.cells) else [cell for cell in self.cells if cell]
        return all(map(le, present, islice(present, 1, None))) and len(set(map(len, self.counts))) == 1

    @cached_property
    def is_said_over(self) -> bool:
        """Whether these are texts of few forms, said over and over."""
        if self.role != "text" or len(self.form_counts) * 8 > self.present:
            return False
        return " " in "".join(self.counts)

    @cached_property
    def forms(self) -> dict[str, str]:
        """For each value of a text column, what it says with its digits taken out."""
        heads = list(self.counts)
        if self.widest > FORM_CHARS:
            heads = [cell[:FORM_CHARS] for cell in heads]
        # With all digits the same, few texts are left whose digits have to be found.
        alike = "\n".join(heads).translate(_ZEROS).split("\n")
        if len(alike) != len(heads):
            alike = [head.translate(_ZEROS) for head in heads]
        distinct = list(dict.fromkeys(alike))
        forms = dict(zip(distinct, _without_digits(distinct), strict=True))
        return dict(zip(self.counts, map(forms.__getitem__, alike), strict=True))

    @cached_property
    def form_counts(self) -> Counter[str]:
        """How often each form of a text occurs."""
        counts = Counter(self.forms.values())
        if len(self.counts) < self.present:
            for cell, times in self.counts.items():
                if times > 1:
                    counts[self.forms[cell]] += times - 1
        return counts

    @cached_property
    def chars(self) -> int:
        """Characters of all cells."""
        return self.column.chars

    @cached_property
    def chars_once(self) -> int:
        """Characters of the values that come once."""
        if len(self.counts) == self.present:
            return self.chars
        return len("".join([cell for cell, times in self.counts.items() if times == 1]))

    @cached_property
    def widest(self) -> int:
        """Characters of the longest cell."""
        return self.column.widest

    @property
    def _text(self) -> bool:
        return self.name.endswith(_STRINGS)

    @cached_property
    def _counts_up(self) -> bool:
        """Whether these are whole numbers, each larger than the one before."""
        if len(self.counts) < self.present:
            return False
        # Each stands once, so they are in the order of the rows.
        cells: Collection[str] = self.counts if self.are_numbers else self.numbers
        if not "".join(cells).replace("-", "").isdecimal():
            return False
        numbers = list(map(float, cells))
        return all(map(lt, numbers, islice(numbers, 1, None)))

    @cached_property
    def _are_dates(self) -> bool:
        """Whether all values but null are dates; rows that follow one another have few."""
        dates = {cell[:_DATE_CHARS] for cell in self.counts} - {"null"}
        return all(map(_DATE.fullmatch, dates))

    @property
    def _is_time(self) -> bool:
        """Whether all values are times; null is no value."""
        first = next((cell for cell in self.counts if cell != "null"), "")
        if not self.is_time(first):
            return False
        if self._are_dates:
            return True
        if self._spelled:
            digits = {10, 13, 16}.issuperset(map(len, self.counts)) and "".join(self.counts).isdecimal()
            return digits and {"1"}.issuperset(map(_FIRST, self.counts))
        return all(self.is_time(cell) for cell in self.counts if cell != "null")

    def is_time(self, cell: str) -> bool:
        """Whether the value is a date, a date and time, or a number of seconds or finer since 1970."""
        if cell[:1] == '"':
            cell = cell[1:-1]
        if cell[4:5] == "-":
            return _DATE.fullmatch(cell) is not None
        if self._text or not 10 <= len(cell) <= 16 or not (cell.isascii() and cell.isdecimal()):
            return False
        return any(low <= int(cell) < high for low, high in _EPOCHS)

    def words(self) -> str:
        """Say what the whole column holds, after its name."""
        return f"{self.name.removesuffix(_STRINGS)} {self.said()}"

    def said(self) -> str:
        """Say what the whole column holds."""
        absent = len(self.cells) - self.present
        tail = f", absent in {absent}" if absent else ""
        return f"{self._words()}{tail}"

    def _words(self) -> str:
        if len(self.counts) == 1:
            return _short(next(iter(self.counts)))
        if self.role == "time":
            ends = [cell for cell in self.counts if cell != "null"]
            numeric = all(map(str.isdecimal, ends))
            key = int if numeric and len(set(map(len, ends))) > 1 else None
            low, high = min(ends, key=key), max(ends, key=key)
            return f"{low} to {high}"
        if self.role == "measure":
            nulls = f", null {self.counts['null']}" if "null" in self.counts else ""
            return f"{self.ranked[0]} to {self.ranked[-1]}, median {self.median}{nulls}"
        if self.role == "enum":
            return _tally(self.counts, 12)
        if self.role == "text" and 1 < len(self.form_counts) <= 4:
            return f"(# for digits) {_tally(self.form_counts, 4)}"
        first, last = (next((c for c in cells if c), "") for cells in (self.cells, reversed(self.cells)))
        distinct = f"{len(self.counts)} distinct"
        if self.role == "id" and len(first) + len(last) <= _MAX_WORDS:
            return f"{distinct}, {first} to {last}"
        return distinct


def _without_digits(texts: Sequence[str]) -> list[str]:
    """Return texts whose digits are all zeros with # for each number, and for each run of hexadecimal digits."""
    joined = "\n".join(texts)
    if not joined.isascii() or joined.count("\n") >= len(texts):
        return [_DIGITS.sub("#", text) for text in texts]
    runs = joined.translate(_HEXADECIMAL)
    if _HASH not in runs:
        return _short_zeros(joined).split("\n")
    lines = zip(texts, runs.split("\n"), strict=True)
    return [_DIGITS.sub("#", text) if _HASH in run else _short_zeros(text) for text, run in lines]


def _short_zeros(text: str) -> str:
    while "00" in text:
        text = text.replace("00", "0")
    return text.replace("0", "#")


def _tally(counts: Counter[str], most: int) -> str:
    ranked = counts.most_common()
    shown = [f"{_short(value)} {times}" for value, times in ranked[:most]]
    rest = f", {len(ranked) - most} more" if len(ranked) > most else ""
    return ", ".join(shown) + rest


def _short(value: str) -> str:
    return value if len(value) <= _MAX_WORDS else f"{value[:_MAX_WORDS]}…"


def facts_of(table: Table) -> list[ColumnFacts]:
    """Return the facts of every column that is not the same in all rows, rows of another shape included."""
    odd: dict[int, Value] = {row: parse_value(whole) for row, whole in enumerate(table.whole) if whole}
    facts = [] if table.keys is None else [ColumnFacts(f"(key){_STRINGS}", table.keys)]
    columns = iter(table.columns)
    for field in table.fields:
        if field.varying:
            facts.append(_facts(field, next(columns), odd, table.separator))
        elif field.constant is not None and odd:
            column = encode_all([parse_value(field.constant)], separator=table.separator, text=False) * table.size
            other = _facts(field, column, odd, table.separator)
            if len(other.counts) > 1 or other.present < table.size:
                facts.append(other)
    known = {field.column.path[:1] for field in table.fields}
    others = dict.fromkeys(key for row in odd.values() if isinstance(row, dict) for key in row if (key,) not in known)
    blank = [""] * table.size
    return [*facts, *(_facts(Field(Column((key,))), blank, odd, table.separator) for key in others)]


def _facts(field: Field, cells: Sequence[str], odd: dict[int, Value], separator: str) -> ColumnFacts:
    if odd:
        values = [at(row, field.column.path) for row in odd.values()]
        cells = list(cells)
        for row, cell in zip(odd, encode_all(values, separator=separator, text=field.text), strict=True):
            cells[row] = cell
    return ColumnFacts(write_field(replace(field, constant=None)), cells)
