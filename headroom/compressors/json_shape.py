"""Rows of JSON as columns, and back.

Nested objects spread into columns named by their path (`owner.name`), short lists of equal length into
numbered ones (`coordinates[0]`). A value that does not fit the shape of the others stands whole in a
column of its own path, so every row comes back exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Literal

from headroom.compressors.json_cells import ABSENT, Cell
from headroom.compressors.json_values import Value, items_of

Step = str | int
Form = Literal["plain", "list", "map"]

RARE = 16
"""A key that fewer than one object in this many has is no column: those objects stand whole."""

MAX_SHAPES = 3
"""Shapes of objects inside a cell that the header tells apart."""

MAX_SPREAD = 4
"""Longest list that spreads into columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where the values of one column stand in their rows, and how a cell writes them."""

    path: tuple[Step, ...]
    form: Form = "plain"
    shapes: tuple[tuple[str, ...], ...] = ()
    """For lists and maps of objects with these keys: a cell holds each object as the list of its values.

    No two shapes have equally many keys, so the length of a list tells its keys.
    """


@dataclass(frozen=True, slots=True)
class Spread:
    """A column with its values, one for each row."""

    column: Column
    values: Sequence[Cell]
    kinds: Collection[type]
    """The types of the values."""


def spread(values: Sequence[Cell], path: tuple[Step, ...] = (), *, every: bool = False) -> list[Spread]:
    """Return the columns that hold the values, in the order in which a row is put together again.

    With `every`, the keys of the values themselves are columns however few have them.
    """
    kinds = set(map(type, values))
    if path and dict not in kinds and list not in kinds:
        return [Spread(Column(path), values, kinds)]
    if kinds == {dict} and (keys := _only_shape(values)):  # type: ignore[arg-type]
        cells: list[Cell] = list(chain.from_iterable(map(dict.values, values)))  # type: ignore[arg-type]
        columns = [cells[place :: len(keys)] for place in range(len(keys))]
        return [one for key, column in zip(keys, columns, strict=True) for one in spread(column, (*path, key))]
    present = [value for value in values if value is not ABSENT]
    if path and len(present) * RARE < len(values):
        return [_packed(values, path)]
    objects = [value for value in present if isinstance(value, dict) and value]
    if 2 * len(objects) >= len(present) and objects:
        keys = common_keys(objects, every=every)
        if keys:
            return _spread_objects(values, path, keys)
    lists = [value for value in present if isinstance(value, list) and value]
    if path and 2 * len(lists) >= len(present) and lists:
        width = max(map(len, lists))
        if width <= MAX_SPREAD and 2 * sum(map(len, lists)) > width * len(lists):
            return _spread_lists(values, path, width)
    return [_packed(values, path)]


def _only_shape(objects: Sequence[dict[str, Value]]) -> tuple[str, ...]:
    """Return the keys that all objects have in the same order; () if there is more than one shape."""
    first = tuple(objects[0])
    # No object has a key twice: so many keys in this order can stand in no other way.
    return first if list(chain.from_iterable(objects)) == [*first] * len(objects) else ()


def _spread_objects(values: Sequence[Cell], path: tuple[Step, ...], keys: tuple[str, ...]) -> list[Spread]:
    fitting = {shape: fits(shape, keys) for shape in {tuple(v) for v in values if isinstance(v, dict)}}
    rows = [v if isinstance(v, dict) and fitting[tuple(v)] else None for v in values]
    spreads = []
    if any(row is None and value is not ABSENT for row, value in zip(rows, values, strict=True)):
        own = [value if row is None else ABSENT for row, value in zip(rows, values, strict=True)]
        spreads.append(_packed(own, path))
    for key in keys:
        spreads += spread([ABSENT if row is None else row.get(key, ABSENT) for row in rows], (*path, key))
    return spreads


def _spread_lists(values: Sequence[Cell], path: tuple[Step, ...], width: int) -> list[Spread]:
    spreads = []
    own = [ABSENT if isinstance(value, list) and 0 < len(value) <= width else value for value in values]
    if any(value is not ABSENT for value in own):
        spreads.append(_packed(own, path))
    for index in range(width):
        items = [v[index] if isinstance(v, list) and len(v) > index else ABSENT for v in values]
        spreads += spread(items, (*path, index))
    return spreads


def fits(shape: tuple[str, ...], keys: tuple[str, ...]) -> bool:
    """Whether an object of these keys, in this order, can be given back from columns in the order of `keys`."""
    if not shape:
        return False
    rest = iter(keys)
    return all(key in rest for key in shape)


def common_keys(objects: Sequence[dict[str, Value]], *, every: bool = False) -> tuple[str, ...]:
    """Return the keys that are worth a column, in an order that most objects follow; () if they have too little in common.

    With `every`, those that only one object has are worth it too.
    """
    shapes = Counter(map(tuple, objects))
    often: Counter[str] = Counter()
    for shape, times in shapes.items():
        for key in shape:
            often[key] += times
    floor = 1 if every else max(len(objects) / RARE, 1 if len(objects) < 4 else 2)
    order: list[str] = []
    known: set[str] = set()
    for shape, _ in sorted(shapes.items(), key=lambda item: -item[1]):
        if not known.issuperset(shape) and all(often[key] >= floor for key in shape):
            _merge(order, shape, known)
    filled = sum(often[key] for key in order)
    return tuple(order) if 3 * filled >= len(order) * len(objects) else ()


def _merge(order: list[str], shape: tuple[str, ...], known: set[str]) -> None:
    """Insert the shape's new keys into the order, each right after the key it follows."""
    place = 0
    for key in shape:
        if key in known:
            place = max(place, order.index(key) + 1)
        else:
            order.insert(place, key)
            known.add(key)
            place += 1


def _packed(values: Sequence[Cell], path: tuple[Step, ...]) -> Spread:
    """Return a column that is not spread any further; lists and maps of like objects lose their repeated keys."""
    for form in ("list", "map"):
        shapes = _shapes(values, list if form == "list" else dict) if path else ()
        if shapes:
            column = Column(path, form, shapes)
            packed = [pack(value, column) for value in values]
            return Spread(column, packed, set(map(type, packed)))
    return Spread(Column(path), values, set(map(type, values)))


def _shapes(values: Sequence[Cell], kind: type[list[Value] | dict[str, Value]]) -> tuple[tuple[str, ...], ...]:
    """Return the shapes of the objects in these lists or maps that recur, if they hold nothing but objects."""
    counts: Counter[tuple[str, ...]] = Counter()
    for value in values:
        for item in items_of(value) if isinstance(value, kind) else ():
            if not isinstance(item, dict):
                return ()
            counts[tuple(item)] += 1
    shapes: dict[int, tuple[str, ...]] = {}
    for shape, times in sorted(counts.items(), key=lambda item: -item[1] * len(item[0])):
        if times > 2 and shape and len(shape) not in shapes and len(shapes) < MAX_SHAPES:
            shapes[len(shape)] = shape
    return tuple(shapes.values())


def pack(value: Cell, column: Column) -> Cell:
    """Write each object of a list or map that has one of the column's shapes as the list of its values."""

    def short(item: Value) -> Value:
        return list(item.values()) if isinstance(item, dict) and tuple(item) in column.shapes else item

    if column.form == "list" and isinstance(value, list):
        return [short(item) for item in value]
    if column.form == "map" and isinstance(value, dict):
        return {key: short(item) for key, item in value.items()}
    return value


def unpack(value: Cell, column: Column) -> Cell:
    """Undo `pack`. ValueError if a list has not as many values as one of the shapes has keys."""

    def long(item: Value) -> Value:
        if not isinstance(item, list):
            return item
        for shape in column.shapes:
            if len(shape) == len(item):
                return dict(zip(shape, item, strict=True))
        raise ValueError(f"no keys for {len(item)} values")

    if column.form == "list" and isinstance(value, list):
        return [long(item) for item in value]
    if column.form == "map" and isinstance(value, dict):
        return {key: long(item) for key, item in value.items()}
    return value


def assemble(cells: Iterable[tuple[Column, Cell]]) -> Cell:
    """Put one row together from its cells, in column order. ValueError if they contradict one another."""
    root: list[Cell] = []
    for column, value in cells:
        if value is not ABSENT:
            _place(root, (0, *column.path), value if column.form == "plain" else unpack(value, column))
    return root[0] if root else ABSENT


def _place(holder: list[Cell] | dict[str, Cell], path: tuple[Step, ...], value: Cell) -> None:
    for step, following in pairwise(path):
        held = _get(holder, step)
        if held is ABSENT:
            # A list or object of cells is one of values as soon as its row is complete.
            held = [] if isinstance(following, int) else {}
            _set(holder, step, held)
        if not isinstance(held, (list, dict)):
            raise ValueError(f"a value stands where {following!r} should be found")
        holder = held  # type: ignore[assignment]
    if _get(holder, path[-1]) is not ABSENT:
        raise ValueError(f"two values for {path[-1]!r}")
    _set(holder, path[-1], value)


def _get(holder: list[Cell] | dict[str, Cell], step: Step) -> Cell:
    if isinstance(holder, list) and isinstance(step, int):
        return holder[step] if step < len(holder) else ABSENT
    if isinstance(holder, dict) and isinstance(step, str):
        return holder.get(step, ABSENT)
    raise ValueError(f"no place for {step!r}")


def _set(holder: list[Cell] | dict[str, Cell], step: Step, value: Cell) -> None:
    if isinstance(holder, list):
        if step != len(holder):
            raise ValueError(f"no item before {step!r}")
        holder.append(value)
    else:
        holder[step] = value  # type: ignore[index]


def at(value: Cell, path: Sequence[Step]) -> Cell:
    """Return what stands at the path in a value; ABSENT if there is no such place."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return ABSENT
    return value
