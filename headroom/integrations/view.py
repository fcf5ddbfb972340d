"""What a model is shown of messages: the same everywhere, whoever asks for it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

from langchain_core.messages import BaseMessage, ToolMessage

from headroom.content import Conversation, Message, Plan
from headroom.context import Headroom
from headroom.errors import WireError
from headroom.wire.chat import ChatRequest

logger = logging.getLogger(__name__)

COMMITTED = "headroom"
"""Key in a message's response_metadata that says: its text was made small before it was saved."""

_EVICTED = "Tool result too large, the result of this tool call"
"""How deepagents begin what they put in place of a result that they saved in a file."""

_CLEARING = "context_management"
"""By this name providers are asked, in settings or by a field of the model, to clear old tool results themselves."""


@dataclass(frozen=True)
class ViewRequest(ChatRequest):
    """A call of which some messages are finished: they stay as they are, and nothing points at them."""

    finished: frozenset[int] = frozenset()
    """Their indexes."""

    @cached_property
    def conversation(self) -> Conversation:
        """What the call says. Raises WireError."""
        read = super().conversation
        messages = tuple(_closed(each) if n in self.finished else each for n, each in enumerate(read.messages))
        return replace(read, messages=messages, clears=_clears(self))


def finished(messages: Sequence[BaseMessage], *, named: Collection[str] = ()) -> Iterator[int]:
    """Yield the indexes of tool results that others, or we, have made what they are; `named` are names of such tools."""
    for number, message in enumerate(messages):
        if isinstance(message, ToolMessage) and (
            COMMITTED in message.response_metadata or message.name in named or message.text.startswith(_EVICTED)
        ):
            yield number


def show(headroom: Headroom, request: ChatRequest, *, scope: str) -> tuple[ChatRequest, Plan]:
    """Return the request as its model shall see it, and the plan that made it so; what cannot be read stays as it is.

    Reads and writes the store: in asynchronous callers it belongs into a thread.
    """
    try:
        headroom.note(request, scope=scope)
        headroom.fit(request, scope=scope)
        plan = headroom.plan(request, scope=scope)
        return headroom.apply(request, plan, scope=scope), plan
    except WireError as error:
        logger.warning("a request is sent as it is: %s", error)
        return request, Plan()


def _closed(message: Message) -> Message:
    """Return a message in which there is nothing to look at; it is another one than the same text unfinished."""
    return replace(message, blocks=(), digest=blake2b(b"finished" + message.digest, digest_size=16).digest())


def _clears(request: ChatRequest) -> bool:
    return bool(request.arguments.get(_CLEARING))
