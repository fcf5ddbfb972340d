"""Parts: where the content of a text changes its kind, told from its marks alone.

JSON of its own or at the end of a line, fenced blocks, and what stands between lines of separators or tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

MIN_CHARS = 300
"""Characters of a part that is looked at by itself."""

_WINDOW, _GROWTH = 2_048, 8
"""Characters that are read at first, and how many times more when JSON goes on beyond them."""

_ATTEMPTS = 8
"""How often each character is read at most, on average, where brackets open what is no JSON."""

_TORN = 16
"""Characters at the end of a window in which what is wrong may be the window's end."""

_SIGN = (
    r"(?=[=\-#*_~<`])(?:[=\-#*_~]{3,}(?:[ \t][^\n]{1,200}?[ \t][=\-#*_~]{3,})?"  # =====, ----- name -----
    r"|==> [^\n]{1,300} <=="  # head and tail of several files
    r"|</?(?:output|result|stdout|stderr|content|file|document|source|response|log)s?(?: [^\n<>]{1,300})?>"
    r"|(?P<fence>```|~~~)[^\n`]{0,40})[ \t]*(?=\n|\Z)"
)
_FIRST, _MARK = re.compile(_SIGN), re.compile(r"\n" + _SIGN)
_OPENS = re.compile(
    r"\[(?=[ \t\n\r]{0,40}(?:[\"\[{\]]|-?[0-9][0-9.eE+-]*+[ \t\n\r]*+[,\]]|true|false|null|-Infinity))"
    r"|\{(?=[ \t\n\r]{0,40}[\"}])"
)
"""What JSON begins with: most brackets are told from it without reading on."""

_BEFORE = frozenset(" \t\n:=>,(")
"""What may stand before JSON; a bracket behind anything else is a call, an index, a block of code."""

_DECODER = json.JSONDecoder()


class Part(NamedTuple):
    """Characters of a text: whole lines, but for one that begins or ends where JSON begins within a line."""

    start: int
    stop: int
    """The line end behind it is no part of it."""
    line: int
    """The line it begins in, counted from 0."""
    end: int
    """The line behind its last."""
    column: int
    """Characters of its first line that stand before it."""
    is_json: bool
    """It was read and found to be JSON."""


def find(text: str) -> list[Part]:
    """Return the parts of a text, in order: all of its characters but the line ends between parts. Linear."""
    out: list[Part] = []
    line = begun = 0
    for start, stop, is_json in _spans(text):
        line += text.count("\n", begun, start)
        end = line + text.count("\n", start, stop) + 1
        out.append(Part(start, stop, line, end, start - text.rfind("\n", 0, start) - 1, is_json))
        begun = start
    return out


def _spans(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where each part begins and ends, and whether it is JSON: a mark is a part of its own."""
    fence = ""
    for start, stop, is_json in _regions(text):
        if is_json:
            yield start, stop, True
            continue
        at = start
        for first, end, sign in _marks(text, start, stop):
            if fence and sign != fence:
                continue  # within a fenced block nothing else counts
            fence = "" if fence else sign
            if first > at:
                yield at, first - 1, False
            yield first, end, False
            at = end + 1
        if at <= stop:
            yield at, stop, False


def _marks(text: str, start: int, stop: int) -> Iterator[tuple[int, int, str]]:
    """Yield the lines that are marks, and for each the sign of a fence if it is one."""
    if (first := _FIRST.match(text, start, stop)) is not None:
        yield start, first.end(), first["fence"] or ""
    for mark in _MARK.finditer(text, start, stop):
        yield mark.start() + 1, mark.end(), mark["fence"] or ""


def _regions(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield JSON and what stands between it: the lines before, and what stands in its own line."""
    start = 0
    for first, stop in _documents(text):
        line = text.rfind("\n", start, first) + 1 or start
        if line > start:
            yield start, line - 1, False
        if first > line:
            yield line, first, False
        yield first, stop, True
        start = stop + 1
    if start <= len(text):
        yield start, len(text), False


def _documents(text: str) -> Iterator[tuple[int, int]]:
    """Yield where JSON of some size begins and ends, documents on neighbouring lines taken together.

    What turns out to be none costs what was read of it; there is an end to that.
    """
    left = _ATTEMPTS * len(text) + 100_000
    begun = ended = 0
    at = 0
    while left > 0 and (opens := _OPENS.search(text, at)) is not None:
        first = opens.start()
        if first and text[first - 1] not in _BEFORE:
            at = opens.end()
            continue
        stop, cost = _end(text, first)
        left -= cost
        within = first and text[first - 1] != "\n"
        if stop < 0 or (within and stop - first < MIN_CHARS):
            at = opens.end()
            continue
        if ended == 0 or first != ended + 1:
            yield from _large(begun, ended)
            begun = first
        at = ended = stop
    yield from _large(begun, ended)


def _large(start: int, stop: int) -> Iterator[tuple[int, int]]:
    if stop - start >= MIN_CHARS:
        yield start, stop


def _end(text: str, start: int) -> tuple[int, int]:
    """Return where the JSON that begins here ends, -1 unless it does and a line ends there, and what reading it cost.

    Read in windows that grow, since the reader's complaint about a text costs as much as all of that text.
    """
    size = _WINDOW
    while True:
        window = text[start : start + size]
        try:
            _, length = _DECODER.raw_decode(window)
        except json.JSONDecodeError as error:
            more = error.pos > len(window) - _TORN or error.msg.startswith("Unterminated string")
            if not more or start + size >= len(text):
                return -1, error.pos + _TORN
            size *= _GROWTH
        except (RecursionError, ValueError):  # too deep, or a number of thousands of digits
            return -1, len(window)
        else:
            stop = start + length
            return (stop if text[stop : stop + 1] in {"", "\n"} else -1), len(window)
