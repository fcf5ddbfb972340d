"""Cache marks as `ChatAnthropic` takes them: `cache_control` in the blocks of the Messages API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom.integrations.chat_marks import Marks, as_block, is_text, parts_of, said_by, with_block

_MARK = {"cache_control": {"type": "ephemeral"}}

_MEDIA = frozenset({"image", "document", "file", "search_result"})
"""Blocks beside texts whose mark reaches the provider; that of an `image_url` is lost on the way."""


class AnthropicMarks(Marks):
    """Marks on tools, in the system's and in humans' contents, and on whole results of tools."""

    def takes(self, messages: Sequence[BaseMessage]) -> list[list[bool]]:
        """Return for every message, for each block in it that the provider counts, whether that takes a mark."""
        refused = frozenset(_called_by_code(messages))
        return [_takes(message, refused) for message in messages]

    def marked(self, message: BaseMessage, block: int) -> BaseMessage:
        """Return a copy of a message with a mark on a block that takes one."""
        if isinstance(message, ToolMessage) and not _is_written(message):
            return _written(message)
        return with_block(message, block, {**as_block(parts_of(message.content)[block]), **_MARK})

    def takes_tool(self, tool: Any) -> bool:
        """Leave the provider's own tools alone, and those that it loads when asked, which refuse marks."""
        return isinstance(tool, dict) and tool.get("type", "custom") == "custom" and not tool.get("defer_loading")

    def marked_tools(self, tools: Sequence[Any], number: int) -> list[Any]:
        """Return the tools with a mark on one that takes it."""
        return [*tools[:number], {**tools[number], **_MARK}, *tools[number + 1 :]]


def _takes(message: BaseMessage, refused: frozenset[str]) -> list[bool]:
    match message:
        case AIMessage():
            return [False] * said_by(message)
        case ToolMessage():
            count = len(message.content) if _is_written(message) else 1
            return [message.tool_call_id not in refused] * count
        case HumanMessage() | SystemMessage():
            return [is_text(part) or _is_media(part) for part in parts_of(message.content)]
    return [False]


def _is_media(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in _MEDIA


def _is_written(message: ToolMessage) -> bool:
    """Return whether a result stands in its message as the provider takes it."""
    parts = message.content
    return (
        isinstance(parts, list)
        and bool(parts)
        and all(isinstance(part, dict) and part.get("type") == "tool_result" for part in parts)
    )


def _written(message: ToolMessage) -> ToolMessage:
    """Return a result, marked, as the package itself would write it: a mark on a text in it would change its form."""
    result = {
        "type": "tool_result",
        "content": message.content,
        "tool_use_id": message.tool_call_id,
        "is_error": message.status == "error",
        **_MARK,
    }
    return message.model_copy(update={"content": [result]})


def _called_by_code(messages: Sequence[BaseMessage]) -> Iterator[str]:
    """Yield the ids of calls that the provider's code execution made: neither they nor their results take marks."""
    for message in messages:
        for part in message.content if isinstance(message, AIMessage) else ():
            match part:
                case {"type": "tool_use", "id": str(id), "caller": {"type": str(caller)}} if caller != "direct":
                    yield id
