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
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import gaps
from headroom.compressors.search_lines import BREAK, NUMBERED, Lines, is_path, parse

_HERE = re.compile(r"\[([1-9][0-9]{0,8}) more (?:hit|line)s? in this file\]")
_NUMBERS = re.compile(r"(?m)^([0-9]{1,9}[:=-])?.*$")
_NUMBER_BELOW = re.compile(r"\n[0-9]{1,9}[:=-]")
_FILES = re.compile(r"\[[1-9][0-9]{0,8} more files?, ([1-9][0-9]{0,8}) (?:hit|line)s?(?:: .+)?\]")


@dataclass(frozen=True, slots=True)
class Gap:
    """So many source lines are left out here; `note` declares them."""

    count: int
    note: str
    path: str = ""
    """The file they are in, or empty for whole files."""


def write(lines: Lines, kept: Sequence[bool], *, room: int = 0) -> list[str]:
    """Return the output's lines; `room` characters may go to the paths of files left out whole."""
    out: list[str] = []
    written = 0
    open_ = False
    for path, start, end in lines.runs():
        if path and True not in kept[start:end]:
            continue
        if open_ and (written < start or path or start < len(lines) - 1 or lines.rests[-1]):
            out.append("")
        if written < start:
            out.append(_files(lines.part(written, start), room))
            room = max(0, room - len(out[-1]))
        written = end
        if end == start + 1:
            open_ = False
            out.append((path + lines.signs[start] if lines.signs[start] else "") + lines.rests[start])
            continue
        run = lines.part(start, end)
        heading, signed = _heading(run)
        body = _body(run, kept[start:end], signed=signed) if path else []
        open_ = len(body) > 1
        out += [heading, *body] if open_ else _whole(run)
    if written < len(lines):
        out += [""] * open_ + [_files(lines.part(written, len(lines)), room)]
    return out


def read(text: str) -> list[str | Gap]:
    """Return the source lines that an output stands for, and its gaps, in order."""
    return _read(text.split("\n"), _numbers(text))


def _read(lines: Sequence[str], numbers: Sequence[str]) -> list[str | Gap]:
    out: list[str | Gap] = []
    at, last = 0, len(lines) - 1
    while at <= last:
        line = lines[at]
        at += 1
        below = lines[at] if at <= last else ""
        may_be = below and (numbers[at] or line[-1:] == ":" or below[0] in ":-[")
        if may_be and _is_heading(line, below, numbers[at]):
            end = _empty(lines, at)
            out += _under(line, lines[at:end], numbers[at:end])
            at = end + (end < last)  # the empty line that ends what stands under a heading, but for the text's last
            continue
        files = _FILES.fullmatch(line) if line[:1] == "[" else None
        out.append(Gap(int(files[1]), line) if files else line)
    return out


def source_of(text: str) -> list[str]:
    """Return the lines that a search's result stands for: its own, but for headings that ripgrep printed, without them."""
    return parsed(text)[0]


def parsed(text: str) -> tuple[list[str], Lines]:
    """Return the lines that a search's result stands for, see `source_of`, and what they are.

    The numbers under a heading ascend: a date or a time under the name of a log is none.
    """
    source = text.split("\n")
    if _NUMBER_BELOW.search(text) is not None:
        numbers = _numbers(text)
        others = [place for place, number in enumerate(numbers) if not number]
        headings = [place for place in others if "".join(numbers[place + 1 : place + 2]) and is_path(source[place])]
        ends = [place for place in others if source[place] != BREAK]
        if headings and all(_ascends(numbers[place + 1 : _next(ends, place, len(source))]) for place in headings):
            if headed := _headed(source, numbers, headings):
                return headed
            read_back = _read(source, numbers)
            without = [entry for entry in read_back if isinstance(entry, str)]
            source = without if len(without) == len(read_back) else source
    return source, parse(source)


def _headed(lines: Sequence[str], numbers: Sequence[str], headings: Sequence[int]) -> tuple[list[str], Lines] | None:
    """Return what `parsed` does of a text that is nothing but headings, hits and breaks below them, and empty lines."""
    source: list[str] = []
    found = Lines([], [], [])
    for place, below in zip([-1, *headings], [*headings, len(lines)], strict=True):  # first what is above all headings
        end = _empty(lines, place + 1) if place >= 0 else 0
        path, body, signs = lines[place], lines[place + 1 : end], [number[-1:] for number in numbers[place + 1 : end]]
        if end > below or any(lines[end:below]) or signs.count("") != body.count(BREAK):
            return None
        ended = place >= 0 and end < len(lines) - 1  # by an empty line, but for the text's last
        apart = lines[end + ended : below]
        source += [f"{path}{sign}{line}" if sign else line for sign, line in zip(signs, body, strict=True)]
        source += apart
        found.paths.extend([*[path] * len(body), *apart])
        found.signs.extend([*signs, *apart])
        found.rests.extend([*body, *apart])
    return source, found


def _next(places: Sequence[int], place: int, last: int) -> int:
    """Return the first of the places behind one of them; the last of all where there is none."""
    at = bisect_left(places, place + 1)
    return places[at] if at < len(places) else last


def _ascends(numbers: Sequence[str]) -> bool:
    """Tell whether every line has a greater number than the one above it, breaks aside."""
    found = [int(number[:-1]) for number in numbers if number]
    return found == sorted(set(found))


def is_gap_of(gap: Gap, lines: Lines) -> bool:
    """Tell whether a gap says the truth of the lines left out."""
    if gap.path:
        return gap.note == _here(lines.signs) and lines.paths.count(gap.path) == len(lines)
    told, listed = _files(lines, 0)[:-1], gap.note.rstrip("]")
    if listed == told:
        return True
    names, items = listed.removeprefix(told + ": "), ", ".join(_items(lines))
    return names == items or (names.endswith(", …") and items.startswith(names[:-1]))


def _body(run: Lines, kept: Sequence[bool], *, signed: bool) -> list[str]:
    said = [sign + rest for sign, rest in zip(run.signs, run.rests, strict=True)] if signed else run.rests
    if all(kept):
        return said
    body: list[str] = []
    for start, end in gaps.stretches(kept):
        if kept[start]:
            body += said[start:end]
        else:
            body.append(_here(run.signs[start:end]))
    return body


def _heading(run: Lines) -> tuple[str, bool]:
    """Return the heading of a file's lines, and whether they keep their signs."""
    path = run.paths[0]
    if NUMBERED.match(run.rests[0]):
        return path, False
    signed = "-" in run.signs
    return (path, True) if signed else (path + ":", False)


def _whole(run: Lines) -> list[str]:
    """Return the lines as they were printed."""
    return [
        path + sign + rest if sign else rest for path, sign, rest in zip(run.paths, run.signs, run.rests, strict=True)
    ]


def _under(heading: str, body: Sequence[str], numbers: Sequence[str]) -> Sequence[str | Gap]:
    """Return what the lines under a heading stand for."""
    path = heading.removesuffix(":")
    under: list[str | Gap]
    if heading[-1] == ":":
        under = [f"{path}:{line}" for line in body]
    else:
        under = [f"{path}{number[-1:]}{line}" for number, line in zip(numbers, body, strict=True)]
    if "" in numbers:  # what belongs to no hit begins with no number
        for at, (number, line) in enumerate(zip(numbers, body, strict=True)):
            if not number and (line == BREAK or line[0] == "["):
                under[at] = _told(line, path) or under[at]
    return under


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


def _numbers(text: str) -> list[str]:
    """Return for each line the number that it begins with and the sign behind it; empty without one."""
    return _NUMBERS.findall(text) if _NUMBER_BELOW.search(text) else [""] * (text.count("\n") + 1)


def _is_heading(line: str, below: str, number: str) -> bool:
    """Tell whether a line is a heading, given the one below it and that one's number."""
    if line[-1:] == ":":
        return is_path(line[:-1])
    return (number != "" or below[0] in ":-" or _HERE.fullmatch(below) is not None) and is_path(line)


def _here(signs: Sequence[str]) -> str:
    return f"[{len(signs)} more {_noun(signs)} in this file]"


def _files(lines: Lines, room: int) -> str:
    """Declare whole files, by name as far as the room reaches."""
    items = _items(lines)
    names = ""
    for item in items:
        if len(names) + len(item) > room:
            names += "…" if names else ""
            break
        names += item + ", "
    named = ": " + names.removesuffix(", ") if names else ""
    return f"[{len(items)} more file{'s' * (len(items) > 1)}, {len(lines)} {_noun(lines.signs)}{named}]"


def _items(lines: Lines) -> list[str]:
    return [f"{path} {count}" for path, count in Counter(lines.paths).items()]


def _noun(signs: Sequence[str]) -> str:
    return ("hit" if signs.count(":") == len(signs) else "line") + "s" * (len(signs) > 1)
