"""Selection: which lines of a diff stand. Changed lines and names always, but for files nobody reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from headroom.compressors import gaps
from headroom.compressors.diff_generated import kind_of
from headroom.compressors.diff_lines import CHANGE, CONTEXT, Diff, FileDiff
from headroom.compressors.red import red_among

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{3,63}")
_MAX_QUERY = 20_000
_JUDGED = 400
"""Characters of a line that are judged."""
_COMMON = 4
"""A word of the query that stands more often in the context than this tells nothing."""


def folded(diff: Diff, source: Sequence[str], *, query: str) -> dict[int, str]:
    """Return for each file that is worth a count only, by the line its body begins on, what is said of it."""
    said = {}
    for file in diff.files:
        if kind := kind_of(file, source, diff.roles, query=query):
            said[file.body] = _count(file, source, diff.roles, kind)
    return said


def without(diff: Diff, bodies: Mapping[int, str]) -> list[bool]:
    """Return which lines stand when the bodies that begin on these lines are left out."""
    kept = [True] * len(diff.roles)
    for file in diff.files:
        if file.body in bodies:
            kept[file.body : file.end] = [False] * (file.end - file.body)
    return kept


def trim(diff: Diff, kept: Sequence[bool], *, near: int) -> list[bool]:
    """Return which lines stand when context goes that is farther than `near` lines from a change."""
    close = bytearray(len(diff.roles))
    changed = [role == CHANGE for role in diff.roles]
    for start, end in gaps.stretches(changed):
        if changed[start]:
            first, last = max(0, start - near), min(len(close), end + near)
            close[first:last] = b"\1" * (last - first)
    return [keep and (by == 1 or role != CONTEXT) for keep, role, by in zip(kept, diff.roles, close, strict=True)]


def worth(gone: Sequence[int], shown: Sequence[str], *, query: str) -> list[int]:
    """Return the lines of these that had better stand: what is red, and what holds words of the query that few of them hold."""
    lines = [shown[number][:_JUDGED] for number in gone]
    low = [line.lower() for line in lines]
    held = Counter(_WORD.findall("\n".join(low)))
    rare = {word for word in _WORD.findall(query[:_MAX_QUERY].lower()) if 0 < held[word] <= _COMMON}
    red = set(red_among(lines))
    return [
        number
        for number, line, small in zip(gone, lines, low, strict=True)
        if line in red or (rare and not rare.isdisjoint(_WORD.findall(small)))
    ]


def _count(file: FileDiff, source: Sequence[str], roles: Sequence[int], kind: str) -> str:
    if file.binary:
        return kind
    signs = Counter(source[n][:1] for n in range(file.body, file.end) if roles[n] == CHANGE)
    hunks = f" in {file.hunks:,} hunks" if file.hunks > 1 else ""
    return f"{kind}, {signs['+']:,} lines added, {signs['-']:,} removed{hunks}"
