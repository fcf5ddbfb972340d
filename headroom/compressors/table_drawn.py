"""Tables drawn with characters: Markdown, the clients of databases, boxes, headers over rules of dashes.

A rule tells the columns. What it is made of tells the kind:

    |----|:--:|     Markdown: the header stands above it, rows as long as lines have bars
    +----+----+     a box (mysql, psql, RST; box drawing characters too): everything between its edges
    -----+-----     psql: the header above it, rows as long as lines have bars
    ----- -----     sqlite, pip, sqlplus: the header above it, rows down to a blank line
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import compress, count, pairwise

from headroom.compressors.table_grid import MIN_ROWS, Grid

_DASHES = frozenset("-=:\u2500\u2501\u2550 \t")
_DRAWN = _DASHES | frozenset("+|" + "".join(map(chr, range(0x2500, 0x2580))))
_RUN = re.compile("--|==|[\u2500\u2501\u2550]{2}")
_BARS = frozenset("|\u2502\u2503\u2551")
_BAR = re.compile("[|\u2502\u2503\u2551]")
_UNESCAPED_BAR = re.compile(r"(?<!\\)\|")
_GROUP = re.compile(r"\S+")
_MIN_DASHES = 2


def is_rule(line: str) -> bool:
    """Tell whether a line is drawn: dashes, crosses and edges, nothing else."""
    return _DRAWN.issuperset(line) and _RUN.search(line) is not None


Found = tuple[Grid | None, int]
"""A table, if there is one, and the line up to which nothing else need be looked for."""


def drawn_tables(lines: Sequence[str]) -> Iterator[Grid]:
    """Yield the drawn tables, in order."""
    floor = 0
    for number in compress(count(), map(_DRAWN.issuperset, lines)):
        if number >= floor and is_rule(lines[number]):
            grid, floor = _table_at(lines, number, floor)
            if grid is not None:
                yield grid


def _table_at(lines: Sequence[str], rule: int, floor: int) -> Found:
    """Find the table whose first rule is this line; lines before `floor` are not its own."""
    drawn = lines[rule].strip()
    junctions = [place for place, char in enumerate(lines[rule]) if char not in _DASHES]
    headed = rule > floor and lines[rule - 1].strip() and not is_rule(lines[rule - 1])
    if drawn[0] == "+" or (drawn[0] not in _DASHES and drawn[0] not in _BARS):
        return _boxed(lines, rule, junctions)
    if not headed:
        return None, rule + 1
    if not junctions:
        return _dashed(lines, rule)
    if "|" in drawn:
        return _markdown(lines, rule)
    return _barred(lines, rule, junctions)


def _markdown(lines: Sequence[str], rule: int) -> Found:
    names = _split_markdown(lines[rule - 1])
    if len(names) != len(_split_markdown(lines[rule])):
        return None, rule + 1
    end = rule + 1
    while end < len(lines) and "|" in lines[end] and lines[end].strip():
        end += 1
    return _grid(rule - 1, end, names, [_split_markdown(line) for line in lines[rule + 1 : end]], range(rule + 1, end))


def _split_markdown(line: str) -> list[str]:
    line = line.strip().removeprefix("|")
    if "\\" not in line:
        return [cell.strip() for cell in line.removesuffix("|").split("|")]
    bars = [match.start() for match in _UNESCAPED_BAR.finditer(line)]
    line = line[:-1] if bars and bars[-1] == len(line) - 1 else line
    return [cell.strip() for cell in _UNESCAPED_BAR.split(line)]


def _barred(lines: Sequence[str], rule: int, junctions: list[int]) -> Found:
    names = _between(lines[rule - 1], junctions)
    end = rule + 1
    while end < len(lines) and _BAR.search(lines[end]) and not is_rule(lines[end]):
        end += 1
    if len(names) != len(junctions) + 1:
        return None, rule + 1
    return _grid(
        rule - 1, end, names, [_between(line, junctions) for line in lines[rule + 1 : end]], range(rule + 1, end)
    )


def _between(line: str, junctions: Sequence[int]) -> list[str]:
    """Return the cells between the bars at these places; between all bars, where some is not at its place.

    Wide characters move bars.
    """
    if all(line[place : place + 1] in _BARS for place in junctions):
        cuts = [-1, *junctions, len(line)]
        return [line[start + 1 : end].strip() for start, end in pairwise(cuts)]
    return [cell.strip() for cell in _BAR.split(line)]


def _boxed(lines: Sequence[str], top: int, junctions: list[int]) -> Found:
    rules: list[int] = []
    inner: list[int] = []
    end = top
    while end < len(lines) and (is_rule(lines[end]) or lines[end].lstrip()[:1] in _BARS) and lines[end].strip():
        (rules if is_rule(lines[end]) else inner).append(end)
        end += 1
    rows = [_between(lines[number], junctions)[1:-1] for number in inner]
    headed = len(rules) > 1 and len(inner) > 1 and inner[0] < rules[1] < inner[1]
    if not headed:
        return _grid(top, end, None, rows, inner)
    return _grid(top, end, rows[0], rows[1:], inner[1:])


def _dashed(lines: Sequence[str], rule: int) -> Found:
    starts = [group.start() for group in _GROUP.finditer(lines[rule])]
    if len(starts) < _MIN_DASHES:
        return None, rule + 1
    end = rule + 1
    while end < len(lines) and lines[end].strip() and not is_rule(lines[end]) and _fits(lines[end], starts):
        end += 1
    rows = without_tail([slices(line, starts) for line in lines[rule + 1 : end]])
    end = rule + 1 + len(rows)
    return _grid(rule - 1, end, slices(lines[rule - 1], starts), rows, range(rule + 1, end))


def _fits(line: str, starts: Sequence[int]) -> bool:
    return all(line[start - 1 : start] in {" ", ""} for start in starts[1:])


def slices(line: str, starts: Sequence[int]) -> list[str]:
    """Return the cells that begin at these places, blanks round them aside; what stands before is the first's too."""
    return [line[start:end].strip() for start, end in pairwise([0, *starts[1:], max(len(line), starts[-1])])]


def without_tail(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows without those at the end that fill the first column only: words under the table."""
    end = len(rows)
    while end and not any(rows[end - 1][1:]):
        end -= 1
    return rows[:end]


def _grid(start: int, end: int, names: Sequence[str] | None, rows: list[list[str]], firsts: Sequence[int]) -> Found:
    width = len(names if names is not None else rows[0] if rows else ())
    if len(rows) < MIN_ROWS or width < 1 or sum(len(row) != width for row in rows) * 10 > len(rows):
        return None, end
    return Grid(start, end, None if names is None else tuple(names), width, rows, firsts), end
