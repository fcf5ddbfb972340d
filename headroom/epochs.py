"""Cold boundaries: when the provider's cache of a conversation has certainly expired, and from where on it is re-packed.

Two outcomes say it, so that every worker and every restart see the same:

    asked   when a conversation was sent, and to which model: noted at most once a minute
    epoch   at this request the cache was cold; messages before the number given are re-packed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headroom.content import Conversation, Message
from headroom.outcomes import ASKED, EPOCH
from headroom.scoring import turns

NOTE_SECONDS = 60
"""How exactly it is known when a conversation was last sent."""

KEPT_RESULTS = 4
"""The newest results are never re-packed: they are what the agent is at."""

WORTH_CHARACTERS = 1_500
"""Results of at least this much must have grown old since the last re-pack."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A re-pack: recorded at message `at`, of the messages before `cut`."""

    at: int = -1
    cut: int = 0


def epoch_of(outcomes: Sequence[Mapping[str, str]]) -> Epoch:
    """Return the latest re-pack among recorded outcomes; the one before all messages if there is none."""
    for at in range(len(outcomes) - 1, -1, -1):
        if (cut := outcomes[at].get(EPOCH)) is not None:
            return Epoch(at, int(cut))
    return Epoch()


def last_asked(outcomes: Sequence[Mapping[str, str]]) -> tuple[int, str] | None:
    """Return when the conversation was last sent, in seconds and up to a minute too early, and to which model."""
    told = (note for outcome in outcomes for kind, note in outcome.items() if kind.startswith(ASKED))
    notes = [note.split(" ", 1) for note in told]
    return max(((int(seconds), model) for seconds, model in notes), default=None)


def note_of(model: str, *, now: float) -> tuple[str, str]:
    """Return kind and value of what is noted of a conversation sent now; a request may be sent again much later."""
    return f"{ASKED}:{int(now) // NOTE_SECONDS}", f"{int(now)} {model}"


def is_cold(conversation: Conversation, outcomes: Sequence[Mapping[str, str]], *, now: float, lifetime: float) -> bool:
    """Return whether nothing of the conversation can be in the provider's cache any more; unknown is not cold."""
    asked = last_asked(outcomes)
    return asked is not None and (now - asked[0] >= lifetime + NOTE_SECONDS or asked[1] != conversation.model)


def cut_for(messages: Sequence[Message], *, before: Epoch) -> int | None:
    """Return the number of messages to re-pack, or None when too little has grown old since the epoch before."""
    results = [
        n for n, message in enumerate(messages) for block in message.blocks if block.kind in ("tool_result", "document")
    ]
    if len(results) <= KEPT_RESULTS:
        return None
    newest_old = results[-KEPT_RESULTS - 1]
    cut = next((turn.end for turn in reversed(turns(messages)) if turn.end <= newest_old + 1), 0)
    old = sum(
        len(block.text)
        for message in messages[before.cut : cut]
        for block in message.blocks
        if block.kind in ("tool_result", "document")
    )
    return cut if old >= WORTH_CHARACTERS else None
