"""Where cache marks belong in the requests of callers that set none: such callers pay about seven times too much.

A function of the request alone. Marks move on from turn to turn, and what is cached does not: a mark is
no part of the prefix.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from headroom.caching.rules import Rules, Section
from headroom.content import Message, Role


@dataclass(frozen=True, slots=True)
class Spot:
    """A content block of a request, as far as a mark is concerned; one for each block the provider counts."""

    section: Section
    role: Role = "human"
    """Who speaks, in the messages."""
    markable: bool = True
    """Thinking and empty texts take no mark; neither does what the wire does not know."""
    place: Hashable = None
    """Where it stands: the wire's own business."""


def places(spots: Sequence[Spot], *, rules: Rules) -> list[int]:
    """Return the indices of the spots that are to be marked, in order; at most four.

    The last tool, the end of the system prompt, and the last block; and where the turn added more than a mark
    looks back over, the last block of the request before, which that request had marked. Nothing for what
    looks like a one-shot: a request without tools in which nobody has answered yet.
    """
    if not rules.max_marks or is_one_shot(spots):
        return []
    answered = _last_answer(spots)
    found = [_last(spots, section="tools"), _last(spots, section="system")]
    last = _last(spots, section="messages")
    before = _last(spots[:answered], section="messages") if answered is not None else None
    if before is not None and last is not None and last - before >= rules.lookback:
        found.append(before)
    return [n for n in (*found, last) if n is not None]


def is_one_shot(spots: Sequence[Spot]) -> bool:
    """Return whether a request is likely to stay the only one: it has no tools, and nobody has answered yet."""
    return not any(spot.section == "tools" for spot in spots) and _last_answer(spots) is None


def cache_key(scope: str, messages: Sequence[Message]) -> str:
    """Return a `prompt_cache_key` for a conversation: the same in all of its requests, another in every other one.

    Named by what it began with, up to the first thing a human said. Requests that begin alike share a
    cache; 15 a minute with the same key are the most that OpenAI sends to one machine.
    """
    digest = blake2b(scope.encode("utf-8", "surrogatepass"), digest_size=16)
    for message in messages:
        digest.update(message.digest)
        if message.role == "human":
            break
    return f"headroom-{digest.hexdigest()}"


def _last(spots: Sequence[Spot], *, section: Section) -> int | None:
    """Return the last spot of a section that takes a mark."""
    return next(
        (
            n
            for n in range(len(spots) - 1, -1, -1)
            # what a system says among the messages is new to the API: it is not tried whether it takes marks
            if spots[n].section == section and spots[n].markable and (section != "messages" or _speaks(spots[n]))
        ),
        None,
    )


def _last_answer(spots: Sequence[Spot]) -> int | None:
    """Return where the last turn of the assistant begins; words put into its mouth at the very end are none."""
    end = len(spots)
    while end and _answers(spots[end - 1]):
        end -= 1
    while end and not _answers(spots[end - 1]):
        end -= 1
    start = end
    while start and _answers(spots[start - 1]):
        start -= 1
    return start if end else None


def _answers(spot: Spot) -> bool:
    return spot.section == "messages" and spot.role == "assistant"


def _speaks(spot: Spot) -> bool:
    return spot.role != "system"
