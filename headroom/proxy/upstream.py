"""The way to the provider: one shared session, bytes in, bytes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from headroom.errors import UpstreamError
from headroom.proxy.incoming import Incoming
from headroom.proxy.meter import Meter
from headroom.proxy.respond import Header
from headroom.proxy.settings import ProxySettings
from headroom.proxy.trust import proxy_for, trusted

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split()
)
_FOLLOWS = frozenset({b"host", b"content-length", b"expect"})
_AUTO = ("accept", "accept-encoding", "user-agent", "content-type")
"""Headers that aiohttp would add where the client sent none."""

_MAX_HEADER_LINE = 64 << 10
_KEEPALIVE_SECONDS = 55.0


class UpstreamTimeout(UpstreamError):  # noqa: N818 - reads as what happened
    """The provider was reached and did not begin to answer in time."""


class Truncated(UpstreamError):  # noqa: N818 - reads as what happened
    """The provider's answer ended before it was complete."""


class Answer:
    """A provider's response; its body is read once, by `chunks` or by `read`."""

    __slots__ = ("_response", "headers", "status")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status: int = response.status
        self.headers: tuple[Header, ...] = _response_headers(response)
        """As received, hop-by-hop ones aside, names in lower case; content-length and content-encoding fit the raw body."""

    def header(self, name: bytes) -> bytes | None:
        """Return the first header of this (lower-case) name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def is_event_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return (self.header(b"content-type") or b"").lower().startswith(b"text/event-stream")

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the raw body as it arrives. Raises Truncated when it breaks off or falls silent."""
        try:
            while chunk := await self._response.content.readany():
                yield chunk
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Truncated(f"{_origin(self._response.url)} broke off its answer: {_words(error)}") from error

    async def read(self) -> bytes:
        """Return the whole raw body. Raises Truncated."""
        return b"".join([chunk async for chunk in self.chunks()])


_reused: ContextVar[bool] = ContextVar("reused", default=False)
"""Whether the connection that this task was last given had been in use before."""


class _Connector(aiohttp.TCPConnector):
    """Says of each connection whether it was used before; aiohttp's tracing, made for that, is called at every turn."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._seen: WeakSet[asyncio.BaseProtocol] = WeakSet()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Connection:
        """Return a connection for a request."""
        connection = await super().connect(req, traces, timeout)
        protocol = connection.protocol
        _reused.set(protocol in self._seen)
        if not _reused.get() and protocol is not None:
            self._seen.add(protocol)
        return connection


class Upstream:
    """Asks providers. Use it as an async context manager; safe for any number of concurrent requests."""

    def __init__(self, settings: ProxySettings, *, meter: Meter) -> None:
        self._settings = settings
        self._meter = meter
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        origins = [URL(self._settings.anthropic_url), URL(self._settings.openai_url)]
        self._proxies = {url.origin(): proxy_for(url) for url in origins}
        tls = trusted() if any(url.scheme == "https" for url in origins) else True
        pooled = _Connector(limit=0, ssl=tls, keepalive_timeout=_KEEPALIVE_SECONDS)
        fresh = aiohttp.TCPConnector(limit=0, ssl=tls, force_close=True)
        self._pooled = await self._stack.enter_async_context(self._session(pooled))
        self._fresh = await self._stack.enter_async_context(self._session(fresh))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def ask(
        self, incoming: Incoming, *, body: bytes | None = None, identity: bool = False
    ) -> AsyncIterator[Answer]:
        """Send a request to its upstream and give its answer; leaving the context ends the connection's use.

        `body` replaces the incoming one (None: the very bytes received, with their content-encoding);
        `identity` asks for an answer without content-encoding instead of what the client accepts.
        Leaving before the body was read to its end closes the connection, so the provider stops.

        Raises UpstreamError when the provider cannot be reached, UpstreamTimeout when it does not begin
        to answer.
        """
        sent = incoming.body if body is None else body
        headers = outgoing(incoming.headers, replaced=sent is not incoming.body, identity=identity)
        response = await self._send(incoming.method, incoming.url, headers, sent)
        try:
            yield Answer(response)
        finally:
            # close() drops the connection unless the body was read to its end (then it is pooled by now).
            response.close()

    async def _send(self, method: str, url: URL, headers: CIMultiDict[str], body: bytes) -> aiohttp.ClientResponse:
        _reused.set(False)
        try:
            try:
                return await self._request(self._pooled, method, url, headers, body)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if not _reused.get() or not _before_any_byte(error):
                    raise
                # A kept-alive connection that was closed under us: the request was never taken up.
                self._meter.retried()
                return await self._request(self._fresh, method, url, headers, body)
        except aiohttp.ConnectionTimeoutError as error:
            raise UpstreamError(f"{_origin(url)} cannot be reached: no connection in time.") from error
        except TimeoutError as error:
            raise UpstreamTimeout(f"{_origin(url)} did not begin to answer in time.") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise UpstreamError(f"{_origin(url)} cannot be reached: {_words(error)}") from error

    async def _request(
        self, session: aiohttp.ClientSession, method: str, url: URL, headers: CIMultiDict[str], body: bytes
    ) -> aiohttp.ClientResponse:
        return await session.request(
            method,
            url,
            headers=headers,
            data=body or None,
            allow_redirects=False,
            proxy=self._proxies.get(url.origin()),
        )

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_AUTO,
            max_line_size=_MAX_HEADER_LINE,
            max_field_size=_MAX_HEADER_LINE,
            # Read from the environment by `trust`: aiohttp's own way would also send ~/.netrc credentials.
            trust_env=False,
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=self._settings.connect_timeout_seconds,
                sock_read=self._settings.idle_timeout_seconds,
            ),
        )


def outgoing(headers: Iterable[Header], *, replaced: bool = False, identity: bool = False) -> CIMultiDict[str]:
    """Return the headers to forward, in order, duplicates kept. Names come in lower case.

    Left out: hop-by-hop ones, those that Connection names, what the client sets for us (x-headroom-*),
    and what follows from URL and body (host, content-length, expect; content-encoding of a body that
    was `replaced`).
    """
    dropped = _FOLLOWS | ({b"content-encoding"} if replaced else set()) | ({b"accept-encoding"} if identity else set())
    kept = [
        (name.decode("ascii", "replace"), _text(value))
        for name, value in end_to_end(headers)
        if name not in dropped and not name.startswith(b"x-headroom-")
    ]
    if identity:
        kept.append(("accept-encoding", "identity"))
    return CIMultiDict(kept)


def end_to_end(headers: Iterable[Header]) -> tuple[Header, ...]:
    """Return headers without the hop-by-hop ones and those that Connection names."""
    lowered = [(name.lower(), value) for name, value in headers]
    dropped = _HOP_BY_HOP
    for name, value in lowered:
        if name == b"connection":
            dropped = dropped.union(token.strip().lower() for token in value.split(b","))
    return tuple([header for header in lowered if header[0] not in dropped])


def _response_headers(response: aiohttp.ClientResponse) -> tuple[Header, ...]:
    headers = end_to_end(response.raw_headers)
    if response.status not in (204, 304):
        return headers
    # A 304 may name the length that a 200 would have; a server that is told so waits for that body.
    return tuple(header for header in headers if header[0] != b"content-length")


def _text(value: bytes) -> str:
    # aiohttp writes headers as UTF-8: what is UTF-8 comes out as it came in, the rest is encoded.
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _before_any_byte(error: aiohttp.ClientError) -> bool:
    # aiohttp puts what there was of a response in the place of the message.
    return not isinstance(error, aiohttp.ServerDisconnectedError) or isinstance(error.message, str)


def _origin(url: URL) -> str:
    return str(url.origin())


def _words(error: BaseException) -> str:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it closed the connection"
    return str(error) or type(error).__name__
