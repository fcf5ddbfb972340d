"""What was read of messages before: a conversation repeats its past, which is not read again.

Messages of frameworks can be changed in place, so that which object it is says nothing: a message is
found again by everything that is read of it, in a form that is quick to compare.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Hashable
from typing import Any

from headroom.content import Message
from headroom.memo import Memo

Calls = dict[str, tuple[str, str]]
"""Tool name and arguments by call id."""

Reading = tuple[Message, Calls]

_MEMORY_BYTES = 16 << 20
_MARSHAL = 2
"""marshal's last format in which equal values give equal bytes."""


class Readings:
    """Messages and their calls, by fingerprint; safe to use from any thread."""

    def __init__(self) -> None:
        self._known: Memo[tuple[Hashable, ...], Reading] = Memo(_MEMORY_BYTES)

    def of(self, fingerprint: tuple[Hashable, ...] | None, read: Callable[[], Reading]) -> Reading:
        """Return what was read under this fingerprint before, else what `read` gives; None is never found again."""
        if fingerprint is None:
            return read()
        known = self._known.get(fingerprint)
        if known is None:
            known = read()
            self._known.put(fingerprint, known, size=_size(fingerprint) + sum(map(_size, known[1].values())))
        return known


def flat(value: Any) -> bytes:
    """Return plain values (lists, dicts, texts, numbers) as bytes that are equal only for equal ones. Raises ValueError."""
    return marshal.dumps(value, _MARSHAL)


def _size(values: tuple[Hashable, ...]) -> int:
    """Return about how many bytes the texts in a tuple take."""
    return 300 + sum(sys.getsizeof(value) for value in values)
