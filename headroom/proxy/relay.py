"""An answer that holds nothing of ours goes to the client byte for byte, as it comes.

Beside it is read what the provider billed, and whether the answer was complete.
"""

from __future__ import annotations

import re
import zlib

from headroom.errors import UpstreamError
from headroom.proxy.events import Events, error, event
from headroom.proxy.respond import Responder
from headroom.proxy.services import Services
from headroom.proxy.stream import Reply
from headroom.proxy.upstream import Answer, Truncated
from headroom.wire.parts import loads

MAX_BODY_BYTES = 8 << 20
"""Usage is not looked for in larger bodies that are no stream."""

BROKEN_OFF = "The provider broke off its answer."

_HEAD = 64  # long enough to tell what kind of event it is
_READ = re.compile(rb"message_|error")


async def relay(answer: Answer, respond: Responder, services: Services) -> None:
    """Forward an answer. One that breaks off ends in an error event where it can, else it breaks off here too."""
    tap = Tap(answer)
    broken = False
    await respond.start(answer.status, answer.headers)
    try:
        async for chunk in answer.chunks():
            await respond.write(chunk)
            tap.feed(chunk)
    except Truncated:
        broken = True
    finally:
        services.meter.usage(tap.reply().usage)
    if not broken and not tap.unfinished:
        await respond.end()
        return
    services.meter.truncated()
    if not tap.between:
        respond.abort()
    await respond.end(event(error(BROKEN_OFF)))


class Tap:
    """Reads along: of a stream only the events that begin, end or break off a message."""

    def __init__(self, answer: Answer) -> None:
        encoding = (answer.header(b"content-encoding") or b"identity").strip().lower()
        self._gunzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == b"gzip" else None
        self._readable = encoding in (b"identity", b"gzip")
        self._events = Events() if answer.is_event_stream else None
        self._body = bytearray()
        self._reply = Reply()
        self._plain = encoding == b"identity"

    def feed(self, chunk: bytes) -> None:
        """Take a piece of the body; what cannot be read is not read any further."""
        if not self._readable:
            return
        try:
            data = self._gunzip.decompress(chunk) if self._gunzip else chunk
            for each in self._events.feed(data) if self._events else ():
                if _READ.search(each.raw, 0, _HEAD):
                    self._reply.take(each.data)
        except (zlib.error, UpstreamError):
            self._readable = False
            return
        if self._events is None:
            self._body += data
            self._readable = len(self._body) <= MAX_BODY_BYTES

    def reply(self) -> Reply:
        """Return the message as far as it was read."""
        if self._readable and self._events is None:
            message = loads(bytes(self._body))
            if isinstance(message.get("usage"), dict):
                self._reply.usage = message["usage"]
        return self._reply

    @property
    def unfinished(self) -> bool:
        """Whether a stream began a message and neither ended it nor said why."""
        return self._readable and self._reply.begun and not self._reply.ended and self._reply.failed is None

    @property
    def between(self) -> bool:
        """Whether an event can be added to the answer where it stands now."""
        return self._plain and self._readable and self._events is not None and self._events.between
