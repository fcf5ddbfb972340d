"""The way back: one answer to one client."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NoReturn

Header = tuple[bytes, bytes]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Cut(Exception):  # noqa: N818 - it is a request to the server, not an error
    """Tells the server to close the connection without a clean end."""


class Responder:
    """Sends one response through ASGI. Bodies are written as they come; waits when the client is slow."""

    __slots__ = ("_ended", "_send", "_status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status = 0
        self._ended = False

    @property
    def status(self) -> int:
        """The status that was sent; 0 before the start."""
        return self._status

    @property
    def started(self) -> bool:
        """Whether status and headers are out, so that no other answer can be given."""
        return self._status != 0

    @property
    def ended(self) -> bool:
        """Whether the answer is complete."""
        return self._ended

    async def start(self, status: int, headers: Iterable[Header] = ()) -> None:
        """Send status and headers, as given. Without a content-length the body goes out chunked."""
        self._status = status
        await self._send({"type": "http.response.start", "status": status, "headers": list(headers)})

    async def write(self, data: bytes) -> None:
        """Send a piece of the body at once."""
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes = b"") -> None:
        """Send the last piece and end the response cleanly."""
        self._ended = True
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

    async def whole(self, status: int, headers: Iterable[Header], body: bytes) -> None:
        """Send a complete response; content-length is set to fit, whatever `headers` say."""
        kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        await self.start(status, [*kept, (b"content-length", b"%d" % len(body))])
        await self.end(body)

    async def error(self, status: int, kind: str, message: str) -> None:
        """Send an error of our own in Anthropic's shape, e.g. `error(413, "request_too_large", "…")`."""
        await self.whole(status, [(b"content-type", b"application/json")], error_body(kind, message))

    def abort(self) -> NoReturn:
        """Close the connection without a clean end, so that a cut answer looks cut. Never returns.

        Raises Cut, which must reach the server: it closes a connection whose application fails after
        the start. Nothing may catch it on the way.
        """
        raise Cut


def error_body(kind: str, message: str) -> bytes:
    """Return Anthropic's error object as JSON."""
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}}, ensure_ascii=False).encode(
        errors="replace"
    )
