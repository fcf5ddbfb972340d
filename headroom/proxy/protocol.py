"""uvicorn's HTTP protocol with two things added. Needs httptools."""

from __future__ import annotations

from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from headroom.proxy.incoming import MAX_HEADER_BYTES, TARGET, Scope

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """Gives the application the target as received, and does not collect endless headers."""

    _in_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Hand the request over."""
        self._in_head = False
        # uvicorn's own scope loses an absolute form's origin and an empty query.
        cast("Scope", self.scope)[TARGET] = self.url
        super().on_headers_complete()
