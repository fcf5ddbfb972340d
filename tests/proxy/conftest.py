"""A provider that records the very bytes it gets, a client that sends the very bytes it is told, and the proxy between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self

import pytest

from headroom.proxy.app import App, Exchange
from headroom.proxy.passthrough import pass_through
from headroom.proxy.serve import serving
from headroom.proxy.settings import ProxySettings

Header = tuple[bytes, bytes]


@dataclass
class Request:
    """One request as it stood on the wire."""

    line: bytes
    headers: list[Header]
    body: bytes
    connection: int
    """Which connection it came on, counted from 1."""

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name]


@dataclass
class Connection:
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def reset(self) -> None:
        self.writer.transport.abort()

    async def closed_by_peer(self) -> None:
        while await self.reader.read(65536):
            pass


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until something holds."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0)


Answer = Callable[[Request, Connection], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


async def say_ok(request: Request, connection: Connection) -> None:
    await connection.send(OK)


class Origin:
    """A provider: `answer` decides what each request gets."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Answer = say_ok
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for writer in list(self.open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = Connection(self.connections, reader, writer)
        self.open.add(writer)
        try:
            while not writer.is_closing():
                request = await _read_request(connection)
                self.requests.append(request)
                await self.answer(request, connection)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()


async def _read_request(connection: Connection) -> Request:
    head = (await connection.reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
    headers = [(name, value) for name, _, value in (line.partition(b": ") for line in head[1:])]
    lengths = [int(value) for name, value in headers if name.lower() == b"content-length"]
    body = await connection.reader.readexactly(lengths[0]) if lengths else b""
    return Request(head[0], headers, body, connection.number)


@dataclass
class Reply:
    """What the client got, up to the end of its connection."""

    status: int
    headers: list[Header]
    body: bytes
    complete: bool = True
    """Whether the body ended as its framing says."""

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name]


@dataclass
class Client:
    """Talks to a base URL with exact bytes, one connection per request."""

    url: str
    headers: list[Header] = field(default_factory=list)

    @property
    def authority(self) -> bytes:
        return self.url.removeprefix("http://").encode()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return await asyncio.open_connection(host, int(port))

    def bytes_of(self, method: str, target: bytes, headers: list[Header], body: bytes) -> bytes:
        names = {name.lower() for name, _ in headers}
        full = [] if b"host" in names else [(b"Host", self.authority)]
        full += [*self.headers, *headers]
        if body and b"content-length" not in names:
            full.append((b"Content-Length", b"%d" % len(body)))
        if b"connection" not in names:
            full.append((b"Connection", b"close"))
        head = b"".join(b"%b: %b\r\n" % header for header in full)
        return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method.encode(), target, head, body)

    async def ask(self, method: str, target: bytes, headers: list[Header] | None = None, body: bytes = b"") -> Reply:
        return await self.raw(self.bytes_of(method, target, headers or [], body), method=method)

    async def raw(self, data: bytes, *, method: str = "GET") -> Reply:
        reader, writer = await self.connect()
        writer.write(data)
        received = await reader.read(-1)
        writer.close()
        return parse(received, method=method)


def parse(received: bytes, *, method: str = "GET") -> Reply:
    head, _, rest = received.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines[1:])]
    reply = Reply(int(lines[0].split(b" ")[1]), headers, rest)
    if reply.all(b"transfer-encoding") == [b"chunked"]:
        reply.body, reply.complete = _dechunk(rest)
    elif (length := reply.all(b"content-length")) and method != "HEAD":
        reply.complete = int(length[0]) == len(rest)
    return reply


def _dechunk(data: bytes) -> tuple[bytes, bool]:
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return body, True
        body, data = body + data[:length], data[length + 2 :]
    return body, False


class FakeStore:
    """Remembers that it was written to, or refuses."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def record(self, scope: str, lineage: bytes, kind: str, value: str, *, now: float) -> str:
        if self.error:
            raise self.error
        return value


@dataclass
class Proxy:
    app: App
    client: Client
    origin: Origin
    store: FakeStore

    def metric(self, name: str, **labels: str) -> float:
        return self.app.services.meter.value(name, **labels)


class Ticking:
    """asyncio as uvicorn sees it here: it looks every tenth of a second whether to stop, and every test stops it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 20)


@pytest.fixture(scope="session", autouse=True)
def quick_ticks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("uvicorn.server.asyncio", Ticking())
        yield


StartProxy = Callable[..., Awaitable[Proxy]]


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with Origin() as running:
        yield running


@pytest.fixture
async def start(origin: Origin) -> AsyncIterator[StartProxy]:
    """Start a proxy before `origin`; keyword arguments are ProxySettings'."""
    async with AsyncExitStack() as stack:

        async def start_proxy(*, exchange: Exchange = pass_through, headroom: Any = None, **settings: Any) -> Proxy:
            chosen = ProxySettings(
                **{"port": 0, "workers": 1, "anthropic_url": origin.url, "openai_url": origin.url} | settings
            )
            store = FakeStore()
            stub = headroom or SimpleNamespace(settings=SimpleNamespace(tenant="local"), store=store, clock=time.time)
            app = App(stub, chosen, exchange=exchange, work="pool_tasks:perform")
            url = await stack.enter_async_context(serving(app, chosen))
            return Proxy(app, Client(url), origin, store)

        yield start_proxy


@pytest.fixture
async def proxy(start: StartProxy) -> Proxy:
    return await start()
