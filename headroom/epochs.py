"""Cold boundaries: when the provider's cache of a conversation has certainly expired, and from where on it is re-packed.

Two outcomes say it, so that every worker and every restart see the same:

    asked   when a conversation was sent, to which model and under which re-pack: noted at most once a minute, at its
            first result, which all branches share that have a result to lose
    epoch   the cache was cold; messages before the number given are re-packed

What is sent keeps all of its beginning warm, for every branch that is forwarded alike: a re-pack depends on nothing but the
messages that it changes, and is recorded at the last of them. A branch that leaves before is not forwarded alike: what
was re-packed shows what later turns used, which the branch does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from headroom.content import Conversation, Message
from headroom.outcomes import ASKED, EPOCH, RAW, Recorded
from headroom.scoring import turns

NOTE_SECONDS = 60
"""How exactly it is known when a conversation was last sent."""

KEPT_RESULTS = 4
"""The newest results are never re-packed: they are what the agent is at."""

WORTH_CHARACTERS = 1_500
"""Results of at least this much must have grown old since the last re-pack."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A re-pack: recorded at message `at`, of the messages before `cut`, in second `since`."""

    at: int = -1
    cut: int = 0
    since: int = 0


def epoch_of(outcomes: Recorded) -> Epoch:
    """Return the re-pack among recorded outcomes that reaches farthest; the one before all messages if there is none."""
    found = Epoch()
    for at, outcome in enumerate(outcomes):
        if outcome and (row := outcome.get(EPOCH)) is not None:
            cut, _, since = row.partition(" ")
            if int(cut) >= found.cut:
                found = Epoch(at, int(cut), int(since or 0))  # older rows carry no time
    return found


def place_of(cut: int, outcomes: Recorded, *, cold_before: float) -> int:
    """Return the message at which a re-pack of a cold conversation is recorded: the last of those that it changes.

    So every branch that shares those is forwarded alike, and whoever goes back a few turns after a pause finds them
    warm. Recorded at the newest message, it concerns what goes on from there alone: where something that begins so was
    sent since `cold_before`, to another model, or sent raw as a whole, or where a fit recorded one already.
    """
    warm = (kind.startswith(ASKED) and int(value) >= cold_before for each in outcomes for kind, value in each.items())
    raw = any(RAW in outcome for outcome in outcomes[cut - 1 :])
    return len(outcomes) - 1 if raw or EPOCH in outcomes[cut - 1] or any(warm) else cut - 1


def written(cut: int, *, now: float) -> str:
    """Return a re-pack as it is recorded."""
    return f"{cut} {int(now)}"


def note_of(conversation: Conversation, outcomes: Recorded, *, now: float) -> tuple[int, str, str]:
    """Return at which message it is noted that a conversation is sent now, and the note's kind and value."""
    at = next(_results(conversation.messages), len(conversation.messages) - 1)
    return at, f"{_asked(conversation, outcomes)}{int(now) // NOTE_SECONDS}", str(int(now))


def last_asked(conversation: Conversation, outcomes: Recorded) -> int | None:
    """Return when anything was sent that begins as the conversation does, in seconds and up to a minute too early."""
    alike = _asked(conversation, outcomes)
    told = (int(value) for outcome in outcomes for kind, value in outcome.items() if kind.startswith(alike))
    epoch = epoch_of(outcomes)
    return max(told, default=epoch.since if epoch.at >= 0 else None)


def is_cold(conversation: Conversation, outcomes: Recorded, *, now: float, lifetime: float) -> bool:
    """Return whether nothing of the conversation can be in the provider's cache any more; unknown is not cold."""
    asked = last_asked(conversation, outcomes)
    if asked is None:  # never so: to another model, or on another branch
        return any(kind.startswith(ASKED) for outcome in outcomes for kind in outcome)
    return now - asked >= lifetime + NOTE_SECONDS


def _asked(conversation: Conversation, outcomes: Recorded) -> str:
    """Return the kind of note of what is sent as the conversation is: to its model, under its re-pack."""
    epoch = epoch_of(outcomes)
    under = conversation.lineages[epoch.at] if epoch.at >= 0 else b""
    name = blake2b(under + conversation.model.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{ASKED}:{name}:"


def _results(messages: Sequence[Message]) -> Iterator[int]:
    """Yield the message of each result, in order."""
    for number, message in enumerate(messages):
        for block in message.blocks:
            if block.kind in ("tool_result", "document"):
                yield number


def cut_for(messages: Sequence[Message], *, before: Epoch) -> int | None:
    """Return the number of messages to re-pack, or None when too little has grown old since the epoch before."""
    results = list(_results(messages))
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
