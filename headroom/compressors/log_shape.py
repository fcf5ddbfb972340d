"""Whether a text looks like a log: by the shape of a sample of its lines."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import islice

from headroom.compressors.log_records import STAMP
from headroom.compressors.telltale import holding

_SAMPLE_LINES = 60
_SAMPLE_CHARS = 12_000
_MIN_LINES = 8

_LEVEL = re.compile(
    r"(?<![\w/.-])(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)(?![\w/.-])"
    r"|\b(?:level|lvl|severity)=|\[(?:trace|debug|info|notice|warn|warning|error|crit)\]"
)
_LEVELS = (
    "TRACE DEBUG INFO NOTICE WARN ERROR FATAL CRITICAL SEVERE level= lvl= severity= [trace] [debug] [info] [notice] [warn "
    "[error] [crit]"
)
"""One of these is in every line with a level."""

_ACCESS = re.compile(r"[IWEF][0-9]{4} [0-9:]{8}|npm (?:ERR!|WARN)|\S+ \S+ \S+ \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:")
_STAMPED = frozenset("[(0123456789JFMASOND")
"""What a time stamp begins with."""

_VERDICT = re.compile(
    r"\b(?:PASSED|FAILED|SKIPPED|XFAIL|ERROR)\b|\.\.\. ?(?:ok|FAIL|ERROR|skipped|PASS)\b|\b[0-9]{1,3}%|✓|✔|✗|✘|, line [0-9]+, in "
)
_VERDICT_FIRST = re.compile(
    r"(?:ok|not ok|PASS|FAIL|---) |=+ .+ =+$|E {2,}|\++ |(?:Downloading|Downloaded|Compiling|Building|Collecting|Installing|Fetching"
    r"|Step [0-9]+/|#[0-9]+ |> Task )|\$ |\s+at \S+\(|Traceback \("
)
_TELLS = "PASSED FAILED SKIPPED XFAIL ERROR ... % ✓ ✔ ✗ ✘ line"
"""One of these is in every line with a verdict that does not open it."""

_OTHER = re.compile(
    r"\s*[{}\]]|\s*\[(?:$|[\s\[{\"0-9-])|\s*\"[^\"]{1,80}\": |[-dlcbps][r-][w-][xsS-]|diff --git |@@ -|\s{0,8}[0-9]{1,6}[\t→|]|<[a-zA-Z!/?]"
    r"|\S*/\S*$|\S+\.\w+:[0-9]+:(?!.*(?:error|warning|note):)"
    r"|(?:import|from|def|class|function|const|let|var|return|if|for|while|package|public|private|#include|use|fn)\b.*[;:{(,)]$|\s+return\b"
)
"""JSON, listings, search hits, diffs, numbered file views, markup, code."""

_BULLET, _LINK = re.compile(r"\s*(?:#{1,6} \S|[-*+] {1,3}\S|[0-9]{1,2}[.)] )"), re.compile(r"\]\([a-z]*:?/")
_SENTENCE, _SHORTEST_SENTENCE = re.compile(r"[a-z'] ?[.?!:]$"), 20
"""Headings, bullets, links and sentences: a document, whose lines are all worth reading."""

_WORD = re.compile(r"[A-Za-z]{3}")
"""Of a log's lines most say something; rows of times and numbers are a table."""

_NUMBERED = re.compile(r"\b[^\W0-9]*+[0-9]\w*")

_IN_WORDS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

_DIFF = re.compile(r"[ +-]|@@ |diff --git |index [0-9a-f]+\.\.")


def sureness(text: str) -> float:
    """Return how surely a text is a log, 0 to 1, or -1. Looks at samples from both ends and the middle only."""
    return -1.0 if text[:200].lstrip()[:1] == "{" else _sureness("\n".join(_sample(text)))


@lru_cache(maxsize=16)  # `output` and `table` ask the same
def _sureness(sample: str) -> float:
    lines = [line for line in sample.split("\n") if line.strip()]
    if len(lines) < _MIN_LINES:
        return -1.0
    starts = [line[:400] for line in lines]
    other = sum(1 for line in starts if _OTHER.match(line))
    stamped = _stamped(lines, sample)
    if (
        any(line.startswith("@@ -") for line in lines)
        and sum(1 for line in lines if _DIFF.match(line)) * 10 > len(lines) * 8
    ):
        return -1.0
    if other * 3 > len(lines) and stamped * 3 < len(lines):
        return -1.0
    if len(list(islice(filter(_WORD.search, lines), len(lines) // 2 + 1))) * 2 < len(lines):
        return -1.0
    if stamped * 2 >= len(lines):
        return 0.9
    told = {number for number in holding(starts, _TELLS.split(), text=sample) if _VERDICT.search(starts[number])}
    told.update(number for number, line in enumerate(starts) if _VERDICT_FIRST.match(line))
    if (stamped + len(told)) * 3 < len(lines) and sum(map(_is_prose, starts)) * 4 > len(lines):
        return -1.0
    evidence = stamped * 2 + len(told) * 2 + _alike(lines)
    return 0.6 if evidence * 2 >= len(lines) else 0.3 if evidence * 4 >= len(lines) and other * 4 < len(lines) else -1.0


def _stamped(lines: list[str], sample: str) -> int:
    """Return how many lines carry a time or a level."""
    starts = [line[:120] for line in lines]
    found = {n for n in holding(starts, _LEVELS.split(), text=sample) if _LEVEL.search(starts[n])}
    found.update(n for n, line in enumerate(starts) if line[0] in _STAMPED and STAMP.match(line))
    found.update(n for n, line in enumerate(starts) if _ACCESS.match(line))
    return len(found)


def _is_prose(line: str) -> bool:
    if _BULLET.match(line) or ("](" in line and _LINK.search(line)):
        return True
    end = line.rstrip()
    return end[-1:] in ".?!:" and _SENTENCE.search(end, max(_SHORTEST_SENTENCE, len(end) - 3)) is not None


def _alike(lines: list[str]) -> int:
    """Return how many lines have the words, three at least, of another line, numbers aside."""
    signs = "\n".join(lines).encode("ascii", "ignore").translate(None, _IN_WORDS).split(b"\n")
    held = Counter(signs)  # lines that are alike without their numbers are so without all their words
    maybe = [line for line, sign in zip(lines, signs, strict=True) if held[sign] > 1]
    shapes = Counter(_NUMBERED.sub("", "\n".join(maybe)).split("\n"))
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
