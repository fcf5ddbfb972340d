"""The way to the provider: what is retried, what is reported, what is trusted."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from conftest import OK, STREAM, Connection, Origin, Proxy, Request, StartProxy, say_ok
from yarl import URL

from headroom.errors import ConfigError
from headroom.proxy.incoming import address
from headroom.proxy.trust import BUNDLES, proxy_for, trusted
from headroom.proxy.upstream import end_to_end, outgoing

PROXY_VARIABLES = ["http_proxy", "https_proxy", "no_proxy", "all_proxy"]


async def test_h3_an_unreachable_provider_is_a_502(start: StartProxy) -> None:
    proxy = await start(anthropic_url="http://127.0.0.1:9")

    reply = await proxy.client.ask("POST", b"/v1/messages", body=b"{}")

    assert reply.status == 502
    assert b'{"type": "error", "error": {"type": "api_error", "message": "http://127.0.0.1:9 cannot be' in reply.body
    assert proxy.metric("headroom_upstream_unreached_total") == 1


async def test_a_provider_that_never_answers_is_a_504(start: StartProxy) -> None:
    proxy = await start(idle_timeout_seconds=0.05)

    async def answer(request: Request, connection: Connection) -> None:
        await connection.closed_by_peer()

    proxy.origin.answer = answer
    reply = await proxy.client.ask("POST", b"/v1/messages", body=b"{}")

    assert reply.status == 504
    assert len(proxy.origin.requests) == 1


async def test_h11_only_silence_ends_a_stream(start: StartProxy) -> None:
    """The gaps are each shorter than the limit, their sum is longer; then a gap is longer."""
    proxy = await start(idle_timeout_seconds=0.3)

    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(STREAM)
        for _ in range(5):
            await connection.chunk(b": ping\n\n")
            await asyncio.sleep(0.1)
        await connection.closed_by_peer()

    proxy.origin.answer = answer
    reply = await proxy.client.ask("POST", b"/v1/messages", body=b"{}")

    assert (reply.body, reply.complete) == (b": ping\n\n" * 5, False)


@pytest.mark.parametrize("reset", [True, False])
async def test_h9_a_stale_connection_is_tried_once_again(proxy: Proxy, reset: bool) -> None:
    """The provider takes a request on a kept-alive connection and closes it without a byte."""

    async def answer(request: Request, connection: Connection) -> None:
        first = request is next(r for r in proxy.origin.requests if r.connection == connection.number)
        if first:
            await connection.send(OK)
        elif reset:
            connection.reset()
        else:
            connection.writer.close()

    proxy.origin.answer = answer
    replies = [await proxy.client.ask("POST", b"/v1/messages", body=b"{}") for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    assert [request.connection for request in proxy.origin.requests] == [1, 1, 2]
    assert proxy.metric("headroom_upstream_retries_total") == 1


async def test_h9_a_fresh_connection_that_dies_is_not_tried_again(proxy: Proxy) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        connection.reset()

    proxy.origin.answer = answer
    reply = await proxy.client.ask("POST", b"/v1/messages", body=b"{}")

    assert (reply.status, len(proxy.origin.requests)) == (502, 1)


async def test_h9_the_second_try_is_the_last(proxy: Proxy) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        if len(proxy.origin.requests) == 1:
            await connection.send(OK)
        else:
            connection.reset()

    proxy.origin.answer = answer
    replies = [await proxy.client.ask("POST", b"/v1/messages", body=b"{}") for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 502]
    assert len(proxy.origin.requests) == 3


async def test_h9_nothing_is_tried_again_once_a_byte_came(proxy: Proxy) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        if len(proxy.origin.requests) == 1:
            await connection.send(OK)
        else:
            await connection.send(b"HTTP/1.1 200 OK\r\n")
            connection.writer.close()

    proxy.origin.answer = answer
    replies = [await proxy.client.ask("POST", b"/v1/messages", body=b"{}") for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 502]
    assert len(proxy.origin.requests) == 2


async def test_connections_are_reused(proxy: Proxy) -> None:
    for _ in range(3):
        await proxy.client.ask("POST", b"/v1/messages", body=b"{}")

    assert proxy.origin.connections == 1


async def test_cookies_are_the_clients_business(proxy: Proxy) -> None:
    async def answer(request: Request, connection: Connection) -> None:
        await connection.send(OK.replace(b"\r\n\r\n", b"\r\nset-cookie: a=1\r\n\r\n"))

    proxy.origin.answer = answer
    for _ in range(2):
        await proxy.client.ask("GET", b"/")

    assert proxy.origin.requests[1].all(b"cookie") == []


async def test_k8_credentials_in_netrc_are_not_sent(
    start: StartProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    proxy = await start()

    await proxy.client.ask("GET", b"/")

    assert proxy.origin.requests[0].all(b"authorization") == []


async def test_i6_an_http_proxy_from_the_environment_is_used(
    start: StartProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Origin() as forward:
        forward.answer = say_ok
        monkeypatch.setenv("http_proxy", forward.url)
        monkeypatch.setenv("no_proxy", "")
        proxy = await start(anthropic_url="http://provider.invalid/base")

        reply = await proxy.client.ask("GET", b"/v1/models?")

        assert reply.status == 200
        assert [r.line for r in forward.requests] == [b"GET http://provider.invalid/base/v1/models? HTTP/1.1"]
        assert forward.requests[0].all(b"host") == [b"provider.invalid"]


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "https://api.anthropic.com", None),
        ({"https_proxy": "http://corp:3128"}, "https://api.anthropic.com", "http://corp:3128"),
        ({"https_proxy": "corp:3128"}, "https://api.anthropic.com", "http://corp:3128"),
        ({"https_proxy": "http://corp:3128"}, "http://api.anthropic.com", None),
        ({"https_proxy": "http://corp:3128", "no_proxy": "anthropic.com"}, "https://api.anthropic.com", None),
        ({"https_proxy": "http://corp:3128", "no_proxy": "*"}, "https://api.anthropic.com", None),
        ({"http_proxy": "http://corp:3128", "no_proxy": "127.0.0.1:81"}, "http://127.0.0.1:81", None),
    ],
)
def test_i6_which_http_proxy(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, expected: str | None
) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert expected == (str(found).rstrip("/") if (found := proxy_for(URL(url))) else None)


def test_i6_a_bundle_is_added_to_the_systems_roots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in BUNDLES:
        monkeypatch.delenv(variable, raising=False)
    system = trusted().get_ca_certs(binary_form=True)
    if not system:
        pytest.skip("this machine has no system roots")
    own = tmp_path / "one.pem"
    own.write_text(ssl.DER_cert_to_PEM_cert(system[0]))

    for variable in BUNDLES:
        monkeypatch.setenv(variable, str(own))
        assert len(system) == len(trusted().get_ca_certs(binary_form=True))


def test_i6_a_bundle_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "missing.pem")

    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE names 'missing\.pem'"):
        trusted()


@pytest.mark.parametrize(
    ("origin", "target", "expected"),
    [
        ("https://h", b"/v1/messages", "https://h/v1/messages"),
        ("https://h:8443/pre/", b"/v1/x?a=%2F&b", "https://h:8443/pre/v1/x?a=%2F&b"),
        ("https://h", b"//evil.example/x", "https://h//evil.example/x"),
        ("https://h", b"/@evil.example", "https://h/@evil.example"),
        ("https://h", b"/../../x", "https://h/../../x"),
        ("https://h", b"/x?", "https://h/x?"),
    ],
)
def test_k1_addresses_are_concatenated(origin: str, target: bytes, expected: str) -> None:
    url = address(origin, target)

    assert expected == str(url)
    assert url.host == "h"


def test_outgoing_headers_of_a_replaced_body() -> None:
    headers = [(b"content-encoding", b"gzip"), (b"accept-encoding", b"br"), (b"content-length", b"9"), (b"a", b"1")]

    assert list(outgoing(headers).items()) == [("content-encoding", "gzip"), ("accept-encoding", "br"), ("a", "1")]
    assert list(outgoing(headers, replaced=True, identity=True).items()) == [
        ("a", "1"),
        ("accept-encoding", "identity"),
    ]


def test_end_to_end_keeps_order_and_duplicates() -> None:
    headers = [(b"B", b"1"), (b"Connection", b"x , Y"), (b"X", b"1"), (b"y", b"1"), (b"B", b"2"), (b"a", b"3")]

    assert end_to_end(headers) == ((b"b", b"1"), (b"b", b"2"), (b"a", b"3"))
