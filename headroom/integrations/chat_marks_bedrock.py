"""Cache marks as `ChatBedrockConverse` takes them: a `cachePoint` behind what it closes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom.caching.rules import Rules
from headroom.integrations.chat_marks import Marks, as_block, is_text, parts_of, said_by, with_block

_POINT = {"cachePoint": {"type": "default"}}


class BedrockMarks(Marks):
    """Points among the tools, and in contents; Nova takes none among tools, nor beside a call or a result."""

    def __init__(self, rules: Rules, *, nova: bool) -> None:
        super().__init__(rules)
        self._nova = nova

    def takes(self, messages: Sequence[BaseMessage]) -> list[list[bool]]:
        """Return for every message, for each block in it that the provider counts, whether that takes a mark."""
        return [self._takes(message, _beside(messages, index)) for index, message in enumerate(messages)]

    def marked(self, message: BaseMessage, block: int) -> BaseMessage:
        """Return a copy of a message with a point behind a block that takes one."""
        parts = parts_of(message.content)
        if isinstance(message, ToolMessage):  # the package puts it behind the whole result
            return message.model_copy(update={"content": [*map(as_block, parts), _POINT]})
        return with_block(message, block, as_block(parts[block]), _POINT)

    def takes_tool(self, tool: Any) -> bool:  # noqa: ARG002 - behind any
        """Return whether a point may stand behind a tool."""
        return not self._nova

    def marked_tools(self, tools: Sequence[Any], number: int) -> list[Any]:
        """Return the tools with a point behind one."""
        return [*tools[: number + 1], _POINT, *tools[number + 1 :]]

    def _takes(self, message: BaseMessage, beside: Sequence[BaseMessage]) -> list[bool]:
        match message:
            case AIMessage():
                return [False] * said_by(message)
            case ToolMessage():
                return [not self._nova and all(map(is_text, parts_of(message.content)))]
            case HumanMessage() | SystemMessage():
                mixed = self._nova and any(isinstance(each, ToolMessage) for each in beside)
                free = not mixed and not _is_joined(message, beside)
                return [free and is_text(part) for part in parts_of(message.content)]
        return [False]


def _beside(messages: Sequence[BaseMessage], index: int) -> list[BaseMessage]:
    return [*messages[max(0, index - 1) : index], *messages[index + 1 : index + 2]]


def _is_joined(message: BaseMessage, beside: Sequence[BaseMessage]) -> bool:
    """Return whether the package makes one text of this message and the next: with a point they would be two."""
    return isinstance(message.content, str) and any(
        isinstance(each, type(message)) and isinstance(each.content, str) for each in beside
    )
