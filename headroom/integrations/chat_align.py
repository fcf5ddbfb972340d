"""Cache marks for the calls of chat models whose callers set none.

Where they belong is decided in `caching.align`, how they are written in the `Marks` of the model's family.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, SystemMessage

from headroom.caching.align import Spot, is_one_shot, places
from headroom.caching.rules import Section
from headroom.content import Role
from headroom.integrations.chat_families import marks_of
from headroom.integrations.chat_marks import Key, Marks
from headroom.integrations.own_marks import NAMES, holds_mark
from headroom.wire.chat import ChatRequest

logger = logging.getLogger(__name__)

_ON_THE_MODEL = ("model_kwargs", "extra_body", "system", "additional_model_request_fields")
"""Fields of models that go into every request."""

_ROLES: Mapping[str, Role] = {
    "human": "human",
    "HumanMessageChunk": "human",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "tool": "tool",
    "ToolMessageChunk": "tool",
}
"""By the types of messages; all others are taken for the system's."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """What a model is called with."""

    messages: Sequence[BaseMessage]
    arguments: Mapping[str, Any]
    marks: int = 0
    """How many were set."""
    failed: str = ""
    """What went wrong, by the exception's type."""

    @property
    def told(self) -> dict[str, Any]:
        """What the caller is told of it, if there is anything to tell."""
        marks: dict[str, Any] = {"cache_marks": self.marks} if self.marks else {}
        return {**marks, "align_failed": self.failed} if self.failed else marks


def align(model: BaseChatModel, messages: Sequence[BaseMessage], arguments: Mapping[str, Any], *, key: Key) -> Aligned:
    """Return a call of a model with the cache marks that are due; as it is where its caller set a single one, anywhere.

    Never raises: what goes wrong is logged and told, and the call goes out as it is.
    """
    try:
        marks = marks_of(model, arguments)
        if marks is None or is_steered(model, messages, arguments):
            return Aligned(messages, arguments)
        return _aligned(marks, messages, arguments, key)
    except Exception as error:  # law 7: a call without marks costs more, and is answered
        logger.warning("a call is sent without cache marks: %s", type(error).__name__, exc_info=error)
        return Aligned(messages, arguments, failed=type(error).__name__)


def is_steered(model: object, messages: Sequence[BaseMessage], arguments: Mapping[str, Any]) -> bool:
    """Return whether the caller sets cache marks, or anything else about the cache, on the model, the call or in it."""
    fields = [getattr(model, name, None) for name in _ON_THE_MODEL]
    if getattr(model, "prompt_cache_options", None) is not None or any(map(holds_mark, fields)):
        return True
    config = arguments.get("toolConfig")
    tools = (arguments.get("tools"), config.get("tools") if isinstance(config, Mapping) else None)
    return (
        not NAMES.isdisjoint(arguments)
        or any(holds_mark(arguments.get(name)) for name in _ON_THE_MODEL)
        or any(map(holds_mark, tools))
        or any(holds_mark(message.content) for message in messages)
    )


def _aligned(marks: Marks, messages: Sequence[BaseMessage], arguments: Mapping[str, Any], key: Key) -> Aligned:
    found = arguments.get("tools")
    tools: list[Any] = found if isinstance(found, list) else []
    said = list(marks.ready(messages))
    spots = list(_spots(marks, said, tools))
    # one that has to answer in a given form is likely to be all that is asked, for all its tools
    if is_one_shot(spots[len(tools) :] if ChatRequest((), arguments).forced else spots):
        return Aligned(messages, arguments)
    arguments = marks.named(arguments, key)
    chosen = [spots[n].place for n in places(spots, rules=marks.rules)]
    for place in chosen:
        match place:
            case int(number):
                arguments = {**arguments, "tools": marks.marked_tools(tools, number)}
            case (int(index), int(block)):
                said[index] = marks.marked(said[index], block)
    return Aligned(said if chosen else messages, arguments, marks=len(chosen))


def _spots(marks: Marks, messages: Sequence[BaseMessage], tools: Sequence[Any]) -> Iterator[Spot]:
    """Yield a spot for each block: its place is the number of a tool, or of a message and a block in it."""
    for number, tool in enumerate(tools):
        yield Spot("tools", "system", markable=marks.takes_tool(tool), place=number)
    opening = next((n for n, each in enumerate(messages) if not isinstance(each, SystemMessage)), len(messages))
    for index, (message, takes) in enumerate(zip(messages, marks.takes(messages), strict=True)):
        section: Section = "system" if index < opening else "messages"
        role = _ROLES.get(message.type, "system")
        for block, markable in enumerate(takes):
            yield Spot(section, role, markable, (index, block))
