"""The lines of a listing: what ls, find, tree, du, git ls-files, git status and the like print.

A listing is laid out for the eye: columns are padded, branches are drawn. A line's *value* is what it says without
that: its columns one blank apart, its depth in a tree as so many blanks. All else is worked out on values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import add

from headroom.compressors.telltale import holding

_SIZE, _WHOSE = r"[0-9][0-9.,]{0,18}[kKMGTPE]?i?B?", r"[^\s:]{1,64}"
_BEFORE_NAME = (
    r"(?: {0,20}[0-9][0-9.]{0,18}[KMGT]? {1,20}){0,2}[-.dlcbpsD][-rwxsStT]{9}[+.@]?"  # inode, blocks, mode
    rf"(?: +[0-9]+ +{_WHOSE}(?: +{_WHOSE})? +{_SIZE}(?:(?<=,) +[0-9]+)?"  # links, owner, group, size or device
    rf"| +[^\s:/]{{1,64}}/{_WHOSE} +{_SIZE}"  # tar tv
    rf"| +(?:{_SIZE}|-) +{_WHOSE}(?: +{_WHOSE})?)"  # eza
    r" +(?:[A-Z][a-z]{2} +[0-9]{1,2} +[0-9:]{4,5}|[0-9]{1,2} +[A-Z][a-z]{2} +[0-9:]{4,5}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9.]+ [+-][0-9]{4})?) (?=.)"
)
_LONG = re.compile(_BEFORE_NAME)
_LONG_LINES = re.compile(rf"(?m)^({_BEFORE_NAME})?.*$")
"""A line of ls -l, with inode or blocks before it where asked for; find -ls prints the same, eza and tar nearly so."""

_DRAWN = re.compile(r"(?m)^((?:[│|][ \xa0]{3}|[ \xa0]{4}){0,200}(?:[├└]──|[|`+]--)[ \xa0](?=\S))?.*$")
"""How tree and cargo tree draw the way to a name: four characters for every level."""

_HEADING = re.compile(r"[^\s:\"'<>|*?][^:\"<>|*?\t]{0,400}:")
"""What ls prints above the names of one of several directories."""

_FIRST = 4
"""Lines above the first heading that wrappers may take."""
_SHORTEST_LONG = 30

_BEFORE_PATH = (
    r"(?!  )[ MADRCTU?!]{2} (?=\S)|[MADTUX]\t|[RC][0-9]{1,3}\t|\t(?:(?:new file|modified|deleted|renamed|copied|typechange|both [a-z]+): +)?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[ +T][0-9]{2}:[0-9]{2}(?::[0-9.]{2,20})?(?: [+-][0-9]{4})? (?=\S)"
    r"|[0-7]{6} (?:[a-z]{4,6} )?[0-9a-f]{40,64}(?: +[0-9-]{1,12})?\t"
    r"| {0,12}[0-9][0-9.,]{0,24}[KMGTP]?i?B?(?:\t| +(?=\S))|[0-9a-f]{32,128} [ *]| (?=\S+ +\| +(?:[0-9]|Bin))"
)
"""What stands before a path: git's status and its objects, times, the sizes and counts of du and wc, digests."""
_LEAD = re.compile(_BEFORE_PATH)
_LEAD_LINES = re.compile(rf"(?m)^({_BEFORE_PATH})?.*$")
_LEADS = frozenset(" \tMADRCTUX?!0123456789abcdef")

_TOTAL = re.compile(r"total [0-9.,]+[KMGT]?")
_MODE = re.compile(r"\n[ 0-9.KMGT]{0,40}[-.dlcbpsD][-r][-w][-xsS][-r]")
_APART = re.compile(r" *\t[ \t]*| {2,}")
_LS = re.compile(r"(?:^|[\s\"'(;&|/])(?:ls|dir|ll)(?=[\s\"')]|$)")
_MIN_APART = 3
_LEAST_APART = 20
"""Names stand side by side when one line in so many shows it: most directories hold few names."""


@dataclass(frozen=True)
class Listing:
    """A text as a listing."""

    values: list[str]
    """What every line says without its layout."""
    drawn: bool = False
    """It is a tree: blanks before a name tell its depth."""
    apart: str = ""
    """What stands between names where several are on one line."""
    columns: list[str] = field(default_factory=list)
    """For each line what stands before its name if it is one of ls -l, one blank apart, else ""; empty without any."""

    @cached_property
    def text(self) -> str:
        """All values."""
        return "\n".join(self.values)

    @cached_property
    def headings(self) -> list[int]:
        """The lines that name the directory whose names follow."""
        return headings(self.values) if ":\n" in self.text or self.text.endswith(":") else []

    @cached_property
    def tails(self) -> list[str]:
        """The tail of each value; empty for lines that are no names."""
        tails = [value[value.rfind(".") - 1 :] for value in self.values]  # as `tail` does, quicker
        totals = holding(self.values, ("total ",), text=self.text)
        for number in (*self.headings, *[number for number in totals if _TOTAL.fullmatch(self.values[number])]):
            tails[number] = ""
        return tails

    def part(self, start: int, end: int) -> Listing:
        """Return the lines from `start` to before `end`."""
        return Listing(self.values[start:end], self.drawn, self.apart, self.columns[start:end])

    def is_long(self, number: int) -> bool:
        """Tell whether a line is one of ls -l."""
        return bool(self.columns) and self.columns[number] != ""

    def lead(self, number: int) -> int:
        """Return how many characters of a line's value stand before its path."""
        return len(self.columns[number]) + 1 if self.is_long(number) else lead(self.values[number])

    def leads(self, start: int, end: int) -> list[int]:
        """Return `lead` for the lines from `start` to before `end`, quickly where nothing stands before any path."""
        values = self.values[start:end]
        if self.columns:
            columns = self.columns[start:end]
            return [len(before) + 1 if before else lead(value) for value, before in zip(values, columns, strict=True)]
        return leads(values)


def tail(name: str) -> str:
    """Return what stands behind the last dot of a name, the dot, and the character before it; empty for no name."""
    return name[name.rfind(".") - 1 :]


def parse(text: str, *, hint: str = "") -> Listing:
    """Return the value of every line; a line that is no part of a listing is its own value. Linear.

    A carriage return at a line's end is layout, too. `hint` is the call that printed it: names side by side are told
    from other columns by an `ls` in it, or by the headings of several directories.
    """
    source = text.split("\n")
    if "\r" in text:
        source = [line.removesuffix("\r") for line in source]
    if "── " in text or "-- " in text or "──\xa0" in text:
        branches: list[str] = _DRAWN.findall("\n".join(source))
        if branches.count("") * 2 < len(source):
            depths = [" " * (len(branch) // 4) for branch in branches]
            names = [line[len(branch) :] for line, branch in zip(source, branches, strict=True)]
            return Listing(list(map(add, depths, names)), drawn=True)
    if any_long(text):
        return _long(source)
    if _LS.search(hint) or (":\n" in text.replace("\r", "") and len(headings(source)) > 1):
        return _side_by_side(source)
    return Listing(source)


def any_long(text: str) -> bool:
    """Tell whether a line of a text begins like one of ls -l."""
    return _MODE.search("\n" + text) is not None


def headings(source: Sequence[str]) -> list[int]:
    """Return the lines that name the directory whose names follow, as ls -R prints them."""
    ends = [number for number, line in enumerate(source) if line[-1:] == ":"]
    return [n for n in ends if (n < _FIRST or not source[n - 1]) and _HEADING.fullmatch(source[n])]


def lead(value: str) -> int:
    """Return how many characters of a value stand before its path, if it is no line of ls -l."""
    if value[:1] not in _LEADS or not (" " in value or "\t" in value):
        return 0
    found = _LEAD.match(value)
    return found.end() if found else 0


def leads(values: Sequence[str]) -> list[int]:
    """Return `lead` of many values, quickly where nothing stands before any path."""
    text = "\n".join(values)
    if " " not in text and "\t" not in text:
        return [0] * len(values)
    return list(map(len, _LEAD_LINES.findall(text)))


def long_name(line: str) -> int:
    """Return where the name begins in a line of ls -l; 0 for all other lines."""
    long = _LONG.match(line) if len(line) > _SHORTEST_LONG and " " in line else None
    return long.end() if long else 0


def _long(source: Sequence[str]) -> Listing:
    found: list[str] = _LONG_LINES.findall("\n".join(source))
    columns = list(map(" ".join, map(str.split, found)))
    values = [
        before + line[len(as_printed) - 1 :] if before else line
        for line, as_printed, before in zip(source, found, columns, strict=True)
    ]
    return Listing(values, columns=columns)


def _side_by_side(source: list[str]) -> Listing:
    """Return names that stand side by side one blank apart; two, if names hold blanks."""
    spread = [n for n, line in enumerate(source) if ("  " in line or "\t" in line) and line[0] not in " \t"]
    if len(spread) < _MIN_APART or len(spread) * _LEAST_APART < sum(1 for line in source if line):
        return Listing(source)
    names = [_APART.split(source[number]) for number in spread]
    apart = "  " if any(" " in name for row in names for name in row) else " "
    values = list(source)
    for number, row in zip(spread, names, strict=True):
        values[number] = apart.join(row)
    return Listing(values, apart=apart)
