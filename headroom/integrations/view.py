"""What a model is shown of messages: the same everywhere, whoever asks for it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, ToolMessage

from headroom.content import Conversation, Message, Plan
from headroom.context import Headroom
from headroom.errors import WireError
from headroom.integrations.steps import away, step
from headroom.wire.chat import ChatRequest
from headroom.wire.messages import texts_in
from headroom.writing import written

logger = logging.getLogger(__name__)

COMMITTED = "headroom"
"""Key in a message's response_metadata that says: its text was made small before it was saved."""

_EVICTED = "Tool result too large, the result of this tool call"
"""How deepagents begin what they put in place of a result that they saved in a file."""

_CLEARING = "context_management"
"""By this name providers are asked, in settings or by a field of the model, to clear old tool results themselves."""


@dataclass(frozen=True)
class ViewRequest(ChatRequest):
    """A call of which some messages are finished: they stay as they are, and nothing points at them.

    Finished are tool results that others, or we, have made what they are.
    """

    named: Collection[str] = ()
    """Names of tools whose results are finished."""

    done: Collection[int] = ()
    """Indexes of further messages that are."""

    clears: bool = False
    """The model itself is set to have its provider clear old tool results."""

    @cached_property
    def conversation(self) -> Conversation:
        """What the call says. Raises WireError."""
        read = super().conversation
        finished = {*self.done, *self._finished()}
        messages = tuple(_closed(each) if n in finished else each for n, each in enumerate(read.messages))
        return replace(read, messages=messages, clears=self.clears or bool(self.arguments.get(_CLEARING)))

    def _finished(self) -> Iterator[int]:
        for number, message in enumerate(self.messages):
            if isinstance(message, ToolMessage) and (
                COMMITTED in message.response_metadata
                or message.name in self.named
                or next((text for _, text in texts_in(message.content)), "").startswith(_EVICTED)
            ):
                yield number


def asked(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    arguments: Mapping[str, Any],
    *,
    named: Collection[str] = (),
) -> ViewRequest:
    """Return a call of a model as a request; `named` are the tools by which it gives structured answers."""
    name = getattr(model, "model_name", None) or getattr(model, "model", None)
    return ViewRequest(
        messages,
        arguments,
        model=name if isinstance(name, str) else "",
        named=named,
        clears=bool(getattr(model, _CLEARING, None)),
    )


def is_wrapped(model: object) -> bool:
    """Return whether a chat model makes its requests small itself."""
    return hasattr(type(model), "_headroom_shared")  # asked by name, not to load what wraps models


def show(headroom: Headroom, request: ChatRequest, *, scope: str) -> tuple[ChatRequest, Plan]:
    """Return the request as its model shall see it, and the plan that made it so; what cannot be read stays as it is.

    Reads and writes the store: asynchronous callers use `ashow`.
    """
    try:
        plan = headroom.keep(request, _decided(headroom, request, scope), scope=scope)
        return written(request, plan), plan
    except WireError as error:
        logger.warning("a request is sent as it is: %s", error)
        return request, Plan()


async def ashow(headroom: Headroom, request: ChatRequest, *, scope: str) -> tuple[ChatRequest, Plan]:
    """Return what `show` returns, without holding up the event loop."""
    try:
        late = away(headroom, request, request.messages, scope=scope)
        plan = await step(lambda: _decided(headroom, request, scope), away=late)
        writes = headroom.needs_store(plan, scope=scope)
        kept = await step(lambda: headroom.keep(request, plan, scope=scope), away=writes)
        return await step(lambda: written(request, kept), away=late), kept
    except WireError as error:
        logger.warning("a request is sent as it is: %s", error)
        return request, Plan()


def _decided(headroom: Headroom, request: ChatRequest, scope: str) -> Plan:
    headroom.note(request, scope=scope)
    return headroom.fit(request, scope=scope)


def _closed(message: Message) -> Message:
    """Return a message in which there is nothing to look at; it is another one than the same text unfinished."""
    return replace(message, blocks=(), digest=blake2b(b"finished" + message.digest, digest_size=16).digest())
