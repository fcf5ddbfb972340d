"""Units: what of a document stays or goes as a whole.

Headings, turns of a transcript, list items, fenced code, short tables and paragraphs are units of whole lines; a long
line is as many units as it has sentences, a long table as it has rows, under a header that stands where one of them does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from headroom.compressors.prose_sentences import sentences

LONG = 700
"""Characters of a line that is still one unit; a longer one is taken by sentences."""

_CHUNK = 1_200
"""Characters of a wrapped paragraph beyond which it is cut at the next line."""

_WRAPPED = 45, 160
"""Characters of a line that may go on in the next: shorter ones stand alone, longer ones are whole paragraphs."""

_LONG_TABLE = 8
"""Lines of a table that is still one unit."""

Kind = Literal["heading", "header", "text", "fixed", "blank"]
"""What a unit is: a section's heading, a table's header, prose, what is not prose, nothing."""

_HEADING = re.compile(r" {0,3}#{1,6} \S|={2,6} \S.{0,200} ={2,6}$|\*\*[^*]{1,120}\*\*:?$")
_PLAIN_HEADING = re.compile(r"(?=[A-Z0-9À-Þ])[^.!?,;|\t]{2,80}$")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,}|~{3,}|\^{3,})\s*$")
_DRAWN = frozenset("=-~^")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"\s*\|[-:| \t]{3,}$")
_ITEM = re.compile(r"\s{0,12}(?:[-*+•‣–]|[0-9]{1,3}[.)]|[a-z][.)])\s{1,4}\S")
_LABEL = re.compile(
    r"(?:\[?[0-9]{1,2}:[0-9:.]{2,10}\]?\s{1,3})?<?[A-Z@][^\s:]{0,30}(?: [A-Za-z.()]{1,20}){0,3}>?:(?:\s|$)"
)
_STOPS = re.compile(r"[.!?:;。！？…][\"'”’)\]]{0,3}\s*$")


class Unit(NamedTuple):
    """Whole lines, or some characters of one line."""

    line: int
    end: int
    """The line behind its last."""
    start: int
    """Where in its first line it begins."""
    stop: int
    """Where in its last line it ends."""
    kind: Kind

    def text(self, lines: Sequence[str]) -> str:
        """Return what the unit says."""
        if self.end == self.line + 1:
            return lines[self.line][self.start : self.stop]
        return "\n".join(lines[self.line : self.end])


def units(lines: Sequence[str]) -> list[Unit]:
    """Return the units of a document, in order: every character belongs to one. Linear."""
    out: list[Unit] = []
    at = 0
    while at < len(lines):
        end, kind = _span(lines, at)
        if kind == "text" and end == at + 1 and len(lines[at]) > LONG:
            out += _by_sentence(lines[at], at)
        elif kind == "fixed" and end > at + _LONG_TABLE and lines[at].lstrip()[0] == "|":
            out += _by_row(lines, at, end)
        else:
            out.append(Unit(at, end, 0, len(lines[end - 1]), kind))
        at = end
    return out


def _by_sentence(line: str, number: int) -> Iterator[Unit]:
    start = 0
    for sentence in sentences(line):
        yield Unit(number, number + 1, start, start + len(sentence), "text")
        start += len(sentence)


def _by_row(lines: Sequence[str], at: int, end: int) -> Iterator[Unit]:
    """Yield a table's header, with the rule under it, and its rows."""
    rows = at + 1 + (_RULE.match(lines[at + 1]) is not None)
    yield Unit(at, rows, 0, len(lines[rows - 1]), "header")
    for number in range(rows, end):
        yield Unit(number, number + 1, 0, len(lines[number]), "fixed")


def _span(lines: Sequence[str], at: int) -> tuple[int, Kind]:
    """Return where the unit that begins here ends, and what it is."""
    line = lines[at]
    sign = line.lstrip()[:1]
    if not sign:
        return at + 1, "blank"
    if sign in "`~" and (fence := _FENCE.match(line)) is not None:
        return _fenced(lines, at, fence[1]), "fixed"
    if sign == "|":
        return _while(lines, at, lambda row: row.lstrip()[:1] == "|"), "fixed"
    if _is_heading(lines, at):
        underlined = at + 1 < len(lines) and _UNDERLINE.match(lines[at + 1]) is not None
        return at + 1 + underlined, "heading"
    if _ITEM.match(line):
        return _while(lines, at, lambda more: more[:2] == "  " and not _ITEM.match(more)), "text"
    return _paragraph(lines, at), "text"


def _is_heading(lines: Sequence[str], at: int) -> bool:
    line = lines[at]
    below = lines[at + 1] if at + 1 < len(lines) else ""
    if len(line) > 200:
        return False
    if line[0] in " #=*" and _HEADING.match(line):
        return True
    if below[:1] in _DRAWN and _UNDERLINE.match(below) and not _UNDERLINE.match(line) and len(line) <= 120:
        return True
    alone = (at == 0 or not lines[at - 1].strip()) and not below.strip()
    return alone and len(line.split()) <= 10 and _PLAIN_HEADING.match(line) is not None and _LABEL.match(line) is None


def _fenced(lines: Sequence[str], at: int, fence: str) -> int:
    for end in range(at + 1, len(lines)):
        if lines[end].lstrip(" ").startswith(fence):
            return end + 1
    return len(lines)


def _while(lines: Sequence[str], at: int, goes_on: Callable[[str], bool]) -> int:
    end = at + 1
    while end < len(lines) and lines[end].strip() and goes_on(lines[end]):
        end += 1
    return end


def _paragraph(lines: Sequence[str], at: int) -> int:
    """Return the end of a wrapped paragraph: lines that go on, up to one that ends with a sentence when it is long."""
    end, length = at + 1, len(lines[at])
    while end < len(lines) and _goes_on(lines[end - 1], lines[end]) and length < _CHUNK:
        length += len(lines[end]) + 1
        end += 1
    return end


def _goes_on(line: str, below: str) -> bool:
    if not _WRAPPED[0] <= len(line) <= _WRAPPED[1] or not below.strip() or _STOPS.search(line, max(0, len(line) - 8)):
        return False
    return not (_ITEM.match(below) or _FENCE.match(below) or _LABEL.match(below) or _HEADING.match(below))
