"""A fake of the Messages API on 127.0.0.1: scripted, and as strict as the real one is known to be.

    async with FakeAnthropic([step(text("hello"))]) as upstream:
        ...  # point a client, or a proxy, at upstream.url
    assert upstream.problems == []

It remembers what it produced and refuses any other assistant message, so that whoever stands between
it and a client cannot bend the conversation unseen. Needs aiohttp (the extra `proxy`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from aiohttp import web

from headroom.testing.script import Json, Step, text
from headroom.testing.strict import Produced, problems
from headroom.wire.parts import is_blank

Script = Sequence[Step] | Callable[[Json], Step | Sequence[Json]]

_SIDE = Step((text('{"title":"x"}'),))
_NOISE = (
    'event: ping\ndata: {"type": "ping"}\n\n',
    ": a comment\n\n",
    'event: future\ndata: {"type":"future","x":{"index":7}}\n\n',
)


@dataclass(frozen=True)
class Recorded:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    raw: bytes

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]

    @cached_property
    def body(self) -> Json:
        """The body as JSON."""
        body: Json = json.loads(self.raw)
        return body


class FakeAnthropic:
    """The server; an async context manager.

    `script` is a list of steps (each `POST /v1/messages` takes the next, the last one stays) or a
    function from a request's body to a step or to content blocks. With `side`, requests without tools
    take no step and get a title instead: what Claude Code asks on the side.
    """

    def __init__(
        self, script: Script, *, strict: bool = True, side: bool = False, dropped_thinking: bool = False
    ) -> None:
        self._script = script
        self._strict = strict
        self._side = side
        self._dropped_thinking = dropped_thinking
        self.requests: list[Recorded] = []
        """Every request, whatever its path."""
        self.problems: list[str] = []
        """What was refused, and why."""
        self.produced: list[Produced] = []
        """The assistant messages that may come back; add to it what a conversation begins with."""
        self.aborted = asyncio.Event()
        """Set when a client left in the middle of an answer."""
        self.paused = asyncio.Event()
        self.resume = asyncio.Event()
        self._taken = 0

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        self.resume.set()
        await self._runner.cleanup()

    @property
    def messages(self) -> list[Recorded]:
        """The requests for a message, those on the side left out."""
        asked = [
            request for request in self.requests if request.route.endswith("/v1/messages") and request.method == "POST"
        ]
        return [request for request in asked if not (self._side and not request.body.get("tools"))]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        recorded = Recorded(request.method, request.raw_path, headers, await request.read())
        self.requests.append(recorded)
        if request.method == "HEAD":
            return web.Response()
        if request.path.endswith("/v1/messages/count_tokens"):
            return web.json_response({"input_tokens": len(recorded.raw) // 4})
        if request.method != "POST" or not request.path.endswith("/v1/messages"):
            return _error(404, "not_found_error", "Not Found")
        return await self._message(request, recorded.body)

    async def _message(self, request: web.Request, body: Json) -> web.StreamResponse:
        side = self._side and not body.get("tools")
        found = (
            list(problems(body, self.produced, dropped_thinking=self._dropped_thinking))
            if self._strict and not side
            else []
        )
        if found:
            self.problems += [f"request {len(self.messages)}: {problem}" for problem in found]
            return _error(400, "invalid_request_error", "; ".join(found))
        step = _SIDE if side else self._next(body)
        if step.hold:
            await self._pause()
        if step.status != 200:
            return _error(
                step.status, "overloaded_error" if step.status == 529 else "api_error", "Scripted.", step.headers
            )
        message = _Message(step, body, number=len(self.requests))
        self.produced.append(message.produced)
        if not body.get("stream"):
            return web.json_response(message.whole(), headers=step.headers)
        return await self._stream(request, message)

    def _next(self, body: Json) -> Step:
        if callable(self._script):
            said = self._script(body)
            return said if isinstance(said, Step) else Step(tuple(said))
        self._taken += 1
        return self._script[min(self._taken, len(self._script)) - 1]

    async def _stream(self, request: web.Request, message: _Message) -> web.StreamResponse:
        headers = {"content-type": "text/event-stream; charset=utf-8", "request-id": message.id, **message.step.headers}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        try:
            async for piece in message.pieces(self._pause):
                await response.write(piece)
                if message.step.chunk:
                    await asyncio.sleep(0)
        except (ConnectionError, asyncio.CancelledError):
            message.produced.broken = True
            self.aborted.set()
            raise
        if message.step.fail == "cut" and request.transport:
            request.transport.abort()
        return response

    async def _pause(self) -> None:
        self.paused.set()
        await self.resume.wait()


class _Message:
    """One message on its way out."""

    def __init__(self, step: Step, body: Json, *, number: int) -> None:
        self.step = step
        self.id = f"msg_{number:04d}"
        self.blocks = [_with_id(block, f"toolu_{number:04d}_{index}") for index, block in enumerate(step.blocks)]
        calls = any(block["type"] == "tool_use" for block in self.blocks)
        self.stop = step.stop or ("tool_use" if calls else "end_turn")
        kept = [block for block in self.blocks if not is_blank(block)]
        self.produced = Produced(kept, broken=step.fail is not None or self.stop == "max_tokens")
        self._head = {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": body.get("model"),
            "stop_sequence": None,
        }
        self._usage = {
            "input_tokens": 3,
            "cache_read_input_tokens": step.cached,
            "cache_creation_input_tokens": 10,
            "output_tokens": 1,
            "service_tier": "standard",
        }

    def whole(self) -> Json:
        """Return the message as one body."""
        return {
            **self._head,
            "content": self.blocks,
            "stop_reason": self.stop,
            "usage": {**self._usage, "output_tokens": 7},
        }

    async def pieces(self, pause: Callable[[], Any]) -> AsyncIterator[bytes]:
        """Yield the message as a stream, in the pieces in which it is to be written."""
        async for event in self._events(pause):
            written = self._written(event)
            for piece in [written, *(_NOISE if self.step.noise else ())]:
                raw = (piece.replace("\n", "\r\n") if self.step.crlf else piece).encode()
                size = self.step.chunk or len(raw)
                for start in range(0, len(raw), size):
                    yield raw[start : start + size]

    def _written(self, event: Json) -> str:
        said = json.dumps(event, ensure_ascii=False)
        return (
            f"event:{event['type']}\ndata:{said}\n\n"
            if self.step.unspaced
            else f"event: {event['type']}\ndata: {said}\n\n"
        )

    async def _events(self, pause: Callable[[], Any]) -> AsyncIterator[Json]:
        yield {
            "type": "message_start",
            "message": {**self._head, "content": [], "stop_reason": None, "usage": self._usage},
        }
        yield {"type": "ping"}
        for index, block in enumerate(self.blocks):
            if index == self.step.pause_after:
                await pause()
            yield {"type": "content_block_start", "index": index, "content_block": _start(block)}
            for delta in _deltas(block):
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            if self.step.fail == "error":
                yield {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
            if self.step.fail:
                return
            yield {"type": "content_block_stop", "index": index}
        usage = {key: value for key, value in self._usage.items() if key != "service_tier"} | {"output_tokens": 7}
        yield {"type": "message_delta", "delta": {"stop_reason": self.stop, "stop_sequence": None}, "usage": usage}
        yield {"type": "message_stop"}


def _with_id(block: Json, call_id: str) -> Json:
    return {"type": "tool_use", "id": call_id, **block} if block["type"] == "tool_use" else block


def _start(block: Json) -> Json:
    match block["type"]:
        case "text":
            return {"type": "text", "text": "", **({"citations": []} if "citations" in block else {})}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "tool_use":
            return {**block, "input": {}}
    return block


def _deltas(block: Json) -> list[Json]:
    match block["type"]:
        case "text":
            said = [{"type": "text_delta", "text": piece} for piece in _cut(block["text"], 4)]
            return said + [{"type": "citations_delta", "citation": each} for each in block.get("citations", ())]
        case "thinking":
            thought = [{"type": "thinking_delta", "thinking": piece} for piece in _cut(block["thinking"], 6)]
            return [*thought, {"type": "signature_delta", "signature": block["signature"]}]
        case "tool_use":
            return [
                {"type": "input_json_delta", "partial_json": piece}
                for piece in ["", *_cut(json.dumps(block["input"]), 9)]
            ]
    return []


def _cut(said: str, size: int) -> list[str]:
    return [said[start : start + size] for start in range(0, len(said), size)]


def _error(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(
        {"type": "error", "error": {"type": kind, "message": message}}, status=status, headers=headers
    )
