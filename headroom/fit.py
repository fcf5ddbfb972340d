"""Fit: what goes when the model's window would overflow.

Whole turns are dropped, the least worth first, down to a share of the window at once, so that the
provider's cache breaks once and not at every turn. System, task, newest question and newest turn,
with its unanswered calls, are pinned. What was dropped is declared in one place, at the end of the nearest human
text before it, and can be retrieved where the reader is able to.

A fit is a recorded outcome (law 2): `fit` in the lineage says which messages, everyone replays it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from headroom import marker, tokens
from headroom.caching.windows import window_of
from headroom.content import Block, Conversation, Decision, Message, Plan
from headroom.outcomes import FIT, Recorded
from headroom.scoring import score
from headroom.transcript import Part, part_of, transcript

TARGET_SHARE = 0.6
"""Share of the room that a fit makes for: the next one is then many turns away."""

UNDERCOUNT = 1.2
"""Tokens of a model that nobody names for one of our ruler's, where its window is given."""

AGAIN = f"{FIT}:2"
"""The kind of a fit at a message where there is one already: the provider refused what came of it."""

BARE = f"{FIT}:bare"
"""Kind: the transcript of what a fit at this message drops could not be stored, so that it is declared without a ref."""

ENOUGH_SHARE = 0.8
"""Where a re-pack alone comes down to this share, nothing is dropped."""

DECLARING_TOKENS = 70
"""What declaring it costs at most."""

MESSAGE_TOKENS = 4
"""What a message costs besides its text."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What recorded fits took out, and the message at which the newest of them was recorded."""

    messages: frozenset[int] = frozenset()
    at: int = -1
    bare: bool = False
    """Whether its transcript could not be stored, so that nobody can redeem a ref."""

    def __bool__(self) -> bool:
        return bool(self.messages)


def dropped_in(outcomes: Recorded) -> Dropped:
    """Return what the latest recorded fit dropped; each fit names all that is gone by then."""
    for at in range(len(outcomes) - 1, -1, -1):
        if (spans := outcomes[at].get(AGAIN) or outcomes[at].get(FIT)) is not None:
            return Dropped(frozenset(_messages(spans)), at, bare=BARE in outcomes[at])
    return Dropped()


def spans_of(messages: Iterable[int]) -> str:
    """Return messages as spans, e.g. "3-8,12-12"; what is recorded."""
    spans: list[list[int]] = []
    for number in sorted(messages):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(f"{start}-{end}" for start, end in spans)


def tokens_of(conversation: Conversation, plan: Plan, head: int) -> list[int]:
    """Return the tokens of each message as it is forwarded, those of the head with the first; 0 for dropped ones."""
    sizes = [0 if number in plan.dropped else MESSAGE_TOKENS for number in range(len(conversation.messages))]
    for decision in plan.decisions:
        sizes[decision.where[0]] += decision.tokens_after
    if sizes:
        sizes[0] += head
    return sizes


def room_of(model: str, max_tokens: int | None) -> int | None:
    """Return how many tokens by our ruler are sure to fit; None when nobody knows the window.

    The ruler undercounts some models' tokens; what is known of the model by name says by how much.
    """
    known = window_of(model)
    if max_tokens is not None:
        return int(max_tokens / (known.undercount if known else UNDERCOUNT))
    return known.room if known else None


def to_drop(conversation: Conversation, sizes: Sequence[int], *, room: int) -> frozenset[int]:
    """Return the messages of the turns to drop so that `room` tokens hold what is left, as far as pins allow.

    Empty where nothing may go: then what is pinned is sent, whatever its size.
    """
    left = sum(sizes)
    gone: set[int] = set()
    if not any(_is_human(block) for message in conversation.messages for block in message.blocks):
        return frozenset()  # nowhere to declare it
    for each in sorted(score(conversation), key=lambda each: (each.points, each.turn.start)):
        if left <= room:
            break
        size = sum(sizes[each.turn.start : each.turn.end])
        if each.pinned or not size:
            continue
        gone |= set(range(each.turn.start, each.turn.end))
        left -= size
    return frozenset(gone)


def declared(
    decisions: Sequence[Decision], messages: Sequence[Message], dropped: Dropped, *, ref: bool
) -> list[Decision]:
    """Return the decisions with what was dropped declared at the end of the nearest human text before it.

    `ref` says whether the reader can redeem one. Where no human text stands before it, the first one after it serves.
    """
    humans = [n for n, d in enumerate(decisions) if _is_human(d.block) and d.where[0] not in dropped.messages]
    earlier = [n for n in humans if decisions[n].where[0] < min(dropped.messages)]
    place = earlier[-1] if earlier else humans[0] if humans else None
    if place is None:
        return list(decisions)
    said = transcript(_parts(messages, dropped.messages))
    with_original = replace(decisions[place], original=said, detail=f"{len(dropped.messages)} messages")
    written = declare(with_original, ref=marker.ref_of(said) if ref else "")
    return [*decisions[:place], written, *decisions[place + 1 :]]


def declare(decision: Decision, *, ref: str) -> Decision:
    """Return the decision about a human's words that closes them with what was dropped, redeemable or not."""
    what = f"{decision.detail} left out here so that the window holds the rest"
    text = decision.block.text
    text = marker.attach(text, what=what, ref=ref) if ref else marker.note(text, what=what)
    return replace(decision, reason="fit", text=text, ref=ref, tokens_after=tokens.count(text))


def _parts(messages: Sequence[Message], dropped: Iterable[int]) -> Iterable[Part]:
    """Yield what dropped messages said."""
    for number in sorted(dropped):
        for index, block in enumerate(messages[number].blocks):
            if block.text or block.kind == "tool_result":
                yield part_of(number, block, number=index)


def _is_human(block: Block) -> bool:
    return block.role == "human" and block.kind == "text"


def _messages(spans: str) -> Iterable[int]:
    for span in spans.split(","):
        start, end = span.split("-")
        yield from range(int(start), int(end) + 1)
