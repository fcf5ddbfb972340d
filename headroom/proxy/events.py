"""Server-sent events out of bytes: what stands in them, and the very bytes they came in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from headroom.errors import UpstreamError
from headroom.wire.parts import Json, dumps, loads

MAX_EVENT_BYTES = 64 << 20
"""What one event may hold: twice the largest request the API takes."""

# Two line ends of any kind. Both ways to begin are spelled out, so that the search skips to one at C speed.
_BLANK_LINE = re.compile(rb"\n(?:\n|\r\n?)|\r(?:\n(?:\n|\r\n?)|\r\n?)")
_LONGEST_BLANK_LINE = 4

PING = b'event: ping\ndata: {"type": "ping"}\n\n'


class Event:
    """One event: `raw` is what gets forwarded, `data` what it says ({} for a comment or anything that is not JSON)."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def data(self) -> Json:
        """The JSON object on the event's data lines."""
        raw = self.raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in self.raw else self.raw
        return loads(b"\n".join([line[5:] for line in raw.split(b"\n") if line.startswith(b"data:")]))

    @property
    def type(self) -> str:
        """The data's own type, which is what clients go by."""
        return str(self.data.get("type", ""))


class Events:
    """Takes bytes in any chunks and gives events; the same ones however the bytes were cut."""

    def __init__(self, *, max_bytes: int = MAX_EVENT_BYTES) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._max_bytes = max_bytes

    @property
    def between(self) -> bool:
        """Whether what came so far ends where an event ends."""
        return not self._rest

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that `chunk` completes. Raises UpstreamError when one grows beyond all bounds."""
        self._rest += chunk
        while match := _BLANK_LINE.search(self._rest, self._searched):
            end = match.end()
            if end == len(self._rest) and self._rest.endswith(b"\r"):
                return  # perhaps half a CRLF: the next byte tells
            event = Event(bytes(self._rest[:end]))
            del self._rest[:end]
            self._searched = 0
            yield event
        self._searched = max(0, len(self._rest) - _LONGEST_BLANK_LINE)
        if len(self._rest) > self._max_bytes:
            raise UpstreamError(f"the provider sent an event of more than {self._max_bytes:,} bytes")

    def end(self) -> Iterator[Event]:
        """Yield what stands after the last blank line: a stream may end without one."""
        if self._rest:
            event = Event(bytes(self._rest))
            self._rest.clear()
            self._searched = 0
            yield event


def event(data: Json) -> bytes:
    """Return an event as bytes."""
    return b"event: %s\ndata: %s\n\n" % (str(data["type"]).encode(), dumps(data))


def error(message: str, *, kind: str = "api_error") -> Json:
    """Return an error in the provider's own form, for an event or a body."""
    return {"type": "error", "error": {"type": kind, "message": message}}
