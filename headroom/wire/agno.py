"""Agno messages as a wire: the place of a block is its message, changed by `model_copy`, never in place.

A tool message may carry a short form of its content that somebody else made, in `compressed_content`; models
are sent that one in its place if the run asks for it. Such a text is in view and is read, but is never shrunk again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from agno.models.message import Message as AgnoMessage
from agno.offload.types import NEVER_OFFLOADED_TOOLS

from headroom.content import Block, Conversation, Message, Role
from headroom.errors import WireError
from headroom.wire import WireRequest
from headroom.wire.messages import MessagesWire, replaced, texts_in
from headroom.wire.readings import Calls, Reading, Readings, flat

Messages = Sequence[AgnoMessage]

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

_READINGS = Readings()


@dataclass(frozen=True, slots=True)
class AgnoWire(MessagesWire[AgnoMessage]):
    """Reads and writes sequences of Agno messages."""

    short: bool = False
    """Whether models are sent `compressed_content` where there is one."""
    name: str = "agno"

    def _with(self, message: AgnoMessage, part: int | None, text: str) -> AgnoMessage:
        if self._is_short(message):
            return message.model_copy(update={"compressed_content": text})
        return message.model_copy(update={"content": replaced(message.content, part, text)})

    def _said(self, message: AgnoMessage, index: int, calls: Calls) -> Reading:
        """Return a message and its calls."""
        role = _role(message)
        answered = calls.get(message.tool_call_id or "")

        def read() -> Reading:
            called = _calls(message)
            blocks = tuple(self._blocks(message, role, index, answered))
            return Message(role, self._digest(message, role, called), blocks), called

        return _READINGS.of(self._fingerprint(message, role, index, answered), read)

    def _fingerprint(self, message: AgnoMessage, role: Role, *place: Hashable) -> tuple[Hashable, ...] | None:
        """Return everything that is read of a message; None if it has values that are not quick to compare."""
        if any(getattr(message, name) for name in _MEDIA):
            return None
        content = self._content(message)
        try:
            return (
                *place,
                role,
                message.role,
                content if isinstance(content, str) else flat(content),
                self._is_short(message),
                flat(message.tool_calls) if message.tool_calls else None,
                message.tool_call_id,
                message.tool_name,
                flat(message.tool_args) if message.tool_args else None,
                message.name,
                bool(message.tool_call_error),
            )
        except ValueError:
            return None

    def _blocks(
        self, message: AgnoMessage, role: Role, index: int, answered: tuple[str, str] | None
    ) -> Iterator[Block]:
        done = role != "tool" or self._is_short(message)
        tool, arguments = answered or (message.tool_name or "", _sorted(message.tool_args))
        for part, text in texts_in(self._content(message)):
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
