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
from operator import add

from headroom.compressors import gaps
from headroom.compressors.listing_columns import Form, forms, read_form
from headroom.compressors.listing_count import count
from headroom.compressors.listing_headings import cheapest
from headroom.compressors.listing_lines import BEFORE_PATHS, Listing, lead, long_name


def write(listing: Listing, kept: Sequence[bool], *, whole: Sequence[bool] | None) -> list[str]:
    """Return the output's lines. Paths of which `whole` holds stand whole, under no heading; all do if it is None."""
    known = forms({number: columns for number, columns in listing.columns.items() if kept[number]})
    out: list[str] = []
    said: set[Form] = set()
    for start, end in gaps.stretches(kept):
        if not kept[start]:
            out.append(gaps.declare(start, end, count(listing, start, end)))
        elif listing.drawn or not (known or whole):
            out += listing.values[start:end]
        else:
            used = {number: known[number] for number in range(start, end) if number in known}
            new = [form for form in dict.fromkeys(used.values()) if form not in said]
            first = next(iter(used)) if new else start
            out += [*_entries(listing, start, first, used, whole), *map(str, new)]
            out += _entries(listing, first, end, used, whole)
            said.update(new)
    return out


def read(text: str, *, drawn: bool) -> Iterator[str | tuple[int, int, str]]:
    """Yield the values that an output stands for, and its gaps: (start, end, the note itself)."""
    lines = text.split("\n")
    heading = ""
    known: dict[str, Form] = {}
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if heading and line[:1] == " ":
            yield _joined(line[1:], heading, known)
            continue
        heading = ""
        if line[:1] == "[" and (gap := gaps.declared(line)):
            yield *gap, line
        elif line[:1] == "[" and not drawn and (form := read_form(line)):
            known[form.key] = form
        elif below[:1] == " " and line[-1:] in {"/", "\\"} and " " not in line and not drawn:
            heading = line
        else:
            yield line if drawn else _joined(line, "", known)


def _rows(listing: Listing, start: int, end: int, known: Mapping[int, Form]) -> tuple[list[str], list[str]]:
    """Return what stands before the path of each line, and the paths."""
    values, leads = listing.values[start:end], listing.leads(start, end)
    if not any(leads):
        return [""] * len(values), values
    before = [value[:at] for value, at in zip(values, leads, strict=True)]
    for number in range(start, end) if known else ():
        if form := known.get(number):
            before[number - start] = form.short(listing.columns[number])
    return before, [value[at:] for value, at in zip(values, leads, strict=True)]


def _entries(
    listing: Listing, start: int, end: int, known: Mapping[int, Form], whole: Sequence[bool] | None
) -> list[str]:
    before, paths = _rows(listing, start, end, known)
    if not whole:
        return list(map(add, before, paths))
    indented = [(left or path)[:1] == " " for left, path in zip(before, paths, strict=True)]
    chosen = cheapest(paths, indented=indented, whole=whole[start:end])
    out: list[str] = []
    heading = ""
    for left, path, cut in zip(before, paths, chosen, strict=True):
        if not cut:
            heading = ""
            out.append(left + path)
            continue
        if path[:cut] != heading:
            heading = path[:cut]
            out.append(heading)
        out.append(f" {left}{path[cut:]}")
    return out


def _joined(line: str, heading: str, known: dict[str, Form]) -> str:
    form = known.get(line[: line.find(" ")]) if known else None
    if form:
        words = line.split(" ", len(form.open) + 1)
        if len(words) == len(form.open) + 2:
            return form.long(words[1:-1]) + heading + words[-1]
    if not heading or line[:1] not in BEFORE_PATHS:
        return heading + line
    at = long_name(line) or lead(line)  # inode and blocks before a mode look like a size before a path
    return line[:at] + heading + line[at:]
