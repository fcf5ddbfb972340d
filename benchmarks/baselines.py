"""What anybody can do without headroom: white space out, the middle cut away, only the end."""

from __future__ import annotations

import json
import re

from headroom import tokens

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
_BLANK = re.compile(r"[ \t]+(?=\n)|\n{3,}")


def minified(text: str) -> str:
    """Return JSON without white space between its tokens, other text without trailing and repeated blanks."""
    try:
        json.loads(text)
    except ValueError:
        return _BLANK.sub(lambda found: "\n\n" if found[0].startswith("\n") else "", text)
    return _TOKEN.sub(lambda found: found[1] or "", text)


def head_and_tail(text: str, *, size: int) -> str:
    """Return the first 60 % and the last 40 % of what fits into `size` tokens."""
    fits, too_many = 0, len(text)
    while too_many - fits > 16:
        characters = (fits + too_many) // 2
        if tokens.count(_cut(text, characters)) <= size:
            fits = characters
        else:
            too_many = characters
    return _cut(text, fits)


def last_lines(text: str, *, count: int = 100) -> str:
    """Return the last lines."""
    return "\n".join(text.split("\n")[-count:])


def _cut(text: str, characters: int) -> str:
    head = characters * 6 // 10
    return f"{text[:head]}\n[…]\n{text[len(text) - (characters - head) :]}"
