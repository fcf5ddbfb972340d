"""What each turn of a conversation is worth: read by re-pack and fit only, never when a block is new.

A turn is an assistant message with all its results, or one human or system message. Its score is a sum of
whole points, each explained:

    recency     0-300   how near its end is to the end
    used        0-400   40 for every name or number of its results that later turns say again
    relevance   0-200   20 for every rarer word that it shares with the task and the newest question
    errors      100     something in it is red
    role        150     a human said it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig, RunnableSerializable

from headroom import calls
from headroom.compressors.red import RED, severity, suspicious
from headroom.content import Block, Conversation, Message
from headroom.terms import is_name, terms_of, uses
from headroom.wire import WireRequest
from headroom.wire.langchain import LANGCHAIN, coerce

RECENCY, USED, RELEVANCE, ERRORS, ROLE = 300, 400, 200, 100, 150
_PER_USE, _PER_WORD = 40, 20
_COMMON_SHARE = 3
"""A word that more than one turn in so many says tells nothing about any of them."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Messages that stand or fall together: `start` up to `end`, which is not in it."""

    start: int
    end: int

    def __contains__(self, message: int) -> bool:
        return self.start <= message < self.end


@dataclass(frozen=True, slots=True)
class Score:
    """What a turn is worth, and why."""

    turn: Turn
    points: int
    why: tuple[tuple[str, int], ...] = ()
    """Name and points of each reason that gave any."""
    pinned: str = ""
    """Why it is never dropped; empty when it may be."""


class Scorer(RunnableSerializable[Any, list[Score]]):
    """Scores messages in any form LangChain takes, or a WireRequest: one Score per turn, in order."""

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Return True: it has no state."""
        return True

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> list[Score]:  # noqa: ARG002 - the framework's signature
        """Return the scores. Raises WireError when the input is nothing that headroom reads."""
        return score(input.conversation if isinstance(input, WireRequest) else LANGCHAIN.read(coerce(input)))


def score(conversation: Conversation) -> list[Score]:
    """Return what each turn is worth. Linear in the messages, and a function of them alone."""
    messages = conversation.messages
    found = turns(messages)
    pins = _pins(messages, found)
    used = _used(messages, found)
    words = [_words(messages[turn.start : turn.end]) for turn in found]
    asked = _asked(messages, found, words)
    scores = []
    for number, turn in enumerate(found):
        reasons = (
            ("recency", RECENCY * (number + 1) // len(found)),
            ("used", min(USED, _PER_USE * used[number])),
            ("relevance", min(RELEVANCE, _PER_WORD * len(words[number] & asked))),
            ("errors", ERRORS if _is_red(messages[turn.start : turn.end]) else 0),
            ("role", ROLE if messages[turn.start].role == "human" else 0),
        )
        why = tuple((name, points) for name, points in reasons if points)
        scores.append(Score(turn, sum(points for _, points in why), why, pins.get(number, "")))
    return scores


def turns(messages: Sequence[Message]) -> list[Turn]:
    """Return the turns: results belong to the assistant message that called for them."""
    starts = [n for n, message in enumerate(messages) if n == 0 or not _answers(message)]
    return [Turn(start, end) for start, end in zip(starts, [*starts[1:], len(messages)], strict=True)] if starts else []


def _answers(message: Message) -> bool:
    return message.role == "tool" or any(block.kind == "tool_result" for block in message.blocks)


def _pins(messages: Sequence[Message], found: Sequence[Turn]) -> dict[int, str]:
    """Return the turns that are never dropped, by number, each with the reason."""
    pins: dict[int, str] = {}
    humans = [n for n, turn in enumerate(found) if _speaks(messages[turn.start : turn.end])]
    if humans:
        pins[humans[-1]] = "newest human message"
        pins[humans[0]] = "task"
    for number, turn in enumerate(found):
        if messages[turn.start].role == "system":
            pins[number] = "system"
    if found:
        last = messages[found[-1].start : found[-1].end]
        retrieved = any(calls.is_retrieval(block.tool) for message in last for block in message.blocks)
        pins.setdefault(len(found) - 1, "retrieved text" if retrieved else "newest turn")
    return pins


def _speaks(messages: Sequence[Message]) -> bool:
    return any(block.role == "human" and block.kind == "text" for message in messages for block in message.blocks)


def _used(messages: Sequence[Message], found: Sequence[Turn]) -> list[int]:
    counts = [0] * len(messages)
    for (message, _), terms in uses(messages).items():
        counts[message] += sum(is_name(term) for term in terms)
    return [sum(counts[turn.start : turn.end]) for turn in found]


def _asked(messages: Sequence[Message], found: Sequence[Turn], words: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the words of the task and the newest question that few turns say."""
    humans = [n for n, turn in enumerate(found) if _speaks(messages[turn.start : turn.end])]
    if not humans:
        return frozenset()
    counts: dict[str, int] = {}
    for said in words:
        for word in said:
            counts[word] = counts.get(word, 0) + 1
    most = max(2, len(found) // _COMMON_SHARE)
    return frozenset(word for number in {humans[0], humans[-1]} for word in words[number] if counts[word] <= most)


def _words(messages: Sequence[Message]) -> frozenset[str]:
    return frozenset(term.lower() for text in _texts(messages) for term in terms_of(text))


def _texts(messages: Sequence[Message]) -> Iterator[str]:
    for message in messages:
        for block in message.blocks:
            yield block.text
            yield block.arguments


def _is_red(messages: Sequence[Message]) -> bool:
    return any(_red(block) for message in messages for block in message.blocks if block.kind == "tool_result")


def _red(block: Block) -> bool:
    return block.is_error or any(
        suspicious(line) and severity(line) == RED for line in block.text[:100_000].split("\n")
    )
