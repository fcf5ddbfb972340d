"""A selection of a text of tables as text, and what proves that it is one.

    [table: 5 of 400 rows shown. Over all rows: id 400 distinct, 1000 to 1399; city Oslo 134, Rome 133, Lima 133]
    [table: 5 rows as CSV. name=value holds for every row]
    id,customer,city,currency="EUR"
    1000,Ann,Oslo
    1001,Bo,Rome
    [lines 4-399 left out]
    1398,Li,Rome
    1399,Mei,Lima

Gaps count the source's own lines. A table that is hardly shorter written densely keeps the lines it has.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from headroom.compressors import gaps, table_dense
from headroom.compressors.table_layout import Layout
from headroom.compressors.table_select import Selection
from headroom.compressors.table_words import summary
from headroom.content import LeftOut, Shrunk

_SAVING = 19, 20
"""Written densely, rows must take less than this share of what their lines do."""


def write(lines: Sequence[str], layouts: Sequence[Layout], selection: Selection, *, recipe: str) -> Shrunk:
    """Return the lines and rows that stand, every gap declared, and words about each table that is not whole over it.

    The first row of a table always stands, and the last.
    """
    kept, keys = selection.kept, selection.keys
    standing = gaps.select(lines, kept, recipe=recipe, say=keys.words if keys else None, brief=True)
    notes = _notes(standing.text.split("\n"), kept)
    out: list[str] = []
    place, verbatim = 0, True
    for layout in layouts:
        grid = layout.grid
        out += lines[place : grid.start]
        place = grid.end
        shown = [row for row, first in enumerate(grid.firsts) if kept[first]]
        drawn = [notes[n] if n in notes else lines[n] for n in range(grid.start, grid.end) if kept[n] or n in notes]
        dense = _densely(layout, shown, notes)
        densely = bool(dense) and table_dense.saves("\n".join(dense), "\n".join(drawn), share=_SAVING)
        verbatim = verbatim and not densely
        if len(shown) < len(grid.rows):
            out.append(summary(layout, shown=len(shown), densely=densely))
        out += dense if densely else drawn
    text = "\n".join([*out, *lines[place:]])
    return Shrunk(text, recipe, _left_out(kept), standing.kept_lines if verbatim else None)


def kept_by(lines: Sequence[str], shrunk: Shrunk) -> list[bool]:
    """Return which source lines stand according to the gaps in a text. ValueError if those cannot be."""
    kept = [True] * len(lines)
    place = 0
    for line in shrunk.text.split("\n"):
        gap = gaps.declared(line)
        if gap is not None:
            start, end = gap
            if not place <= start < end <= len(lines):
                raise ValueError(f"a gap of lines {start + 1} to {end} where there is none")
            kept[start:end] = [False] * (end - start)
            place = end
    if shrunk.left_out != _left_out(kept):
        raise ValueError(f"the gaps leave out {_left_out(kept)}, but it says {shrunk.left_out}")
    stand = tuple(number for number, keep in enumerate(kept) if keep)
    if shrunk.kept_lines not in (None, stand):
        raise ValueError("the lines that stand are others than the gaps say")
    return kept


def _left_out(kept: Sequence[bool]) -> LeftOut | None:
    left = kept.count(False)
    return LeftOut(left, len(kept), "lines") if left else None


def _notes(standing: Sequence[str], kept: Sequence[bool]) -> dict[int, str]:
    """Return the note of each gap by the first line that it leaves out."""
    notes = {}
    at = 0
    for start, end in gaps.stretches(kept):
        if not kept[start]:
            notes[start] = standing[at]
        at += end - start if kept[start] else 1
    return notes


def _densely(layout: Layout, shown: Sequence[int], notes: Mapping[int, str]) -> list[str]:
    """Return the rows written densely, each gap after the row that it follows; none where that could not be read."""
    written = table_dense.excerpt(layout, shown)
    if any(map(gaps.declared, written)):
        return []
    grid = layout.grid
    own = [start for start in notes if grid.start <= start < grid.end]
    # What precedes the first row stands over it; a head over rows is none.
    rows = [number for number, line in enumerate(written) if number > 1 and not line.startswith("=")]
    rows = rows[len(rows) - len(shown) :]
    for start in reversed(own):
        row = bisect_left(shown, bisect_left(grid.firsts, start))
        written.insert(rows[row - 1] + 1, notes[start])
    return written
