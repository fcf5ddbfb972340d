"""Whether a text looks like a log: by the shape of a sample of its lines."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from headroom.compressors.log_records import STAMP

_SAMPLE_LINES = 60
_SAMPLE_CHARS = 12_000
_MIN_LINES = 8

_LEVEL = re.compile(
    r"(?<![\w/.-])(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)(?![\w/.-])"
    r"|\b(?:level|lvl|severity)=|\[(?:trace|debug|info|notice|warn|warning|error|crit)\]|^[IWEF][0-9]{4} [0-9:]{8}"
    r"|^npm (?:ERR!|WARN)|^\S+ \S+ \S+ \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:"
)
_VERDICT = re.compile(
    r"\b(?:PASSED|FAILED|SKIPPED|XFAIL|ERROR)\b|\.\.\. ?(?:ok|FAIL|ERROR|skipped|PASS)\b|^(?:ok|not ok|PASS|FAIL|---) |^=+ .+ =+$|^E {2,}"
    r"|^\++ |^(?:Downloading|Downloaded|Compiling|Building|Collecting|Installing|Fetching|Step [0-9]+/|#[0-9]+ |> Task )|\b[0-9]{1,3}%"
    r"|✓|✔|✗|✘|^\$ |^\s+at \S+\(|^Traceback \(|, line [0-9]+, in "
)
_OTHER = re.compile(
    r"\s*[{}\]]|\s*\[(?:$|[\s\[{\"0-9-])|\s*\"[^\"]{1,80}\": |[-dlcbps][r-][w-][xsS-]|diff --git |@@ -|\s{0,8}[0-9]{1,6}[\t→|]|<[a-zA-Z!/?]"
    r"|\S*/\S*$|\S+\.\w+:[0-9]+:(?!.*(?:error|warning|note):)"
    r"|(?:import|from|def|class|function|const|let|var|return|if|for|while|package|public|private|#include|use|fn)\b.*[;:{(,)]$|\s+return\b"
)
"""JSON, listings, search hits, diffs, numbered file views, markup, code."""

_PROSE = re.compile(r"\s*(?:#{1,6} \S|[-*+] {1,3}\S|[0-9]{1,2}[.)] )|.*\]\([a-z]*:?/|.{20,}[a-z'] ?[.?!:]\s*$")
"""Headings, bullets, links and sentences: a document, whose lines are all worth reading."""

_WORD = re.compile(r"[A-Za-z]{3}")
"""Of a log's lines most say something; rows of times and numbers are a table."""

_NUMBERED = re.compile(r"\w*[0-9]\w*")

_DIFF = re.compile(r"[ +-]|@@ |diff --git |index [0-9a-f]+\.\.")


def sureness(text: str) -> float:
    """Return how surely a text is a log, 0 to 1, or -1. Looks at samples from both ends and the middle only."""
    return -1.0 if text[:200].lstrip()[:1] == "{" else _sureness("\n".join(_sample(text)))


@lru_cache(maxsize=16)  # `output` asks the same before `log` does
def _sureness(sample: str) -> float:
    lines = [line for line in sample.split("\n") if line.strip()]
    if len(lines) < _MIN_LINES:
        return -1.0
    other = sum(1 for line in lines if _OTHER.match(line[:400]))
    stamped = sum(1 for line in lines if STAMP.match(line) or _LEVEL.search(line[:120]))
    if (
        any(line.startswith("@@ -") for line in lines)
        and sum(1 for line in lines if _DIFF.match(line)) * 10 > len(lines) * 8
    ):
        return -1.0
    if other * 3 > len(lines) and stamped * 3 < len(lines):
        return -1.0
    if sum(1 for line in lines if _WORD.search(line)) * 2 < len(lines):
        return -1.0
    if stamped * 2 >= len(lines):
        return 0.9
    told = sum(1 for line in lines if _VERDICT.search(line[:400]))
    if sum(1 for line in lines if _PROSE.match(line[:400])) * 4 > len(lines) and (stamped + told) * 3 < len(lines):
        return -1.0
    evidence = stamped * 2 + told * 2 + _alike(lines)
    return 0.6 if evidence * 2 >= len(lines) else 0.3 if evidence * 4 >= len(lines) and other * 4 < len(lines) else -1.0


def _alike(lines: list[str]) -> int:
    """Return how many lines have the words, three at least, of another line, numbers aside."""
    shapes = Counter(_NUMBERED.sub("", line) for line in lines)
    return sum(count for shape, count in shapes.items() if count > 1 and _is_wordy(shape.split()))


def _is_wordy(words: list[str]) -> bool:
    return len(words) > 2 and any(word.isalpha() for word in words[:4])


def _sample(text: str) -> list[str]:
    if len(text) <= _SAMPLE_CHARS * 3:
        lines = text.split("\n")
        if len(lines) <= _SAMPLE_LINES * 3:
            return lines
        middle = len(lines) // 2
        return lines[:_SAMPLE_LINES] + lines[middle : middle + _SAMPLE_LINES] + lines[-_SAMPLE_LINES:]
    middle = len(text) // 2
    parts = (text[:_SAMPLE_CHARS], text[middle : middle + _SAMPLE_CHARS], text[-_SAMPLE_CHARS:])
    return [line for part in parts for line in part.split("\n")[1:_SAMPLE_LINES]]
