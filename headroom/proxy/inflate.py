"""Request bodies that come compressed."""

from __future__ import annotations

import asyncio
import zlib

_INLINE = 8 << 10
"""Compressed bytes up to which decoding stays on the event loop (they may become a thousand times as many)."""


class TooLarge(Exception):  # noqa: N818 - the caller's answer, not a failure
    """The decoded body would be larger than the limit."""


async def inflate(body: bytes, encoding: bytes, *, limit: int) -> bytes | None:
    """Return a body decoded; the same object when it is not encoded, None when we cannot read it.

    Reads gzip (one member) and deflate. Raises TooLarge as soon as more than `limit` bytes come out.
    """
    name = encoding.strip().lower()
    if name in (b"", b"identity"):
        return body
    if name not in (b"gzip", b"x-gzip", b"deflate") or not body:
        return None
    window = 16 + zlib.MAX_WBITS if name != b"deflate" else _deflate_window(body)
    if len(body) <= _INLINE:
        return _decode(body, window, limit)
    return await asyncio.to_thread(_decode, body, window, limit)


def _decode(body: bytes, window: int, limit: int) -> bytes | None:
    inflater = zlib.decompressobj(wbits=window)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        return None
    if len(plain) > limit:
        raise TooLarge
    return plain if inflater.eof and not inflater.unused_data else None


def _deflate_window(body: bytes) -> int:
    # RFC 9110 means the zlib format; clients that send bare deflate exist all the same.
    wrapped = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
