"""Whether each conversation still begins, for the provider, as it did before; and if not, whose doing that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headroom.caching.breaks import Cause, Seen, broken, common
from headroom.content import Conversation
from headroom.memo import Memo

Digests = Sequence[tuple[str, bytes]]

_MEMORY_BYTES = 8 << 20
_DIGEST_BYTES = 120
_REQUESTS = 4
"""How many requests that began alike are remembered: sub-agents and forks of one conversation."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A prefix that was cached and is not read on."""

    cause: Cause
    where: str
    """The first thing that differs: "tools", "messages.7"; empty for an expiry."""


class Prefixes:
    """Remembers the latest requests of each conversation, as the client sent them and as they were forwarded."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: Memo[tuple[str, bytes], tuple[Seen, ...]] = Memo(_MEMORY_BYTES)

    def note(self, conversation: Conversation, *, scope: str, original: Digests, forwarded: Digests) -> Broken | None:
        """Take a request and return what it broke, None if it broke nothing or is the first of its kind.

        `conversation` is the client's own. Requests belong together that begin with the same words of a human.
        """
        first = next((n for n, each in enumerate(conversation.messages) if each.role == "human"), None)
        if first is None:
            return None
        key = (scope, conversation.lineages[first])
        seen = Seen([digest for _, digest in original], [digest for _, digest in forwarded], self._clock())
        known = self._seen.get(key) or ()
        before = max(known, key=lambda each: common(each.original, seen.original), default=None)
        kept = [
            each for each in known if each is not before or common(each.original, seen.original) < len(each.original)
        ]
        size = _DIGEST_BYTES * sum(len(each.original) + len(each.forwarded) for each in (seen, *kept))
        self._seen.put(key, (seen, *kept[: _REQUESTS - 1]), size=size)
        if before is None:
            return None
        lifetime = math.inf if conversation.cache_seconds is None else conversation.cache_seconds
        found = broken(before, seen, lifetime=lifetime)
        if found is None:
            return None
        return Broken(found.cause, "" if found.cause == "expiry" else forwarded[found.index][0])
