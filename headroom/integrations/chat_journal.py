"""The exchanges behind the replies of a wrapped chat model, written down and put back.

The model saw its call of headroom_retrieve and our answer; the caller saw one message. When that
message comes back it is found by its id, by the ids of its calls or by the messages before it, and if
it still says what was said, the exchange stands in its place, so that the provider reads what it wrote.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from headroom.errors import StoreError
from headroom.exchanges import Exchanges, key_of
from headroom.integrations.chat_rounds import ChatRound, spoken
from headroom.marker import TOOL
from headroom.store import OriginalStore

logger = logging.getLogger(__name__)


class ChatJournal:
    """Exchanges of LangChain messages, by scope. Methods may block; a store that fails is logged, never raised."""

    def __init__(self, store: OriginalStore, *, clock: Callable[[], float]) -> None:
        self._exchanges = Exchanges(store, clock=clock)

    def save(self, scope: str, rounds: Sequence[ChatRound], *, lineage: bytes, message_id: str | None) -> None:
        """Keep the rounds so far of the reply to a conversation of this lineage; durable when this returns.

        `message_id` is the id of the message that the caller sees.
        """
        keys = [key for each in rounds for key in _names(each.reply)]
        keys += [_named(message_id)] if message_id else []
        try:
            self._exchanges.save(scope, [*keys, _after(lineage)], write(rounds))
        except (StoreError, ValueError) as error:
            logger.warning("an exchange cannot be recorded: %s", error)

    def expand(
        self, messages: Sequence[BaseMessage], *, lineages: Sequence[bytes], scope: str
    ) -> Sequence[BaseMessage]:
        """Return the messages with each exchange in place of the message that its caller saw of it.

        `lineages` are those of these messages. The same object when there is nothing to put back.
        """
        try:
            return self._expanded(messages, lineages, scope)
        except StoreError as error:
            logger.warning("exchanges cannot be looked up, replies are sent as they came back: %s", error)
            return messages

    def nothing_behind(self, messages: Sequence[BaseMessage], *, lineages: Sequence[bytes], scope: str) -> bool:
        """Return whether it is known that `expand` has nothing to put back. Does not block."""
        names = _replies(messages, lineages).values()
        return all(self._exchanges.seen(scope, name) == () for name in names)

    def _expanded(
        self, messages: Sequence[BaseMessage], lineages: Sequence[bytes], scope: str
    ) -> Sequence[BaseMessage]:
        names = _replies(messages, lineages)
        known = {n: self._exchanges.seen(scope, name) for n, name in names.items()}
        unseen = {
            names[n]: [*_names(messages[n]), _after(lineages[n - 1])]
            for n, exchanges in known.items()
            if exchanges is None
        }
        found = self._exchanges.find(scope, unseen)
        restored: dict[int, list[ChatRound]] = {}
        for n, exchanges in known.items():
            if rounds := _restored(messages[n], exchanges or found.get(names[n], ())):
                restored[n] = rounds
                self._exchanges.touch(scope, [*_names(messages[n]), _after(lineages[n - 1])])
        if not restored:
            return messages
        return [each for n, message in enumerate(messages) for each in _said(message, restored.get(n))]


def _replies(messages: Sequence[BaseMessage], lineages: Sequence[bytes]) -> dict[int, tuple[bytes, str | None]]:
    """Return, for each reply by its index, what it is remembered by in this process."""
    return {n: (lineages[n], message.id) for n, message in enumerate(messages) if n and isinstance(message, AIMessage)}


def write(rounds: Sequence[ChatRound]) -> str:
    """Return rounds as the journal keeps them; more rounds give a text that begins alike. Raises ValueError for bytes."""
    return json.dumps([[message.model_dump(mode="json") for message in spoken([each])] for each in rounds])


def read(exchange: str) -> list[ChatRound]:
    """Return the rounds that `write` wrote."""
    return [
        ChatRound(AIMessage.model_validate(reply), tuple(map(ToolMessage.model_validate, results)))
        for reply, *results in json.loads(exchange)
    ]


def _restored(message: BaseMessage, exchanges: Sequence[str]) -> list[ChatRound]:
    """Return the rounds that a message came from; none if it stands for itself, or says something else by now."""
    for exchange in exchanges:
        rounds = read(exchange)
        if _says(message) == _said_in(rounds):
            return rounds
    return []


def _said(message: BaseMessage, rounds: Sequence[ChatRound] | None) -> Iterator[BaseMessage]:
    if rounds is None:
        yield message
    else:
        yield from spoken(rounds)


Saying = tuple[str, list[tuple[Any, Any, Any]], bool]
"""Text, calls, and whether there is any reasoning: what survives of a reply in every form that content takes."""


def _says(message: BaseMessage) -> Saying:
    calls = [(call["id"], call["name"], call["args"]) for call in getattr(message, "tool_calls", ())]
    return str(message.text).strip(), calls, _reasons(message)


def _said_in(rounds: Sequence[ChatRound]) -> Saying:
    text = "".join(str(each.reply.text) for each in rounds)
    calls = [(call["id"], call["name"], call["args"]) for call in rounds[-1].reply.tool_calls if call["name"] != TOOL]
    return text.strip(), calls, any(_reasons(each.reply) for each in rounds)


def _reasons(message: BaseMessage) -> bool:
    return any(block["type"] == "reasoning" for block in message.content_blocks)


def _names(message: BaseMessage) -> Iterator[str]:
    """Yield a key for everything that names a reply outright."""
    if message.id:
        yield _named(message.id)
    for call in getattr(message, "tool_calls", ()):
        if call["id"] and call["name"] != TOOL:
            yield key_of("call", call["id"])


def _named(message_id: str) -> str:
    return key_of("message", message_id)


def _after(lineage: bytes) -> str:
    """Return the key of whatever is replied to a conversation."""
    return key_of("reply", lineage.hex())
