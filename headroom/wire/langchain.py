"""LangChain messages as a wire: the place of a block is its message, changed by `model_copy`, never in place.

Content may be a string or a list of strings and blocks, as models, tools and MCP adapters return it.
Text is read from strings and text blocks; ids, artifacts, images, reasoning, calls and metadata stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    convert_to_messages,
)
from langchain_core.prompt_values import PromptValue

from headroom.content import Block, Message, Role
from headroom.errors import WireError
from headroom.wire.messages import MessagesWire, replaced, texts_in
from headroom.wire.readings import Calls, Reading, Readings, flat

_ROLES: Mapping[type[BaseMessage], Role] = {
    HumanMessage: "human",
    AIMessage: "assistant",
    ToolMessage: "tool",
    FunctionMessage: "tool",
    SystemMessage: "system",
}
_CHAT_ROLES: Mapping[str, Role] = {
    "user": "human",
    "human": "human",
    "assistant": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "function": "tool",
}


class LangChainWire(MessagesWire[BaseMessage]):
    """Reads and writes sequences of LangChain messages."""

    name = "langchain"

    def __init__(self) -> None:
        self._readings = Readings()

    def _content(self, message: BaseMessage) -> str | list[Any]:
        return message.content

    def _with(self, message: BaseMessage, part: int | None, text: str) -> BaseMessage:
        return message.model_copy(update={"content": replaced(message.content, part, text)})

    def _said(self, message: BaseMessage, index: int, calls: Calls) -> Reading:
        """Return a message and its calls."""
        role = _role(message)
        answered = calls.get(message.__dict__.get("tool_call_id", "")) if role == "tool" else None

        def read() -> Reading:
            blocks = tuple(_blocks(message, role, index, answered))
            return Message(role, self._digest(message, role), blocks), self._calls(message)

        return self._readings.of(_fingerprint(message, role, index, answered), read)

    def _calls(self, message: BaseMessage) -> Calls:
        if not isinstance(message, AIMessage):
            return {}
        return {call["id"]: (call["name"], self._dumps(call["args"])) for call in message.tool_calls if call["id"]}

    def _digest(self, message: BaseMessage, role: Role) -> bytes:
        said = [
            role,
            message.role if isinstance(message, ChatMessage) else None,
            _normal(message.content),
            [(call["id"], call["name"], call["args"]) for call in getattr(message, "tool_calls", ())],
            getattr(message, "tool_call_id", None),
            message.name,
            getattr(message, "status", None),
        ]
        return hashlib.blake2b(
            self._dumps(said, sort_keys=False).encode("utf-8", "surrogatepass"), digest_size=16
        ).digest()

    def _dumps(self, value: object, *, sort_keys: bool = True) -> str:
        try:
            return (_SORTED if sort_keys else _IN_ORDER).encode(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise WireError(f"a message holds a value that has no JSON form: {error}", wire=self.name) from error


LANGCHAIN = LangChainWire()


def coerce(input: object) -> list[BaseMessage]:
    """Return the messages of whatever a chat model takes: messages, dicts, tuples, a prompt value or a string.

    A list of messages is returned as it is. Raises WireError for anything else.
    """
    if isinstance(input, list) and all(isinstance(message, BaseMessage) for message in input):
        return input
    if isinstance(input, PromptValue):
        return input.to_messages()
    if isinstance(input, str):
        return [HumanMessage(input)]
    if isinstance(input, Sequence) and not isinstance(input, bytes | bytearray):
        try:
            return convert_to_messages(input)
        except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
            raise WireError(f"not a list of messages: {error}", wire=LANGCHAIN.name) from error
    raise WireError(
        f"cannot take {type(input).__name__} for messages: pass a list of messages, a prompt value or a string",
        wire=LANGCHAIN.name,
    )


def _role(message: BaseMessage) -> Role:
    """Return who speaks. A role that headroom does not know is taken for the system's."""
    if isinstance(message, ChatMessage):
        return _CHAT_ROLES.get(message.role, "system")
    if type(message) in _ROLES:
        return _ROLES[type(message)]
    return next((role for kind, role in _ROLES.items() if isinstance(message, kind)), "system")


def _fingerprint(message: BaseMessage, role: Role, *place: Hashable) -> tuple[Hashable, ...] | None:
    """Return everything that is read of a message; None if it has values that are not quick to compare."""
    fields = message.__dict__  # pydantic is slow to say that it has no such field
    content = message.content
    calls = [(call["id"], call["name"], call["args"]) for call in fields.get("tool_calls", ())]
    try:
        return (
            *place,
            role,
            message.role if isinstance(message, ChatMessage) else None,
            content if isinstance(content, str) else flat(content),
            flat(calls) if calls else None,
            fields.get("tool_call_id"),
            message.name,
            fields.get("status"),
        )
    except ValueError:
        return None


def _blocks(message: BaseMessage, role: Role, index: int, answered: tuple[str, str] | None) -> Iterator[Block]:
    if role != "tool":
        for part, text in texts_in(message.content):
            yield Block(text, kind="text", role=role, place=(index, part))
        return
    tool, arguments = answered or (message.name or "", "")
    is_error = message.__dict__.get("status") == "error"
    for part, text in texts_in(message.content):
        yield Block(text, kind="tool_result", tool=tool, arguments=arguments, is_error=is_error, place=(index, part))


def _normal(content: str | list[Any]) -> list[object]:
    """Return content in the one form that all its spellings share: no cache marks, no ids that frameworks make up."""
    return [content] if isinstance(content, str) else [_part(part) for part in content]


def _part(part: object) -> object:
    if not isinstance(part, dict):
        return part
    aside = _ASIDE_IN_TEXT if part.get("type") == "text" else _ASIDE
    said = {key: value for key, value in part.items() if key not in aside}
    return said["text"] if said.keys() == {"type", "text"} else said


def _plain(value: object) -> object:
    """Return the JSON form of a value that has none of its own: raw bytes, as Bedrock's images are."""
    if isinstance(value, bytes):
        return hashlib.blake2b(value, digest_size=16).hexdigest()
    raise TypeError(f"{type(value).__name__} in a message")


_ASIDE = frozenset({"cache_control"})
_ASIDE_IN_TEXT = _ASIDE | {"id", "index"}
_IN_ORDER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain)
