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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter

from headroom.compressors import gaps
from headroom.compressors.search_lines import BREAK, NUMBERED, Line, is_path

_PATH, _SIGN, _REST = map(itemgetter, range(3))
"""The fields of a line."""

_HERE = re.compile(r"\[([1-9][0-9]{0,8}) more (?:hit|line)s? in this file\]")
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


def read(text: str) -> Iterator[str | Gap]:
    """Yield the source lines that an output stands for, and its gaps, in order."""
    lines = text.split("\n")
    path, colon = "", False
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        if path and line:
            here = _HERE.fullmatch(line) if line[0] == "[" else None
            yield Gap(int(here[1]), line, path) if here else _under(path, line, colon)
        elif path and below is not None:
            path = ""
        elif below and _is_heading(line, below):
            path, colon = line.removesuffix(":"), line[-1] == ":"
        else:
            files = _FILES.fullmatch(line) if line[:1] == "[" else None
            yield Gap(int(files[1]), line) if files else line


def source_of(text: str) -> list[str]:
    """Return the lines that a search's result stands for: its own, but for headings that ripgrep printed, without them.

    The numbers under a heading ascend: a date or a time under the name of a log is none.
    """
    lines = text.split("\n")
    headings = [
        number
        for number, (line, below) in enumerate(pairwise(lines))
        if below[:1].isdigit() and NUMBERED.match(below) and not NUMBERED.match(line) and is_path(line)
    ]
    if headings and all(_ascends(lines, number + 1) for number in headings):
        read_back = list(read(text))
        if not any(isinstance(entry, Gap) for entry in read_back):
            return [entry for entry in read_back if isinstance(entry, str)]
    return lines


def _ascends(lines: Sequence[str], start: int) -> bool:
    """Tell whether every line under a heading has a greater number than the one above it."""
    last = -1
    for number in range(start, len(lines)):
        if lines[number] == BREAK:
            continue
        numbered = NUMBERED.match(lines[number])
        if numbered is None:
            return True
        if (here := int(numbered[0][:-1])) <= last:
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


def _under(path: str, line: str, colon: bool) -> str:
    if line == BREAK:
        return line
    if colon:
        return f"{path}:{line}"
    numbered = NUMBERED.match(line)
    return path + (numbered[1] + line if numbered else line)


def _is_heading(line: str, below: str) -> bool:
    if line[-1:] == ":":
        return is_path(line[:-1])
    return (below[0] in ":-" or (NUMBERED.match(below) or _HERE.fullmatch(below)) is not None) and is_path(line)


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
