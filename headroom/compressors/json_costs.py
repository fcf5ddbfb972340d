"""What forms of a JSON text cost in tokens, counted no further than the decision at hand needs."""

from __future__ import annotations

from headroom import tokens

EXACT_CHARS = 100_000
"""Texts up to this long are compared by their tokens where their lengths leave it open, longer ones by characters."""

_SHORT = 4_000
"""Characters that are always counted: there is nothing to gain by a guess."""

_HALF = 2
"""A text this many times shorter than another that says the same has fewer tokens without counting."""

_PIECES, _PIECE = 12, 256
"""Pieces spread over a text by which its tokens are told, and their characters."""


def clearly_less(one: int, other: int) -> bool:
    """Whether the first number is so much smaller that a guess suffices: by 1.3 times."""
    return one * 13 < other * 10


def cheaper(text: str, other: str) -> bool:
    """Whether the text has fewer tokens than the other, which says the same.

    Of long texts, and where one is clearly shorter, whether it has fewer characters.
    """
    short, long = sorted((len(text), len(other)))
    if short + long > 2 * EXACT_CHARS or short * _HALF <= long or (short > _SHORT and clearly_less(short, long)):
        return len(text) < len(other)
    return tokens.count(text) < tokens.count(other)


def exceeds(text: str, target: int) -> bool:
    """Whether the text has more than `target` tokens; counted only when it is about as many."""
    if len(text) <= target and text.isascii():
        return False
    about = roughly(text)
    if clearly_less(about, target) or clearly_less(target, about):
        return about > target
    return tokens.count(text) > target


def roughly(text: str) -> int:
    """Return the number of tokens of a short text, and about that of a long one."""
    if len(text) <= _SHORT:
        return tokens.count(text)
    step = (len(text) - _PIECE) // (_PIECES - 1)
    counted = sum(tokens.count(text[start : start + _PIECE]) for start in range(0, step * _PIECES, step))
    return len(text) * counted // (_PIECES * _PIECE)
