"""What is red: the lines that say something went wrong, in any tool's shape.

Judged by words and level tokens, never by one tool's layout. A false red costs some tokens, a missed one
costs the reader the answer, so in doubt a line is red; only what a line itself takes back ("0 errors",
"test_error ... ok", an INFO that merely mentions a retry) is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

PLAIN, WARNING, RED = 0, 1, 2
"""What `severity` returns; comparable."""

_HEAD, _TAIL = 3_000, 1_000
"""A line is judged by this many of its first and last characters, so that one huge line costs little."""


class _Sign(NamedTuple):
    """A sign of trouble: a literal that is quick to find, and what must stand there for it to count."""

    stem: str
    """In lower case."""
    pattern: re.Pattern[str]
    """Matches the lower-case line at the stem."""
    level: int
    loud: bool = False
    """Counts whatever else the line says."""


def _words(level: int, *endings: str) -> list[_Sign]:
    """Return signs for words that stand alone: not inside an identifier or a path (error_log, /errors/, -fail).

    Each is spelled "stem|ending|ending"; the stem itself counts when an ending is empty.
    """
    signs = []
    for spelled in endings:
        stem, *rest = spelled.split("|")
        ending = "(?:" + "|".join(rest) + ")" if rest else ""
        signs.append(_Sign(stem, re.compile(rf"(?<![\w/.$-]){re.escape(stem)}{ending}(?![\w/$-]|\.[a-z])"), level))
    return signs


def _phrases(level: int, *spelled: str) -> list[_Sign]:
    return [_Sign(phrase, re.compile(re.escape(phrase)), level) for phrase in spelled]


_SIGNS = (
    *_words(
        RED, "err|ors|or|", "fail|ed|ures|ure|ing|s|", "fatal", "panic|ked|", "exception|s|", "traceback", "crit|ical|"
    ),
    *_words(
        RED,
        "severe",
        "emerg|ency|",
        "alert",
        "abort|ed|ing|",
        "crash|ed|loopbackoff|",
        "killed",
        "segfault",
        "deadlock",
    ),
    *_words(RED, "oom|killed|", "uncaught", "unhandled", "corrupt|ed|"),
    *_phrases(
        RED, "segmentation fault", "core dumped", "out of memory", "no space left", "permission denied", "access denied"
    ),
    *_phrases(
        RED,
        "connection refused",
        "not ok ",
        "call trace",
        "returned non-zero",
        "undefined reference",
        "undefined symbol",
    ),
    *_phrases(
        RED, "undefined variable", "undefined name", "unresolved ", "cannot find", "could not resolve", "caused by:"
    ),
    *_phrases(RED, "✗", "✘", "✖", "❌"),
    _Sign("exit", re.compile(r"exit(?:ed)?(?: with)?(?: (?:code|status|value))?[ :=(]{1,3}-?[1-9]"), RED, loud=True),
    _Sign("rc=", re.compile(r"(?<!\w)rc=-?[1-9]"), RED, loud=True),
    _Sign("http/", re.compile(r"http/[0-9.]{1,3}\"? 5[0-9][0-9]\b"), RED, loud=True),
    _Sign("http/", re.compile(r"http/[0-9.]{1,3}\"? 4[0-9][0-9]\b"), WARNING),
    _Sign("status", re.compile(r"status(?:[_ ]?code)?[\"']?[=: ]{1,2}5[0-9][0-9]\b"), RED, loud=True),
    _Sign("status", re.compile(r"status(?:[_ ]?code)?[\"']?[=: ]{1,2}4[0-9][0-9]\b"), WARNING),
    _Sign("___", re.compile(r"(?<!.)_{3,200} .{1,200} _{3,200}$"), RED),  # the heading of a failed test
    *_words(WARNING, "warn|ings|ing|", "deprecat|ed|ion"),
    *_phrases(
        WARNING, "timed out", "timeout", "refused", "denied", "unreachable", "cannot", "can't", "could not", "unable to"
    ),
    *_phrases(
        WARNING,
        "not found",
        "no such",
        "invalid",
        "unexpected",
        "missing",
        "rejected",
        "mismatch",
        "conflict",
        "illegal",
    ),
    *_phrases(WARNING, "backoff"),
)
_STEMS = tuple(dict.fromkeys(sign.stem for sign in _SIGNS))

_NAMED = re.compile(r"(?:Error|Exception|Failure|Panic|Fault|Warning)(?=[:;,)\s]|$)")
"""The end of an exception's class name; a small letter stands before it."""

_NAMES = ("error", "exception", "failure", "panic", "fault", "warning")

_TAKEN_BACK = re.compile(r"(?<![\w.=:])(?:0|no|zero|without|without any) (?:new |fatal |test )?$")
_EMPTY = re.compile(r"[\"']? ?[:=] ?(?:0(?![.0-9x])|(?:none|null|nil|false)\b|\"\"|''|\[\])")
_COUNTED = re.compile(r"[\"']? ?[:=] ?[1-9]")
_PASSED = re.compile(r"(?:\b(?:passed|ok|success)|✓|✔)(?: *\[ *[0-9]{1,3}%\])?\s*$")
_CALM = re.compile(
    r"(?<![\w/.-])(?:INFO|DEBUG|TRACE|NOTICE|VERBOSE|FINE|FINER|FINEST)(?![\w/.-])"
    r"|(?:\b(?:level|lvl|severity)[\"']?[=:] ?\"?|\[)(?:info|debug|trace|notice)\b|^[ID][0-9]{4} [0-9:]{8}"
)
_NUMBER = re.compile("[0-9]+")
_GLOG = re.compile(r"[WEF][0-9]{4} [0-9:]{8}")
_SUMMARY = re.compile(
    r"\b[0-9]+ (?:passed|failed|errors?|warnings?|skipped|problems?|failures?|examples?|assertions?|tests?)\b|^Ran [0-9]+ "
    r"|\bBUILD [A-Z]|^Finished|Tests run:|\btests? (?:finished|result|suites?)\b|^(?:OK|FAILED)\b|^(?:ok|FAIL|PASS)\t|^Tests?: "
    r"|exit (?:code|status)"
)
_FRAME = re.compile(
    r"\s+(?:at |in )\S|\s+File \".{1,400}\", line [0-9]|\s+\.\.\. [0-9]+ (?:more|common)|\s*[0-9]{1,4}: +(?:0x[0-9a-f]+ - )?\S+::\S"
    r"|\t\S+\.go:[0-9]+|\s+from \S+:[0-9]+:in |#[0-9]{1,3} +(?:0x[0-9a-f]+ in )?\S+ \("
)


def severity(line: str) -> int:
    """Return RED, WARNING or PLAIN for one line without its terminal escapes.

    Under a level token that says INFO or lower, and in front of a verdict that says "ok", only loud signs count
    in full: words in capitals, exceptions by name, exit codes, server errors.
    """
    line = _ends(line)
    if line.startswith("E  "):  # pytest marks so what explains a failure
        return RED
    if line[1:5].isdecimal() and (glog := _GLOG.match(line)):
        return WARNING if glog[0][0] == "W" else RED
    low = line.lower()
    if len(low) != len(line):
        line = low  # letters whose lower case is longer: positions would be off
    quiet, loud = _signs(line, low)
    named = _named(line, low)
    if _PASSED.search(low) and loud < RED:
        return loud
    loud = max(loud, named)
    return max(loud, min(quiet, WARNING) if _CALM.search(line, 0, 200) else quiet)


def _ends(line: str) -> str:
    return line if len(line) <= _HEAD + _TAIL else f"{line[:_HEAD]} {line[-_TAIL:]}"


def _signs(line: str, low: str) -> tuple[int, int]:
    """Return the worst level that any sign shows, and the worst that a loud one shows."""
    quiet = loud = PLAIN
    for stem, pattern, level, is_loud in _SIGNS:
        at = low.find(stem)
        while at >= 0 and level > loud:
            if (found := pattern.match(low, at)) and not _taken_back(low, at, found.end()):
                quiet = max(quiet, level)
                if is_loud or line[at : found.end()].isupper():
                    loud = level
                    if loud == RED:
                        return RED, RED
            at = low.find(stem, at + 1)
    return quiet, loud


def _named(line: str, low: str) -> int:
    """Return the level of the exceptions that are called by their class names."""
    level = PLAIN
    for name in _NAMES:
        at = low.find(name, 1)
        while at > 0:
            if line[at - 1].islower() and _NAMED.match(line, at):
                level = max(level, WARNING if name == "warning" else RED)
            at = low.find(name, at + 1)
    return level


def _taken_back(low: str, start: int, end: int) -> bool:
    if _EMPTY.match(low, end):
        return True
    return _TAKEN_BACK.search(low, max(0, start - 24), start) is not None and _COUNTED.match(low, end) is None


def suspicious(line: str) -> bool:
    """Tell whether a line may be anything but plain: cheap, and alike for lines that differ in numbers only."""
    low = _ends(line).lower()
    for stem in _STEMS:
        if stem in low:
            return True
    return low.startswith("e  ") or "fault" in low or _GLOG.match(line) is not None


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
    return _SUMMARY.search(line[:_HEAD]) is not None
