"""Markdown: what of a text is a document's own, and how its lines read without signs.

Fenced code is of another kind than what stands around it: a manual full of it is no file of code. Comments that begin
with `#` are no headings: those stand alone between blank lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_FENCE = re.compile(r"\n(?: {0,8}[0-9]{1,7}[\t→|:] ?)? {0,3}(`{3,}|~{3,})([^`\n]*)(?=\n|\Z)")
"""A line that opens or closes fenced code; editors put a number before it."""

_LEAST_OUTSIDE = 4
"""One part in so many is not fenced, else the text is an answer that is all code."""

_HEADING = re.compile(r"#{1,6} {1,3}\S[^\n]{0,200}")
_MIN_HEADINGS = 2
_HEADINGS_SHARE = 10, 6
"""Of so many lines that begin with the sign, so many are headings."""

_LINK = re.compile(r"!?\[([^\[\]]{0,200})\](?:\([^()\s]{0,400}(?: \"[^\"]{0,200}\")?\)|\[[^\[\]]{0,200}\])?")
_BARE_LINK = re.compile(r"<?https?://[^\s<>]{1,400}>?")
_QUOTED = re.compile(r"(`{1,2})[^`]{1,200}\1")
_LEAD = re.compile(r"\s{0,12}(?:[#>*+-]{1,6}|[0-9]{1,3}[.)])\s{1,4}(?:>\s|\[[ x]\] )?")
_DRAWN = re.compile(r"\s{0,12}(?:\[[^\[\]]{1,200}\]: ?\S|<!--|-->|\||</?[a-z][^<>]{0,200}>$|[-*_=]{3,}$|\[!\[)")
"""Lines of a document that say no sentence: targets of links, comments, tables, rules, badges."""

_EMPHASIS = str.maketrans("", "", "*_\\")


def outside(text: str) -> str:
    """Return the text without its fenced code; all of it where little else is left. Linear."""
    if "```" not in text and "~~~" not in text:
        return text
    parts: list[str] = []
    end = 0
    for start, stop in _fenced(text):
        parts.append(text[end:start])
        end = stop
    parts.append(text[end:])
    return "".join(parts) if sum(map(len, parts)) * _LEAST_OUTSIDE >= len(text) else text


def _fenced(text: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where code is fenced, fences included; a fence that nothing closes opens nothing."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif fence[1].startswith(opened[1]) and not fence[2].strip():
            yield opened.start(), fence.end()
            opened = None


def is_headed(lines: Sequence[str]) -> bool:
    """Tell whether lines have headings as documents do, rather than comments."""
    signed = [number for number, line in enumerate(lines) if line[:1] == "#"]
    headings = sum(_heads(lines, number) for number in signed)
    return headings >= _MIN_HEADINGS and headings * _HEADINGS_SHARE[0] >= len(signed) * _HEADINGS_SHARE[1]


def _heads(lines: Sequence[str], number: int) -> bool:
    """Tell whether a line that begins with the sign stands apart; below two signs a section may begin at once."""
    line = lines[number].rstrip()
    below = lines[number + 1].strip() if number + 1 < len(lines) else ""
    apart = (number == 0 or not lines[number - 1].strip()) and (not below or (line[:2] == "##" and below[0] != "#"))
    return apart and _HEADING.fullmatch(line) is not None


def plain(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines as they read: links by their text, quoted code as a word; none of what says no sentence."""
    comment = False
    for line in lines:
        if comment or _DRAWN.match(line):
            comment = "-->" not in line and (comment or "<!--" in line)
            continue
        said = _QUOTED.sub("code", _LINK.sub(r"\1", line[:2_000]))
        yield _BARE_LINK.sub("link", _LEAD.sub("", said, count=1)).translate(_EMPHASIS)
