"""Aging: when a conversation was last sent, and whether the provider's cache of it has expired since."""

from __future__ import annotations

from collections.abc import Callable

from headroom.content import Conversation
from headroom.epochs import NOTE_SECONDS, cut_for, epoch_of, is_cold, last_asked, note_of, place_of, written
from headroom.outcomes import EPOCH, Outcomes, Recorded


class Aging:
    """Notes what is sent, and where a conversation has grown cold."""

    def __init__(self, outcomes: Outcomes, *, clock: Callable[[], float], cache_seconds: float) -> None:
        self._outcomes = outcomes
        self._clock = clock
        self._cache_seconds = cache_seconds

    def note(self, conversation: Conversation, *, scope: str, capability: bool) -> None:
        """Note that a conversation is sent now and, where a marker could be redeemed and it is cold, record a re-pack."""
        lineages = conversation.lineages
        cut = self.cut(conversation, scope=scope) if capability else None
        outcomes = self._outcomes.of(scope, lineages)
        if cut is not None:
            cold_before = self._clock() - self._lifetime(conversation) - NOTE_SECONDS
            self.repack(conversation, cut, at=place_of(cut, outcomes, cold_before=cold_before), scope=scope)
            outcomes = self._outcomes.of(scope, lineages)
        if self.is_due(conversation, outcomes):
            at, kind, value = note_of(conversation, outcomes, now=self._clock())
            self._outcomes.record(scope, lineages[at], kind, value)

    def repack(self, conversation: Conversation, cut: int, *, at: int, scope: str) -> None:
        """Record that the messages before `cut` are re-packed, in whatever begins with the messages up to `at`."""
        self._outcomes.record(scope, conversation.lineages[at], EPOCH, written(cut, now=self._clock()))

    def is_due(self, conversation: Conversation, outcomes: Recorded) -> bool:
        """Return whether it is time to note again that the conversation is sent."""
        asked = last_asked(conversation, outcomes)
        return asked is None or self._clock() - asked >= NOTE_SECONDS

    def cut(self, conversation: Conversation, *, scope: str) -> int | None:
        """Return how many messages a re-pack takes now; None where the cache may be warm, or it is not worth it."""
        lifetime = self._lifetime(conversation)
        outcomes: Recorded = ()
        for recorded in (self._outcomes.of, self._outcomes.again):  # another worker may have sent it meanwhile
            outcomes = recorded(scope, conversation.lineages)
            if not is_cold(conversation, outcomes, now=self._clock(), lifetime=lifetime):
                return None
        return cut_for(conversation.messages, before=epoch_of(outcomes))

    def _lifetime(self, conversation: Conversation) -> float:
        known = conversation.cache_seconds
        return self._cache_seconds if known is None else known
