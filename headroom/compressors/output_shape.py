"""Whether a text is what tests, a build or an installer print: by the shape of a sample of its lines."""

from __future__ import annotations

import re

from headroom.compressors import log_shape
from headroom.compressors.log_records import STAMP
from headroom.compressors.red import RED, is_frame, is_summary, severity
from headroom.compressors.red_suspects import suspects
from headroom.compressors.telltale import holding

_SAMPLE = 8_000
"""Characters at either end that are looked at."""

_MIN_LINES = 6

_LOG = 0.9
"""What `log` says of a text most of whose lines carry a time or a level."""

_OUTCOMES = ("ok", "OK", "PASS", "FAIL", "SKIP", "ERROR", "skipped", "ignored", "passed", "failed")
_VERDICT = re.compile(
    r"(?:\.\.\.|\]|\)|\S) ?\b(?:ok|OK|PASS(?:ED)?|FAIL(?:ED)?|SKIP(?:PED)?|XFAIL|XPASS|ERROR|skipped|ignored|passed|failed)\b"
    r"(?: *[\[(][^\[\]()]{1,20}[\])])?$"
)
"""At the end of a line that holds one of the outcomes, in its last characters."""

_VERDICT_CHARS = 60
_VERDICT_FIRST = re.compile(r"\s*(?:(?:ok|not ok|PASS|FAIL|=== RUN|--- (?:PASS|FAIL|SKIP))\b|[✓✔✗✘✖✕√×] )")
_FIRSTS = ("ok", "PASS", "FAIL", "=== RUN", "--- SKIP", *"✓✔✗✘✖✕√×")
_ROW = re.compile(r"(?:\S+ +)?[.sxXFE]{6,}(?: *\[ *[0-9]{1,3}%\])?$|.*[^ ] +\[ *[0-9]{1,3}%\]$")
_ROW_LAST = frozenset(".sxXFE]")
_STEP = re.compile(
    r"\++ \S|\s*(?:Download|Compil|Build|Collect|Install|Fetch|Unpack|Prepar|Link|Generat|Resolv|Check|Get|Pull|Sett)(?:ing|ed|ting)?\b[ :]"
    r"|Requirement already|Step [0-9]+/|#[0-9]+ (?:\[|DONE|CACHED|[0-9.]+ )|> Task :|\[ *[0-9]+(?:/[0-9]+|%)\] |\S+: (?:Pull|Verifying|Download|Waiting)"
    r"|make(?:\[[0-9]+\])?: |(?:\S*/)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ld|ar|rustc|javac|go|tsc|node|npm|python[0-9.]*) -|\s+(?:CC|LD|AR|CXX|LINK)\b"
    r"|npm (?:ERR!|WARN|error|warn|notice) |\S+: (?:Creating|Still|Refreshing|Reading|Creation complete|Modif|Destroy)"
)
_DIAGNOSTIC = re.compile(
    r"[^\s:()]{1,300}[:(][0-9]+(?:[:,][0-9]+)?\)?:? (?:- )?(?:fatal )?(?:error|warning|note)\b|(?:error|warning)(?:\[\w+\])?: |[^\s:]{1,300}\.\w{1,6}:[0-9]+:[0-9]+: \S"
    r"|\s*[0-9]* \| |E {3}|> {6}|\s+--> \S+:[0-9]+"
)
_TOLD = ("error", "warning", "note", " | ", "E   ", ">      ", "-->")
"""In every line that is a diagnostic, but for one that only has a place in a file in front."""

_PLACE = re.compile(r":[0-9]+:[0-9]+: ")
_LOGGED = re.compile(r"\[(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR)\](?: |$)")
_LAST = 12
"""Lines at the end that tell how it ended."""

_RULES = "=_*-"
_RULE = re.compile(r"([=_*-])\1{2,200} .{1,200} \1{3,200}$|=====+$|-----+$")


def sureness(text: str) -> float:
    """Return how surely a text is the output of tests or of a build, 0 to 1, or -1. Looks at a sample only.

    Where most lines, or many of the last ones, carry a time or a level, it is a log.
    """
    lines = [line[:400] for line in _sample(text) if line.strip()]
    last = lines[-_LAST:]
    if len(lines) < _MIN_LINES or sum(1 for line in last if STAMP.match(line) or _LOGGED.match(line)) * 3 >= len(last):
        return -1.0
    told = _told(lines)
    red = {n for n in suspects(last) if severity(last[n]) == RED}
    sums = sum(1 for n, line in enumerate(last) if n in red or is_summary(line))
    if not told and not sums:
        return -1.0
    evidence = told * 2 + sums * 3
    if evidence * 2 < len(lines):
        evidence += sum(map(_is_step, lines))
    if evidence * 4 < len(lines) or (log := log_shape.sureness(text)) >= _LOG:
        return -1.0
    if evidence * 2 >= len(lines):
        return 0.8
    return 0.65 if sums and log >= 0 else -1.0


def _told(lines: list[str]) -> int:
    """Return how many lines tell an outcome, or what a compiler says of a place in a file."""
    text = "\n".join(lines)
    told = {n for n in holding(lines, _OUTCOMES, text=text) if _VERDICT.search(lines[n].rstrip()[-_VERDICT_CHARS:])}
    told.update(n for n in holding(lines, _FIRSTS, text=text) if _VERDICT_FIRST.match(lines[n]))
    told.update(n for n, line in enumerate(lines) if line[-1] in _ROW_LAST and _ROW.match(line))
    told.update(n for n in holding(lines, _TOLD, text=text) if _DIAGNOSTIC.match(lines[n]))
    if _PLACE.search(text):
        told.update(n for n, line in enumerate(lines) if _PLACE.search(line) and _DIAGNOSTIC.match(line))
    return len(told)


def _is_step(line: str) -> bool:
    return _STEP.match(line) is not None or (line[0] in _RULES and _RULE.match(line) is not None) or is_frame(line)


def _sample(text: str) -> list[str]:
    if len(text) <= _SAMPLE * 2:
        return text.split("\n")
    return [*text[:_SAMPLE].split("\n"), *text[-_SAMPLE:].split("\n")[1:]]
