"""What the proxy is measured beside: a fake upstream that costs next to nothing, and a relay that does nothing else.

    python benchmarks/proxy_servers.py upstream
    python benchmarks/proxy_servers.py relay UPSTREAM_URL

Each prints its URL once it listens. `benchmarks/proxy.py` starts them.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

import aiohttp
import uvicorn
import uvloop
from yarl import URL

WORDS = "The build failed because two of the tests that cover the parser disagree about empty input. "
DELTAS = 36


def whole_message() -> bytes:
    content = [{"type": "text", "text": WORDS * 8}]
    return json.dumps({**_message(), "content": content, "stop_reason": "end_turn"}).encode()


def streamed_message() -> list[bytes]:
    """Return about 40 events, as the Messages API streams a text."""
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": WORDS[:40]}}
    return [
        _event({"type": "message_start", "message": {**_message(), "content": [], "stop_reason": None}}),
        _event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        *[_event(delta)] * DELTAS,
        _event({"type": "content_block_stop", "index": 0}),
        _event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 400}}),
        _event({"type": "message_stop"}),
    ]


def _message() -> dict[str, object]:
    usage = {"input_tokens": 900, "output_tokens": 1, "cache_read_input_tokens": 20_000}
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-8", "usage": usage}


def _event(data: dict[str, object]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (str(data["type"]).encode(), json.dumps(data).encode())


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


_BODY = whole_message()
_WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_CHUNKS = [*map(_chunk, streamed_message()), b"0\r\n\r\n"]
_HEALTH = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Upstream(asyncio.Protocol):
    """Answers every request at once: one JSON message, or a stream, each event written by itself."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop does not subclass it
        self._received = bytearray()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or len(body) < _content_length(head):
            return
        self._received.clear()
        if head.startswith(b"GET"):
            self._transport.write(_HEALTH)
        elif b'"stream":true' in body:
            self._transport.write(_STREAM_HEAD)
            self._write_chunk(0)
        else:
            self._transport.write(_WHOLE)

    def _write_chunk(self, number: int) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(_CHUNKS[number])
        if number + 1 < len(_CHUNKS):
            asyncio.get_running_loop().call_soon(self._write_chunk, number + 1)


def _content_length(head: bytes | bytearray) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class BareRelay:
    """The least that a relay on this stack can do: no headroom code, no limits, no error handling."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        pieces, more = [], True
        while more:
            message = await receive()
            pieces.append(message["body"])
            more = message["more_body"]
        url = URL(self._upstream + scope["raw_path"].decode(), encoded=True)
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"] if name != b"host"]
        async with self._session.request(scope["method"], url, headers=headers, data=b"".join(pieces)) as answer:
            sent = [(name, value) for name, value in answer.raw_headers if name.lower() != b"transfer-encoding"]
            await send({"type": "http.response.start", "status": answer.status, "headers": sent})
            async for chunk in answer.content.iter_any():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as self._session:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def listen() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    return listener


async def run_upstream() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, sock=listen())
    await server.serve_forever()


def run_relay(upstream: str) -> None:
    config = uvicorn.Config(
        BareRelay(upstream),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
    )
    uvicorn.Server(config).run(sockets=[listen()])


if __name__ == "__main__":
    if sys.argv[1] == "upstream":
        uvloop.run(run_upstream())
    else:
        run_relay(sys.argv[2])
