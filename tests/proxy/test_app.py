"""The routes, the limits, and what happens when somebody goes away."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from conftest import OK, STREAM, Client, Connection, Proxy, Request, StartProxy, until
from hypothesis import given
from hypothesis import strategies as st

from headroom.errors import ConfigError, StoreError
from headroom.proxy.incoming import Incoming, split_project
from headroom.proxy.inflate import TooLarge, inflate
from headroom.proxy.respond import Responder
from headroom.proxy.serve import bind
from headroom.proxy.services import Services
from headroom.proxy.settings import ProxySettings


class Recorder:
    """An exchange that keeps what it was given."""

    def __init__(self) -> None:
        self.seen: list[Incoming] = []

    async def __call__(self, incoming: Incoming, respond: Responder, services: Services) -> None:
        self.seen.append(incoming)
        await respond.whole(200, [], b"{}")


async def test_only_posts_to_messages_are_exchanged(start: StartProxy) -> None:
    recorder = Recorder()
    proxy = await start(exchange=recorder)
    for method, target in [
        ("POST", b"/v1/messages"),
        ("POST", b"/v1/messages?beta=true"),
        ("POST", b"/p/app/v1/messages"),
        ("POST", b"/gateway/v1/messages"),
        ("GET", b"/v1/messages"),
        ("POST", b"/v1/messages/count_tokens"),
        ("POST", b"/v1/messages/"),
        ("POST", b"/v1/x?/v1/messages"),
    ]:
        await proxy.client.ask(method, target)

    assert [incoming.target for incoming in recorder.seen] == [
        b"/v1/messages",
        b"/v1/messages?beta=true",
        b"/v1/messages",
        b"/gateway/v1/messages",
    ]
    assert len(proxy.origin.requests) == 4
    assert proxy.metric("headroom_requests_total", route="messages", status="2xx") == 4
    assert proxy.metric("headroom_requests_total", route="passthrough", status="2xx") == 4


async def test_what_the_exchange_is_given(start: StartProxy) -> None:
    recorder = Recorder()
    proxy = await start(exchange=recorder)
    packed = gzip.compress(b'{"a": 1}')
    headers = [(b"User-Agent", b"claude-cli/2.1"), (b"Content-Encoding", b"gzip"), (b"X-Headroom-Bypass", b"1")]

    await proxy.client.ask("POST", b"/p/a%2Fb/v1/messages?beta=true", headers, packed)
    await proxy.client.ask("POST", b"/v1/messages", [(b"X-Headroom-Bypass", b"0")], b"{}")

    coded, plain = recorder.seen
    assert (packed, b'{"a": 1}', True, "a%2Fb") == (coded.body, coded.plain, coded.bypass, coded.project)
    assert proxy.origin.url + "/v1/messages?beta=true" == str(coded.url)
    assert plain.plain is plain.body
    assert (plain.project, plain.bypass, plain.scope) == ("", False, "local")
    assert coded.scope != plain.scope


async def test_h18_an_oversize_body_is_a_413(start: StartProxy) -> None:
    proxy = await start(max_body_bytes=2048)
    too_much = b"x" * 2049
    requests = [
        ([], too_much),
        ([(b"content-encoding", b"gzip")], gzip.compress(too_much)),
        ([(b"content-encoding", b"deflate")], zlib.compress(too_much)),
    ]
    for headers, body in requests:
        reply = await proxy.client.ask("POST", b"/v1/messages", headers, body)
        error = json.loads(reply.body)
        assert (reply.status, error["type"], error["error"]["type"]) == (413, "error", "request_too_large")
    chunked = b"POST /v1/x HTTP/1.1\r\nHost: %b\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n801\r\n%b\r\n0\r\n\r\n"
    assert (await proxy.client.raw(chunked % (proxy.client.authority, too_much))).status == 413
    assert (await proxy.client.ask("POST", b"/v1/messages", body=too_much[:-1])).status == 200
    assert len(proxy.origin.requests) == 1


async def test_long_headers_are_a_431(proxy: Proxy) -> None:
    assert (await proxy.client.ask("GET", b"/", [(b"x-a", b"a" * 70_000)])).status == 431
    assert proxy.origin.requests == []


async def test_endless_headers_are_not_collected(proxy: Proxy) -> None:
    """The head never ends: the connection does."""
    _, writer = await proxy.client.connect()
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")

    async def endlessly() -> None:
        while True:
            writer.write(b"x-a: %b\r\n" % (b"a" * 1000))
            await writer.drain()

    with pytest.raises(ConnectionError):
        await endlessly()
    writer.close()
    assert proxy.origin.requests == []


async def test_a_project_name_has_a_limit(proxy: Proxy) -> None:
    assert (await proxy.client.ask("GET", b"/p/" + b"a" * 101 + b"/v1/models")).status == 400


@given(st.binary(max_size=30).filter(lambda raw: raw.isascii()))
def test_a_project_prefix_loses_nothing(raw: bytes) -> None:
    target = b"/" + raw
    project, rest = split_project(target)

    assert rest.startswith(b"/")
    assert target in (rest, b"/p/" + project.encode() + rest, b"/p/" + project.encode() + rest[1:])


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate", "bare"]))
async def test_what_was_packed_is_unpacked(data: bytes, how: str) -> None:
    packer = zlib.compressobj(wbits=-15)
    bare = packer.compress(data) + packer.flush()
    packed = {"gzip": gzip.compress(data), "deflate": zlib.compress(data), "bare": bare}[how]

    assert data == await inflate(packed, b"gzip" if how == "gzip" else b"deflate", limit=2000)


@given(st.binary(max_size=300), st.sampled_from([b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"x"]))
async def test_garbage_is_left_alone(data: bytes, encoding: bytes) -> None:
    try:
        plain = await inflate(data, encoding, limit=1000)
    except TooLarge:
        return
    assert plain is None or encoding in (b"gzip", b"deflate")


async def test_a_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)

    with pytest.raises(TooLarge):
        await inflate(bomb, b"gzip", limit=1_000_000)
    assert await inflate(bomb + bomb, b"gzip", limit=20_000_000) is None


async def test_healthz_readyz_metrics(proxy: Proxy) -> None:
    alive = await proxy.client.ask("GET", b"/healthz")
    ready = await proxy.client.ask("GET", b"/readyz?verbose")
    metrics = await proxy.client.ask("GET", b"/metrics")

    assert (alive.status, json.loads(alive.body)) == (200, {"status": "alive"})
    assert (ready.status, json.loads(ready.body)) == (200, {"status": "ready", "missing": []})
    assert (metrics.status, b"headroom_requests_total" in metrics.body) == (200, True)
    assert (await proxy.client.ask("POST", b"/healthz", body=b"{}")).status == 405
    assert proxy.origin.requests == []


async def test_j6_readyz_says_what_is_missing(proxy: Proxy) -> None:
    proxy.store.error = StoreError("the disk is full")
    reply = await proxy.client.ask("GET", b"/readyz")

    assert (
        reply.status,
        json.loads(reply.body),
    ) == (503, {"status": "degraded", "missing": ["store: the disk is full"]})
    assert (await proxy.client.ask("GET", b"/healthz")).status == 200


async def test_h16_healthz_answers_when_the_provider_is_down(start: StartProxy) -> None:
    proxy = await start(anthropic_url="http://127.0.0.1:9")

    assert (await proxy.client.ask("GET", b"/healthz")).status == 200


async def test_websockets_are_told_to_use_http(proxy: Proxy) -> None:
    headers = [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"), (b"Sec-WebSocket-Key", b"x")]
    reader, writer = await proxy.client.connect()
    writer.write(proxy.client.bytes_of("GET", b"/v1/responses", headers, b""))

    assert await reader.readline() == b"HTTP/1.1 426 Upgrade Required\r\n"
    writer.close()
    assert proxy.origin.requests == []


async def test_h7_a_client_that_goes_while_the_provider_thinks(proxy: Proxy) -> None:
    """Order: the provider has the request, the client goes, the provider's connection closes."""
    events: list[str] = []
    asked, closed = asyncio.Event(), asyncio.Event()

    async def answer(request: Request, connection: Connection) -> None:
        events.append("asked")
        asked.set()
        await connection.closed_by_peer()
        events.append("closed")
        closed.set()

    proxy.origin.answer = answer
    _, writer = await proxy.client.connect()
    writer.write(proxy.client.bytes_of("POST", b"/v1/messages", [], b"{}"))
    await asked.wait()
    events.append("gone")
    writer.close()
    await closed.wait()

    assert events == ["asked", "gone", "closed"]
    assert proxy.metric("headroom_client_disconnects_total") == 1
    assert proxy.metric("headroom_requests_total", route="messages", status="none") == 1


async def test_h7_a_client_that_goes_in_the_middle_of_a_stream(proxy: Proxy) -> None:
    closed = asyncio.Event()

    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(STREAM)
        await connection.chunk(b"data: 1\n\n")
        await connection.closed_by_peer()
        closed.set()

    proxy.origin.answer = answer
    reader, writer = await proxy.client.connect()
    writer.write(proxy.client.bytes_of("POST", b"/v1/messages", [], b"{}"))
    await reader.readuntil(b"data: 1\n\n")
    writer.close()
    await closed.wait()

    assert proxy.metric("headroom_client_disconnects_total") == 1


async def test_h7_a_client_that_goes_while_a_block_shrinks(start: StartProxy) -> None:
    """The exchange hangs in a worker: the worker is killed and its place is free again."""
    stopped = asyncio.Event()

    async def exchange(incoming: Incoming, respond: Responder, services: Services) -> None:
        try:
            await services.pool.run(("hang", None), seconds=60)
        finally:
            stopped.set()

    proxy = await start(exchange=exchange)
    _, writer = await proxy.client.connect()
    writer.write(proxy.client.bytes_of("POST", b"/v1/messages", [], b"{}"))
    pool = proxy.app.services.pool
    await until(lambda: pool._busy)
    writer.close()
    await stopped.wait()

    assert pool.pids == ()
    assert await pool.run(("echo", "free"), seconds=20) == "free"


async def test_h7_what_follows_a_complete_answer_is_not_cancelled(start: StartProxy) -> None:
    booked = asyncio.Event()

    async def exchange(incoming: Incoming, respond: Responder, services: Services) -> None:
        await respond.whole(200, [], b"{}")
        for _ in range(20):
            await asyncio.sleep(0)
        booked.set()

    proxy = await start(exchange=exchange)
    assert (await proxy.client.ask("POST", b"/v1/messages", body=b"{}")).status == 200
    await booked.wait()
    assert proxy.metric("headroom_client_disconnects_total") == 0


async def test_a_client_that_goes_before_its_request_is_complete(proxy: Proxy) -> None:
    _, writer = await proxy.client.connect()
    writer.write(proxy.client.bytes_of("POST", b"/v1/messages", [(b"content-length", b"10")], b"abc"))
    await writer.drain()
    writer.close()
    await until(lambda: proxy.metric("headroom_client_disconnects_total"))

    assert proxy.origin.requests == []


async def test_h8_ten_big_bodies_at_once(proxy: Proxy) -> None:
    body = b'{"messages": "%b"}' % (b"x" * 600_000)
    replies = await asyncio.gather(*(proxy.client.ask("POST", b"/v1/messages", body=body) for _ in range(10)))

    assert [reply.status for reply in replies] == [200] * 10
    assert [body] * 10 == [request.body for request in proxy.origin.requests]


async def test_h10_health_answers_while_a_block_shrinks(start: StartProxy) -> None:
    """Order: the work begins, health answers, the work ends."""
    order: list[str] = []
    begun, healthy = asyncio.Event(), asyncio.Event()

    async def exchange(incoming: Incoming, respond: Responder, services: Services) -> None:
        work = asyncio.create_task(services.pool.run(("hang", incoming.body), seconds=60))
        order.append("begun")
        begun.set()
        await healthy.wait()
        order.append("ended" if not work.done() else "never worked")
        work.cancel()
        await respond.whole(200, [], b"{}")

    proxy = await start(exchange=exchange)
    asking = asyncio.create_task(proxy.client.ask("POST", b"/v1/messages", body=b"x" * 1_000_000))
    await begun.wait()
    assert (await proxy.client.ask("GET", b"/healthz")).status == 200
    order.append("healthy")
    healthy.set()

    assert (await asking).status == 200
    assert order == ["begun", "healthy", "ended"]


async def test_an_abort_closes_the_connection_without_noise(
    start: StartProxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def exchange(incoming: Incoming, respond: Responder, services: Services) -> None:
        await respond.start(200, [(b"content-type", b"text/event-stream")])
        await respond.write(b"data: 1\n\n")
        respond.abort()

    proxy = await start(exchange=exchange)
    reply = await proxy.client.ask("POST", b"/v1/messages", body=b"{}")

    assert (reply.body, reply.complete) == (b"data: 1\n\n", False)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_connections_to_clients_are_kept(proxy: Proxy) -> None:
    reader, writer = await proxy.client.connect()
    for _ in range(3):
        writer.write(proxy.client.bytes_of("POST", b"/v1/messages", [(b"connection", b"keep-alive")], b"{}"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert b"connection: close" not in head
        assert await reader.readexactly(2) == b"{}"
    writer.close()


def test_a_taken_port_is_said() -> None:
    taken = bind(ProxySettings(port=0))
    port = taken.getsockname()[1]
    try:
        with pytest.raises(ConfigError, match=rf"Cannot listen on 127\.0\.0\.1:{port} .*choose another --port"):
            bind(ProxySettings(port=port))
    finally:
        taken.close()


def test_h16_clients_may_connect_before_anything_is_loaded() -> None:
    listener = bind(ProxySettings(port=0))
    with socket.create_connection(listener.getsockname(), timeout=5) as client:
        assert listener.getsockname() == client.getpeername()
    listener.close()


@pytest.mark.parametrize(
    "url", ["api.anthropic.com", "ftp://x", "https://u:p@h", "https://h/?q", "https://", "https://h#f"]
)
def test_an_upstream_must_be_an_origin(url: str) -> None:
    with pytest.raises(ConfigError, match="cannot be an upstream"):
        ProxySettings(anthropic_url=url)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_PROXY_PORT", "1234")
    monkeypatch.setenv("HEADROOM_PROXY_OPENAI_URL", "https://gateway.example/openai/")
    settings = ProxySettings()

    assert (settings.port, settings.openai_url) == (1234, "https://gateway.example/openai")
    assert ProxySettings(port=4321).port == 4321


SERVE = """
import sys
from headroom.proxy.serve import serve
from headroom.proxy.settings import ProxySettings
from headroom.settings import Settings
serve(ProxySettings(port=0, anthropic_url=sys.argv[1], openai_url=sys.argv[1]),
      Settings(database_url="sqlite:///:memory:"), on_ready=lambda url: print(url, flush=True))
"""


@pytest.mark.slow
async def test_serve_runs_until_it_is_told_to_stop(start: StartProxy, tmp_path: Path) -> None:
    """The whole of it in a process of its own: ready, one request, SIGTERM, exit 0."""
    origin = (await start()).origin
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, origin.url, stdout=subprocess.PIPE, env={**os.environ, "HOME": str(tmp_path)}
    )
    assert process.stdout is not None
    client = Client((await process.stdout.readline()).decode().strip())
    body = b'{ "model": "m", "messages": [] }'
    reply = await client.ask("POST", b"/v1/messages", body=body)
    process.send_signal(signal.SIGTERM)

    assert (reply.status, await process.wait()) == (200, 0)
    assert OK.endswith(reply.body)
    assert body == origin.requests[0].body
