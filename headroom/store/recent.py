"""What this process has written lately, so that it need not ask the database again."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable
from itertools import islice
from math import inf
from typing import TypeVar

H = TypeVar("H", bound=Hashable)

_NAMES = 16_384  # about 3 MB; a forgotten name costs one statement that changes nothing


class Recent:
    """When each name was last written, for the latest names only."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds
        self._written: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def due(self, names: Iterable[H], *, now: float) -> list[H]:
        """Return the names, each once, that were not written in the last `seconds`."""
        written = self._written
        return [name for name in dict.fromkeys(names) if now - written.get(name, -inf) >= self._seconds]

    def add(self, names: Iterable[Hashable], *, now: float) -> None:
        """Note that the names are written; the oldest notes give way."""
        with self._lock:
            for name in names:
                self._written.pop(name, None)
                self._written[name] = now
            for name in list(islice(self._written, max(0, len(self._written) - _NAMES))):
                del self._written[name]


class Sweep:
    """When this process next purges of its own accord: at its first write, then every so many bytes or seconds."""

    def __init__(self, *, every_bytes: int, every_seconds: float) -> None:
        self._bytes = every_bytes
        self._seconds = every_seconds
        self._written = 0
        self._last = -inf
        self._lock = threading.Lock()

    def due(self, written: int, *, now: float) -> bool:
        """Count bytes as written; return whether it is time, which is then counted from anew."""
        with self._lock:
            self._written += written
            if self._written <= self._bytes and abs(now - self._last) < self._seconds:
                return False
            self._written, self._last = 0, now
            return True
