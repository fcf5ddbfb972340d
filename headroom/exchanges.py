"""Recorded exchanges: texts under keys, by scope, in the store; what was found once is remembered.

What an exchange is, and by which keys it is found again, is the business of who records it: `journal`
for the Messages API, `integrations.chat_journal` for LangChain messages.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import TypeVar

from headroom.errors import StoreError
from headroom.memo import Memo
from headroom.store import OriginalStore

_MEMORY_BYTES = 8 << 20
_ENTRY_BYTES = 300

Name = TypeVar("Name", bound=Hashable)


class Exchanges:
    """What was recorded in a store. Methods may block and raise StoreError, where they do not say otherwise."""

    def __init__(self, store: OriginalStore, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._seen: Memo[tuple[str, Hashable], tuple[str, ...]] = Memo(_MEMORY_BYTES)
        self._scopes: Memo[str, bool] = Memo(_MEMORY_BYTES // 8)

    def save(self, scope: str, keys: Iterable[str], exchange: str) -> None:
        """Keep an exchange under its keys; durable when this returns."""
        self._store.journal(scope, dict.fromkeys(keys), exchange, now=self._clock())

    def holds_any(self, scope: str) -> bool:
        """Return whether the scope has any exchange; once it has, it is taken to go on having some."""
        if self._scopes.get(scope) is None and self._store.has_journal(scope):
            self._scopes.put(scope, True, size=_ENTRY_BYTES)
        return self._scopes.get(scope) is not None

    def has(self, scope: str, key: str) -> bool:
        """Return whether anything stands under a key."""
        return self.holds_any(scope) and bool(self._store.journalled(scope, [key]))

    def seen(self, scope: str, name: Hashable) -> tuple[str, ...] | None:
        """Return what was found for a message before; None if nobody looked yet. Does not block."""
        return self._seen.get((scope, name))

    def find(self, scope: str, keys: Mapping[Name, Sequence[str]]) -> dict[Name, tuple[str, ...]]:
        """Return the exchanges that each message, given by name with its keys, may have come from, the likeliest first.

        A message that comes back was recorded before its caller saw the end of it, so what is found the
        first time stands, and the store is not asked again.
        """
        if not keys:
            return {}
        wanted = list(dict.fromkeys(key for each in keys.values() for key in each))
        stored = self._store.journalled(scope, wanted) if self.holds_any(scope) else {}
        found = {
            name: tuple(dict.fromkeys(one for key in each for one in _longest(stored.get(key, ()))))
            for name, each in keys.items()
        }
        for name, exchanges in found.items():
            self._seen.put((scope, name), exchanges, size=_ENTRY_BYTES + sum(map(len, exchanges)))
        return found

    def touch(self, scope: str, keys: Iterable[str]) -> None:
        """Note that a live conversation needs what stands under the keys; the store writes it once an hour."""
        with suppress(StoreError):  # what is at hand is restored, whether or not this can be noted
            self._store.touch(scope, (), keys=keys, now=self._clock())


def key_of(kind: str, value: str) -> str:
    """Return the key under which an exchange is found by something that its caller kept of it."""
    return sha256(f"{kind}:{value}".encode("utf-8", "surrogatepass")).hexdigest()


def _longest(exchanges: Sequence[str]) -> Iterator[str]:
    """Yield exchanges, newest first, without those that a newer one carries on: JSON lists that begin alike."""
    for n, exchange in enumerate(exchanges):
        if not any(newer.startswith(exchange[:-1] + ",") for newer in exchanges[:n]):
            yield exchange
