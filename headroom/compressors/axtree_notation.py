"""The notation of trees: what is written, and how it is read back.

Lossless, for trees that are indented by tabs:

    [a blank of depth stands for a tab, a role alone for role '', visible; = at the end for StaticText below, ...]
     [52] list
      [55] button 'Sign in', clickable, visible =

A selection, by lines; a first line declares the others by role. Long addresses are cut in place:

    [120 of 330 lines left out (no name, or that of a line beside it): 54 image, 30 listitem, 25 StaticText, 11 more]
     [243] link 'Register', clickable, url='https://account.example.org/auth?client_id=vO1K…[420 characters]'
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_LEGEND = (
    "[a blank of depth stands for a tab, a role alone for role '', visible; "
    "= at the end for StaticText below, inside the last named node and of the same name]"
)
_SAME = " ="
_UNNAMED = " '', visible"
_BARE = re.compile(r"(?:\[[A-Za-z0-9_-]{1,24}\] )?[A-Za-z][A-Za-z-]{1,30}")
_NAMED = re.compile(
    rf"{_BARE.pattern}(?<!StaticText) ('(?!')[^'\\]*(?:\\.[^'\\]*)*'|\"(?!\")[^\"\\]*(?:\\.[^\"\\]*)*\")"
)

_LISTED = 3
"""How many roles of what is left out are listed."""

_SHOWN = 80
"""Characters that are shown of a long address."""

_ADDRESS = re.compile(rf"((?:data:|https?://|/url: )[^\s'\"<>]{{{_SHOWN}}})([^\s'\"<>]{{40,}})")
_CUT = re.compile(r"…\[([1-9][0-9]{1,8}) characters\]")


def fold(text: str) -> str | None:
    """Return the lossless form of a tree; None where it could not be read back."""
    if text.startswith(_LEGEND) or "\n\t" not in text:
        return None
    out = [_LEGEND]
    echo = ""
    for line in text.split("\n"):
        if line == echo:
            out[-1] += _SAME
            echo = ""
            continue
        body = line.lstrip("\t")
        depth = len(line) - len(body)
        echo = _echo(body, depth) or echo
        out.append(" " * depth + body.removesuffix(_UNNAMED))
    folded = "\n".join(out)
    return folded if unfold(folded) == text else None


def unfold(folded: str) -> str:
    """Return the source that a lossless form stands for; empty for any other text."""
    legend, *lines = folded.split("\n")
    if legend != _LEGEND:
        return ""
    out: list[str] = []
    echo = ""
    for line in lines:
        body = line.removesuffix(_SAME).lstrip(" ")
        depth = len(line.removesuffix(_SAME)) - len(body)
        if _BARE.fullmatch(body):
            body += _UNNAMED
        echo = _echo(body, depth) or echo
        out.append("\t" * depth + body)
        if line.endswith(_SAME):
            out.append(echo)
            echo = ""
    return "\n".join(out)


def _echo(body: str, depth: int) -> str:
    """Return the line of text that would only repeat a node's name; empty without a name."""
    match = _NAMED.match(body)
    return "\t" * (depth + 1) + "StaticText " + match[1] if match else ""


def cut(line: str) -> str:
    """Return the line with its long addresses cut, each cut declared; the line itself if it already reads so."""
    if len(line) < _SHOWN or "…[" in line:
        return line
    return _ADDRESS.sub(lambda address: f"{address[1]}…[{len(address[2])} characters]", line)


def is_cut_of(line: str, source: str) -> bool:
    """Tell whether a line shows all of another but what its cuts declare."""
    at = end = 0
    for gap in _CUT.finditer(line):
        shown = line[end : gap.start()]
        if not source.startswith(shown, at):
            return False
        at += len(shown) + int(gap[1])
        end = gap.end()
    return end > 0 and at <= len(source) and source[at:] == line[end:]


def flat(line: str, depth: int) -> str:
    """Return the line at its new depth, one blank for each."""
    return line if depth < 0 else " " * depth + line.lstrip(" \t")


def declare(gone: Sequence[str]) -> str:
    """Return the line that declares what is left out, given per source line the role left out or an empty one."""
    roles = Counter(gone)
    del roles[""]
    counts = sorted(roles.items(), key=lambda item: (-item[1], item[0]))
    listed = [f"{count} {role}" for role, count in counts[:_LISTED]]
    more = sum(count for _, count in counts[_LISTED:])
    told = ", ".join([*listed, f"{more} more"] if more else listed) or "none"
    return (
        f"[{roles.total()} of {len(gone)} lines left out (no name, or that of a line beside it): {told}; depth is new]"
    )
