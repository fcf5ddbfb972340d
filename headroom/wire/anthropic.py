"""The Anthropic Messages API: `POST /v1/messages` and `/v1/messages/count_tokens`.

Read are the texts of human, assistant and system turns and the text content of `tool_result` blocks.
Everything else (thinking, signatures, images, documents, search results, server tools, block types
that do not exist yet) is opaque: it is skipped, never judged, and its bytes stay where they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from headroom.caching.align import Spot
from headroom.caching.rules import min_tokens_of
from headroom.content import Block, Conversation, Message
from headroom.errors import WireError
from headroom.wire.anthropic_marks import Markable, in_content, in_tools, is_marked, marking, placed
from headroom.wire.anthropic_parts import parts_of
from headroom.wire.anthropic_turn import Piece, digest_of, scan_turn
from headroom.wire.remembered import Remembered
from headroom.wire.splice import (
    Scan,
    Value,
    appended,
    decode_value,
    document,
    dumps,
    items,
    literal,
    replaced,
    splice,
    value_of,
    walked,
)

_FORCED = ("any", "tool", "none")

_HOUR = b'"1h"'
_LIFETIME = re.compile(rb'"ttl"\s{0,9}:\s{0,9}\Z')
_LIFETIME_BYTES = 24


@dataclass(frozen=True, slots=True)
class _Tools:
    text: str
    names: tuple[str, ...]
    end: int
    """Offset after the last tool, relative to the array; 0 if there is none."""
    digest: bytes
    markables: tuple[Markable, ...]
    marked: bool


@dataclass(frozen=True, slots=True)
class _System:
    text: str
    digest: bytes
    markables: tuple[Markable, ...]
    marked: bool


class AnthropicWire:
    """Reads and writes the bodies of Messages requests."""

    name = "anthropic"

    def read(self, request: bytes) -> Conversation:
        """Return what the request says. Raises WireError when it is no Messages body."""
        _, body = self._body(request)
        choice, model, tools, system = (value_of(body, key) for key in ("tool_choice", "model", "tools", "system"))
        return Conversation(
            messages=_messages(body["messages"]),
            tools=tools.names if tools else (),
            head=_head(tools.text if tools else "", system.text if system else ""),
            model=model if isinstance(model, str) else "",
            forced=isinstance(choice, dict) and choice.get("type") in _FORCED,
            cache_seconds=3_600 if _cached_for_an_hour(request) else 300,
            cache_minimum=min_tokens_of(model) if isinstance(model, str) else None,
            clears="clear_tool_uses" in str(value_of(body, "context_management")),
        )

    def write(self, request: bytes, changes: Sequence[tuple[Block, str]]) -> bytes:
        """Return the request with new text where each block stood; the same object if nothing differs."""
        changed = [(block, new) for block, new in changes if new != block.text]
        if not changed:
            return request
        standing = self._standing(request)
        return splice(request, [(*self._span(block, standing), dumps(new)) for block, new in changed])

    def offer(self, request: bytes, definition: str) -> bytes:
        """Return the request with `definition` as its last tool; the same object if it has no tools or this one."""
        _, body = self._body(request)
        tools = value_of(body, "tools")
        if not tools or not tools.end or json.loads(definition)["name"] in tools.names:
            return request
        at = body["tools"].start + tools.end
        return splice(request, [(at, at, "," + definition)])

    def messages(self, request: bytes) -> list[str]:
        """Return the JSON text of every message, as the client wrote it."""
        text, body = self._body(request)
        return [literal(text, item.start, item.end) for item in body["messages"].value]

    def append_messages(self, request: bytes, messages: Sequence[str]) -> bytes:
        """Return the request with more messages, given as JSON texts, after its last one."""
        _, body = self._body(request)
        edits = appended(body["messages"], messages)
        return splice(request, edits) if edits else request

    def replace_messages(self, request: bytes, replacements: Mapping[int, Sequence[str]]) -> bytes:
        """Return the request with any number of messages (JSON texts) where the message of each index stood."""
        _, body = self._body(request)
        edits = replaced(body["messages"], replacements)
        return splice(request, edits) if edits else request

    def spots(self, request: bytes) -> list[Spot] | None:
        """Return every tool and content block in the order the provider reads them; None if the client set any cache mark."""
        _, body = self._body(request)
        tools, system = value_of(body, "tools"), value_of(body, "system")
        turns = body["messages"].value
        if "cache_control" in body or any(
            each.marked for each in (tools, system, *(turn for _, _, turn in turns)) if each
        ):
            return None
        spots: list[Spot] = []
        if tools:
            spots += [Spot("tools", "system", one.takes, placed(body["tools"].start, one)) for one in tools.markables]
        if system:
            spots += [
                Spot("system", "system", one.takes, placed(body["system"].start, one)) for one in system.markables
            ]
        refused = frozenset[str]().union(*(turn.by_code for _, _, turn in turns))
        for at, _, turn in turns:
            spots += [
                Spot("messages", turn.role, one.takes and one.answers not in refused, placed(at, one))
                for one in turn.markables
            ]
        return spots

    def mark(self, request: bytes, spots: Sequence[Spot]) -> bytes:
        """Return the request with a cache mark on each of these spots of it; the same object for none."""
        edits = [edit for spot in spots for edit in marking(spot.place)]
        return splice(request, edits) if edits else request

    def digests(self, request: bytes) -> list[tuple[str, bytes]]:
        """Return what the provider's cache tells apart, in its order and by name; marks do not count."""
        _, body = self._body(request)
        tools, system = value_of(body, "tools"), value_of(body, "system")
        params = [value_of(body, key) for key in ("tool_choice", "thinking", "output_config")]
        found = [
            ("model", digest_of(value_of(body, "model"), None)),
            ("tools", tools.digest if tools else b""),
            ("system", system.digest if system else b""),
            ("parameters", digest_of(params, None) if params.count(None) < len(params) else b""),
        ]
        return found + [(f"messages.{n}", turn.digest) for n, (_, _, turn) in enumerate(body["messages"].value)]

    def drop(self, request: bytes, numbers: Collection[int]) -> bytes:
        """Return the request without these messages; the same object if there are none of them."""
        return self.replace_messages(request, dict.fromkeys(numbers, ())) if numbers else request

    def _body(self, request: bytes) -> tuple[str, Mapping[str, Value]]:
        try:
            text, body = _scanned(_Request(request))
        except RecursionError as error:
            raise WireError("the body is nested too deeply to read", wire=self.name) from error
        except ValueError as error:
            raise WireError(f"the body cannot be read: {error}", wire=self.name) from error
        if "messages" not in body:
            raise WireError("the body has no messages", wire=self.name)
        return text, body

    def _standing(self, request: bytes) -> dict[tuple[int, int], str]:
        """Return every text that is read from a request, by where it stands."""
        _, body = self._body(request)
        return {
            (at + piece.start, at + piece.end): piece.text
            for at, _, turn in body["messages"].value
            for piece in turn.pieces
        }

    def _span(self, block: Block, standing: Mapping[tuple[int, int], str]) -> tuple[int, int]:
        """Return where the block stands, after making sure that it does stand there."""
        match block.place:
            case (int(start), int(end)) if standing.get((start, end)) == block.text:
                return start, end
        raise WireError("a changed block does not stand in this request: read and write the same bytes", wire=self.name)


ANTHROPIC = AnthropicWire()


def _messages(found: Value) -> tuple[Message, ...]:
    """Return the messages with every tool result next to the call it answers, the nearest one before it."""
    calls: dict[str, tuple[str, str]] = {}
    messages: list[Message] = []
    for at, _, turn in found.value:
        messages.append(Message(turn.role, turn.digest, tuple(_block(piece, at, calls) for piece in turn.pieces)))
        calls.update(turn.calls)
    return tuple(messages)


def _block(piece: Piece, at: int, calls: Mapping[str, tuple[str, str]]) -> Block:
    tool, arguments = calls.get(piece.call, ("", ""))
    return Block(
        text=piece.text,
        kind=piece.kind,
        role=piece.role,
        tool=tool,
        arguments=arguments,
        is_error=piece.is_error,
        place=(at + piece.start, at + piece.end),
    )


def _tools(text: str, start: int) -> tuple[_Tools | None, int]:
    """Scan `tools`. What is no list of them is left to the provider to refuse."""
    if not text.startswith("[", start):
        return None, decode_value(text, start)[1]
    found, end = items(text, start)
    named = (item.value.get("name") for item in found if isinstance(item.value, dict))
    return _Tools(
        text=literal(text, start, end),
        names=tuple(name for name in named if isinstance(name, str)),
        end=found[-1].end - start if found else 0,
        digest=digest_of("tools", [item.value for item in found]),
        markables=tuple(in_tools(found, origin=start)),
        marked=any(is_marked(item.value) for item in found),
    ), end


def _system(text: str, start: int) -> tuple[_System, int]:
    value, end = decode_value(text, start)
    content = Value(start, end, value)
    return _System(
        text=literal(text, start, end),
        digest=digest_of("system", value),
        markables=tuple(in_content(content, parts_of(text, content), origin=start)),
        marked=is_marked(value),
    ), end


_SCANS: Mapping[str, Scan] = {
    "messages": partial(items, scan=Remembered(scan_turn, max_bytes=48 << 20)),
    "tools": Remembered(_tools, max_bytes=16 << 20),
    "system": Remembered(_system, max_bytes=4 << 20),
}


_END_BYTES = 1_024


class _Request:
    """A body as a key: told from others by its end, compared where it must be, never hashed from end to end."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Request) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw[-_END_BYTES:])


@lru_cache(maxsize=4)  # each request is asked for several things, and no more than a few are under way at once
def _scanned(request: _Request) -> tuple[str, Mapping[str, Value]]:
    text = walked(request.raw)
    return text, document(text, _SCANS)


@lru_cache(maxsize=16)
def _head(tools: str, system: str) -> str:
    """Return both as one text, the same object as long as they are: who counts it hashes it once."""
    return tools + system


def _cached_for_an_hour(request: bytes) -> bool:
    """Tell whether a cache mark is for an hour instead of the five minutes of all others."""
    at = request.find(_HOUR)
    while at >= 0 and not _LIFETIME.search(request, max(0, at - _LIFETIME_BYTES), at):
        at = request.find(_HOUR, at + 1)
    return at >= 0
