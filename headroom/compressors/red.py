"""What is red: the lines that say something went wrong, in any tool's shape.

Judged by words and level tokens, never by one tool's layout. A false red costs some tokens, a missed one
costs the reader the answer, so in doubt a line is red; only what a line itself takes back ("0 errors",
"test_error ... ok", an INFO that merely mentions a retry) is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from headroom.compressors.red_signs import BY_LETTER, PLAIN, RED, SIGN, WARNING, may_hold

__all__ = ["PLAIN", "RED", "WARNING", "is_frame", "is_summary", "red_among", "severity", "suspicious"]

_HEAD, _TAIL = 3_000, 1_000
"""A line is judged by this many of its first and last characters, so that one huge line costs little."""


_LAID_OUT = re.compile(
    r"E {2}"  # pytest marks so what explains a failure
    r"|_{3,200} .{1,200} _{3,200}$|_{1,2} .{60,400} _{1,2}$"  # the heading of a failed test
    # a place in a file, and what a compiler or a linter tells of it
    r"|[^\s:]{1,300}\.[A-Za-z]\w{0,5}:[0-9]{1,7}:[0-9]{1,5}:? (?:- )?(?! |(?i:warning|note|info|help|hint|remark|debug)\b)"
)
"""Lines that are red by where things stand in them."""

_LAID_OUT_FIRST = "E_"
"""What such a line begins with, if it has no colon."""

_PERCENT = re.compile(r"\[ {0,3}[0-9]{1,3}%\]$")
_OUTCOMES = "FEsxXpPu."
"""One per test: failed, an error, skipped, expected to fail, passed though expected to fail, passed."""

_ROW_LAST = _OUTCOMES + "] \t"

_NAMES = ("Error", "Exception", "Failure", "Panic", "Fault", "Interrupt", "Warning", "Timeout", "Mismatch", "BackOff")
_NAMED = re.compile(
    r"(?<=[a-z])(?:Error|Exception|Failure|Panic|Fault|Interrupt|(Warning|Timeout|Mismatch|BackOff))(?=[:;,)\s]|$)"
)
"""The end of an exception's class name; a small letter stands before it."""

_CODE = re.compile(r"\s*[+>-]?\s*(?:raise|except|throw|\}? ?catch|from|import|class|if|elif|return|assert)\b[ (]")
"""A line of source that deals with exceptions, or a search hit of one: it names them, and none was raised by it."""

_TAKEN_BACK = re.compile(r"(?<![\w.=:])(?:0|no|zero|without|without any) (?:new |fatal |test )?$")
_EMPTY = re.compile(r"[\"']? ?[:=] ?(?:0(?![.0-9x])|(?:none|null|nil|false)\b|\"\"|''|\[\])")
_COUNTED = re.compile(r"[\"']? ?[:=] ?[1-9]")
_VERDICTS = ("passed", "ok", "success", "✓", "✔")
_NO_VERDICT = re.compile(r"(?:[0-9] |not |\w)$")
"""In front of a word that is no verdict there: "2 passed", "not ok", "book"."""

_CALM = re.compile(
    r"(?<![\w/.-])(?:INFO|DEBUG|TRACE|NOTICE|VERBOSE|FINE|FINER|FINEST)(?![\w/.-])"
    r"|(?:\b(?:level|lvl|severity)[\"']?[=:] ?\"?|\[)(?:info|debug|trace|notice)\b|^[ID][0-9]{4} [0-9:]{8}"
)
_CALM_WORDS = ("INFO", "DEBUG", "TRACE", "NOTICE", "VERBOSE", "FINE", "info", "debug", "trace", "notice")
_NUMBER = re.compile("[0-9]+")
_GLOG_FIRST = "WEF"
_GLOG = re.compile(r"[WEF][0-9]{4} [0-9:]{8}")
_COUNTS = re.compile(
    r"[0-9] (?:pass(?:ed|ing)|fail(?:ed|ing)|errors?|warnings?|skipped|pending|ignored|problems?|failures?|examples?|assertions?|tests?"
    r"|vulnerabilities|packages?)\b"
)
_OPENS = re.compile(
    r"Ran [0-9]+ |Finished|(?:OK|FAILED)\b|(?:ok|FAIL|PASS) {0,4}\t|Tests?: |(?:#|ℹ) (?:tests|pass|fail|cancelled|skipped|todo) [0-9]|Successfully "
    r"|Plan: [0-9]|(?:user|real|sys)\t[0-9]"
)
_SUMS = (
    "BUILD ",
    "uild fail",
    "uild succe",
    "ests run:",
    "est result",
    "est suite",
    "ests finished",
    "omplete!",
    "exit code",
    "exit status",
)
_FRAME = re.compile(
    r"\s+(?:at |in )\S|\s+File \".{1,400}\", line [0-9]|\s+\.\.\. [0-9]+ (?:more|common)|\s*[0-9]{1,4}: +(?:0x[0-9a-f]+ - )?\S+::\S"
    r"|\t\S+\.go:[0-9]+|\s+from \S+:[0-9]+:in |\s*#[0-9]{1,3} +(?:0x[0-9a-f]+ in \S|\S+ \(|\S+\([0-9]+\): )"
)


def severity(line: str) -> int:
    """Return RED, WARNING or PLAIN for one line without its terminal escapes.

    Under a level token that says INFO or lower, and in front of a verdict that says "ok", only loud signs count
    in full: words in capitals, exceptions by name, exit codes, server errors.
    """
    line = _ends(line)
    if _LAID_OUT.match(line) or _is_row_of_letters(line):
        return RED
    if line[1:5].isdecimal() and (glog := _GLOG.match(line)):
        return WARNING if glog[0][0] == "W" else RED
    low = line.lower()
    if len(low) != len(line):
        line = low  # letters whose lower case is longer: positions would be off
    quiet, loud = _signs(line, low)
    named = _named(line)
    if loud == RED or max(quiet, named) == PLAIN:
        return loud
    if _has_passed(low):
        return loud
    loud = max(loud, named)
    return max(loud, WARNING) if quiet > WARNING and _is_calm(line) else max(loud, quiet)


def _ends(line: str) -> str:
    return line if len(line) <= _HEAD + _TAIL else f"{line[:_HEAD]} {line[-_TAIL:]}"


def _has_passed(low: str) -> bool:
    """Tell whether a line ends in a verdict that says so, a percentage aside."""
    row, _ = _without_percentage(low)
    verdict = next((verdict for verdict in _VERDICTS if row.endswith(verdict)), "")
    return verdict != "" and (not verdict.isalpha() or _NO_VERDICT.search(row[-12 : -len(verdict)]) is None)


def _is_calm(line: str) -> bool:
    """Tell whether a level that says INFO or lower opens a line."""
    start = line[:200]
    return (any(word in start for word in _CALM_WORDS) or start[:1] in "ID") and _CALM.search(start) is not None


def _without_percentage(line: str) -> tuple[str, bool]:
    row = line.rstrip()
    percent = _PERCENT.search(row, max(0, len(row) - 6)) if row[-1:] == "]" else None
    return (row[: percent.start()].rstrip(), True) if percent else (row, False)


def _is_row_of_letters(line: str) -> bool:
    """Tell whether a line ends in a row of one letter per test, some of which failed."""
    if line[-1:] not in _ROW_LAST:
        return False
    row, percent = _without_percentage(line)
    if row[-1:] not in _OUTCOMES:
        return False
    row = row[row.rfind(" ") + 1 :]
    failed = "F" in row or "E" in row
    return failed and not row.strip(_OUTCOMES) and (percent or (len(row) > 2 and "." in row))


def _signs(line: str, low: str) -> tuple[int, int]:
    """Return the worst level that any sign shows, and the worst that a loud one shows."""
    quiet = loud = PLAIN
    for place in SIGN.finditer(low):
        at = place.start()
        for _, pattern, level, _, is_loud in BY_LETTER[low[at]]:
            if level > loud and (found := pattern.match(low, at)) and not _taken_back(low, at, found.end()):
                quiet = max(quiet, level)
                if is_loud or line[at : found.end()].isupper():
                    loud = level
        if loud == RED:
            break
    return quiet, loud


def _named(line: str) -> int:
    """Return the level of the exceptions that are called by their class names."""
    level = PLAIN
    for name in _NAMED.finditer(line):
        level = max(level, WARNING if name[1] else RED)
    return PLAIN if level and _CODE.match(line) else level


def _taken_back(low: str, start: int, end: int) -> bool:
    if _EMPTY.match(low, end):
        return True
    return _TAKEN_BACK.search(low, max(0, start - 24), start) is not None and _COUNTED.match(low, end) is None


def suspicious(line: str) -> bool:
    """Tell whether a line may be anything but plain: cheap, and alike for lines that differ in numbers only."""
    line = _ends(line)
    if may_hold(line.lower()):
        return True
    for name in _NAMES:
        if name in line:
            return True
    if (":" in line or line[:1] in _LAID_OUT_FIRST) and _LAID_OUT.match(line):
        return True
    return _is_row_of_letters(line) or (line[:1] in _GLOG_FIRST and _GLOG.match(line) is not None)


def red_among(lines: Iterable[str]) -> Iterator[str]:
    """Yield the red ones; cheap where many lines differ in numbers only, as states of a progress bar do."""
    kinds: dict[str, bool] = {}
    for line in lines:
        kind = _NUMBER.sub("0", line) if len(line) < _HEAD else line
        if kind not in kinds:
            kinds[kind] = suspicious(line)
        if kinds[kind] and severity(line) == RED:
            yield line


def is_frame(line: str) -> bool:
    """Tell whether a line is one frame of a stack trace (Java, Python, JavaScript, Go, Rust, Ruby, C#, gdb)."""
    return _FRAME.match(line[:_HEAD]) is not None


def is_summary(line: str) -> bool:
    """Tell whether a line sums up a run of tests, a build or a command, well or ill."""
    line = line[:_HEAD]
    if _COUNTS.search(line) or _OPENS.match(line.lstrip()):
        return True
    return any(word in line for word in _SUMS)
