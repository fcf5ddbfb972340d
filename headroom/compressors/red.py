"""What is red: the lines that say something went wrong, in any tool's shape.

Judged by words and level tokens, never by one tool's layout. A false red costs some tokens, a missed one
costs the reader the answer, so in doubt a line is red; only what a line itself takes back ("0 errors",
"test_error ... ok", an INFO that merely mentions a retry) is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from headroom.compressors.red_layout import glog_level, is_laid_out, is_row_of_letters, without_percentage
from headroom.compressors.red_signs import PLAIN, RED, WARNING, Sign, signs_in
from headroom.compressors.red_suspects import ends, has_name, numbers, places, suspects, suspicious

__all__ = [
    "FRAME_FIRST",
    "PLAIN",
    "RED",
    "WARNING",
    "is_frame",
    "is_summary",
    "red_among",
    "severity",
    "summaries",
    "suspects",
    "suspicious",
]

_LOOKED_AT = 3_000
"""Characters of a line in which frames and summaries are known."""

_NAMED = re.compile(
    r"(?<=[a-z])(?:Error|Exception|Failure|Panic|Fault|Interrupt|(Warning|Timeout|Mismatch|BackOff))(?=[:;,)\s]|$)"
)
"""The end of an exception's class name; a small letter stands before it."""

_CODE = re.compile(r"\s*[+>-]?\s*(?:raise|except|throw|\}? ?catch|from|import|class|if|elif|return|assert)\b[ (]")
"""A line of source that deals with exceptions, or a search hit of one: it names them, and none was raised by it."""

_CLASS = re.compile(r"\s{0,40}[+>-]?\s{0,40}class \w{1,100}\(.{0,200}\):")
"""The definition of an exception."""

_TAKEN_BACK = re.compile(r"(?<![\w.=:])(?:0|no|zero|without|without any) (?:new |fatal |test )?$")
_EMPTY = re.compile(
    r"(?: total| count)?[\"']? ?[:=] ?(?:0(?![.0-9x])|(?:none|null|nil|false)\b|<(?:nil|none|null)>|\"\"|''|\[\])"
    r"|(?<=[a-z]) 0(?![\w.:-])| rate[:=]? ?0(?:\.0*)?(?![0-9.])"
)
_COUNTED = re.compile(r"[\"']? ?[:=] ?[1-9]")
_VERDICTS = ("passed", "ok", "success", "✓", "✔")
_VERDICT_LAST = (*_VERDICTS, "%]")
_PASSES = re.compile(r"\s{0,40}(?:[✓✔√] |ok [0-9]{1,6} |--- pass: )")
_NO_VERDICT = re.compile(r"(?:[0-9] |not |\w)$")
"""In front of a word that is no verdict there: "2 passed", "not ok", "book"."""

_CALM = re.compile(
    r"(?<![\w/.-])(?:INFO|DEBUG|TRACE|NOTICE|VERBOSE|FINE|FINER|FINEST)(?![\w/.-])"
    r"|(?:\b(?:level|lvl|severity)[\"']?[=:] ?\"?|\[)(?:info|debug|trace|notice)\b|^[ID][0-9]{4} [0-9:]{8}"
)
_CALM_WORDS = ("INFO", "DEBUG", "TRACE", "NOTICE", "VERBOSE", "FINE", "info", "debug", "trace", "notice")
_COUNTS = re.compile(
    r" (?<=[0-9] )(?:pass(?:ed|ing)|fail(?:ed|ing)|errors?|warnings?|skipped|pending|ignored|problems?|failures?|examples?|assertions?|tests?"
    r"|vulnerabilities|packages?)\b"
)
_OPENS = re.compile(
    r"Ran [0-9]+ |Finished|(?:OK|FAILED)\b|(?:ok|FAIL|PASS) {0,4}\t|Tests?: |(?:#|ℹ) (?:tests|pass|fail|cancelled|skipped|todo) [0-9]|Successfully "
    r"|Plan: [0-9]|(?:user|real|sys)\t[0-9]"
)
_OPENS_LINE = re.compile(rf"\n[^\S\n]*(?:{_OPENS.pattern})")
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

_CODES = ("exit", "code", "rc=", "http", "response", "status", "ora-", "sqlstate", "level")
_ZERO = re.compile("0(?<![0-9]0)(?![0-9])")
"""Where the severity of a line may depend on its numbers: codes, and what a zero takes back."""

FRAME_FIRST = frozenset(" \t#0123456789")
"""What a frame begins with."""


def severity(line: str) -> int:
    """Return RED, WARNING or PLAIN for one line without its terminal escapes.

    Under a level token that says INFO or lower, and in front of a verdict that says "ok", only loud signs count
    in full: words in capitals, exceptions by name, exit codes, server errors.
    """
    line = ends(line)
    if glog := glog_level(line):
        return WARNING if glog == "W" else RED
    if is_laid_out(line) or is_row_of_letters(line):
        return RED
    low = line.lower()
    signs, called = signs_in(low), has_name(line)
    if not signs and not called:
        return PLAIN
    if len(low) != len(line):
        line = low  # letters whose lower case is longer: positions would be off
    quiet, loud = _shown(signs, line, low)
    named = _named(line) if called else PLAIN
    if loud == RED or max(quiet, named) == PLAIN:
        return loud
    if _has_passed(low) or (quiet and _CLASS.match(line)):
        return loud
    loud = max(loud, named)
    return max(loud, WARNING) if quiet > WARNING and _is_calm(line) else max(loud, quiet)


def severities(lines: Sequence[str], kinds: Sequence[int]) -> list[int]:
    """Return the severity of each line; lines of one kind differ in numbers only, and are mostly judged once."""
    shown = set(suspects(lines, sure=True))
    telling = {kinds[number] for number in shown}
    levels = [PLAIN] * len(lines)
    known: dict[int, int | None] = {}
    for number in [number for number, kind in enumerate(kinds) if kind in telling]:
        line, kind = lines[number], kinds[number]
        level = None
        if not _ZERO.search(line):
            if kind not in known:
                low = line.lower()
                known[kind] = None if any(code in low for code in _CODES) else severity(line)
            level = known[kind]
        levels[number] = level if level is not None else severity(line) if number in shown else PLAIN
    return levels


def _has_passed(low: str) -> bool:
    """Tell whether a line opens with a verdict that says so, or ends in one, a percentage aside."""
    if _PASSES.match(low):
        return True
    if not low.rstrip().endswith(_VERDICT_LAST):
        return False
    row, _ = without_percentage(low)
    verdict = next((verdict for verdict in _VERDICTS if row.endswith(verdict)), "")
    return verdict != "" and (not verdict.isalpha() or _NO_VERDICT.search(row[-12 : -len(verdict)]) is None)


def _is_calm(line: str) -> bool:
    """Tell whether a level that says INFO or lower opens a line."""
    start = line[:200]
    if start[:1] in "ID":
        return _CALM.search(start) is not None
    for word in _CALM_WORDS:
        if word in start:
            return _CALM.search(start) is not None
    return False


def _shown(signs: Iterable[Sign], line: str, low: str) -> tuple[int, int]:
    """Return the worst level that any sign shows, and the worst that a loud one shows."""
    quiet = loud = PLAIN
    for sign in signs:
        at = low.find(sign.stem)
        while at >= 0 and sign.level > loud:
            if (found := sign.pattern.match(low, at)) and not _taken_back(low, at, found.end()):
                quiet = max(quiet, sign.level)
                if sign.loud or line[at : found.end()].isupper():
                    loud = sign.level
            at = low.find(sign.stem, at + len(sign.stem))
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
    return (
        low[start - 1 : start] == " "
        and _TAKEN_BACK.search(low, max(0, start - 24), start) is not None
        and _COUNTED.match(low, end) is None
    )


def red_among(lines: Iterable[str]) -> Iterator[str]:
    """Yield the red ones, in order; cheap where few are suspicious."""
    lines = list(lines)
    return (lines[number] for number in suspects(lines, sure=True) if severity(lines[number]) == RED)


def is_frame(line: str) -> bool:
    """Tell whether a line is one frame of a stack trace (Java, Python, JavaScript, Go, Rust, Ruby, C#, gdb)."""
    return line[:1] in FRAME_FIRST and _FRAME.match(line[:_LOOKED_AT]) is not None


def is_summary(line: str) -> bool:
    """Tell whether a line sums up a run of tests, a build or a command, well or ill."""
    line = line[:_LOOKED_AT]
    if _COUNTS.search(line) or _OPENS.match(line.lstrip()):
        return True
    for words in _SUMS:  # noqa: SIM110 - a generator would take twice the time
        if words in line:
            return True
    return False


def summaries(lines: Sequence[str]) -> list[int]:
    """Return the numbers of the lines that sum up, in order: of many lines at once, at C speed."""
    lines = [line[:_LOOKED_AT] for line in lines] if max(map(len, lines), default=0) > _LOOKED_AT else lines
    text = "\n".join(["", *lines])
    found = [place.start() for place in _COUNTS.finditer(text)]
    found += [place.end() - 1 for place in _OPENS_LINE.finditer(text)]
    found += [place for words in _SUMS for place in places(text, words)]
    return [number - 1 for number in dict.fromkeys(numbers(found, text))]
