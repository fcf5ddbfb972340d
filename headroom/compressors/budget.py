"""Targets in characters, and whether a selection is worth declaring: without counting the tokens of a large text."""

from __future__ import annotations

from headroom import tokens
from headroom.compressors.base import DECLARING_TOKENS

_SAMPLE = 4_000
"""Characters at the start and in the middle by which tokens are told in characters."""


def characters(target_tokens: int, *, text: str) -> int:
    """Return about how many characters of a text are so many tokens, by a sample of it; at least one for each."""
    middle = len(text) // 2
    sample = text[:_SAMPLE] + text[middle : middle + _SAMPLE]
    return target_tokens * max(100, len(sample) * 100 // max(1, tokens.count(sample))) // 100


def pays(selection: str, *, whole: str) -> bool:
    """Tell whether a selection saves more than its marker costs over the lossless form."""
    if len(selection) * 2 < len(whole):
        return True
    return tokens.count(selection) + DECLARING_TOKENS < tokens.count(whole)
