"""A scan that remembers: a growing conversation repeats its past, so only its tail is read."""

from __future__ import annotations

import sys
from typing import Any

from headroom.memo import Memo
from headroom.wire.splice import Scan

_HEAD = 256  # characters: long enough to hold the id of a call, which tells most messages apart
_VARIANTS = 8  # one message with and without a cache mark; conversations that open alike


class Remembered:
    """Wraps a scan whose result holds for the value's text alone: immutable, offsets relative to its start.

    A known text is compared, not parsed. An object or array ends where its bracket closes, so a text
    that begins with a known one holds exactly that value there, whatever follows.
    """

    def __init__(self, scan: Scan, *, max_bytes: int) -> None:
        self._scan = scan
        self._known: Memo[str, tuple[tuple[str, Any], ...]] = Memo(max_bytes)

    def __call__(self, text: str, start: int) -> tuple[Any, int]:
        """Return the value at `start` and the offset after it."""
        head = text[start : start + _HEAD]
        variants = self._known.get(head) or ()
        for known, value in variants:
            if text.startswith(known, start):
                return value, start + len(known)
        value, end = self._scan(text, start)
        if head.startswith(("{", "[")):
            variants = ((text[start:end], value), *variants[: _VARIANTS - 1])
            # what was read from a text is about as large as the text at most
            self._known.put(head, variants, size=2 * sum(sys.getsizeof(known) for known, _ in variants))
        return value, end
