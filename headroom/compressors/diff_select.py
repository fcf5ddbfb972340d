"""Selection: which lines of a diff stand. Changed lines and names always, but for files nobody reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from headroom.compressors.diff_generated import kind_of
from headroom.compressors.diff_lines import CHANGE, CONTEXT, Diff, FileDiff
from headroom.compressors.red import red_among

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{3,63}")
_MAX_QUERY = 20_000
_JUDGED = 400
"""Characters of a line that are judged."""
_COMMON = 4
"""A word of the query that more lines of context hold than this tells nothing."""


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
    roles = diff.roles
    close = bytearray(len(roles))
    for number, role in enumerate(roles):
        if role == CHANGE:
            close[max(0, number - near) : number + near + 1] = b"\1" * (
                min(len(roles), number + near + 1) - max(0, number - near)
            )
    return [keep and (role != CONTEXT or by == 1) for keep, role, by in zip(kept, roles, close, strict=True)]


def worth(gone: Sequence[int], shown: Sequence[str], *, query: str) -> list[int]:
    """Return the lines of these that had better stand: what is red, and what holds words of the query that few of them hold."""
    asked = set(_WORD.findall(query[:_MAX_QUERY].lower()))
    lines = [shown[number][:_JUDGED] for number in gone]
    found = [asked.intersection(_WORD.findall(line.lower())) for line in lines]
    held = Counter(word for words in found for word in words)
    rare = {word for word, count in held.items() if count <= _COMMON}
    red = set(red_among(lines))
    return [n for n, line, words in zip(gone, lines, found, strict=True) if line in red or not rare.isdisjoint(words)]


def _count(file: FileDiff, source: Sequence[str], roles: Sequence[int], kind: str) -> str:
    if file.binary:
        return kind
    signs = Counter(source[n][:1] for n in range(file.body, file.end) if roles[n] == CHANGE)
    hunks = f" in {file.hunks:,} hunks" if file.hunks > 1 else ""
    return f"{kind}, {signs['+']:,} lines added, {signs['-']:,} removed{hunks}"
