"""When the retrieval tool is offered: only where it pays for itself."""

from __future__ import annotations

from collections.abc import Callable

from headroom import tokens
from headroom.content import Conversation, Plan

LARGE_HEAD_TOKENS = 9_000
"""Tools and system prompt of this size: the definition adds under 1 %, so it is offered from the first request on."""

DEFINITION_TOKENS = 90
"""The definition's own size at most (see `headroom.tools`); billed with every request that carries it."""

WRITE, READ = 1.25, 0.1
"""Prices of writing and reading the provider's cache, in units of a plain input token (Anthropic, 5 minutes)."""


def pays(conversation: Conversation, *, without: Callable[[], Plan], with_tool: Callable[[], Plan]) -> bool:
    """Return whether some block saves enough through the tool to pay for rewriting all that stands before it.

    A new tool breaks the cached prefix: what was read at 0.1 is written again at 1.25. The block itself
    is new and would be written anyway. `without` and `with_tool` plan the same conversation.
    """
    if large_head(conversation):
        return True
    before = tokens.count_head(conversation.head)
    for plain, declared in zip(without().decisions, with_tool().decisions, strict=True):
        saved = plain.tokens_after - declared.tokens_after
        if saved * WRITE > before * (WRITE - READ) + DEFINITION_TOKENS * WRITE:
            return True
        before += plain.tokens_before
    return False


def large_head(conversation: Conversation) -> bool:
    """Return whether tools and system prompt are so large that the tool is offered whatever the blocks save."""
    return tokens.count_head(conversation.head) >= LARGE_HEAD_TOKENS
