"""What is not ours goes through byte for byte."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from conftest import STREAM, Connection, Proxy, Request, StartProxy

TARGETS = [
    b"HEAD /",
    b"GET /v1/models",
    b"GET /v1/models?",
    b"GET /v1/models?a=1&b=%20&a=%zz",
    b"POST /v1/messages/count_tokens?beta=true",
    b"GET /a%2fb//c/../d/%2E%2e/%e4",
    b"GET //other.example/v1/messages",
    b"GET /@other.example",
    b"GET /.other.example:80/",
    b"DELETE /v1/files/x",
    b"PATCH /unknown;p=1",
    b"OPTIONS /v1/models",
    b"GET /p//v1/models",
    b"GET /healthz/",
    b"GET /v1/healthz",
]


async def test_targets_and_methods_go_through(proxy: Proxy) -> None:
    for line in TARGETS:
        method, _, target = line.partition(b" ")
        await proxy.client.ask(method.decode(), target)

    assert [line + b" HTTP/1.1" for line in TARGETS] == [request.line for request in proxy.origin.requests]


async def test_body_goes_through(proxy: Proxy) -> None:
    body = b'{ "a" : 1.0, "b":"\\u00e9\xc3\xa9\xff\x00" }\n'

    await proxy.client.ask("POST", b"/v1/messages/count_tokens", body=body)

    (request,) = proxy.origin.requests
    assert body == request.body
    assert [b"%d" % len(body)] == request.all(b"content-length")


async def test_a12_headers_go_through_in_order_with_duplicates(proxy: Proxy) -> None:
    beta = b"claude-code-20250219,  context-1m-2025-08-07,interleaved-thinking-2025-05-14"
    sent = [(b"anthropic-beta", beta), (b"x-two", b"1"), (b"authorization", b"Bearer sk-x"), (b"x-two", b"2")]

    await proxy.client.ask("GET", b"/v1/models", sent)

    (request,) = proxy.origin.requests
    assert sent == [header for header in request.headers if header[0].lower() not in (b"host", b"content-length")]


async def test_nothing_is_added_to_the_headers(proxy: Proxy) -> None:
    await proxy.client.ask("GET", b"/")

    (request,) = proxy.origin.requests
    assert {b"host"} == {name.lower() for name, _ in request.headers}
    assert [proxy.origin.url.removeprefix("http://").encode()] == request.all(b"host")


async def test_h12_hop_by_hop_request_headers_stay_here(proxy: Proxy) -> None:
    sent = [
        (b"Connection", b"close, X-Secret"),
        (b"X-Secret", b"1"),
        (b"Keep-Alive", b"timeout=5"),
        (b"TE", b"trailers"),
        (b"Proxy-Authorization", b"Basic x"),
        (b"Proxy-Connection", b"keep-alive"),
        (b"X-Kept", b"1"),
    ]

    await proxy.client.ask("GET", b"/", sent)

    (request,) = proxy.origin.requests
    assert {b"host", b"x-kept"} == {name.lower() for name, _ in request.headers}


async def test_h12_response_headers(proxy: Proxy) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(
            b"HTTP/1.1 200 OK\r\nDate: yesterday\r\nServer: origin\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
            b"Keep-Alive: timeout=5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nrequest-id: req_1\r\n"
            b"anthropic-ratelimit-requests-remaining: 7\r\nX-Latin: caf\xe9\r\nContent-Length: 2\r\n\r\n{}"
        )

    proxy.origin.answer = answer
    reply = await proxy.client.ask("GET", b"/v1/models")

    assert reply.headers == [
        (b"date", b"yesterday"),
        (b"server", b"origin"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"request-id", b"req_1"),
        (b"anthropic-ratelimit-requests-remaining", b"7"),
        (b"x-latin", b"caf\xe9"),
        (b"content-length", b"2"),
        (b"connection", b"close"),
    ]


async def test_h13_our_own_headers_stay_here(start: StartProxy) -> None:
    proxy = await start(token="a-good-token")

    await proxy.client.ask("GET", b"/", [(b"X-Headroom-Token", b"a-good-token"), (b"x-headroom-bypass", b"1")])

    (request,) = proxy.origin.requests
    assert {b"host"} == {name.lower() for name, _ in request.headers}


async def test_h13_header_values_beyond_ascii(proxy: Proxy) -> None:
    await proxy.client.ask("GET", b"/", [(b"x-utf8", "né日本".encode()), (b"x-latin", b"caf\xe9")])

    (request,) = proxy.origin.requests
    assert ["né日本".encode()] == request.all(b"x-utf8")
    assert ["café".encode()] == request.all(b"x-latin")


async def test_a_compressed_answer_is_not_touched(proxy: Proxy) -> None:
    packed = gzip.compress(b"{}" * 100)

    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b" % (len(packed), packed)
        )

    proxy.origin.answer = answer
    reply = await proxy.client.ask("GET", b"/v1/models", [(b"accept-encoding", b"gzip, zstd")])

    assert packed == reply.body
    assert reply.all(b"content-encoding") == [b"gzip"]
    assert proxy.origin.requests[0].all(b"accept-encoding") == [b"gzip, zstd"]


async def test_c8_an_encoded_request_is_not_touched(proxy: Proxy) -> None:
    sent = [
        (b"gzip", gzip.compress(b"{}" * 100)),
        (b"gzip", b"not gzip"),
        (b"zstd", b"\x28\xb5\x2f\xfd"),
        (b"br", b"x"),
    ]
    for encoding, body in sent:
        await proxy.client.ask("POST", b"/v1/messages", [(b"content-encoding", encoding)], body)

    assert sent == [(request.all(b"content-encoding")[0], request.body) for request in proxy.origin.requests]


async def test_h2_status_body_and_retry_after_come_back(proxy: Proxy) -> None:
    body = b'{"type":"error","error":{"type":"x","message":"y"}}'
    statuses = iter([302, 400, 401, 429, 500, 529])

    async def answer(request: Request, connection: Connection) -> None:
        head = b"HTTP/1.1 %d X\r\nretry-after: 17\r\nlocation: /elsewhere\r\ncontent-length: %d\r\n\r\n%b"
        await connection.send(head % (next(statuses), len(body), body))

    proxy.origin.answer = answer
    replies = [await proxy.client.ask("POST", b"/v1/messages", body=b"{}") for _ in range(6)]

    assert [reply.status for reply in replies] == [302, 400, 401, 429, 500, 529]
    assert [(body, [b"17"])] * 6 == [(reply.body, reply.all(b"retry-after")) for reply in replies]
    assert len(proxy.origin.requests) == 6


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_without_a_body_may_name_a_length(proxy: Proxy, status: int) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 %d X\r\netag: a\r\ncontent-length: 10\r\n\r\n" % status)

    proxy.origin.answer = answer
    reply = await proxy.client.ask("GET", b"/v1/models")

    assert (status, b"", [b"a"], True) == (reply.status, reply.body, reply.all(b"etag"), reply.complete)


async def test_the_length_of_a_head_answer_comes_back(proxy: Proxy) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n")

    proxy.origin.answer = answer
    reply = await proxy.client.ask("HEAD", b"/")

    assert (reply.all(b"content-length"), reply.body) == ([b"1234"], b"")


async def test_a_chunked_request_becomes_a_whole_one(proxy: Proxy) -> None:
    head = b"POST /v1/x HTTP/1.1\r\nHost: %b\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    reply = await proxy.client.raw(head % proxy.client.authority + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    (request,) = proxy.origin.requests
    assert (reply.status, request.body, request.all(b"content-length")) == (200, b"abcde", [b"5"])
    assert request.all(b"transfer-encoding") == []


async def test_expect_is_answered_here(proxy: Proxy) -> None:
    reader, writer = await proxy.client.connect()
    writer.write(
        proxy.client.bytes_of("POST", b"/v1/x", [(b"expect", b"100-continue"), (b"content-length", b"2")], b"")
    )
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    writer.write(b"{}")
    received = await reader.read(-1)
    writer.close()

    assert b"HTTP/1.1 200 OK" in received
    assert proxy.origin.requests[0].all(b"expect") == []


async def test_h1_a_stream_stays_a_stream(proxy: Proxy) -> None:
    """Each piece reaches the client before the next one is sent."""
    arrived = asyncio.Event()

    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(STREAM)
        for piece in (b"data: 1\n\n", b"data: 2\n\n"):
            await connection.chunk(piece)
            await arrived.wait()
            arrived.clear()
        await connection.send(b"0\r\n\r\n")

    proxy.origin.answer = answer
    reader, writer = await proxy.client.connect()
    writer.write(proxy.client.bytes_of("POST", b"/v1/messages", [], b"{}"))
    assert b"text/event-stream" in await reader.readuntil(b"data: 1\n\n")
    arrived.set()
    await reader.readuntil(b"data: 2\n\n")
    arrived.set()
    assert (await reader.read(-1)).endswith(b"0\r\n\r\n")
    writer.close()


async def test_h4_a_cut_stream_is_passed_on_as_cut(proxy: Proxy) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(STREAM)
        await connection.chunk(b"data: 1\n\n")
        connection.writer.close()

    proxy.origin.answer = answer
    reply = await proxy.client.ask("POST", b"/v1/messages", body=b"{}")

    assert (reply.status, reply.body, reply.complete) == (200, b"data: 1\n\n", False)
    assert proxy.metric("headroom_upstream_truncated_total") == 1


async def test_h4_a_cut_body_of_known_length_is_passed_on_as_cut(proxy: Proxy) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
        connection.writer.close()

    proxy.origin.answer = answer
    reply = await proxy.client.ask("GET", b"/v1/models")

    assert (reply.body, reply.complete) == (b"abc", False)


async def test_paths_of_the_wires_go_to_their_own_origins(start: StartProxy) -> None:
    async def where(target: bytes, **settings: str) -> bool:
        other = {"anthropic": "openai_url", "openai": "anthropic_url"}[settings["backend"]]
        proxy = await start(**settings, **{other: "http://127.0.0.1:9"})
        return (await proxy.client.ask("GET", target)).status == 200

    assert await where(b"/v1/models", backend="openai")
    assert await where(b"/v1/models", backend="anthropic")
    assert await where(b"/v1/messages/batches", backend="anthropic")
    assert not await where(b"/v1/messages/batches", backend="openai")
    assert await where(b"/v1/responses/resp_1", backend="openai")
    assert not await where(b"/v1/chat/completions?x=/v1/messages", backend="anthropic")


async def test_an_origin_may_have_a_path_prefix(start: StartProxy, origin: object) -> None:
    proxy = await start(anthropic_url=origin.url + "/gateway/")  # type: ignore[attr-defined]

    await proxy.client.ask("GET", b"/v1/models?")

    assert proxy.origin.requests[0].line == b"GET /gateway/v1/models? HTTP/1.1"


async def test_the_project_prefix_is_not_forwarded(proxy: Proxy) -> None:
    pairs = [
        (b"/p/my%20app/v1/models?x=1", b"/v1/models?x=1"),
        (b"/p/app", b"/"),
        (b"/p/app/", b"/"),
        (b"/p/app?x", b"/?x"),
    ]
    for target, _ in pairs:
        await proxy.client.ask("HEAD", target)

    assert [b"HEAD %b HTTP/1.1" % forwarded for _, forwarded in pairs] == [r.line for r in proxy.origin.requests]
