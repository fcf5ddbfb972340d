"""Nodes for graphs that are put together by hand."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.runnables import RunnableConfig, RunnableSerializable, ensure_config
from pydantic import ConfigDict, Field

from headroom.context import Headroom
from headroom.integrations.birth import Birth, messages_in
from headroom.integrations.defaults import default_headroom
from headroom.integrations.view import ViewRequest, ashow, show
from headroom.marker import TOOL
from headroom.scoring import Scorer
from headroom.settings import Retrieval

logger = logging.getLogger(__name__)


class ContextNode(RunnableSerializable[Any, dict[str, Any]]):
    """A node that makes the messages in a graph's state small, before the node that calls the model.

        graph.add_node("context", ContextNode(headroom=hr, retrieval="tool"))

    By default it writes all messages, as the model shall see them, under `view_key`, and leaves the saved ones
    alone. With `commit` it rewrites the results of the newest tool calls where they stand, under their own
    ids: the state needs the reducer `add_messages`, as MessagesState has it. What was sent to the model before
    stays as it is saved.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    headroom: Headroom = Field(exclude=True, repr=False)

    commit: bool = False
    """Whether messages are rewritten in the state."""

    retrieval: Retrieval = "off"
    """"tool": the model that reads these messages is given `Headroom.tool`, and a ToolNode runs it."""

    messages_key: str = "messages"
    view_key: str = "llm_input_messages"

    def __init__(self, *, headroom: Headroom | None = None, **kwargs: Any) -> None:
        """Make a node."""
        super().__init__(headroom=headroom or default_headroom(), **kwargs)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002 - the framework's signature
        """Return the update of the state."""
        messages = messages_in(input, self.messages_key)
        config = ensure_config(config)
        return self._committed(messages, config) if self.commit else self._viewed(messages, config)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002 - the framework's signature
        """Return the update of the state."""
        messages = messages_in(input, self.messages_key)
        config = ensure_config(config)
        if self.commit:
            return await asyncio.to_thread(self._committed, messages, config)
        shown, _ = await ashow(self.headroom, self._request(messages), scope=self.headroom.scope(config))
        return {self.view_key: list(shown.messages)}

    def _viewed(self, messages: list[BaseMessage], config: RunnableConfig) -> dict[str, Any]:
        shown, _ = show(self.headroom, self._request(messages), scope=self.headroom.scope(config))
        return {self.view_key: list(shown.messages)}

    def _request(self, messages: list[BaseMessage]) -> ViewRequest:
        arguments = {"tools": [{"name": TOOL}]} if self.retrieval == "tool" else {}
        return ViewRequest(messages, arguments)

    def _committed(self, messages: list[BaseMessage], config: RunnableConfig) -> dict[str, Any]:
        newest = next((n for n in reversed(range(len(messages))) if isinstance(messages[n], AIMessage)), -1)
        results = [each for each in messages[newest + 1 :] if isinstance(each, ToolMessage)]
        birth = Birth(self.headroom, redeemable=self.retrieval == "tool", messages_key=self.messages_key)
        saved = birth.commit(results, said=messages[: newest + 1], config=config)
        changed = [new for new, old in zip(saved, results, strict=True) if new is not old]
        if any(message.id is None for message in changed):
            # Without ids they would be added instead of replaced.
            logger.warning("messages without ids stay as they are: committing needs the reducer add_messages")
            return {}
        return {self.messages_key: changed} if changed else {}


class ScoreNode(RunnableSerializable[Any, dict[str, Any]]):
    """A node that writes what each turn of a graph's messages is worth, and why, under `scores_key`.

    One dict per turn, in order: `messages` (their ids), `points`, `why` (points by reason), `pinned` (why it
    would never be dropped, or ""). Plain values, so that every checkpointer takes them.
    """

    messages_key: str = "messages"
    scores_key: str = "scores"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Return True: it is its two keys."""
        return True

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002 - the framework's signature
        """Return the update of the state."""
        messages = messages_in(input, self.messages_key)
        scores = [
            {
                "messages": [message.id for message in messages[score.turn.start : score.turn.end]],
                "points": score.points,
                "why": dict(score.why),
                "pinned": score.pinned,
            }
            for score in Scorer().invoke(messages)
        ]
        return {self.scores_key: scores}
