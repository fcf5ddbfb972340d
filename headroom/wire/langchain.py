"""LangChain messages as a wire: the place of a block is its message, changed by `model_copy`, never in place.

Content may be a string or a list of strings and blocks, as models, tools and MCP adapters return it.
Text is read from strings and text blocks; ids, artifacts, images, reasoning, calls and metadata stay.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import sys
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
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

from headroom.content import Block, Conversation, Message, Role
from headroom.errors import WireError
from headroom.memo import Memo

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

Calls = dict[str, tuple[str, str]]
"""Tool name and arguments by call id."""

_MEMORY_BYTES = 16 << 20


class LangChainWire:
    """Reads and writes sequences of LangChain messages."""

    name = "langchain"

    def __init__(self) -> None:
        self._known: Memo[Hashable, tuple[Message, Calls]] = Memo(_MEMORY_BYTES)

    def read(self, request: Sequence[BaseMessage]) -> Conversation:
        """Return what the messages say. Raises WireError when one holds values that have no JSON form."""
        calls: Calls = {}
        messages: list[Message] = []
        for index, message in enumerate(request):
            said, called = self._said(message, index, calls)
            messages.append(said)
            calls.update(called)
        return Conversation(messages=tuple(messages))

    def write(self, request: Sequence[BaseMessage], changes: Sequence[tuple[Block, str]]) -> Sequence[BaseMessage]:
        """Return a new list with copies of the changed messages in it; the same object if nothing differs."""
        written: list[BaseMessage] | None = None
        for block, text in changes:
            if text == block.text:
                continue
            written = list(request) if written is None else written
            index, part = self._place(request, block)
            content = _replaced(written[index].content, part, text)
            written[index] = written[index].model_copy(update={"content": content})
        return request if written is None else written

    def drop(self, request: Sequence[BaseMessage], numbers: Collection[int]) -> Sequence[BaseMessage]:
        """Return a new list without these messages; the same object if there are none of them."""
        return [m for n, m in enumerate(request) if n not in numbers] if numbers else request

    def _place(self, request: Sequence[BaseMessage], block: Block) -> tuple[int, int | None]:
        """Return where the block stands, after making sure that it does stand there."""
        match block.place:
            case (int(index), int() | None as part) if _stands(block.text, part, request[index : index + 1]):
                return index, part
        raise WireError(
            "a changed block does not stand in these messages: read and write the same ones", wire=self.name
        )

    def _said(self, message: BaseMessage, index: int, calls: Calls) -> tuple[Message, Calls]:
        """Return a message and its calls; a conversation repeats its past, which is not read again."""
        role = _role(message)
        answered = calls.get(message.__dict__.get("tool_call_id", "")) if role == "tool" else None
        key = _fingerprint(message, role, index, answered)
        known = None if key is None else self._known.get(key)
        if known is None:
            blocks = tuple(_blocks(message, role, index, answered))
            known = Message(role, self._digest(message, role), blocks), self._calls(message)
            if key is not None:
                self._known.put(key, known, size=_size(key) + _size(known[1]))
        return known

    def _calls(self, message: BaseMessage) -> Calls:
        if not isinstance(message, AIMessage):
            return {}
        return {call["id"]: (call["name"], self._dumps(call["args"])) for call in message.tool_calls if call["id"]}

    def _digest(self, message: BaseMessage, role: Role) -> bytes:
        said = [
            role,
            message.role if isinstance(message, ChatMessage) else None,
            _content(message.content),
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


def _fingerprint(message: BaseMessage, role: Role, *place: Hashable) -> Hashable:
    """Return everything that is read of a message, in a form that is quick to compare; None if it has none.

    Messages can be changed in place, so that which object it is says nothing.
    """
    fields = message.__dict__  # pydantic is slow to say that it has no such field
    content = message.content
    calls = [(call["id"], call["name"], call["args"]) for call in fields.get("tool_calls", ())]
    try:
        return (
            *place,
            role,
            message.role if isinstance(message, ChatMessage) else None,
            content if isinstance(content, str) else marshal.dumps(content, _FLAT),
            marshal.dumps(calls, _FLAT) if calls else None,
            fields.get("tool_call_id"),
            message.name,
            fields.get("status"),
        )
    except ValueError:
        return None


_FLAT = 2
"""marshal's last format in which equal values give equal bytes."""


def _size(values: object) -> int:
    """Return about how many bytes the texts in a tuple or a dict take."""
    if isinstance(values, tuple):
        return 300 + sum(sys.getsizeof(value) for value in values)
    return sum(map(_size, values.values())) if isinstance(values, dict) else 0


def _blocks(message: BaseMessage, role: Role, index: int, answered: tuple[str, str] | None) -> Iterator[Block]:
    if role != "tool":
        for part, text in _texts(message.content):
            yield Block(text, kind="text", role=role, place=(index, part))
        return
    tool, arguments = answered or (message.name or "", "")
    is_error = message.__dict__.get("status") == "error"
    for part, text in _texts(message.content):
        yield Block(text, kind="tool_result", tool=tool, arguments=arguments, is_error=is_error, place=(index, part))


def _texts(content: str | list[Any]) -> Iterator[tuple[int | None, str]]:
    """Yield every text of a content with its position in the list; None for a content that is one string."""
    if isinstance(content, str):
        yield None, content
        return
    for position, part in enumerate(content):
        match part:
            case str():
                yield position, part
            case {"type": "text", "text": str(text)}:
                yield position, text


def _stands(text: str, position: int | None, messages: Sequence[BaseMessage]) -> bool:
    return any(found == (position, text) for message in messages for found in _texts(message.content))


def _replaced(content: str | list[Any], position: int | None, text: str) -> str | list[Any]:
    if isinstance(content, str) or position is None:
        return text
    part = content[position]
    new = text if isinstance(part, str) else {**part, "text": text}
    return [*content[:position], new, *content[position + 1 :]]


def _content(content: str | list[Any]) -> list[object]:
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
