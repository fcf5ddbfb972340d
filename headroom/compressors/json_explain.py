"""Why a shrunk JSON document shows the rows it does: its columns, their roles, and what speaks for each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from headroom.compressors.json_columns import ColumnFacts, facts_of
from headroom.compressors.json_cut import read
from headroom.compressors.json_decoder import Kept, Read, decode_all
from headroom.compressors.json_evidence import find_evidence
from headroom.compressors.json_table import Table, lay_out, lay_out_items
from headroom.compressors.json_values import Value
from headroom.content import Block

_MOST = 3
"""Reasons that are told of one row; the others are counted."""

_MAX_VALUE = 60
"""Characters of a value that holds for every row."""


def explain(block: Block, shown: str, *, query: str = "") -> list[str]:
    """Return lines about each table of which `shown` has only some rows: its columns, then the rows shown and why.

    `shown` is what `JsonCompressor` made of the block, without the marker. ValueError if it is something else.
    """
    original = read(block.text)
    document, excerpts = decode_all(shown)
    if not excerpts:
        return []
    lone = original.lines and len(document.values) == 1 and isinstance(document.values[0], Kept)
    pairs = _kept(original.root, document.values[0] if lone else document.root)
    return [line for rows, kept in pairs for line in _of_table(rows, kept, query)]


def _kept(original: Value, shown: Read) -> Iterator[tuple[list[Value], Kept]]:
    """Yield every list or object of which only some rows are shown, as its rows, with what is shown."""
    if isinstance(shown, Kept):
        if isinstance(original, dict | list):
            yield (list(original.values()) if isinstance(original, dict) else original), shown
    elif isinstance(original, dict) and isinstance(shown, dict):
        yield from chain.from_iterable(_kept(item, shown[key]) for key, item in original.items() if key in shown)
    elif isinstance(original, list) and isinstance(shown, list) and len(original) == len(shown):
        yield from chain.from_iterable(map(_kept, original, shown))


def _of_table(rows: list[Value], kept: Kept, query: str) -> Iterator[str]:
    keys = [str(number) for number in range(len(rows))] if kept.keys is not None else None
    plain = all(isinstance(row, dict) for row in rows)
    table = lay_out(rows, keys=keys) if plain else lay_out_items(rows, keys=keys)
    facts = facts_of(table)
    yield f"{len(kept.numbers)} of {len(rows)} rows are shown"
    yield from _columns(table, facts)
    for number, why in _reasons(table, facts, kept.numbers, query):
        yield f"  row {number}: {why}"


def _columns(table: Table, facts: Sequence[ColumnFacts]) -> Iterator[str]:
    for column in facts:
        yield f"  {column.name.removesuffix(':string')} ({column.role}): {column.said()}"
    varying = {column.name.partition(":")[0] for column in facts}
    for field in table.fields:
        name = ".".join(map(str, field.column.path))
        if field.same is not None:
            yield f"  {name} (same): {field.same}"
        elif field.constant is not None and name not in varying:
            yield f"  {name} (constant): {field.constant[:_MAX_VALUE]}"


def _reasons(
    table: Table, facts: Sequence[ColumnFacts], numbers: Sequence[int], query: str
) -> Iterator[tuple[int, str]]:
    """Yield each row shown, with the strongest reasons first, or what it is the first to show."""
    wanted = set(numbers)
    found: dict[int, list[tuple[int, str]]] = {}
    for row, why, points in find_evidence(facts, table.whole, query):
        if row in wanted:
            found.setdefault(row, []).append((-points, why))
    seen: set[tuple[str, str]] = set()
    for number in numbers:
        ends = ["the first row"] * (number == 0) + ["the last row"] * (number == table.size - 1)
        reasons = ends + list(dict.fromkeys(why for _, why in sorted(found.get(number, ()))))
        new = list(_new(facts, number, seen))
        reasons = reasons or new or ["one of the rows spread over all"]
        more = f", {len(reasons) - _MOST} more" if len(reasons) > _MOST else ""
        yield number, f"{'; '.join(reasons[:_MOST])}{more}"


def _new(facts: Sequence[ColumnFacts], row: int, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Yield the values and forms of text that no row before has shown."""
    for column in facts:
        cell = column.cells[row]
        if cell and column.role in ("enum", "text"):
            shown = cell if column.role == "enum" else column.forms[cell]
            if (column.name, shown) not in seen:
                seen.add((column.name, shown))
                yield f"the first with {column.name.removesuffix(':string')} {shown[:_MAX_VALUE]}"
