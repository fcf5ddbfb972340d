"""The notation of listings: a directory once, as a heading that ends in its slash; what is in it below, one blank in.

    ./django/db/models/
     query.py
     sql/compiler.py
    ./setup.py
    [lines 40-212 left out: 150 .py, 20 .json, 3 others]

Heading and name, joined as they stand, are the path as it was printed. Trees are indented and have no headings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import add

from headroom.compressors import gaps
from headroom.compressors.listing_columns import Form, forms, read_form
from headroom.compressors.listing_count import count
from headroom.compressors.listing_headings import cheapest, most_saved
from headroom.compressors.listing_lines import Listing, any_long, leads, long_name


def write(listing: Listing, kept: Sequence[bool], *, whole: Sequence[bool] | None) -> list[str]:
    """Return the output's lines. Paths of which `whole` holds stand whole, under no heading; all do if it is None."""
    known = forms({n: tuple(before.split()) for n, before in enumerate(listing.columns) if before and kept[n]})
    out: list[str] = []
    said: set[str] = set()
    for start, end in gaps.stretches(kept):
        if not kept[start]:
            out.append(gaps.declare(start, end, count(listing, start, end)))
        elif listing.drawn or not (known or whole):
            out += listing.values[start:end]
        else:
            formed = [number for number in range(start, end) if number in known]
            used = {known[number][0].key: known[number][0] for number in formed}
            new = [form for key, form in used.items() if key not in said]
            first = formed[0] if new else start
            out += [*_entries(listing, start, first, known, whole), *map(str, new)]
            out += _entries(listing, first, end, known, whole)
            said.update(used)
    return out


def least(listing: Listing) -> int:
    """Return how few characters the notation of all lines has at least; 0 where that is not told quickly."""
    if listing.columns or " " in listing.text or "\t" in listing.text:
        return 0
    return len(listing.text) - most_saved(listing.values)


def read(text: str, *, drawn: bool) -> list[str | tuple[int, int, str]]:
    """Return the values that an output stands for, and its gaps: (start, end, the note itself)."""
    lines = text.split("\n")
    out: list[str | tuple[int, int, str]] = []
    known: dict[str, Form] = {}
    heading = ""
    inside = [not drawn and line[:1] == " " for line in lines]
    for start, end in gaps.stretches(inside):
        stretch = lines[start:end]
        if heading:
            out += _whole(heading, [line[1:] for line in stretch], known)
            heading = ""
            continue
        if end < len(lines) and inside[end] and stretch[-1][-1:] in {"/", "\\"} and " " not in stretch[-1]:
            heading = stretch.pop()
        out += _alone(stretch, known, drawn=drawn)
    return out


def _alone(lines: list[str], known: dict[str, Form], *, drawn: bool) -> Iterator[str | tuple[int, int, str]]:
    """Yield what lines stand for that are below no heading; forms among them become known."""
    start = 0
    for number in [number for number, line in enumerate(lines) if line[:1] == "["]:
        line = lines[number]
        gap, form = gaps.declared(line), None if drawn else read_form(line)
        if gap or form:
            yield from _whole("", lines[start:number], known)
            start = number + 1
        if gap:
            yield *gap, line
        elif form:
            known[form.key] = form
    yield from _whole("", lines[start:], known)


def _whole(heading: str, lines: list[str], known: Mapping[str, Form]) -> list[str]:
    """Return what lines stand for that give no gap and no form."""
    if not known:
        return _joined(heading, lines)
    return [_formed(line, heading, known) or "".join(_joined(heading, [line])) for line in lines]


def _formed(line: str, heading: str, known: Mapping[str, Form]) -> str:
    """Return the whole line for one that gives a form's letter and words, else nothing."""
    form = known.get(line[: line.find(" ")])
    return form.long(line, heading) if form else ""


def _joined(heading: str, lines: list[str]) -> list[str]:
    """Return lines that stand for themselves, below a heading or not."""
    if not heading:
        return lines
    text = "\n".join(lines)
    if " " not in text and "\t" not in text:
        return [heading + line for line in lines]
    starts = leads(lines)
    if any_long(text):  # inode and blocks before a mode look like a size before a path
        starts = [long_name(line) or start for line, start in zip(lines, starts, strict=True)]
    return [line[:start] + heading + line[start:] for line, start in zip(lines, starts, strict=True)]


def _rows(listing: Listing, start: int, end: int, known: Mapping[int, tuple[Form, str]]) -> tuple[list[str], list[str]]:
    """Return what stands before the path of each line, and the paths."""
    values, starts = listing.values[start:end], listing.leads(start, end)
    if not any(starts):
        return [""] * len(values), values
    before = [value[:at] for value, at in zip(values, starts, strict=True)]
    if known:
        before = [known[number][1] if number in known else left for number, left in enumerate(before, start)]
    return before, [value[at:] for value, at in zip(values, starts, strict=True)]


def _entries(
    listing: Listing, start: int, end: int, known: Mapping[int, tuple[Form, str]], whole: Sequence[bool] | None
) -> list[str]:
    before, paths = _rows(listing, start, end, known)
    if not whole:
        return list(map(add, before, paths))
    rows = list(map(add, before, paths))
    indented = [row[:1] == " " for row in rows]
    chosen = cheapest(paths, indented=indented, whole=whole[start:end])
    out: list[str] = []
    at = 0
    for heading, run in groupby([path[:cut] for path, cut in zip(paths, chosen, strict=True)]):
        stop = at + len(list(run))
        if heading:
            cut = len(heading)
            out.append(heading)
            out += [f" {left}{path[cut:]}" for left, path in zip(before[at:stop], paths[at:stop], strict=True)]
        else:
            out += rows[at:stop]
        at = stop
    return out
