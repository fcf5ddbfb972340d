"""One JSON value as one cell of a table, and back.

A cell is the value as JSON, but a string stands without its quotes where nothing else could be meant.
Quotes stay on a string that is empty, begins or ends with a space, begins like JSON or with * or =,
holds the separator or a control character, or reads as a number, true, false or null. In a column of
strings only ("name:string" in the header) numbers, true and false need no quotes either. An empty
cell says that the key is absent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache, cached_property
from operator import itemgetter
from typing import TypeAlias, cast

from headroom.compressors.json_values import Number, Value, parse_value, quote, write


class Absent:
    """The type of ABSENT."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
"""No such key, which is not the same as null."""

Cell: TypeAlias = "Value | Absent"

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LITERAL = re.compile(NUMBER.pattern + "|true|false|null")
_LITERAL_LINE = re.compile(rf"\n(?>{_LITERAL.pattern})(?=\n)")
_NUMBER_LINE = re.compile(rf"\n(?>{NUMBER.pattern})(?=\n)")
_QUOTED_START = frozenset(' "{[*=')
_CONTROL = re.compile("[\x00-\x1f\ud800-\udfff]")
_FIRST, _LAST = itemgetter(0), itemgetter(-1)
LITERAL_START, _LITERAL_END = frozenset("-0123456789tfn"), frozenset("0123456789el")
_JSON_START = frozenset('"{[')
_STRINGS = frozenset((str, type(None), Absent))
_EITHER, _CONTAINERS = frozenset((str, Number)), frozenset((list, dict))
_LITERALS: dict[str, Value] = {"null": None, "true": True, "false": False}


class Cells(list[str]):
    """The cells of a column, one for each row, with what is known of all of them."""

    def __init__(self, cells: Iterable[str], counts: Counter[str] | None = None, *, numeric: bool = False) -> None:
        super().__init__(cells)
        self.counts = Counter(self) if counts is None else counts
        """How often each cell occurs, in the order in which they come."""
        self.numeric = numeric
        """Whether it is known that all are numbers, spelled as in JSON."""

    @cached_property
    def widest(self) -> int:
        """Characters of the longest."""
        return max(map(len, self.counts), default=0)

    @cached_property
    def least_chars(self) -> int:
        """Characters of all that are not the same."""
        return len("".join(self.counts))

    @cached_property
    def chars(self) -> int:
        """Characters of all."""
        return self.least_chars if len(self.counts) == len(self) else len("".join(self))


def encoder(separator: str, *, text: bool) -> Callable[[str], str]:
    """Return the function that writes a string as a cell."""
    bare = re.compile(_bare(separator))

    def encode(string: str) -> str:
        if bare.fullmatch(string) is None:
            return quote(string)
        if (string == "null") if text else reads_as_literal(string):
            return quote(string)
        return string

    return encode


@cache
def _bare(separator: str) -> str:
    """Return the pattern of the strings that stand without quotes, unless they read as something else."""
    unsafe = rf"\x00-\x1f\ud800-\udfff{re.escape(separator)}"
    return rf'[^ "{{\[*={unsafe}](?:[^{unsafe}]*[^ {unsafe}])?'


def encode_column(values: Sequence[Cell], kinds: Collection[type], separator: str) -> tuple[Cells, bool]:
    """Write the values, of these types, as cells; with whether they are called strings, for which some need no quotes then."""
    if str not in kinds or not _STRINGS.issuperset(kinds):
        return encode_all(values, separator=separator, text=False, kinds=kinds), False
    counts, strings = _distinct(values, kinds)
    literal = literals(strings)
    text = sum(map(counts.__getitem__, literal)) > 1
    literal = _null(strings) if text else literal
    return _encoded(values, counts, strings, _quoted(strings, separator, literal)), text


def encode_all(values: Sequence[Cell], *, separator: str, text: bool, kinds: Collection[type] | None = None) -> Cells:
    """Write a column's values as cells; equal cells mean equal values, and no others."""
    kinds = set(map(type, values)) if kinds is None else kinds
    if values and {Number}.issuperset(kinds):
        # Numbers are strings of another type: copied together they are plain ones, and lie side by side.
        return Cells("\n".join(values).split("\n"), numeric=True)  # type: ignore[arg-type]
    if _CONTAINERS.isdisjoint(kinds) and not _EITHER.issubset(kinds):
        counts, strings = _distinct(values, kinds)
        literal = _null(strings) if text else literals(strings)
        return _encoded(values, counts, strings, _quoted(strings, separator, literal))
    encode = encoder(separator, text=text)
    known: dict[str, str] = {}
    cells = []
    for value in values:
        if type(value) is str:
            cell = known.get(value)
            if cell is None:
                cell = known[value] = encode(value)
        else:
            cell = _write(value)
        cells.append(cell)
    return Cells(cells)


def _distinct(values: Sequence[Cell], kinds: Collection[type]) -> tuple[Counter[Cell], Collection[str]]:
    """Return how often each value occurs, and those that are strings."""
    counts: Counter[Cell] = Counter(values)
    return counts, cast("Collection[str]", counts if {str}.issuperset(kinds) else [v for v in counts if type(v) is str])


def _encoded(values: Sequence[Cell], counts: Counter[Cell], strings: Collection[str], quoted: dict[str, str]) -> Cells:
    if len(strings) == len(counts) and not quoted:
        return Cells(cast("Sequence[str]", values), cast("Counter[str]", counts))
    known = {value: value if type(value) is str else _write(value) for value in counts}
    known.update(quoted)
    of_cells = dict(zip(known.values(), counts.values(), strict=True))
    return Cells(map(known.__getitem__, values), Counter(of_cells))


def _write(value: Cell) -> str:
    if isinstance(value, Absent):
        return ""
    return str(value) if type(value) is Number else write(value)


def _quoted(strings: Collection[str], separator: str, literal: Sequence[str]) -> dict[str, str]:
    """Return what is written for those of the strings that do not stand as they are; `literal` read as something else."""
    quoted = {string: quote(string) for string in literal}
    if strings and not _stand_bare(strings, separator):
        lines = framed(strings)
        encode = encoder(separator, text=True)
        odd = strings if lines is None else re.findall(rf"\n(?!{_bare(separator)}\n)([^\n]*)(?=\n)", lines)
        quoted.update((string, cell) for string in odd if (cell := encode(string)) != string)
    return quoted


def framed(strings: Collection[str]) -> str | None:
    """Return the strings each on a line of its own, between line ends; None if one of them has several lines.

    For searches over a whole column: one is much faster than a match for each cell.
    """
    lines = "\n".join(["", *strings, ""])
    return lines if lines.count("\n") == len(strings) + 1 else None


def number_lines(lines: str) -> list[str]:
    """Return those of the framed strings that are spelled as JSON numbers."""
    return [line[1:] for line in _NUMBER_LINE.findall(lines)]


def literals(strings: Collection[str]) -> list[str]:
    """Return those of the strings that read as a number, true, false or null."""
    if "" not in strings and (
        LITERAL_START.isdisjoint(map(_FIRST, strings)) or _LITERAL_END.isdisjoint(map(_LAST, strings))
    ):
        return []
    lines = framed(strings)
    if lines is None:
        return list(filter(reads_as_literal, strings))
    return [line[1:] for line in _LITERAL_LINE.findall(lines)]


def _null(strings: Collection[str]) -> list[str]:
    return ["null"] if "null" in strings else []


def _stand_bare(strings: Collection[str], separator: str) -> bool:
    """Whether all strings that do not read as something else are cells as they are."""
    joined = "".join(strings)
    # Printable texts, as most are, need no search for control characters.
    if "" in strings or separator in joined or (not joined.isprintable() and _CONTROL.search(joined)):
        return False
    return _QUOTED_START.isdisjoint(map(_FIRST, strings)) and " \n" not in "\n".join([*strings, ""])


def decode(cell: str, *, text: bool) -> Cell:
    """Read one cell back; aliases are resolved before. ValueError if it is none."""
    if not cell:
        return ABSENT
    if cell[0] in _JSON_START:
        return parse_value(cell)
    if text:
        return None if cell == "null" else cell
    if cell in _LITERALS:
        return _LITERALS[cell]
    return Number(cell) if NUMBER.fullmatch(cell) else cell


def reads_as_literal(string: str) -> bool:
    """Whether the bare string would be read as a number, true, false or null."""
    return string[:1] in LITERAL_START and _LITERAL.fullmatch(string) is not None
