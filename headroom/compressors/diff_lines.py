"""The lines of a diff: what names a file, what is changed, what is only context.

Unified diffs of git, diff -u, svn, hg and patch files, and git's combined diffs of merges. A hunk ends where its
header says, so that a removed line `-- x`, which shows as `--- x`, is no file name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

OTHER, HEAD, HUNK, CONTEXT, CHANGE = range(5)
"""What a line is: none of these, a file's header, a hunk's header, unchanged, changed."""

_FILE = ("diff --git ", "diff --cc ", "diff --combined ", "diff -", "Index: ", "Only in ")
_HUNK = re.compile(r"(@@@{0,8}) ((?:-[0-9]{1,9}(?:,[0-9]{1,9})? )+)\+[0-9]{1,9}(?:,([0-9]{1,9}))? \1")
_OLD = re.compile(r"-[0-9]{1,9}(?:,([0-9]{1,9}))?")
_SAME = frozenset({" ", "", "\r"})
"""What a line of context begins with."""

_BINARY = "GIT binary patch"
_BASE85 = re.compile(r"(?:[A-Za-z][0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{5,80}|(?:literal|delta) [0-9]+)?\r?")
_EXTENDED = re.compile(
    r"(?:index|(?:old|new|deleted file|new file) mode|mode|(?:dis)?similarity index|(?:rename|copy) (?:from|to)"
    r"|Binary files|[+-]{3}) |={60,}$|Binary files"
)
_NAMED = re.compile(r"(?:\+\+\+|---) (?!/dev/null)(?:[abciow12]/)?([^\t\n]{1,1000})")
_GIT = re.compile(r"diff --(?:git|cc|combined) (?:\"?a/)?([^\"\n]{1,1000}?)(?:\"? \"?b/.{1,1000})?$")


@dataclass(slots=True)
class FileDiff:
    """The diff of one file."""

    start: int
    body: int = -1
    """The line on which its first hunk begins; -1 while it has none."""
    end: int = -1
    path: str = ""
    """As it can be typed; without git's a/ or b/."""
    hunks: int = 0
    binary: bool = False


@dataclass(slots=True)
class Diff:
    """A text's lines, told apart."""

    roles: list[int] = field(default_factory=list)
    files: list[FileDiff] = field(default_factory=list)


def parse(source: Sequence[str]) -> Diff:
    """Return what every line of the source is. Linear."""
    diff = Diff()
    roles = diff.roles
    file: FileDiff | None = None
    at = 0
    while at < len(source):
        line = source[at]
        if line.startswith("@@") and (header := _HUNK.match(line)):
            file = file or _begin(diff, at)
            end = _hunk(source, at + 1, header, roles=roles)
            file.body = at if file.body < 0 else file.body
            file.hunks += 1
            file.end = at = end
            continue
        if _starts_file(source, at, file):
            file = _begin(diff, at)
        named = file is not None and file.body < 0 and _names(file, line)
        roles.append(HEAD if named else OTHER)
        at += 1
        if file is not None and line == _BINARY and file.body < 0:
            file.body, file.binary = at, True
            file.end = at = _binary(source, at, roles)
    for file in diff.files:
        file.end = max(file.end, file.start + 1)
    return diff


def _begin(diff: Diff, at: int) -> FileDiff:
    diff.files.append(FileDiff(at))
    return diff.files[-1]


def _starts_file(source: Sequence[str], at: int, file: FileDiff | None) -> bool:
    line = source[at]
    if line.startswith(_FILE):
        return True
    if line.startswith("--- ") and (file is None or file.body >= 0):
        return at + 1 < len(source) and source[at + 1].startswith("+++ ")
    return False


def _names(file: FileDiff, line: str) -> bool:
    """Take a file's name from a line of its header; tell whether it is one."""
    if (named := _NAMED.match(line)) or (named := _GIT.match(line)):
        file.path = named[1]
    elif line.startswith("Index: "):
        file.path = line[7:]
    return line.startswith(_FILE) or _EXTENDED.match(line) is not None


def _hunk(source: Sequence[str], start: int, header: re.Match[str], *, roles: list[int]) -> int:
    """Tell apart the lines of the hunk that starts there; return where it ends."""
    parents = len(header[1]) - 1
    old = [int(count) if count else 1 for count in _OLD.findall(header[2])]
    new = int(header[3]) if header[3] else 1
    roles.append(HUNK)
    if len(old) != parents:
        return start
    if parents == 1:
        return _plain(source, start, old[0], new, roles)
    return _combined(source, start, old, new, roles)


def _plain(source: Sequence[str], start: int, old: int, new: int, roles: list[int]) -> int:
    for at in range(start, len(source)):
        sign = source[at][:1]
        if sign in _SAME and old > 0 and new > 0:
            old -= 1
            new -= 1
            roles.append(CONTEXT)
        elif sign == "\\":
            roles.append(CHANGE)
        elif old <= 0 and new <= 0:
            return at
        elif sign == "+":
            new -= 1
            roles.append(CHANGE)
        elif sign == "-":
            old -= 1
            roles.append(CHANGE)
        else:
            return at
    return len(source)


def _combined(source: Sequence[str], start: int, old: list[int], new: int, roles: list[int]) -> int:
    parents = len(old)
    for at in range(start, len(source)):
        signs = source[at][:parents]
        if signs[:1] == "\\":
            roles.append(CHANGE)
            continue
        if (new <= 0 and max(old) <= 0) or signs.strip(" +-\r"):
            return at
        removed = "-" in signs
        new -= not removed
        for parent, sign in enumerate(signs.ljust(parents)):
            old[parent] -= sign == "-" if removed else sign == " "
        roles.append(CHANGE if signs.strip() else CONTEXT)
    return len(source)


def _binary(source: Sequence[str], start: int, roles: list[int]) -> int:
    """Return where git's base85 of a binary file ends, told by its letters."""
    for at in range(start, len(source)):
        if not _BASE85.fullmatch(source[at]):
            return at
        roles.append(CHANGE)
    return len(source)
