"""The notation of search results: ripgrep's headings, written here, read back here.

    headroom/plan.py
    12:def fold(
    13-    conversation: Conversation,
    --
    [4 more hits in this file]
    80:    return fold(rest)

    headroom/cli.py:
    import fold
    [2 more files, 31 hits: tests/test_plan.py 30, tests/test_fold.py 1]

A heading is the path alone; it ends in a colon where hits have no numbers, as grep prints them. Where there is
context without numbers, too, every line keeps the sign that grep puts between it and its path. An empty line ends
what stands under a heading. A file with one line has no heading: that line stands as grep printed it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter

from headroom.compressors import gaps
from headroom.compressors.search_lines import BREAK, NUMBERED, Line, is_path

_PATH, _SIGN, _REST = map(itemgetter, range(3))
"""The fields of a line."""

_HERE = re.compile(r"\[([1-9][0-9]{0,8}) more (?:hit|line)s? in this file\]")
_NUMBERS = re.compile(r"(?m)^(?:([0-9]{1,9})[:=-])?.*$")
_SIGNS = re.compile(r"(?m)^(?:[0-9]{1,9}([:=-]))?.*$")
_NUMBER_BELOW = re.compile(r"\n[0-9]{1,9}[:=-]")
_FILES = re.compile(r"\[[1-9][0-9]{0,8} more files?, ([1-9][0-9]{0,8}) (?:hit|line)s?(?:: .+)?\]")


@dataclass(frozen=True, slots=True)
class Gap:
    """So many source lines are left out here; `note` declares them."""

    count: int
    note: str
    path: str = ""
    """The file they are in, or empty for whole files."""


def write(lines: Sequence[Line], kept: Sequence[bool], *, room: int = 0) -> list[str]:
    """Return the output's lines; `room` characters may go to the paths of files left out whole."""
    out: list[str] = []
    gone: list[Line] = []
    open_ = False
    for path, run in _runs(lines):
        if path and not any(kept[run.start : run.stop]):
            gone += lines[run.start : run.stop]
            continue
        if open_ and (gone or path or run.start < len(lines) - 1 or lines[-1].rest):
            out.append("")
        if gone:
            out.append(_files(gone, room))
            room = max(0, room - len(out[-1]))
            gone = []
        heading, signed = _heading(lines[run.start : run.stop])
        body = _body(lines[run.start : run.stop], kept[run.start : run.stop], signed=signed) if path else []
        open_ = len(body) > 1
        if open_:
            out += [heading, *body]
        else:
            out += map(_whole, lines[run.start : run.stop])
    if gone:
        out += [""] * open_ + [_files(gone, room)]
    return out


def read(text: str) -> list[str | Gap]:
    """Return the source lines that an output stands for, and its gaps, in order."""
    lines = text.split("\n")
    signs = _signs(text)
    out: list[str | Gap] = []
    at, last = 0, len(lines) - 1
    while at <= last:
        line = lines[at]
        at += 1
        if at <= last and lines[at] and _is_heading(line, lines[at], signs[at]):
            end = _empty(lines, at)
            out += _under(line, lines[at:end], signs[at:end])
            at = end + (end < last)  # the empty line that ends what stands under a heading, but for the text's last
            continue
        files = _FILES.fullmatch(line) if line[:1] == "[" else None
        out.append(Gap(int(files[1]), line) if files else line)
    return out


def source_of(text: str) -> list[str]:
    """Return the lines that a search's result stands for: its own, but for headings that ripgrep printed, without them.

    The numbers under a heading ascend: a date or a time under the name of a log is none.
    """
    lines = text.split("\n")
    if _NUMBER_BELOW.search(text) is None:
        return lines
    numbers: list[str] = _NUMBERS.findall(text)
    headings = [
        place
        for place, (number, below) in enumerate(pairwise(numbers))
        if below and not number and is_path(lines[place])
    ]
    if headings and all(_ascends(lines, numbers, place + 1) for place in headings):
        read_back = read(text)
        source = [entry for entry in read_back if isinstance(entry, str)]
        if len(source) == len(read_back):
            return source
    return lines


def _ascends(lines: Sequence[str], numbers: Sequence[str], start: int) -> bool:
    """Tell whether every line under a heading has a greater number than the one above it."""
    last = -1
    for place in range(start, len(lines)):
        if not numbers[place]:
            if lines[place] == BREAK:
                continue
            return True
        if (here := int(numbers[place])) <= last:
            return False
        last = here
    return True


def is_gap_of(gap: Gap, lines: Sequence[Line]) -> bool:
    """Tell whether a gap says the truth of the lines left out."""
    if gap.path:
        return gap.note == _here(lines) and all(line.path == gap.path for line in lines)
    told, listed = _files(lines, 0)[:-1], gap.note.rstrip("]")
    if listed == told:
        return True
    names, items = listed.removeprefix(told + ": "), ", ".join(_items(lines))
    return names == items or (names.endswith(", …") and items.startswith(names[:-1]))


def _runs(lines: Sequence[Line]) -> Iterator[tuple[str, range]]:
    start = 0
    for path, run in groupby(map(_PATH, lines)):
        end = start + len(list(run))
        yield path, range(start, end)
        start = end


def _body(lines: Sequence[Line], kept: Sequence[bool], *, signed: bool) -> list[str]:
    body: list[str] = []
    for start, end in gaps.stretches(kept):
        stretch = lines[start:end]
        if not kept[start]:
            body.append(_here(stretch))
        elif signed:
            body += [line.sign + line.rest for line in stretch]
        else:
            body += map(_REST, stretch)
    return body


def _heading(run: Sequence[Line]) -> tuple[str, bool]:
    """Return the heading of a file's lines, and whether they keep their signs."""
    path = run[0].path
    if NUMBERED.match(run[0].rest):
        return path, False
    signed = "-" in map(_SIGN, run)
    return (path, True) if signed else (path + ":", False)


def _whole(line: Line) -> str:
    return line.path + line.sign + line.rest if line.sign else line.rest


def _under(heading: str, body: Sequence[str], signs: Sequence[str]) -> Iterable[str | Gap]:
    """Return what the lines under a heading stand for."""
    path, colon = heading.removesuffix(":"), heading[-1] == ":"
    under = (
        [f"{path}:{line}" for line in body]
        if colon
        else [path + sign + line for sign, line in zip(signs, body, strict=True)]
    )
    if BREAK not in body and not any(line[0] == "[" for line in body):
        return under
    return [_told(line, path) or read for line, read in zip(body, under, strict=True)]


def _told(line: str, path: str) -> str | Gap | None:
    """Return what a line says under a heading that belongs to no hit: a break, a gap."""
    here = _HERE.fullmatch(line) if line[0] == "[" else None
    return Gap(int(here[1]), line, path) if here else line if line == BREAK else None


def _empty(lines: Sequence[str], start: int) -> int:
    """Return the place of the first empty line from `start` on; the end of all where there is none."""
    try:
        return lines.index("", start)
    except ValueError:
        return len(lines)


def _signs(text: str) -> list[str]:
    """Return for each line the sign behind the number that it begins with; empty without one."""
    return _SIGNS.findall(text) if _NUMBER_BELOW.search(text) else [""] * (text.count("\n") + 1)


def _is_heading(line: str, below: str, sign: str) -> bool:
    """Tell whether a line is a heading, given the one below it and the sign behind that one's number."""
    if line[-1:] == ":":
        return is_path(line[:-1])
    return (sign != "" or below[0] in ":-" or _HERE.fullmatch(below) is not None) and is_path(line)


def _here(lines: Sequence[Line]) -> str:
    return f"[{len(lines)} more {_noun(lines)} in this file]"


def _files(lines: Sequence[Line], room: int) -> str:
    """Declare whole files, by name as far as the room reaches."""
    items = _items(lines)
    names = ""
    for item in items:
        if len(names) + len(item) > room:
            names += "…" if names else ""
            break
        names += item + ", "
    named = ": " + names.removesuffix(", ") if names else ""
    return f"[{len(items)} more file{'s' * (len(items) > 1)}, {len(lines)} {_noun(lines)}{named}]"


def _items(lines: Sequence[Line]) -> list[str]:
    return [f"{path} {count}" for path, count in Counter(map(_PATH, lines)).items()]


def _noun(lines: Sequence[Line]) -> str:
    return ("hit" if set(map(_SIGN, lines)) == {":"} else "line") + "s" * (len(lines) > 1)
