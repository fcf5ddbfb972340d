r"""Presentation: what a terminal swallows when it shows a command's output.

Escape sequences, text overwritten after a carriage return or a backspace, and blanks at line ends.
The number of lines never changes, so line numbers of the original hold in what is left.
"""

from __future__ import annotations

import re

from headroom.compressors.red import red_among

_MAX_FORWARD = 200
"""Columns that one "cursor forward" may stand for; more is not layout."""

# Every alternative starts with ESC and ends at a fixed distance, at the line's end or at the next ESC,
# so that the search is linear. An ESC that starts nothing known goes alone: what is visible stays.
_ESCAPE = re.compile(
    r"\x1b(?:"
    r"\[(?P<args>[0-?]{0,64})[ -/]{0,8}(?P<final>[@-~])"  # CSI: colours, cursor, erasing
    r"|\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)"  # OSC: titles, hyperlinks
    r"|[PX^_][^\x1b\n]{0,4096}\x1b\\"  # DCS, SOS, PM, APC
    r"|[ -/]{1,3}[0-~]"  # character sets
    r"|[0-OQ-WYZ\\`-~]"  # two characters
    r")?"
)
_ERASE_LINE = "\x1b[2K"


def strip_presentation(text: str) -> str:
    r"""Return the text without its presentation, line for line; the same object when there is none.

    A line keeps its carriage returns where what they overwrite is red and does not show any more
    (law 5). Idempotent, linear; `"\r\n"` becomes `"\n"`.
    """
    if "\r" in text or "\b" in text or _ERASE_LINE in text:
        text = "\n".join([_shown(line) for line in text.split("\n")])
    elif "\x1b" in text:
        text = _ESCAPE.sub(_blank, text)
    if " \n" in text or "\t\n" in text or text[-1:] in {" ", "\t"}:
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    return text


def _shown(line: str) -> str:
    if "\x1b" not in line and "\r" not in line and "\b" not in line:
        return line
    segments = [_segment(part) for part in line.split("\r")]
    shown, limit = "", None
    for written, keeps in reversed(segments):
        part = written if limit is None else written[:limit]
        if len(part) > len(shown):
            shown += part[len(shown) :]
        if keeps is not None:
            limit = keeps if limit is None else min(limit, keeps)
    if len(segments) > 1 and _hides_red([written for written, _ in segments], shown):
        told = "\r".join(written.rstrip(" \t") for written, _ in segments)
        return told if told == line else _shown(told)
    return shown


def _hides_red(segments: list[str], shown: str) -> bool:
    return any(segment.strip() not in shown for segment in red_among(segments))


def _segment(part: str) -> tuple[str, int | None]:
    """Return what one pass of the cursor over the line writes, and how many columns of earlier passes it keeps.

    The second is None when it erases nothing.
    """
    keeps: int | None = None
    if "\x1b[" in part and "K" in part:
        before, erase, after = part.rpartition(_ERASE_LINE)
        if erase:
            keeps, part = 0, " " * len(_plain(before)) * bool(_plain(after)) + after
        head, erase, _ = part.partition("\x1b[K") if "\x1b[K" in part else part.partition("\x1b[0K")
        if erase:
            column = len(_plain(head))
            keeps = column if keeps is None else min(keeps, column)
    return _plain(part), keeps


def _plain(part: str) -> str:
    if "\x1b" in part:
        part = _ESCAPE.sub(_blank, part)
    return _overstruck(part) if "\b" in part else part


def _blank(match: re.Match[str]) -> str:
    """Return the columns that an escape sequence stands for: Windows consoles write runs of blanks as "forward"."""
    if match["final"] != "C":
        return ""
    columns = match["args"] or "1"
    return " " * min(int(columns), _MAX_FORWARD) if columns.isdecimal() and columns.isascii() else ""


def _overstruck(part: str) -> str:
    cells: list[str] = []
    column = 0
    for run in re.split("(\b+)", part):
        if run[:1] == "\b":
            column = max(0, column - len(run))
        else:
            cells[column : column + len(run)] = run
            column += len(run)
    return "".join(cells)
