"""Layouts that show trouble by where things stand in a line: tests' rows of letters, places in files, glog's levels."""

from __future__ import annotations

import re

_LAID_OUT = re.compile(
    r"E {2}|E: \S|[EF]/[\w.-]{1,80} ?(?:\([ 0-9]{1,8}\))?: "  # so mark pytest what explains a failure, apt and Android errors
    r"|_{3,200} .{1,200} _{3,200}$|_{1,2} .{60,400} _{1,2}$"  # the heading of a failed test
    # a place in a file, and what a compiler or a linter tells of it
    r"|[^\s:]{1,300}\.[A-Za-z]\w{0,5}:[0-9]{1,7}:[0-9]{1,5}:? (?:- )?(?! |(?i:warning|note|info|help|hint|remark|debug)\b)"
)
_LAID_OUT_FIRST = ("E", "F", "_")
"""What a line that is red by its layout begins with, if it holds no place."""

PLACE = re.compile(r"\.[A-Za-z]\w{0,5}:[0-9]{1,7}:[0-9]")
"""Part of every line that begins with a place in a file; quick to find."""

_PERCENT = re.compile(r"\[ {0,3}[0-9]{1,3}%\]$")
_OUTCOMES = "FEsxXpPu."
"""One per test: failed, an error, skipped, expected to fail, passed though expected to fail, passed."""

_ROW_LAST = frozenset((*_OUTCOMES, "]", " ", "\t"))
"""What a row of outcomes ends in."""

_GLOG_FIRST = ("W", "E", "F")
LAID_OUT_LINE = re.compile(r"\n[EF_W]")
"""The end of the line above one that may be red by its layout, or be glog's."""

ROW_END = re.compile(r"\n(?:(?<=[FEsxXpPu.]{3}\n)|(?<=[\] \t]\n))")
"""The end of a line that may end in a row of outcomes."""

_GLOG = re.compile(r"[WEF][0-9]{4} [0-9:]{8}")


def is_laid_out(line: str) -> bool:
    """Tell whether a line is red by where things stand in it."""
    if line.startswith(_LAID_OUT_FIRST) or (":" in line and PLACE.search(line)):
        return _LAID_OUT.match(line) is not None
    return False


def glog_level(line: str) -> str:
    """Return "W", "E" or "F" for a line that glog wrote at that level, else ""."""
    return line[0] if line.startswith(_GLOG_FIRST) and _GLOG.match(line) else ""


def without_percentage(line: str) -> tuple[str, bool]:
    """Return a line without a percentage and blanks at its end, and whether there was one."""
    row = line.rstrip()
    percent = _PERCENT.search(row, max(0, len(row) - 6)) if row[-1:] == "]" else None
    return (row[: percent.start()].rstrip(), True) if percent else (row, False)


def is_row_of_letters(line: str) -> bool:
    """Tell whether a line ends in a row of one letter per test, some of which failed."""
    if line[-1:] not in _ROW_LAST or not ("F" in line or "E" in line):
        return False
    row, percent = without_percentage(line)
    row = row[row.rfind(" ") + 1 :]
    failed = "F" in row or "E" in row
    return failed and not row.strip(_OUTCOMES) and (percent or (len(row) > 2 and "." in row))
