"""What a table says once instead of in every row, and whether that costs less: it takes words to explain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress, repeat
from operator import eq, ne

from headroom import tokens
from headroom.compressors.json_cells import ABSENT, Cell
from headroom.compressors.json_header import KEY, Field, write_field
from headroom.compressors.json_shape import Spread
from headroom.compressors.json_values import write

ALIAS_FLOOR = 20
"""Characters that a cell must have to be worth an alias."""

_ALIAS_SAVING = 10
"""Tokens that an alias must save, since it has to be looked up."""

_MAX_ALIASES = 200
"""More would be hard to look up."""

_MAX_GROUPED = 3
"""Columns that heads may take over; with more, a row would be hard to put together in one's head."""

_FEW_ROWS = 8
_LIFTING = 24
"""Tokens that lifting must save in tables of few rows: some ten go to words about it, and rows are better read whole."""

_SAME_CHARS, _KEY_CHARS = 40, 12
"""Characters that a column must have to be worth saying that it is the same as another, or as the keys of all rows.

The latter needs no words.
"""

_HEADS_FLOOR = 40
"""Tokens that heads over groups of rows must save, since they take a note to explain."""


def worth_lifting(spreads: Sequence[Spread], whole: Sequence[str]) -> bool:
    """Whether the values that hold for every row cost less in the header, with the words that explain it."""
    if len(whole) > _FEW_ROWS:
        return True
    saved = -_LIFTING
    for one in spreads:
        fitting = [value for value, odd in zip(one.values, whole, strict=True) if not odd]
        if len(fitting) > 1 and fitting[0] is not ABSENT and all_equal(fitting):
            saved += (len(fitting) - 1) * (tokens.count(write(fitting[0])) + 1) - 1  # type: ignore[arg-type]
    return saved > 0


def same_as(
    field: Field,
    one: Spread,
    column: list[str],
    fields: Sequence[Field],
    cells: Sequence[list[str]],
    keys: Sequence[str] | None,
    fitting: Sequence[bool] | None = None,
) -> Field:
    """Return the field with the name of a column before it that has the same values, if saying so costs less.

    `fitting` tells which rows fit the columns, if not all do: the others stand whole, and nothing is said of them.
    """
    if field.column.form != "plain" or not field.column.path:
        return field
    if keys is not None and _are_keys(one, keys, fitting):
        least = _KEY_CHARS if fitting is None else _SAME_CHARS
        return replace(field, same=KEY) if _chars(column) >= least else field
    others = iter(cells)
    for other in fields:
        if other.varying and next(others) == column and other.text == field.text and other.column.form == "plain":
            name = write_field(replace(other, text=False))
            if "(" not in name and ")" not in name:
                return replace(field, same=name) if _chars(column) >= _SAME_CHARS else field
    return field


def _are_keys(one: Spread, keys: Sequence[str], fitting: Sequence[bool] | None) -> bool:
    if fitting is None:
        return {str}.issuperset(one.kinds) and all(map(eq, one.values, keys))
    own = list(compress(one.values, fitting))
    return {str}.issuperset(map(type, own)) and all(map(eq, own, compress(keys, fitting)))


def _chars(column: Sequence[str]) -> int:
    return sum(map(len, column))


def all_equal(values: Sequence[Cell]) -> bool:
    """Whether all values are written the same."""
    first = values[0]
    if not all(map(eq, values, repeat(first))) or len(set(map(type, values))) > 1:
        return False
    # Containers may be equal to Python with another order of keys, or "1" where the other has 1.
    return type(first) not in (dict, list) or len(set(map(write, values))) == 1  # type: ignore[arg-type]


def worth_alias(columns: Sequence[Counter[str]]) -> list[str]:
    """Return the long cells that had better be listed once, in the order in which they come; columns are counted."""
    counts: Counter[str] = Counter()
    for column in columns:
        counts.update(column)
    # A reference costs some three tokens, a listing five besides its cell.
    savings = {
        cell: tokens.count(cell) * (times - 1) - 3 * times - 5
        for cell, times in counts.items()
        if times > 1 and len(cell) >= ALIAS_FLOOR
    }
    worth = sorted((cell for cell in savings if savings[cell] > _ALIAS_SAVING), key=lambda cell: -savings[cell])[
        :_MAX_ALIASES
    ]
    listed = set(worth)
    return [cell for cell in counts if cell in listed]


def worth_grouping(columns: Sequence[list[str]], counts: Sequence[Counter[str]], whole: Sequence[str]) -> list[int]:
    """Return the places of the columns, counted, whose cells change so seldom that heads over the rows cost less."""
    fitting = [number for number, odd in enumerate(whole) if not odd]
    changes = {}
    for place, column in enumerate(columns):
        # Every value comes once at least, and so do the blanks of rows that do not fit.
        if 4 * (len(counts[place]) - 2) >= len(fitting):
            continue
        steps = column if len(fitting) == len(column) else [column[number] for number in fitting]
        changed = set(compress(fitting[1:], map(ne, steps, steps[1:])))
        if 4 * len(changed) < len(fitting) and all(steps):
            changes[place] = changed
    best: list[int] = []
    best_saving = _HEADS_FLOOR
    grouped: list[int] = []
    heads = set(fitting[:1])
    for place in sorted(changes, key=lambda place: (len(changes[place]), place))[:_MAX_GROUPED]:
        grouped = [*grouped, place]
        heads |= changes[place]
        if 3 * len(heads) > len(fitting) or len(grouped) == len(columns):
            break
        saving = sum(_cells_cost([columns[p][n] for n in fitting]) for p in grouped)
        saving -= sum(_cells_cost([columns[p][n] for n in heads]) for p in grouped) + 2 * len(heads)
        if saving > best_saving:
            best, best_saving = grouped, saving
    return sorted(best)


def _cells_cost(cells: Iterable[str]) -> int:
    """Return about how many tokens cells take: of n characters some n/4, and a separator each."""
    return sum([(len(cell) // 4 + 2) * times for cell, times in Counter(cells).items()])
