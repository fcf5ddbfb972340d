"""Cache marks for Agno's Claude, of whatever provider, whose caller sets none.

Agno marks tools and system prompt where it is asked to, and messages never. So a request's messages are
marked before Agno writes them, and its tools and system prompt after.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from agno.models.base import Model
from agno.models.message import Message

from headroom.caching.align import Spot, places
from headroom.caching.rules import min_tokens_of, rules_of
from headroom.content import Role
from headroom.integrations.own_marks import holds_mark

logger = logging.getLogger(__name__)

_MARK = {"cache_control": {"type": "ephemeral"}}

_STEERING = ("cache_system_prompt", "cache_tools", "system_prompt_blocks")
"""By these fields of a Claude its caller says what is cached."""

_ROLES: Mapping[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant", "tool": "tool"}
_MEDIA = ("images", "files", "audio", "videos")


class MarkedMessages(list[Message]):
    """Messages that we have marked, by which the rest of their request is known again."""


def aligned(
    model: Model, messages: Sequence[Message], tools: Sequence[Any], *, short: bool = False
) -> Sequence[Message]:
    """Return the messages of a call with the cache marks that are due; the very same where a single one is set anywhere.

    `short` says that `compressed_content` is sent where there is one. Never raises: what goes wrong is logged,
    and the call goes out as it is.
    """
    try:
        if not _takes_marks(model) or _is_steered(model, messages, tools):
            return messages
        spots = list(_spots(messages, tools))
        chosen = [spots[n].place for n in places(spots, rules=rules_of("anthropic", model.id))]
        marked = {n: _marked(messages[n], short=short) for n in chosen if isinstance(n, int)}
        return MarkedMessages(marked.get(n, each) for n, each in enumerate(messages)) if chosen else messages
    except Exception as error:  # law 7: a call without marks costs more, and is answered
        logger.warning("a call is sent without cache marks: %s", type(error).__name__, exc_info=error)
        return messages


def with_marks(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that Agno made for a call whose messages we marked, with marks on tools and system prompt."""
    written = dict(request)
    for name in ("tools", "system"):
        blocks = written.get(name)
        last = next((n for n in reversed(range(len(blocks or ()))) if _takes(blocks[n])), None) if blocks else None
        if blocks and last is not None:
            written[name] = [*blocks[:last], {**blocks[last], **_MARK}, *blocks[last + 1 :]]
    return written


def _takes_marks(model: Model) -> bool:
    """Return whether a model is a Claude; at other providers than Anthropic the old ones refuse marks."""
    return _is_claude(type(model)) and (model.provider == "Anthropic" or min_tokens_of(model.id) is not None)


@lru_cache(maxsize=64)
def _is_claude(kind: type[Model]) -> bool:
    return any((each.__module__, each.__name__) == ("agno.models.anthropic.claude", "Claude") for each in kind.__mro__)


def _is_steered(model: Model, messages: Sequence[Message], tools: Sequence[Any]) -> bool:
    return (
        any(getattr(model, name, None) for name in _STEERING)
        or holds_mark(getattr(model, "request_params", None))
        or holds_mark(list(tools))
        or any(holds_mark(message.content) for message in messages)
    )


def _spots(messages: Sequence[Message], tools: Sequence[Any]) -> Iterator[Spot]:
    """Yield a spot for each block; its place is its message's number, or a word for what stands before the messages."""
    for _ in tools:
        yield Spot("tools", "system", place="tools")
    if any(_ROLES.get(message.role) == "system" for message in messages):
        yield Spot("system", "system", place="system")
    for number, message in enumerate(messages):
        role = _ROLES.get(message.role, "human")
        for _ in range(_blocks(message, role)):
            yield Spot("messages", role, markable=_is_markable(message, role), place=number)


def _blocks(message: Message, role: Role) -> int:
    """Return how many blocks the provider counts in a message, or a few more: then a mark is set that is not needed."""
    if role == "system":
        return 0  # Agno sends them before all others
    parts = len(message.content) if isinstance(message.content, list) else 1
    thoughts = bool(message.reasoning_content) + bool(message.redacted_reasoning_content)
    return parts + thoughts + len(message.tool_calls or ()) * (role == "assistant")


def _is_markable(message: Message, role: Role) -> bool:
    said = message.content
    plain = isinstance(said, str) and bool(said) and not said.isspace()
    if role == "tool":
        return plain and bool(message.tool_call_id) and not any(getattr(message, name) for name in _MEDIA)
    return plain and role == "human" and message.role == "user"


def _marked(message: Message, *, short: bool) -> Message:
    """Return a message in the provider's own form, which is what Agno would write, and a mark."""
    content = message.get_content(use_compressed_content=short)
    block = {"type": "text", "text": content}
    if message.role == "tool":
        block = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": str(content)}
    return message.model_copy(update={"role": "user", "content": [{**block, **_MARK}]})


def _takes(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type", "custom") in ("custom", "text")
