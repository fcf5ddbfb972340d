"""The words that agents copy: names, paths and numbers of a result that a later turn says again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from headroom.content import Block, Message

_TERM = re.compile(r"[A-Za-z0-9_]{3,80}")
_NAME = re.compile(r"[0-9_]|[a-z][A-Z]")
"""What tells a name from a word of prose: a digit, an underscore, a capital inside."""

_BLOCK_CHARACTERS = 400_000
"""A longer text is read for terms up to here."""

Place = tuple[int, int]
"""Index of a message, and of a block in it."""


def terms_of(text: str) -> Iterator[str]:
    """Yield the terms of a text, in order: runs of ASCII letters, digits and underscores."""
    for match in _TERM.finditer(text, 0, _BLOCK_CHARACTERS):
        yield match[0]


def is_name(term: str) -> bool:
    """Tell whether a term is a name or a number rather than a word of prose."""
    return _NAME.search(term) is not None


def uses(messages: Sequence[Message]) -> Mapping[Place, tuple[str, ...]]:
    """Return, by result, the terms that it was the first to show and that a later call or answer says.

    What the human or the assistant had said before is not the result's. Linear in the messages.
    """
    source: dict[str, Place | None] = {}
    used: dict[Place, dict[str, None]] = {}
    for number, message in enumerate(messages):
        for index, block in enumerate(message.blocks):
            for said in _said(block):
                for term in terms_of(said):
                    place = source.setdefault(term, None)
                    if place is not None and place[0] < number:
                        used.setdefault(place, {})[term] = None
            if _is_result(block):
                for term in terms_of(block.text):
                    source.setdefault(term, (number, index))
    return {place: tuple(terms) for place, terms in used.items()}


def _said(block: Block) -> Iterator[str]:
    """Yield what somebody other than a tool says in this block: its text, or the call that it answers."""
    if _is_result(block):
        yield block.arguments
    elif block.kind == "text":
        yield block.text


def _is_result(block: Block) -> bool:
    return block.kind in ("tool_result", "document")
