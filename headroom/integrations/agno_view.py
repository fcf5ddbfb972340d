"""What an Agno model is shown of one call's messages."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from agno.exceptions import ContextWindowExceededError, ModelProviderError
from agno.models.message import Message

from headroom import tokens
from headroom.context import Headroom
from headroom.errors import WireError
from headroom.wire.agno import AgnoRequest

logger = logging.getLogger(__name__)

_HARDER = 0.9
"""The window that a refused request is taken to prove, as a share of its tokens."""


class AgnoView:
    """One call. Everything here may read and write the store: in asynchronous callers it belongs into a thread."""

    def __init__(self, headroom: Headroom, request: AgnoRequest, *, scope: str) -> None:
        """Decide what is sent; what cannot be read is sent as it is."""
        self.messages: Sequence[Message] = request.raw
        """What the model is to be called with: the very list it was given, if nothing changes."""
        self._headroom = headroom
        self._request = request
        self._scope = scope
        self._tokens = 0
        try:
            headroom.note(request, scope=scope)
            if headroom.settings.max_tokens is not None:  # else the provider knows best: see `refused`
                headroom.fit(request, scope=scope)
            self._plan()
        except WireError as error:
            logger.warning("a call is sent as it is: %s", error)

    def refused(self, error: ModelProviderError) -> bool:
        """Note that the call failed; return whether to ask again: if it was too long and now is shorter."""
        if not self._tokens or not isinstance(ModelProviderError.classify(error), ContextWindowExceededError):
            return False
        before = self.messages
        self._headroom.fit(self._request, scope=self._scope, max_tokens=max(1, int(self._tokens * _HARDER)))
        self._plan()
        logger.warning("a request was too long for the model and is made to fit: %s messages", len(self.messages))
        return before != self.messages

    def _plan(self) -> None:
        plan = self._headroom.plan(self._request, scope=self._scope)
        self.messages = self._headroom.apply(self._request, plan, scope=self._scope).raw
        self._tokens = plan.tokens_after + tokens.count(self._request.conversation.head)
