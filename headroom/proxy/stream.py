"""Several upstream messages become the one message that the client sees. No I/O: bytes in, bytes out.

Text, thinking and the client's own tool calls flow on at once, as the very bytes they came in; a
call of ours is held back and so is the end of a message, until it is known whether another round
follows. A message without a call of ours leaves byte for byte as it came.
"""

from __future__ import annotations

import copy
from typing import Any

from headroom.proxy.events import PING, Event, Events, event
from headroom.wire.parts import Json, is_ours, loads


class _Part:
    """One part in the making: deltas are collected and joined once, so that long texts cost no more than their length."""

    def __init__(self, start: Json) -> None:
        self.start = start
        self.written: dict[str, list[str]] = {}
        self.citations: list[Any] = []

    def extend(self, delta: Json) -> None:
        """Apply one content_block_delta; a delta of an unknown kind changes nothing."""
        if "citation" in delta:
            self.citations.append(delta["citation"])
        for key in delta.keys() & {"text", "thinking", "signature", "partial_json"}:
            self.written.setdefault(key, []).append(str(delta[key]))

    def built(self) -> Json:
        """Return the part as it would stand in a message. Input that is no JSON object becomes {}."""
        texts = {key: "".join(pieces) for key, pieces in self.written.items()}
        written = texts.pop("partial_json", "")
        part = copy.deepcopy(self.start)
        part |= {key: (part.get(key) or "") + text for key, text in texts.items()}
        if self.citations:
            part["citations"] = [*(part.get("citations") or ()), *self.citations]
        return {**part, "input": loads(written.encode("utf-8", "surrogatepass"))} if written else part


class Reply:
    """One upstream message, rebuilt from its events."""

    def __init__(self) -> None:
        self.usage: Json = {}
        self.stop: str | None = None
        self.begun = False
        self.ended = False
        """The message came to its end: without it the stream was cut."""
        self.failed: Json | None = None
        """The error event that broke it off."""
        self._parts: dict[int, _Part] = {}

    @classmethod
    def of(cls, message: Json) -> Reply:
        """Return a message that came whole."""
        reply = cls()
        reply._parts = {index: _Part(part) for index, part in enumerate(message["content"])}
        reply.usage, reply.stop, reply.ended = dict(_object(message.get("usage"))), message.get("stop_reason"), True
        return reply

    @property
    def parts(self) -> list[Json]:
        """Its parts so far, by index."""
        return [self._parts[index].built() for index in sorted(self._parts)]

    def hides(self, index: int) -> bool:
        """Whether the part at `index` is a call of ours."""
        return index in self._parts and is_ours(self._parts[index].start)

    def take(self, data: Json) -> None:
        """Apply one event; an event of an unknown kind changes nothing."""
        match data.get("type"):
            case "message_start":
                self.begun = True
                self.usage = dict(_object(_object(data.get("message")).get("usage")))
            case "content_block_start":
                self._parts[index_of(data)] = _Part(_object(data.get("content_block")))
            case "content_block_delta" if index_of(data) in self._parts:
                self._parts[index_of(data)].extend(_object(data.get("delta")))
            case "message_delta":
                self.usage |= {key: value for key, value in _object(data.get("usage")).items() if value is not None}
                self.stop = _object(data.get("delta")).get("stop_reason")
            case "message_stop":
                self.ended = True
            case "error":
                self.failed = data


class Splice:
    """One client message in the making."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self._shown = 0
        self._events = Events()
        self._where: dict[int, int] = {}
        self._end: list[Event] = []

    @property
    def reply(self) -> Reply:
        """The upstream message that is being read."""
        return self.replies[-1]

    def begin(self) -> None:
        """Start the next upstream message."""
        self.replies.append(Reply())
        self._events, self._where, self._end = Events(), {}, []

    def feed(self, chunk: bytes) -> bytes:
        """Return what the client may see now."""
        return b"".join(self._forward(each) for each in self._events.feed(chunk))

    def close(self) -> bytes:
        """Return what is left when the body ends; half an event of a broken stream is nobody's."""
        out = b""
        for each in self._events.end():
            whole = bool(each.data)
            out = self._forward(each) if whole or self.reply.ended else b""
            if out and not self.reply.ended:
                out += b"\n\n"
        return out

    def finish(self) -> bytes:
        """Return the end of the last upstream message, which is now the end of the client's."""
        if len(self.replies) == 1:
            return b"".join(each.raw for each in self._end)
        told = told_usage(self.replies)
        return b"".join(
            event({**each.data, "usage": told}) if each.type == "message_delta" else each.raw for each in self._end
        )

    def _forward(self, each: Event) -> bytes:
        data, kind, reply = each.data, each.type, self.reply
        reply.take(data)
        if self._end or kind == "message_delta":
            if reply.failed:
                return each.raw
            self._end.append(each)
            return b""
        if kind == "message_start" and len(self.replies) > 1:
            return PING  # the client has had its message_start; keep it awake
        if not kind.startswith("content_block_"):
            return each.raw
        index = index_of(data)
        return b"" if reply.hides(index) else self._in_place(each, index)

    def _in_place(self, each: Event, index: int) -> bytes:
        """Return a part's event under the index that the part has in the client's message."""
        if each.type == "content_block_start":
            self._where[index] = self._shown
            self._shown += 1
        place = self._where.get(index, index)
        return each.raw if place == index else event({**each.data, "index": place})


def told_usage(replies: list[Reply]) -> Json:
    """Return the usage that the client hears: the last round's input side, all rounds' output.

    Clients take a message's usage for the size of their context, so a sum of inputs would make them
    compact too early. `iterations` is carried on where the provider reports it.
    """
    usage = [reply.usage for reply in replies]
    told = {**usage[-1], "output_tokens": sum(each.get("output_tokens") or 0 for each in usage)}
    if any(isinstance(each.get("iterations"), list) for each in usage):
        told["iterations"] = [one for each in usage for one in each.get("iterations") or ()]
    return told


def merged(messages: list[Json], replies: list[Reply]) -> Json:
    """Return the rounds of a reply that was not streamed as one message: the first's id, the last's end."""
    content = [part for message in messages for part in message["content"] if not is_ours(part)]
    usage = told_usage(replies) if len(replies) > 1 else messages[-1].get("usage")
    return {**messages[-1], "id": messages[0].get("id"), "content": content, "usage": usage}


def index_of(data: Json) -> int:
    """Return the index that an event speaks of; -1 if it names none."""
    index = data.get("index")
    return index if isinstance(index, int) else -1


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
