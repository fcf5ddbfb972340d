"""What others do about long tool results, billed as the recorded sessions are: cutting them, clearing old ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from langchain_core.messages import BaseMessage, ToolMessage

from headroom.caching.rules import rules_of
from headroom.caching.simulate import Part, bill, total
from headroom.replay import MODELS, Clock, Provider, times
from headroom.replay_parts import Ruler, shared
from headroom.replay_read import Transcript

CUT_CHARACTERS = 2_000
KEPT_RESULTS = 3
"""Results that clearing leaves, as providers and frameworks do by default."""

_CLEARED = "[Old tool result content cleared]"

View = Callable[[Sequence[BaseMessage]], list[BaseMessage]]


def cut(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return the messages, every tool result cut to its first characters."""
    return [_with(m, m.text[:CUT_CHARACTERS]) if isinstance(m, ToolMessage) else m for m in messages]


def cleared(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return the messages, all tool results but the newest replaced by a note."""
    results = [n for n, message in enumerate(messages) if isinstance(message, ToolMessage)]
    old = frozenset(results[:-KEPT_RESULTS])
    return [_with(message, _CLEARED) if n in old else message for n, message in enumerate(messages)]


OTHERS: dict[str, View] = {f"cut to {CUT_CHARACTERS:,}": cut, f"clearing but {KEPT_RESULTS}": cleared}


def cost(transcript: Transcript, view: View, *, provider: Provider, clock: Clock) -> float:
    """Return what a conversation costs whose every request is sent as `view` makes it."""
    rules = rules_of(provider, MODELS[provider])
    ruler = Ruler(rules)
    first = ruler.request(transcript.asked[0].messages, tools=None, at=0.0)
    unseen = max(0, transcript.billed - sum(part.tokens for part in first.parts))
    uses_tools = any(isinstance(message, ToolMessage) for message in transcript.history)
    tools = Part("tools", unseen, "tools") if unseen or uses_tools else None
    requests = [
        ruler.request(view(asked.messages), tools=tools, at=now)
        for asked, now in zip(transcript.asked, times(transcript.asked, clock), strict=True)
    ]
    return total(bill(requests, rules, shared=shared if rules.matching == "prefix" else None)).cost


def _with(message: BaseMessage, text: str) -> BaseMessage:
    return message.model_copy(update={"content": text})
