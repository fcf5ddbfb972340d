"""What is said about the log lines left out: one shape per template, with counts and ranges."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

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


def _left_out(kept: Sequence[bool], groups: Sequence[Group]) -> list[tuple[int, int, Group, list[int]]]:
    """Return lines, order, group and positions of the records left out of each group, the weightiest first."""
    stood = list(accumulate(kept, initial=0))
    out = []
    for order, group in enumerate(groups):
        gone = [position for position, record in enumerate(group.records) if not kept[record.says]]
        if len(gone) > 1:
            records = (
                [group.records[position] for position in gone] if len(gone) < len(group.records) else group.records
            )
            count = sum([end - start - stood[end] + stood[start] for start, end, _, _ in records])
            out.append((count, order, group, gone))
    return sorted(out, key=lambda o: (-o[2].severity, -o[0], o[1]))


def _described(group: Group, positions: Sequence[int]) -> str:
    holes: dict[int, list[str]] = {}
    for column in group.columns():
        holes.setdefault(column.place, []).append(sum_up([column.values[position] for position in positions]))
    words = [_filled(word, holes.get(place, ())) for place, word in enumerate(group.template.words)]
    text = " ".join(words).strip()
    return text if len(text) <= _MAX_SHAPE else text[: _MAX_SHAPE - 1] + "…"


def _filled(word: str, values: Sequence[str]) -> str:
    parts = word.split(HOLE)
    return parts[0] + "".join(value + part for value, part in zip(values, parts[1:], strict=False))
