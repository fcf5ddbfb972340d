"""A JSON document at a target: its outline, of its long tables an excerpt, of its long values head and tail."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from headroom import tokens
from headroom.compressors.json_alike import find_alike
from headroom.compressors.json_columns import ColumnFacts, facts_of
from headroom.compressors.json_costs import roughly
from headroom.compressors.json_evidence import words_of
from headroom.compressors.json_long import LONG_CHARS, LONG_LIST, MIN_CHARS, can_be_cut, cut
from headroom.compressors.json_outline import Excerpt, Tables, join, walk_items
from headroom.compressors.json_place import Place
from headroom.compressors.json_plain import write_plain
from headroom.compressors.json_selection import choose, is_log
from headroom.compressors.json_table import lay_out_items
from headroom.compressors.json_values import Document, Value, write
from headroom.content import LeftOut

MIN_SELECT = 8
"""Shorter tables are shown whole."""

_SUMMARY_SHARE = 3
"""One part in this many of a table's target is for the words about all its rows, 100 tokens at least."""

_MIN_SHARE = 100
"""Tokens that every table may have, however little is left."""

_CHARS_PER_TOKEN = 3

_ROOM = 8, 5
"""Rows that are hardly alike may have so many times the target: no words about all of them stand for those left out.

Measured, as tokens and the share of facts still in view, against the target as it is: lists of AWS resources 25,278 and
.740 against 24,941 and .720, issues 8,850 and .740 against 5,616 and .490, shop records 15,052 and .565 against 10,166
and .495, data of charts 67,723 and .775 against 55,531 and .740.
"""

_LIMITS = (1_200, 900, 640, 480, 360, MIN_CHARS)
_LONG_SHARE = 1
"""Long cells that have more characters than this many times all others are cut so that more rows can stand."""


def excerpt(
    document: Document, whole: Sequence[str | Place], tables: Tables, *, target_tokens: int, query: str
) -> tuple[str, LeftOut | None]:
    """Return the document with rows, items and characters left out towards the target, and the rows so declared.

    None if nothing but items or characters is left out: only reading the text back tells how many.
    `whole` is the outline of the lossless form, and `tables` remembers those that were found for it.
    """
    limit = max(LONG_CHARS, target_tokens * _CHARS_PER_TOKEN // max(_long_values(whole), 1))
    parts = list(_outline(document, tables, limit, words_of(query)))
    excerpts = _excerpts(parts, target_tokens, query, limit)
    return join(document, parts, excerpts), _rows_left_out(parts, excerpts)


def _rows_left_out(parts: Sequence[str | Place], excerpts: dict[int, Excerpt]) -> LeftOut | None:
    tables = [(part.table, excerpts[n]) for n, part in enumerate(parts) if isinstance(part, Place) and n in excerpts]
    if any(table.of_items for table, _ in tables):
        return None
    size = sum(table.size for table, _ in tables)
    left = size - sum(shown.kept for _, shown in tables)
    return LeftOut(left, size, "rows") if left else None


def _outline(document: Document, tables: Tables, limit: int, words: Collection[str]) -> Iterator[str | Place]:
    if not document.lines:
        yield from _walk(document.values[0], tables, limit, words)
    else:
        place = tables.find(document.values, what="JSON lines")
        yield place or Place(lay_out_items(document.values), "JSON lines")


def _walk(value: Value, tables: Tables, limit: int, words: Collection[str]) -> Iterator[str | Place]:
    place = _place(value, tables) if isinstance(value, dict | list) else None
    if place is not None:
        yield place
    elif isinstance(value, dict | list) and value:
        plain = write_plain(value, longest=MIN_CHARS)
        yield from walk_items(value, lambda item: _walk(item, tables, limit, words)) if plain is None else [plain]
    else:
        yield write(cut(value, limit, words))


def _place(value: dict[str, Value] | list[Value], tables: Tables) -> Place | None:
    if len(value) < MIN_SELECT:
        return None
    place = tables.find(value)
    if place is not None or len(value) <= LONG_LIST:
        return place
    if isinstance(value, list):
        return Place(lay_out_items(value), "items")
    if any(isinstance(item, dict | list) for item in value.values()):
        return None
    return Place(lay_out_items(list(value.values()), keys=list(value)), "items")


def _excerpts(parts: Sequence[str | Place], target: int, query: str, limit: int) -> dict[int, Excerpt]:
    """Return excerpts of the tables that do not fit, each with its share of the target."""
    left = target - roughly("".join(part for part in parts if isinstance(part, str)))
    costs = {position: part.cost for position, part in enumerate(parts) if isinstance(part, Place)}
    total = sum(costs.values())
    excerpts = {}
    for position, cost in sorted(costs.items(), key=lambda item: (item[1], item[0])):
        share = max(left * cost // max(total, 1), _MIN_SHARE)
        place = parts[position]
        if isinstance(place, Place) and cost > share and place.table.size >= MIN_SELECT:
            excerpts[position] = _excerpt(place, share, query, limit)
    return excerpts


def _excerpt(place: Place, target: int, query: str, limit: int) -> Excerpt:
    facts = facts_of(place.table)
    if _unlike(facts):
        target = target * _ROOM[0] // _ROOM[1]
    limit = _limit(facts, limit, target * _CHARS_PER_TOKEN)
    summary = _summary(place, facts, max(target // _SUMMARY_SHARE, 100))
    spent = tokens.count(summary) + tokens.count(place.holder([], 0)) + tokens.count(place.table.header())
    words = words_of(query)
    alike = None if is_log(facts) else find_alike(facts, place.table.whole)
    numbers = choose(place.table, facts, target_tokens=target - spent, query=query, limit=limit, alike=alike)
    said = alike.words(numbers) if alike else ""
    summary = f"{summary}; {said}" if said else summary
    return Excerpt(place.table.excerpt(numbers, lambda value: cut(value, limit, words)), summary, len(numbers))


def _unlike(facts: Sequence[ColumnFacts]) -> bool:
    """Whether most of what the rows say is said once, so that words about all of them tell little."""
    if is_log(facts):
        return False
    return 2 * sum(column.chars_once for column in facts) > sum(column.chars for column in facts)


def _limit(facts: Sequence[ColumnFacts], limit: int, room: int) -> int:
    """Return what to keep of a long cell, in characters: less where more rows can stand for it."""
    wide = [column.cells for column in facts if column.widest > MIN_CHARS]
    lengths = [len(cell) for cells in wide for cell in cells if can_be_cut(cell, MIN_CHARS)]
    short = sum(column.chars for column in facts) - sum(lengths)
    if sum(lengths) <= _LONG_SHARE * short:
        return limit
    for shorter in (limit, *_LIMITS):
        if short + sum(min(length, shorter) for length in lengths) <= room:
            return shorter
    return _LIMITS[-1]


def _summary(place: Place, facts: Sequence[ColumnFacts], most: int) -> str:
    """Say in one line what all rows hold, column by column."""
    said: list[str] = []
    left = most * _CHARS_PER_TOKEN
    for column in facts:
        words = column.words()
        left -= len(words) + 2
        if left < 0:
            said.append(f"{len(facts) - len(said)} more columns")
            break
        said.append(words)
    return f"all {place.table.size} {place.what}: {'; '.join(said)}"


def _long_values(parts: Sequence[str | Place]) -> int:
    """Return how many values are long, in the tables and between them."""
    long = sum([len(part) > LONG_CHARS for part in parts if type(part) is str])
    for table in [part.table for part in parts if isinstance(part, Place)]:
        wide = [cells for cells in table.columns if cells.widest > LONG_CHARS]
        long += sum([len(cell) > LONG_CHARS for cells in [*wide, table.whole] for cell in cells if cell])
    return long
