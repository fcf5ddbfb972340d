"""The load: requests one after another, requests from 64 connections at once, and a pulse."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

PULSE_SECONDS = 0.005


class Connection:
    """One kept-alive connection with blocking calls: nothing between the clock and the socket."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> float:
        """Return how many milliseconds the whole answer took."""
        start = time.perf_counter()
        self._socket.sendall(request)
        answer = bytearray()
        while not _complete(answer):
            piece = self._socket.recv(1 << 16)
            if not piece:
                raise ConnectionError(f"the server closed the connection after {bytes(answer[:200])!r}")
            answer += piece
        taken = time.perf_counter() - start
        if not answer.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"not an answer of 200: {bytes(answer[:400])!r}")
        return taken * 1e3

    def close(self) -> None:
        self._socket.close()


def _complete(answer: bytearray) -> bool:
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank:
        return False
    if found := re.search(rb"(?i)content-length: *([0-9]+)", head):
        return len(body) >= int(found[1])
    return body.endswith(b"0\r\n\r\n")


def post(body: bytes, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return a POST of a Messages body as bytes on the wire."""
    lines = [
        "POST /v1/messages HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def in_turn(urls: Sequence[str], requests: Sequence[bytes]) -> list[list[float]]:
    """Send each request to every server before the next one; return the milliseconds per server."""
    connections = [Connection(url) for url in urls]
    taken: list[list[float]] = [[] for _ in urls]
    for request in requests:
        for connection, found in zip(connections, taken, strict=True):
            found.append(connection.ask(request))
    for connection in connections:
        connection.close()
    return taken


def throughput(url: str, body: bytes, *, connections: int, seconds: int) -> float:
    """Return requests per second from many connections."""
    if shutil.which("wrk"):
        return _wrk(url, body, connections, seconds)
    return asyncio.run(_flood(url, post(body), connections, seconds))


def _wrk(url: str, body: bytes, connections: int, seconds: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "post.lua")
        quoted = body.decode().replace("]==]", "")
        script.write_text(
            f'wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = [==[{quoted}]==]\n'
        )
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"{url}/v1/messages"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise ConnectionError(f"answers other than 200:\n{said}")
    found = re.search(r"Requests/sec: +([0-9.]+)", said)
    assert found, said
    return float(found[1])


class _Flood(asyncio.Protocol):
    """Sends the same request again as soon as it is answered."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._answer = bytearray()
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop does not subclass it
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if _complete(self._answer):
            self._answer.clear()
            self.answered += 1
            self._transport.write(self._request)

    def close(self) -> None:
        self._transport.close()


async def _flood(url: str, request: bytes, connections: int, seconds: int) -> float:
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Flood(request), parts.hostname or "", parts.port or 80)
        for _ in range(connections)
    ]
    start = time.perf_counter()
    await asyncio.sleep(seconds)
    answered = sum(flood.answered for _, flood in made)
    taken = time.perf_counter() - start
    for _, flood in made:
        flood.close()
    return answered / taken


@contextmanager
def pulse(url: str) -> Iterator[list[float]]:
    """Ask for /healthz every 5 ms while the context lasts; the list fills with the milliseconds each took."""
    taken: list[float] = []
    done = threading.Event()

    def beat() -> None:
        connection = Connection(url)
        while not done.wait(PULSE_SECONDS):
            taken.append(connection.ask(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"))
        connection.close()

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield taken
    finally:
        done.set()
        thread.join()
