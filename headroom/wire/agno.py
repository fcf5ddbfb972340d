"""Agno messages as a wire: the place of a block is its message, changed by `model_copy`, never in place.

A tool message may carry a short form of its content that somebody else made, in `compressed_content`; models
are sent that one in its place if the run asks for it. Such a text is in view and is read, but is never shrunk again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from agno.models.message import Message as AgnoMessage
from agno.offload.types import NEVER_OFFLOADED_TOOLS

from headroom.content import Block, Conversation, Message, Role
from headroom.errors import WireError
from headroom.wire import WireRequest

Messages = Sequence[AgnoMessage]

Calls = dict[str, tuple[str, str]]
"""Tool name and arguments by call id."""

_ROLES: Mapping[str, Role] = {
    "user": "human",
    "assistant": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}
_OFFLOADED = ('<result id="', '<result tool="')
"""How Agno begins what it puts in place of a result that it saved elsewhere."""

_ASIDE = frozenset({"cache_control"})
_MEDIA = ("images", "audio", "videos", "files")


@dataclass(frozen=True, slots=True)
class AgnoWire:
    """Reads and writes sequences of Agno messages."""

    short: bool = False
    """Whether models are sent `compressed_content` where there is one."""
    name: str = "agno"

    def read(self, request: Messages) -> Conversation:
        """Return what the messages say. Raises WireError when one holds values that have no JSON form."""
        calls: Calls = {}
        messages: list[Message] = []
        for index, message in enumerate(request):
            role = _role(message)
            blocks = tuple(self._blocks(message, role, index, calls))
            called = _calls(message)
            messages.append(Message(role, self._digest(message, role, called), blocks))
            calls.update(called)
        return Conversation(messages=tuple(messages))

    def write(self, request: Messages, changes: Sequence[tuple[Block, str]]) -> Messages:
        """Return a new list with copies of the changed messages in it; the same object if nothing differs."""
        written: list[AgnoMessage] | None = None
        for block, text in changes:
            if text == block.text:
                continue
            written = list(request) if written is None else written
            index, part = self._place(request, block)
            written[index] = self._with(written[index], part, text)
        return request if written is None else written

    def drop(self, request: Messages, numbers: Collection[int]) -> Messages:
        """Return a new list without these messages; the same object if there are none of them."""
        return [m for n, m in enumerate(request) if n not in numbers] if numbers else request

    def _place(self, request: Messages, block: Block) -> tuple[int, int | None]:
        """Return where the block stands, after making sure that it does stand there."""
        match block.place:
            case (int(index), int() | None as part) if any(
                found == (part, block.text)
                for message in request[index : index + 1]
                for found in _texts(self._content(message))
            ):
                return index, part
        raise WireError(
            "a changed block does not stand in these messages: read and write the same ones", wire=self.name
        )

    def _with(self, message: AgnoMessage, part: int | None, text: str) -> AgnoMessage:
        if self._is_short(message):
            return message.model_copy(update={"compressed_content": text})
        return message.model_copy(update={"content": _replaced(message.content, part, text)})

    def _blocks(self, message: AgnoMessage, role: Role, index: int, calls: Calls) -> Iterator[Block]:
        done = role != "tool" or self._is_short(message)
        tool, arguments = calls.get(message.tool_call_id or "") or (message.tool_name or "", _sorted(message.tool_args))
        for part, text in _texts(self._content(message)):
            if done or tool in NEVER_OFFLOADED_TOOLS or text.startswith(_OFFLOADED):
                yield Block(text, kind="text", role=role, place=(index, part))
            else:
                yield Block(
                    text,
                    kind="tool_result",
                    tool=tool,
                    arguments=arguments,
                    is_error=bool(message.tool_call_error),
                    place=(index, part),
                )

    def _is_short(self, message: AgnoMessage) -> bool:
        return self.short and message.compressed_content is not None

    def _content(self, message: AgnoMessage) -> Any:
        return message.get_content(use_compressed_content=self.short)

    def _digest(self, message: AgnoMessage, role: Role, called: Calls) -> bytes:
        content = self._content(message)
        said = [
            role,
            message.role,
            [_part(part) for part in content] if isinstance(content, list) else [content or ""],
            list(called.items()),
            message.tool_call_id,
            message.name,
            bool(message.tool_call_error),
            [[name, *map(_media, getattr(message, name))] for name in _MEDIA if getattr(message, name)],
        ]
        try:
            written = _IN_ORDER.encode(said)
        except (TypeError, ValueError, RecursionError) as error:
            raise WireError(f"a message holds a value that has no JSON form: {error}", wire=self.name) from error
        return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True)
class AgnoRequest(WireRequest):
    """A call of an Agno model: its messages, and what goes with them."""

    raw: Messages  # type: ignore[assignment] # the fold only hands it to the wire
    wire: AgnoWire = field(default_factory=AgnoWire)  # type: ignore[assignment] # nothing is offered by splicing here
    tools: Sequence[Any] = ()
    """Tools as `Model._format_tools` writes them, or Functions."""
    model: str = ""
    clears: bool = False
    """The provider is asked to clear old tool results itself."""

    @cached_property
    def conversation(self) -> Conversation:
        """What the call says; system messages that open it are its head, as providers bill them. Raises WireError."""
        messages = self.wire.read(self.raw).messages
        opening = next((n for n, message in enumerate(messages) if message.role != "system"), len(messages))
        system = "".join(block.text for message in messages[:opening] for block in message.blocks)
        tools = [tool if isinstance(tool, Mapping) else tool.to_dict() for tool in self.tools]
        return Conversation(
            messages=(*(replace(message, blocks=()) for message in messages[:opening]), *messages[opening:]),
            tools=tuple(map(tool_name, tools)),
            head=(json.dumps(tools, default=str, separators=(",", ":")) if tools else "") + system,
            model=self.model,
            clears=self.clears,
        )


def tool_name(tool: Any) -> str:
    """Return the name of a tool, in whatever form Agno has it."""
    if not isinstance(tool, Mapping):
        return str(tool.name)
    function = tool.get("function")
    named: Mapping[str, Any] = function if isinstance(function, Mapping) else tool
    return str(named.get("name") or tool.get("type") or "")


def _role(message: AgnoMessage) -> Role:
    """Return who speaks; a few providers have tool results spoken by the user. Unknown roles are taken for the system's."""
    role = _ROLES.get(message.role, "system")
    return "tool" if message.tool_call_id and role != "assistant" else role


def _calls(message: AgnoMessage) -> Calls:
    """Return name and arguments of a message's calls, by id."""
    found: Calls = {}
    for call in message.tool_calls or ():
        match call:
            case {"id": str(id), "function": {"name": str(name), **function}}:
                found[id] = name, _sorted(function.get("arguments"))
    return found


def _sorted(arguments: object) -> str:
    """Return arguments as compact JSON with sorted keys, whether the model's own JSON was kept or what it means."""
    try:
        value = json.loads(arguments) if isinstance(arguments, str) else arguments
        return "" if value is None else _SORTED.encode(value)
    except (ValueError, RecursionError):
        return str(arguments)


def _texts(content: Any) -> Iterator[tuple[int | None, str]]:
    """Yield every text of a content with its position in the list; None for a content that is one string."""
    if isinstance(content, str):
        yield None, content
    elif isinstance(content, list):
        for position, part in enumerate(content):
            match part:
                case str():
                    yield position, part
                case {"type": "text", "text": str(text)}:
                    yield position, text


def _replaced(content: Any, position: int | None, text: str) -> Any:
    if position is None:
        return text
    part = content[position]
    new = text if isinstance(part, str) else {**part, "text": text}
    return [*content[:position], new, *content[position + 1 :]]


def _part(part: object) -> object:
    """Return a part of a content in the one form that all its spellings share."""
    if not isinstance(part, dict):
        return part
    said = {key: value for key, value in part.items() if key not in _ASIDE}
    return said["text"] if said.keys() == {"type", "text"} else said


def _media(media: Any) -> list[object]:
    """Return what names a picture or a file; Agno makes its id up."""
    return [media.url, str(getattr(media, "filepath", None) or ""), media.content]


def _plain(value: object) -> object:
    """Return a JSON form of a value that has none of its own."""
    if isinstance(value, bytes):
        return hashlib.blake2b(value, digest_size=16).hexdigest()
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} in a message")
    return dump()


_IN_ORDER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
