"""Whether a text is what tests, a build or an installer print: by the shape of a sample of its lines."""

from __future__ import annotations

import re

from headroom.compressors import log_shape
from headroom.compressors.log_records import STAMP
from headroom.compressors.red import RED, is_frame, is_summary, severity

_SAMPLE = 16_000
"""Characters at either end that are looked at."""

_MIN_LINES = 6

_LOG = 0.9
"""What `log` says of a text most of whose lines carry a time or a level."""

_VERDICT = re.compile(
    r"(?:\.\.\.|\]|\)|\S) ?\b(?:ok|OK|PASS(?:ED)?|FAIL(?:ED)?|SKIP(?:PED)?|XFAIL|XPASS|ERROR|skipped|ignored|passed|failed)\b"
    r"(?: *[\[(][^\[\]()]{1,20}[\])])?\s*$|^\s*(?:ok|not ok|PASS|FAIL|=== RUN|--- (?:PASS|FAIL|SKIP))\b|^\s*[✓✔✗✘✖✕√×] "
    r"|^(?:\S+ +)?[.sxXFE]{6,}(?: *\[ *[0-9]{1,3}%\])?$|[^ ] +\[ *[0-9]{1,3}%\]$"
)
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
_LOGGED = re.compile(r"\[(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR)\](?: |$)")
_LAST = 12
"""Lines at the end that tell how it ended."""

_RULE = re.compile(r"([=_*-])\1{2,200} .{1,200} \1{3,200}$|=====+$|-----+$")


def sureness(text: str) -> float:
    """Return how surely a text is the output of tests or of a build, 0 to 1, or -1. Looks at a sample only.

    Where most lines, or many of the last ones, carry a time or a level, it is a log.
    """
    lines = [line[:400] for line in _sample(text) if line.strip()]
    log = log_shape.sureness(text)
    last = lines[-_LAST:]
    if len(lines) < _MIN_LINES or log >= _LOG:
        return -1.0
    if sum(1 for line in last if STAMP.match(line) or _LOGGED.match(line)) * 3 >= len(last):
        return -1.0
    told = sum(1 for line in lines if _VERDICT.search(line) or _DIAGNOSTIC.match(line))
    steps = sum(1 for line in lines if _STEP.match(line) or _RULE.match(line) or is_frame(line))
    sums = sum(1 for line in last if is_summary(line) or severity(line) == RED)
    evidence = told * 2 + steps + sums * 3
    if not told and not sums:
        return -1.0
    if evidence * 2 >= len(lines):
        return 0.8
    return 0.65 if sums and evidence * 4 >= len(lines) and log >= 0 else -1.0


def _sample(text: str) -> list[str]:
    if len(text) <= _SAMPLE * 2:
        return text.split("\n")
    return [*text[:_SAMPLE].split("\n"), *text[-_SAMPLE:].split("\n")[1:]]
