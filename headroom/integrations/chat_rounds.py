"""The replies to one call of a chat model as rounds: what in them is ours, and what their caller sees of them.

When something is to be answered, refused or given up is decided in `headroom.rounds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, cast

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata, add_usage

from headroom.marker import TOOL
from headroom.rounds import Call, Result

_WHY_IT_ENDED = ("finish_reason", "stop_reason", "stopReason", "done_reason", "status")
_CUT_OFF = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded", "incomplete"}
    | {"content_filter", "content_filtered", "safety", "recitation", "refusal", "guardrail_intervened"}
)


@dataclass(frozen=True, slots=True)
class ChatRound:
    """One reply of the model and what headroom answered to the calls of its own in it."""

    reply: AIMessage
    results: tuple[ToolMessage, ...] = ()


def our_calls(reply: AIMessage) -> list[Call]:
    """Return the calls of headroom_retrieve in a reply. One that could not be parsed has no arguments."""
    parsed = [Call(call["id"] or "", call["args"]) for call in reply.tool_calls if call["name"] == TOOL]
    return parsed + [Call(call["id"] or "", {}) for call in reply.invalid_tool_calls if call["name"] == TOOL]


def other_calls(reply: AIMessage) -> bool:
    """Return whether a reply calls a tool that its caller must run."""
    return any(call["name"] != TOOL for call in (*reply.tool_calls, *reply.invalid_tool_calls))


def wants_tools(told: Mapping[str, Any]) -> bool:
    """Return whether a reply with this metadata ended by itself: a call that was cut off never happened."""
    return not any(str(told.get(name)).lower() in _CUT_OFF for name in _WHY_IT_ENDED)


def ends(told: Mapping[str, Any]) -> bool:
    """Return whether this metadata says that, or why, a reply ended."""
    return any(told.get(name) is not None for name in _WHY_IT_ENDED)


def tool_messages(results: Sequence[Result]) -> tuple[ToolMessage, ...]:
    """Return our answers as the messages that the model reads."""
    return tuple(
        ToolMessage(each.text, tool_call_id=each.id, name=TOOL, status="error" if each.is_error else "success")
        for each in results
    )


def spoken(rounds: Sequence[ChatRound]) -> Iterator[BaseMessage]:
    """Yield rounds as messages, as the provider saw them."""
    for each in rounds:
        yield each.reply
        yield from each.results


def shown(rounds: Sequence[ChatRound]) -> AIMessage:
    """Return rounds as the one message that their caller sees: everything said, nothing of ours."""
    last = rounds[-1].reply
    if len(rounds) == 1 and not our_calls(last):
        return last
    kwargs = {key: value for each in rounds for key, value in each.reply.additional_kwargs.items()}
    return last.model_copy(
        update={
            "id": rounds[0].reply.id or last.id,
            "content": _joined([without_ours(each.reply.content) for each in rounds]),
            "tool_calls": [call for call in last.tool_calls if call["name"] != TOOL],
            "invalid_tool_calls": [call for call in last.invalid_tool_calls if call["name"] != TOOL],
            "additional_kwargs": without_our_call(kwargs),
            "usage_metadata": shown_usage([each.reply.usage_metadata for each in rounds]),
        }
    )


def without_ours(content: str | list[Any], indexes: frozenset[object] = frozenset()) -> str | list[Any]:
    """Return content without the blocks that call our tool, or carry on calls that stand at these indexes."""
    if isinstance(content, str):
        return content
    kept = [part for part in content if not is_our_block(part, indexes)]
    return content if len(kept) == len(content) else kept


def is_our_block(part: object, indexes: frozenset[object] = frozenset()) -> bool:
    """Return whether a content block is a call of our tool, or a piece of one that stands at these indexes."""
    if not isinstance(part, dict) or part.get("type") not in _CALLS:
        return False
    return part.get("name") == TOOL or (part.get("name") is None and part.get("index") in indexes)


_CALLS = ("tool_use", "input_json_delta", "function_call", "tool_call", "tool_call_chunk", "invalid_tool_call")


def without_our_call(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return additional_kwargs without our call, where a provider package keeps calls there as well."""
    raw = kwargs.get("tool_calls")
    if not isinstance(raw, list) or not any(_is_our_raw_call(call) for call in raw):
        return kwargs
    kept = [call for call in raw if not _is_our_raw_call(call)]
    rest = {key: value for key, value in kwargs.items() if key != "tool_calls"}
    return {**rest, "tool_calls": kept} if kept else rest


def _is_our_raw_call(call: object) -> bool:
    match call:
        case {"function": {"name": name}} | {"name": name}:
            return bool(name == TOOL)
    return False


def _joined(contents: Sequence[str | list[Any]]) -> str | list[Any]:
    if all(isinstance(content, str) for content in contents):
        return "".join(cast("Sequence[str]", contents))
    return [part for content in contents for part in _parts(content)]


def _parts(content: str | list[Any]) -> list[Any]:
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if content else []


def billed_usage(usages: Sequence[UsageMetadata | None]) -> UsageMetadata | None:
    """Return what the provider billed for all rounds together; None if it said nothing."""
    told = [usage for usage in usages if usage is not None]
    return reduce(add_usage, told) if told else None


def shown_usage(usages: Sequence[UsageMetadata | None]) -> UsageMetadata | None:
    """Return usage as a caller reads it: the context as it is now (input of the last round), all that was written."""
    told = [usage for usage in usages if usage is not None]
    if not told:
        return None
    written = reduce(add_usage, map(_output, told))
    inputs = {key: value for key, value in told[-1].items() if key.startswith("input_")}
    total = told[-1]["input_tokens"] + written["output_tokens"]
    return cast("UsageMetadata", {**written, **inputs, "total_tokens": total})


def _output(usage: UsageMetadata) -> UsageMetadata:
    said = {key: value for key, value in usage.items() if not key.startswith("input_")}
    return cast("UsageMetadata", {**said, "input_tokens": 0})
