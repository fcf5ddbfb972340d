"""Aging: when a conversation was last sent, and whether the provider's cache of it has expired since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from headroom.content import Conversation
from headroom.epochs import NOTE_SECONDS, cut_for, epoch_of, is_cold, last_asked, note_of
from headroom.outcomes import EPOCH, Outcomes

Recorded = Sequence[Mapping[str, str]]


class Aging:
    """Notes what is sent, and where a conversation has grown cold."""

    def __init__(self, outcomes: Outcomes, *, clock: Callable[[], float], cache_seconds: float) -> None:
        self._outcomes = outcomes
        self._clock = clock
        self._cache_seconds = cache_seconds

    def note(self, conversation: Conversation, *, scope: str, capability: bool) -> None:
        """Note that a conversation is sent now and, where a marker could be redeemed and it is cold, record a re-pack."""
        lineages = conversation.lineages
        outcomes = self._outcomes.of(scope, lineages)
        if capability and EPOCH not in outcomes[-1] and (cut := self.cut(conversation, outcomes)) is not None:
            self._outcomes.record(scope, lineages[-1], EPOCH, str(cut))
        if self.is_due(conversation, outcomes):
            self._outcomes.record(scope, lineages[-1], *note_of(conversation.model, now=self._clock()))

    def is_due(self, conversation: Conversation, outcomes: Recorded) -> bool:
        """Return whether it is time to note again that the conversation is sent."""
        asked = last_asked(outcomes)
        return asked is None or asked[1] != conversation.model or self._clock() - asked[0] >= NOTE_SECONDS

    def cut(self, conversation: Conversation, outcomes: Recorded) -> int | None:
        """Return how many messages a re-pack takes now; None where the cache may be warm, or it is not worth it."""
        known = conversation.cache_seconds
        lifetime = self._cache_seconds if known is None else known
        if not is_cold(conversation, outcomes, now=self._clock(), lifetime=lifetime):
            return None
        return cut_for(conversation.messages, before=epoch_of(outcomes))
