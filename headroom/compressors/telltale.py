"""Telltale words: a line is worth a slow pattern only where it holds a word that every match of the pattern has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def holding(lines: Sequence[str], words: Iterable[str], *, text: str) -> list[int]:
    """Return the numbers of the lines that hold one of the words, in order.

    `text` is all of the lines: a word that is not in it is looked for in no line.
    """
    present = [word for word in words if word in text]
    return sorted({number for word in present for number, line in enumerate(lines) if word in line})
