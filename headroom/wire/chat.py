"""A call of a LangChain chat model as a request: the messages, and what was bound to the call.

Tools stand in a call's keyword arguments in the provider's own form; only their names are read here,
and only lists of plain dicts are ever added to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from langchain_core.messages import BaseMessage

from headroom.caching.rules import min_tokens_of
from headroom.content import Conversation, Message
from headroom.wire.langchain import LANGCHAIN

_STRUCTURED = ("response_format", "output_config", "output_format", "response_schema", "json_schema", "format", "text")
_FORCING = ("function_call", "tool_config", *_STRUCTURED)
"""Arguments by which providers are made to call a function, or to answer in a given form."""

_FREE = (None, False, "auto")


@dataclass(frozen=True)
class ChatRequest:
    """Messages together with the keyword arguments that a chat model was called with."""

    messages: Sequence[BaseMessage]
    arguments: Mapping[str, Any]
    model: str = ""
    """The model's name, unless the arguments give another."""

    @property
    def tools(self) -> Sequence[Any]:
        """The tools of this call, as the provider takes them."""
        tools = self.arguments.get("tools")
        return tools if isinstance(tools, Sequence) and not isinstance(tools, str) else ()

    @property
    def forced(self) -> bool:
        """Whether the model must call a tool, must not, or must answer in a given form."""
        choice = self.arguments.get("tool_choice")
        kind = (
            choice.get("type", next(iter(choice), None)) if isinstance(choice, Mapping) else choice
        )  # Bedrock's names it
        return kind not in _FREE or any(self.arguments.get(name) for name in _FORCING)

    @cached_property
    def conversation(self) -> Conversation:
        """What the call says; system messages that open it are its head, as providers bill them. Raises WireError."""
        messages = self._read
        opening = next((n for n, message in enumerate(messages) if message.role != "system"), len(messages))
        system = "".join(block.text for message in messages[:opening] for block in message.blocks)
        tools = json.dumps(self.tools, default=str, separators=(",", ":")) if self.tools else ""
        model = self.arguments.get("model", self.model)
        return Conversation(
            messages=(*(replace(message, blocks=()) for message in messages[:opening]), *messages[opening:]),
            tools=tuple(name for tool in self.tools for name in _names(tool)),
            head=tools + system,
            model=model if isinstance(model, str) else "",
            forced=self.forced,
            cache_minimum=min_tokens_of(model) if isinstance(model, str) else None,
        )

    @cached_property
    def _read(self) -> tuple[Message, ...]:
        return LANGCHAIN.read(self.messages).messages

    def offering(self, tool: Mapping[str, Any]) -> ChatRequest | None:
        """Return the call with one more tool, the last; None if it has none, or has them in a form that takes no more."""
        one_each = all(isinstance(each, Mapping) and "function_declarations" not in each for each in self.tools)
        if not self.tools or not one_each:
            return None
        offering = replace(self, arguments={**self.arguments, "tools": [*self.tools, tool]})
        offering.__dict__["_read"] = self._read  # of the very same messages
        return offering


def _names(tool: object) -> Iterator[str]:
    """Yield the names that a tool has in the form some provider takes it; none for forms that are not known."""
    match tool:
        case {"function": {"name": str(name)}} | {"toolSpec": {"name": str(name)}} | {"name": str(name)}:
            yield name
        case {"function_declarations": [*functions]}:
            for function in functions:
                yield from _names(function)
        case {"type": str(kind)}:
            yield kind
