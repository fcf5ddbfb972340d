"""A bounded memory of results: least recently used goes first, and bytes are what is counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memo(Generic[K, V]):
    """Remembers values up to a number of bytes; safe to use from any thread."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Return the value under `key`, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def get_each(self, keys: Sequence[K]) -> list[V | None]:
        """Return what `get` returns for each key."""
        with self._lock:
            found = [self._values.get(key) for key in keys]
            for key, each in zip(keys, found, strict=True):
                if each is not None:
                    self._values.move_to_end(key)
            return [None if each is None else each[0] for each in found]

    def take(self, key: K) -> V | None:
        """Return the value under `key` and forget it: for values that one caller at a time may change."""
        with self._lock:
            found = self._values.pop(key, None)
            if found is None:
                return None
            self._bytes -= found[1]
            return found[0]

    def put(self, key: K, value: V, *, size: int) -> None:
        """Remember a value of about `size` bytes; one larger than a quarter of the memory is not remembered."""
        if size > self._max_bytes // 4:
            return
        with self._lock:
            old = self._values.pop(key, None)
            self._bytes += size - (old[1] if old else 0)
            self._values[key] = (value, size)
            while self._bytes > self._max_bytes:
                self._bytes -= self._values.popitem(last=False)[1][1]

    def __len__(self) -> int:
        return len(self._values)
