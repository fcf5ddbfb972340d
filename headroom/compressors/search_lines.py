"""The lines of a search: what grep, ripgrep and git grep print for a hit, its context and a break."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

BREAK = "--"
"""What grep prints between stretches of context."""

NUMBERED = re.compile(r"[0-9]{1,9}([:=-])")
"""How a line begins under a heading: its number, and a sign: a hit, the function it is in, or context."""

_PATH = r"(?:[A-Za-z]:(?=[\\/]))?[^\s:\"'<>|*?`][^\t:\"<>|*?`]{0,300}"
_TYPED = re.compile(rf"(?!.*  )(?=.*(?:[\\/]|\.[A-Za-z_]|^[A-Z][A-Za-z_]*file$)){_PATH}(?<![\s,;])")
_REV = (
    r"(?:(?:[A-Z_]*HEAD|[0-9a-f]{7,40}|v?[0-9]{1,9}(?:\.[0-9a-z-]{1,20}){1,4}|main|master|develop|trunk|[\w.-]{1,80}(?:/[\w.-]{1,80}){1,4}"
    r"|[\w./-]{1,80}(?=[~^@]))(?:[~^@][\w{}~^@/-]{0,40})?:(?=[^\s\\/0-9]))?"
)
"""What git grep prints before paths in a commit or a tree: the whole is what git show takes."""
_NUMBER, _TEXT = re.compile("[0-9]{1,9}:"), re.compile(r"[^:\s]| {2,}\S|\t")
"""What stands behind the path of a hit and its colon, where hits are numbered and where they are bare."""

_HIT = re.compile(rf"({_REV}{_PATH}):(?={_NUMBER.pattern})")
_BARE = re.compile(
    rf"({_REV}(?:[A-Za-z]:[\\/][^\t:\"'<>|*?`=;]{{1,300}}|[^\s:\"'<>|*?`(){{}}\[\]=,;]{{1,300}})):(?={_TEXT.pattern})"
)
_CONTEXT = re.compile(r"([=-])[0-9]{1,9}\1")
_DASHES = 12
"""Dashes of a line without a number at which its path may end."""


class Line(NamedTuple):
    """One line of the source; `path + sign + rest` is the line itself where it belongs to a file."""

    path: str
    """As it can be typed; empty for what is no part of the search."""
    sign: str
    rest: str
    """What stands after the path: number, sign and text, or the text alone; the whole line without a path."""

    @property
    def hit(self) -> bool:
        """Whether it is what was searched for, not its surroundings."""
        return self.sign == ":"


_BEFORE_PATH = re.compile(_REV)


def is_path(text: str) -> bool:
    """Tell whether a text looks like one path: with a directory or an ending, without signs of another kind of line."""
    rev = _BEFORE_PATH.match(text) if ":" in text else None
    return _TYPED.fullmatch(text, rev.end() if rev else 0) is not None


def parse(source: Sequence[str]) -> list[Line]:
    """Return what every line is. Linear.

    A text has its hits numbered or bare: the more frequent form decides, all else belongs to no file. A break
    belongs to the file above it; context is told from a path with dashes by the paths that have hits.
    """
    numbered = _split(source, _HIT, _NUMBER)
    hits = sum(1 for line in numbered if line.path)
    if hits * 2 < len(source):
        bare = _split(source, _BARE, _TEXT)
        if sum(1 for line in bare if line.path) > hits:
            return _in_files(source, bare, _bare_context)
    return _in_files(source, numbered, _context)


def _split(source: Sequence[str], form: re.Pattern[str], behind: re.Pattern[str]) -> list[Line]:
    """Return the hits of one form, given what stands behind their path and its colon."""
    lines: list[Line] = []
    judged: dict[str, bool] = {"": False}
    for line in source:
        path = line[: line.find(":")]
        told = behind.match(line, len(path) + 1) is not None
        if not told or (path not in judged and form is not _HIT):  # before a number stands no commit
            match = form.match(line)
            path = match[1] if match else ""
        if path not in judged:
            judged[path] = is_path(path)
        lines.append(Line(path, ":", line[len(path) + 1 :]) if judged[path] else Line("", "", line))
    return lines


def _in_files(
    source: Sequence[str], found: list[Line], context: Callable[[str, str, set[str]], Line | None]
) -> list[Line]:
    """Add context and breaks."""
    known = {line.path for line in found}
    if "" not in known and not any("-" in path for path in known):
        return found
    known.discard("")
    lines: list[Line] = []
    path = ""
    for text, line in zip(source, found, strict=True):
        if text == BREAK and path:
            lines.append(Line(path, "", text))
            continue
        if not line[0] or (line[0] != path and "-" in line[0]):
            line = context(text, path, known) or line
        path = line[0]
        lines.append(line)
    return lines


def _context(text: str, path: str, known: set[str]) -> Line | None:
    """Return the line as context, of the file above if it can be."""
    if path and text.startswith(path) and _CONTEXT.match(text, len(path)):
        return Line(path, text[len(path)], text[len(path) + 1 :])
    for match in _CONTEXT.finditer(text, 1, 400):
        if text[: match.start()] in known:
            return Line(text[: match.start()], match[1], text[match.start() + 1 :])
    return None


def _bare_context(text: str, path: str, known: set[str]) -> Line | None:
    """Return the line as context that has no number, of the file above if it can be."""
    if path and text.startswith(path + "-"):
        return Line(path, "-", text[len(path) + 1 :])
    at = 0
    for _ in range(_DASHES):
        at = text.find("-", at + 1)
        if at < 0:
            break
        if text[:at] in known:
            return Line(text[:at], "-", text[at + 1 :])
    return None
