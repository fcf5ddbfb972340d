"""The lines of a search: what grep, ripgrep and git grep print for a hit, its context and a break."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import ne
from typing import NamedTuple

BREAK = "--"
"""What grep prints between stretches of context."""

NUMBERED = re.compile(r"[0-9]{1,9}([:=-])")
"""How a line begins under a heading: its number, and a sign: a hit, the function it is in, or context."""

_PATH = r"(?:[A-Za-z]:(?=[\\/]))?[^\s:\"'<>|*?`][^\t:\"<>|*?`]{0,300}"
_TYPED = re.compile(rf"(?=.*(?:[\\/]|\.[A-Za-z_]|^[A-Z][A-Za-z_]*file$)){_PATH}(?<![\s,;])")
_REV = (
    r"(?:(?:[A-Z_]*HEAD|[0-9a-f]{7,40}|v?[0-9]{1,9}(?:\.[0-9a-z-]{1,20}){1,4}|main|master|develop|trunk|[\w.-]{1,80}(?:/[\w.-]{1,80}){1,4}"
    r"|[\w./-]{1,80}(?=[~^@]))(?:[~^@][\w{}~^@/-]{0,40})?:(?=[^\s\\/0-9]))?"
)
"""What git grep prints before paths in a commit or a tree: the whole is what git show takes."""

_NUMBER = "[0-9]{1,9}:"
_TEXT = r"(?:[^:\s]| {2,}\S|\t)"
"""What stands behind the path of a hit and its colon, where hits are numbered and where they are bare."""

_HIT = re.compile(rf"({_REV}{_PATH}):(?={_NUMBER})")
_BARE = re.compile(
    rf"({_REV}(?:[A-Za-z]:[\\/][^\t:\"'<>|*?`=;]{{1,300}}|[^\s:\"'<>|*?`(){{}}\[\]=,;]{{1,300}})):(?={_TEXT})"
)
_NUMBERED = re.compile(rf"(?m)^(?:([^:\n]*+):(?={_NUMBER}))?.*$")
_UNNUMBERED = re.compile(rf"(?m)^(?:([^\s:\"'<>|*?`()\[\]=,;]*+):(?={_TEXT}))?.*$")
"""Every line of a text, and what stands before its first colon, if that may be a path."""

_BEHIND = re.compile(f":{_NUMBER}")
_ANY = re.compile(rf":{_TEXT}|[0-9]:|.:\n.")
"""What every text with hits holds, below headings, too."""

_CONTEXT = re.compile(r"([=-])[0-9]{1,9}\1")
_DASH = re.compile("-")
_DASHES = 12
"""Dashes of a line without a number at which its path may end."""


class Line(NamedTuple):
    """One line of the source; `path + sign + rest` is the line itself where it belongs to a file."""

    path: str
    """As it can be typed; empty for what is no part of the search."""
    sign: str
    """A colon for what was searched for; another one, or none, for its surroundings."""
    rest: str
    """What stands after the path: number, sign and text, or the text alone; the whole line without a path."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a search, by what they are made of: see `Line`. Three lists cost a fraction of an object per line."""

    paths: list[str]
    signs: list[str]
    rests: list[str]

    def __len__(self) -> int:
        return len(self.paths)

    def part(self, start: int, end: int) -> Lines:
        """Return the lines from `start` to before `end`."""
        return Lines(self.paths[start:end], self.signs[start:end], self.rests[start:end])

    def runs(self) -> Iterator[tuple[str, int, int]]:
        """Yield the stretches of lines of one file: its path, and where they begin and end."""
        paths = self.paths
        starts = [0, *compress(range(1, len(paths)), map(ne, paths, paths[1:]))] if paths else []
        for start, end in zip(starts, [*starts[1:], len(paths)], strict=True):
            yield paths[start], start, end


_BEFORE_PATH = re.compile(_REV)


def is_path(text: str) -> bool:
    """Tell whether a text looks like one path: with a directory or an ending, without signs of another kind of line."""
    if "  " in text:
        return False
    rev = _BEFORE_PATH.match(text) if ":" in text else None
    return _TYPED.fullmatch(text, rev.end() if rev else 0) is not None


def may_hold_hits(text: str) -> bool:
    """Tell whether a text may hold hits at all; quick, for texts of very many lines that hold none."""
    return _ANY.search(text) is not None


def parse(source: Sequence[str]) -> Lines:
    """Return what every line is. Linear.

    A text has its hits numbered or bare: the more frequent form decides, all else belongs to no file. A break
    belongs to the file above it; context is told from a path with dashes by the paths that have hits.
    """
    text = "\n".join(source)
    numbered = _numbered(text, source)
    hits = len(source) - numbered.count("")
    if hits * 2 < len(source):
        bare = _bare(text, source)
        if len(source) - bare.count("") > hits:
            return _in_files(source, bare, _DASH, _bare_context)
    return _in_files(source, numbered, _CONTEXT, _context)


def _numbered(text: str, source: Sequence[str]) -> list[str]:
    """Return the path of each line, if it is a hit with a number, or an empty one."""
    if _BEHIND.search(text) is None:
        return [""] * len(source)
    told: list[str] = _NUMBERED.findall(text)
    others = [number for number, path in enumerate(told) if not path]
    if _BEHIND.search("\n".join([source[number] for number in others])):
        for number in others:
            match = _HIT.match(source[number]) if _BEHIND.search(source[number]) else None
            told[number] = match[1] if match else ""
    paths = {path: path if is_path(path) else "" for path in set(told)}
    return [paths[path] for path in told]


def _bare(text: str, source: Sequence[str]) -> list[str]:
    """Return the path of each line, if it is a hit without a number, or an empty one."""
    paths: list[str] = []
    judged = {"": False}
    for line, path in zip(source, _UNNUMBERED.findall(text), strict=True):
        if path not in judged:
            match = _BARE.match(line)
            path = match[1] if match else ""
            if path not in judged:
                judged[path] = is_path(path)
        paths.append(path if judged[path] else "")
    return paths


def _in_files(
    source: Sequence[str], paths: list[str], sign: re.Pattern[str], context: Callable[[str, set[str]], Line | None]
) -> Lines:
    """Return the lines with these paths, and what is context and a break among those without.

    `paths` becomes theirs. `sign` stands between the path above and the rest of its context; `context` finds the path of any other.
    """
    known = set(paths) - {""}
    signs = [":" if path else "" for path in paths]
    rests = [text[len(path) + 1 :] if path else text for path, text in zip(paths, source, strict=True)]
    unsure = {"", *[path for path in known if "-" in path]}
    for number in [number for number, path in enumerate(paths) if path in unsure]:
        path, above = paths[number], paths[number - 1] if number else ""
        if path and path == above:
            continue
        text = source[number]
        if above and text.startswith(above) and sign.match(text, len(above)):
            paths[number], signs[number], rests[number] = above, text[len(above)], text[len(above) + 1 :]
        else:
            paths[number], signs[number], rests[number] = _line(text, path, above, known, context)
    return Lines(paths, signs, rests)


def _line(text: str, path: str, above: str, known: set[str], context: Callable[[str, set[str]], Line | None]) -> Line:
    """Return what a line is that is no context of the file above: a break, context of another, a hit, or nothing."""
    if text == BREAK and above and not path:
        return Line(above, "", text)
    line = context(text, known) if not path or path != above else None
    return line or (Line(path, ":", text[len(path) + 1 :]) if path else Line("", "", text))


def _context(text: str, known: set[str]) -> Line | None:
    """Return the line as context of a file that has hits."""
    for match in _CONTEXT.finditer(text, 1, 400):
        if text[: match.start()] in known:
            return Line(text[: match.start()], match[1], text[match.start() + 1 :])
    return None


def _bare_context(text: str, known: set[str]) -> Line | None:
    """Return the line as context that has no number."""
    at = 0
    for _ in range(_DASHES):
        at = text.find("-", at + 1)
        if at < 0:
            break
        if text[:at] in known:
            return Line(text[:at], "-", text[at + 1 :])
    return None
