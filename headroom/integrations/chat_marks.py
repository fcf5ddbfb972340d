"""How chat models take cache marks: each provider package in its own way, one `Marks` for each family of classes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from headroom.caching.rules import Rules

Key = Callable[[], str]
"""Gives the name of the conversation, which is asked for only where a provider takes one."""


class Marks(ABC):
    """How one family of chat models takes cache marks. What it is given is never changed, but copied."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    @abstractmethod
    def takes(self, messages: Sequence[BaseMessage]) -> list[list[bool]]:
        """Return for every message, for each block in it that the provider counts, whether that takes a mark."""

    @abstractmethod
    def marked(self, message: BaseMessage, block: int) -> BaseMessage:
        """Return a copy of a message with a mark on a block that takes one."""

    def takes_tool(self, tool: Any) -> bool:  # noqa: ARG002 - for those that do
        """Return whether a tool takes a mark."""
        return False

    def marked_tools(self, tools: Sequence[Any], number: int) -> list[Any]:  # noqa: ARG002
        """Return the tools with a mark on one that takes it."""
        return [*tools]

    def ready(self, messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
        """Return the messages in a form that a mark does not change, if it would."""
        return messages

    def named(self, arguments: Mapping[str, Any], key: Key) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the arguments of a call with the name of its conversation, if the provider takes one."""
        return arguments


def said_by(message: AIMessage) -> int:
    """Return how many blocks a provider counts in an assistant's message: its calls may stand in the content, or not."""
    parts = message.content if isinstance(message.content, list) else [message.content] * bool(message.content)
    standing = {part.get("id") or part.get("call_id") for part in parts if isinstance(part, dict)}
    return len(parts) + sum(call["id"] not in standing for call in message.tool_calls)


def parts_of(content: str | list[Any]) -> list[Any]:
    """Return a content as a list of parts."""
    return content if isinstance(content, list) else [content]


def as_block(part: Any) -> dict[str, Any]:
    """Return a part as a block, which a text may be without being one."""
    return {"type": "text", "text": part} if isinstance(part, str) else dict(part)


def is_text(part: Any) -> bool:
    """Return whether a part is a text that says something."""
    match part:
        case str(text) | {"type": "text", "text": str(text)}:
            return bool(text) and not text.isspace()
    return False


def with_block(message: BaseMessage, block: int, *blocks: dict[str, Any]) -> BaseMessage:
    """Return a copy of a message with blocks in the place of one of its parts."""
    parts = parts_of(message.content)
    return message.model_copy(update={"content": [*parts[:block], *blocks, *parts[block + 1 :]]})
