"""What an Agno model is shown of one call's messages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from agno.exceptions import ContextWindowExceededError, ModelProviderError
from agno.models.message import Message

from headroom import tokens
from headroom.content import Plan
from headroom.context import Headroom
from headroom.errors import WireError
from headroom.integrations.steps import away, step
from headroom.wire.agno import AgnoRequest
from headroom.writing import written

logger = logging.getLogger(__name__)

_HARDER = 0.9
"""The window that a refused request is taken to prove, as a share of its tokens."""


class AgnoView:
    """One call. Everything here may read and write the store, but for what is asynchronous."""

    def __init__(
        self,
        headroom: Headroom,
        request: AgnoRequest,
        *,
        scope: str,
        marking: Callable[[Sequence[Message]], Sequence[Message]],
    ) -> None:
        """Take up a call; `show` decides what is sent, and `marking` sets the cache marks of it."""
        self.messages: Sequence[Message] = request.raw
        """What the model is to be called with: the very list it was given, if nothing changes."""
        self._headroom = headroom
        self._request = request
        self._scope = scope
        self._marking = marking
        self._tokens = 0

    def show(self) -> None:
        """Decide what is sent; what cannot be read is sent as it is."""
        try:
            self._apply(self._decided())
        except WireError as error:
            logger.warning("a call is sent as it is: %s", error)

    async def ashow(self) -> None:
        """Decide what is sent, without holding up the event loop."""
        try:
            late = away(self._headroom, self._request, self._request.raw, scope=self._scope)
            plan = await step(self._decided, away=late)
            await step(lambda: self._apply(plan), away=self._headroom.needs_store(plan, scope=self._scope))
        except WireError as error:
            logger.warning("a call is sent as it is: %s", error)

    def refused(self, error: ModelProviderError) -> bool:
        """Note that the call failed; return whether to ask again: if it was too long and now is shorter."""
        if not self._tokens or not isinstance(ModelProviderError.classify(error), ContextWindowExceededError):
            return False
        before = self.messages
        window = max(1, int(self._tokens * _HARDER))
        self._apply(self._headroom.fit(self._request, scope=self._scope, max_tokens=window))
        logger.warning("a request was too long for the model and is made to fit: %s messages", len(self.messages))
        return before != self.messages

    def _decided(self) -> Plan:
        self._headroom.note(self._request, scope=self._scope)
        if self._headroom.settings.max_tokens is not None:  # else the provider knows best: see `refused`
            return self._headroom.fit(self._request, scope=self._scope)
        return self._headroom.plan(self._request, scope=self._scope)

    def _apply(self, plan: Plan) -> None:
        plan = self._headroom.keep(self._request, plan, scope=self._scope)
        sent = written(self._request, plan).raw
        self.messages = self._marking(sent) if self._headroom.settings.align else sent
        self._tokens = plan.tokens_after + tokens.count(self._request.conversation.head)
