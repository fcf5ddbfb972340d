"""What is said about the log lines left out: one shape per template, with counts and ranges."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, compress
from operator import not_

from headroom.compressors.log_columns import sum_up
from headroom.compressors.log_groups import Group
from headroom.compressors.log_notation import Shape
from headroom.compressors.log_templates import HOLE
from headroom.compressors.red import PLAIN

_MAX_SHAPE = 300
"""Characters of a shape; it is a description, so it may be cut, and says so with an ellipsis."""

_MAX_SHAPES = 12
"""Shapes that are told one by one."""


def shapes(kept: Sequence[bool], groups: Sequence[Group], *, budget: int) -> list[Shape]:
    """Return shapes whose counts add up to the lines left out, in order of first appearance.

    The most severe and the ones that stand for most lines are told one by one while the budget (characters)
    lasts, and any that stands for a quarter of them; the rest are counted together.
    """
    total = len(kept) - sum(kept)
    told: list[tuple[int, Shape]] = []
    for count, order, group, gone in _left_out(kept, groups):
        if len(told) == _MAX_SHAPES or (group.severity == PLAIN and count * 100 < total):
            break
        shape = Shape(count, _described(group, gone))
        budget -= len(shape.what) + 12
        if told and budget < 0 and count * 4 < total:
            break
        told.append((order, shape))
    rest = total - sum(shape.count for _, shape in told)
    out = [shape for _, shape in sorted(told, key=lambda t: t[0])]
    return [*out, Shape(rest, "other")] if rest else out


def _left_out(kept: Sequence[bool], groups: Sequence[Group]) -> list[tuple[int, int, Group, Sequence[int]]]:
    """Return lines, order, group and positions of the records left out of each group, the weightiest first."""
    if not groups:
        return []
    stood = list(accumulate(kept, initial=0))
    found = groups[0].found
    left = [end - start - stood[end] + stood[start] for start, end in zip(found.starts, found.ends, strict=True)]
    out = []
    for order, group in enumerate(groups):
        stand = list(map(kept.__getitem__, group.template.members))
        gone = list(compress(range(len(group)), map(not_, stand))) if any(stand) else range(len(group))
        if len(gone) > 1:
            count = sum([left[group.numbers[position]] for position in gone])
            out.append((count, order, group, gone))
    return sorted(out, key=lambda o: (-o[2].severity, -o[0], o[1]))


def _described(group: Group, positions: Sequence[int]) -> str:
    holes: dict[int, list[str]] = {}
    for column in group.columns():
        gone = column.values if len(positions) == len(group) else [column.values[position] for position in positions]
        holes.setdefault(column.place, []).append(sum_up(gone))
    words = [_filled(word, holes.get(place, ())) for place, word in enumerate(group.template.words)]
    text = " ".join(words).strip()
    return text if len(text) <= _MAX_SHAPE else text[: _MAX_SHAPE - 1] + "…"


def _filled(word: str, values: Sequence[str]) -> str:
    parts = word.split(HOLE)
    return parts[0] + "".join(value + part for value, part in zip(values, parts[1:], strict=False))
