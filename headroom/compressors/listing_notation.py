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


def _rows(listing: Listing, start: int, end: int, known: Mapping[int, Form]) -> list[tuple[str, str]]:
    """Return for each line what stands before its path, and the path."""
    if not listing.columns:
        return [(value[: (at := lead(value))], value[at:]) for value in listing.values[start:end]]
    rows = []
    for number, value in enumerate(listing.values[start:end], start):
        at = listing.lead(number)
        rows.append((known[number].short(listing.columns[number]) if number in known else value[:at], value[at:]))
    return rows


def _entries(
    listing: Listing, start: int, end: int, known: Mapping[int, Form], whole: Sequence[bool] | None
) -> list[str]:
    rows = _rows(listing, start, end, known)
    if not whole:
        return [before + path for before, path in rows]
    indented = [(before or path)[:1] == " " for before, path in rows]
    chosen = cheapest([path for _, path in rows], indented=indented, whole=whole[start:end])
    out: list[str] = []
    heading = ""
    for (before, path), cut in zip(rows, chosen, strict=True):
        if cut and path[:cut] != heading:
            out.append(path[:cut])
        heading = path[:cut]
        out.append((" " if cut else "") + before + path[cut:])
    return out


def _joined(line: str, heading: str, known: dict[str, Form]) -> str:
    form = known.get(line[: line.find(" ")]) if known else None
    if form:
        words = line.split(" ", len(form.open) + 1)
        if len(words) == len(form.open) + 2:
            return form.long(words[1:-1]) + heading + words[-1]
    if not heading or line[:1] not in BEFORE_PATHS:
        return heading + line
    at = lead(line) or long_name(line)
    return line[:at] + heading + line[at:]
