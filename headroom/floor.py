"""The floor: below so many tokens providers cache nothing, so that shrinking may cost more than it saves.

A prompt of 1,100 tokens that a provider caches costs 110 from its second request on; made 900 long it is not cached,
and costs 900 each time. So a form is taken only if the prompt stands above the floor with it, or if what it saves is
more than what will be paid until the conversation has grown above the floor again, even if it first goes back a few times.
"""

from __future__ import annotations

from dataclasses import dataclass

from headroom import tokens
from headroom.content import Conversation

GROWTH_TOKENS = 400
"""What a request adds to a conversation, as a rule: a turn of the assistant, and what answers it."""

RETURNS = 3
"""Requests at least that must be paid for below the floor: users go back, and try again from where the prompt was short."""

_READ = 10
"""Reading from the cache costs a tenth."""

_WRITE = 125
"""Percent: writing into the cache costs a quarter more."""

_TOKEN_CHARACTERS = 8
"""Of a token, taken over a whole prompt, at most: a longer prompt need not be counted."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The fewest tokens that a provider caches, and how many stand before the messages."""

    minimum: int = 0
    head: int = 0


NO_FLOOR = Floor()


def floor_of(conversation: Conversation, *, otherwise: int) -> Floor:
    """Return the floor of a request; `otherwise` is the minimum where the request does not say whose cache it is."""
    minimum = otherwise if conversation.cache_minimum is None else conversation.cache_minimum
    if len(conversation.head) >= minimum * _TOKEN_CHARACTERS:
        return NO_FLOOR
    head = tokens.count_head(conversation.head)
    return Floor(minimum, head) if head < minimum else NO_FLOOR


class Above:
    """How far a conversation has grown, block by block, as it came in and as it is forwarded. For one fold."""

    def __init__(self, floor: Floor) -> None:
        self._minimum = floor.minimum
        self._raw = self._forwarded = floor.head

    def add(self, before: int, after: int) -> None:
        """Count the next block: its tokens as it came in, and as it is forwarded."""
        self._raw += before
        self._forwarded += after

    def allows(self, before: int, after: int) -> bool:
        """Return whether the next block may be forwarded with fewer tokens."""
        raw, forwarded = self._raw + before, self._forwarded + after
        if forwarded >= self._minimum or after >= before:
            return True
        saved = raw - forwarded
        lowest = max(forwarded, self._minimum - saved)
        behind = -(-(self._minimum - lowest) // GROWTH_TOKENS)
        dearer = max(0, (lowest + self._minimum) // 2 - max(raw, self._minimum) // _READ)
        if raw < self._minimum:  # both are not cached, then raw is and ours is not
            uncached = (self._minimum - raw) // GROWTH_TOKENS
            return saved * (1 + uncached) >= behind * dearer + self._minimum // 4
        # What raw would write now against requests that read nothing, and at last ours is written.
        return saved * _WRITE >= 100 * max(behind, RETURNS) * dearer + self._minimum * _WRITE

    def told(self, after: int) -> str:
        """Say why the next block may not be forwarded with so few tokens."""
        return (
            f"the prompt would fall to {self._forwarded + after:,} tokens; this provider caches from {self._minimum:,}"
        )
