"""Finds the tables of a text, and tells how surely it is one of tables."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compressors import table_delimited
from headroom.compressors.log_shape import sureness as log_sureness
from headroom.compressors.table_aligned import aligned_tables
from headroom.compressors.table_drawn import drawn_tables
from headroom.compressors.table_expanded import expanded_tables
from headroom.compressors.table_grid import Grid

_SAMPLE_LINES = 100
_SAMPLE_CHARS = 24_000

_SHARE = 7, 10
"""A text is one of tables if they hold this share of its characters."""


def find(lines: Sequence[str]) -> list[Grid]:
    """Return the tables that make up most of a text, in order; none of a text that is mostly something else."""
    for kind in (expanded_tables, drawn_tables, table_delimited.find, aligned_tables):
        grids = list(kind(lines))
        if _make_up(grids, lines):
            return grids
    return []


def sureness(text: str) -> float:
    """Return how surely a text is tables, 0 to 1, or -1. Looks at a sample from its start only."""
    sample = text[:_SAMPLE_CHARS].split("\n")
    sample = sample[:_SAMPLE_LINES] if len(text) <= _SAMPLE_CHARS else sample[:-1][:_SAMPLE_LINES]
    grids = find(sample)
    if not grids:
        return -1.0
    if all(grid.names is not None for grid in grids):
        return 0.92
    return 0.6 if log_sureness(text) < 0 else -1.0


def _make_up(grids: Sequence[Grid], lines: Sequence[str]) -> bool:
    inside = sum([sum(map(len, lines[grid.start : grid.end])) for grid in grids])
    return inside * _SHARE[1] >= sum(map(len, lines)) * _SHARE[0] > 0
