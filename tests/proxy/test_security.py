"""Who may ask, in what form, and what never gets out."""

from __future__ import annotations

import json
import logging

import pytest
from conftest import Header, Proxy, StartProxy

from headroom.errors import ConfigError
from headroom.proxy.settings import ProxySettings, is_loopback

ROUTES = [
    ("POST", b"/v1/messages"),
    ("GET", b"/v1/models"),
    ("GET", b"/"),
    ("GET", b"/healthz"),
    ("GET", b"/readyz"),
    ("GET", b"/metrics"),
    ("POST", b"/p/app/v1/messages"),
]
TOKEN = "correct-horse-battery"


async def test_k1_absolute_targets_and_connect_are_400(proxy: Proxy) -> None:
    for line in (
        b"GET http://evil.example/v1/models HTTP/1.1",
        b"GET http://127.0.0.1/healthz HTTP/1.1",
        b"POST https://evil.example/v1/messages HTTP/1.1",
        b"CONNECT evil.example:443 HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
    ):
        reply = await proxy.client.raw(b"%b\r\nHost: %b\r\nConnection: close\r\n\r\n" % (line, proxy.client.authority))
        assert (line, 400) == (line, reply.status)
    assert proxy.origin.requests == []


async def test_k1_nothing_a_request_says_chooses_the_upstream(proxy: Proxy) -> None:
    headers = [
        (b"x-upstream", b"http://evil.example"),
        (b"x-forwarded-host", b"evil.example"),
        (b"x-headroom-upstream", b"http://evil.example"),
        (b"forwarded", b"host=evil.example"),
        (b"x-base-url", b"http://evil.example"),
    ]
    for method, target in ROUTES:
        await proxy.client.ask(method, target, headers)

    assert len(proxy.origin.requests) == 4
    assert {proxy.client.url} != {proxy.origin.url}


def test_k2_a_public_address_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADROOM_PROXY_TOKEN", raising=False)
    for host in ("0.0.0.0", "::", "192.168.1.2", "example.com"):
        with pytest.raises(ConfigError, match=r"set a token \(--token or HEADROOM_PROXY_TOKEN\)"):
            ProxySettings(host=host)
        assert host == ProxySettings(host=host, token=TOKEN).host


def test_k2_an_empty_token_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_PROXY_TOKEN", "")
    with pytest.raises(ConfigError):
        ProxySettings(host="0.0.0.0")


async def test_k2_without_the_token_nothing_is_answered(start: StartProxy) -> None:
    proxy = await start(token=TOKEN)
    wrong = [b"", b"wrong", TOKEN.encode()[:-1], TOKEN.encode() + b"x", TOKEN.encode().upper()]
    for headers in ([], *([(b"x-headroom-token", token)] for token in wrong)):
        for method, target in ROUTES:
            expected = 200 if target in (b"/healthz", b"/readyz") else 401
            assert (target, expected) == (target, (await proxy.client.ask(method, target, headers)).status)
    assert proxy.origin.requests == []


async def test_h14_the_token_stands_beside_the_clients_own_credentials(start: StartProxy) -> None:
    proxy = await start(token=TOKEN)
    headers = [(b"Authorization", b"bearer sk-ant-oat01"), (b"X-Headroom-Token", TOKEN.encode())]

    for method, target in ROUTES:
        assert (await proxy.client.ask(method, target, headers)).status == 200
    assert {b"bearer sk-ant-oat01"} == {value for r in proxy.origin.requests for value in r.all(b"authorization")}


async def test_k3_a_foreign_host_gets_nothing(proxy: Proxy) -> None:
    hosts = [b"evil.example", b"127.0.0.1.evil.example", b"localhost.evil.example:8787", b"[::2]:1", b"", b"10.0.0.1"]
    for host in hosts:
        for method, target in ROUTES:
            assert (host, target, 403) == (
                host,
                target,
                (await proxy.client.ask(method, target, [(b"Host", host)])).status,
            )
    assert proxy.origin.requests == []


async def test_k3_names_of_this_machine_are_welcome(proxy: Proxy) -> None:
    for host in (b"localhost", b"LOCALHOST:1", b"127.0.0.1", b"127.0.0.2:80", b"[::1]:8787"):
        assert (host, 200) == (host, (await proxy.client.ask("GET", b"/v1/models", [(b"Host", host)])).status)


async def test_k3_a_token_opens_other_names(start: StartProxy) -> None:
    proxy = await start(token=TOKEN)
    headers = [(b"Host", b"headroom.corp.example"), (b"x-headroom-token", TOKEN.encode())]

    assert (await proxy.client.ask("GET", b"/v1/models", headers)).status == 200


async def test_k3_two_hosts_are_one_too_many(proxy: Proxy) -> None:
    reply = await proxy.client.ask("GET", b"/", [(b"Host", b"localhost"), (b"Host", b"evil.example")])

    assert reply.status == 400


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_k3_a_foreign_origin_gets_nothing(start: StartProxy, token: str | None) -> None:
    proxy = await start(token=token)
    admitted: list[Header] = [(b"x-headroom-token", token.encode())] if token else []
    for foreign in (b"https://evil.example", b"null", b"http://localhost", b"http://localhost:3000", b""):
        for method, target in ROUTES:
            reply = await proxy.client.ask(method, target, [(b"Origin", foreign), *admitted])
            assert (foreign, target, 403) == (foreign, target, reply.status)
            assert reply.all(b"access-control-allow-origin") == []
    assert proxy.origin.requests == []


async def test_k3_our_own_origin_is_not_foreign(proxy: Proxy) -> None:
    reply = await proxy.client.ask("GET", b"/v1/models", [(b"Origin", b"http://" + proxy.client.authority)])

    assert reply.status == 200


async def test_k4_forwarded_headers_never_make_a_request_local(start: StartProxy) -> None:
    proxy = await start(token=TOKEN)
    headers = [
        (b"x-forwarded-for", b"127.0.0.1"),
        (b"x-forwarded-host", b"localhost"),
        (b"x-real-ip", b"127.0.0.1"),
        (b"forwarded", b"for=127.0.0.1;host=localhost"),
    ]

    assert (await proxy.client.ask("GET", b"/v1/models", headers)).status == 401


async def test_k4_forwarded_headers_do_not_replace_the_host(proxy: Proxy) -> None:
    headers = [(b"Host", b"evil.example"), (b"x-forwarded-host", b"localhost")]

    assert (await proxy.client.ask("GET", b"/v1/models", headers)).status == 403


async def test_k7_no_credential_or_body_is_logged(start: StartProxy, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="headroom")
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    caplog.set_level(logging.DEBUG, logger="aiohttp")
    secrets = [b"sk-ant-secret-key", TOKEN.encode(), b"the body's words"]
    headers = [(b"x-api-key", secrets[0]), (b"x-headroom-token", secrets[1])]
    proxy = await start(token=TOKEN, openai_url="http://127.0.0.1:9")

    await proxy.client.ask("POST", b"/v1/messages", headers, secrets[2])
    await proxy.client.ask("POST", b"/v1/embeddings", headers, secrets[2])
    metrics = await proxy.client.ask("GET", b"/metrics", headers)

    for secret in secrets:
        assert secret.decode() not in caplog.text
        assert secret not in metrics.body


async def test_a_configured_name_is_ours(start: StartProxy) -> None:
    proxy = await start(host="localhost")

    assert (await proxy.client.ask("GET", b"/", [(b"Host", b"localhost:99")])).status == 200


async def test_refusals_are_in_the_clients_error_shape(proxy: Proxy) -> None:
    reply = await proxy.client.ask("POST", b"/v1/messages", [(b"Host", b"evil.example")])

    error = json.loads(reply.body)
    assert (error["type"], error["error"]["type"]) == ("error", "permission_error")


def test_loopback() -> None:
    yes = ["localhost", "LocalHost.", "127.0.0.1", "127.9.9.9", "::1"]
    no = ["", "localhost.evil", "127.0.0.1.nip.io", "0.0.0.0", "::", "10.0.0.1", "2130706433", "0x7f.1"]
    assert [*yes] == [host for host in yes + no if is_loopback(host)]
