"""HeadroomCompressionManager: Agno's own seam for short tool results, without a model's paraphrase."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from agno.compression.manager import CompressionManager
from agno.models.message import Message
from agno.tools.function import Function

from headroom.content import Plan
from headroom.context import Headroom
from headroom.errors import StoreError, WireError
from headroom.integrations.agno_function import retrieve_function, session_scope
from headroom.integrations.defaults import default_headroom
from headroom.marker import TOOL
from headroom.memo import Memo
from headroom.wire.agno import AgnoRequest, AgnoWire

logger = logging.getLogger(__name__)

_WAITING = 1_000
"""Runs at most that have been asked whether to compress, and not yet been told to."""


class HeadroomCompressionManager(CompressionManager):
    """Gives tool results their `compressed_content`, when they come into being and without asking any model.

        manager = HeadroomCompressionManager()
        agent = Agent(model=..., tools=[..., manager.tool], compression_manager=manager)

    Messages keep their content, sessions keep both, and every provider is sent the short form from then on.
    Without `manager.tool` among the tools nothing is left out: only lossless forms are taken. What was left out stays
    in the store until `Headroom.delete_thread(session_id)`. Limits and prompts of the base class have no meaning here.
    """

    def __init__(self, *, headroom: Headroom | None = None) -> None:
        """Make a manager; without `headroom` it shares the one made from the environment."""
        super().__init__()
        self.headroom = headroom or default_headroom()
        self._asked: Memo[int, tuple[AgnoRequest, str, Plan]] = Memo(_WAITING)

    @property
    def tool(self) -> Function:
        """The retrieval tool, `headroom_retrieve`, to be given to the agent."""
        return retrieve_function(self.headroom)

    def should_compress(self, messages: list[Message], tools: list[Any] | None = None, *_: Any, **__: Any) -> bool:
        """Return whether a tool result can be made shorter."""
        if not self.compress_tool_results:
            return False
        planned = self._planned(messages, tools or ())
        if planned is None or not planned[2].changed:
            return False
        self._asked.put(id(messages), planned, size=1)
        return True

    async def ashould_compress(
        self, messages: list[Message], tools: list[Any] | None = None, *_: Any, **__: Any
    ) -> bool:
        """Return whether a tool result can be made shorter."""
        return await asyncio.to_thread(self.should_compress, messages, tools)

    def compress(self, messages: list[Message], *_: Any, **__: Any) -> None:
        """Set `compressed_content` where that is shorter."""
        if not self.compress_tool_results:
            return
        planned = self._asked.take(id(messages))
        if planned is None or planned[0].raw is not messages:  # nobody asked: no tools are known
            planned = self._planned(messages, ())
        if planned is not None:
            self._commit(*planned)

    async def acompress(self, messages: list[Message], *_: Any, **__: Any) -> None:
        """Set `compressed_content` where that is shorter."""
        await asyncio.to_thread(self.compress, messages)

    def _planned(self, messages: list[Message], tools: Sequence[Any]) -> tuple[AgnoRequest, str, Plan] | None:
        """Return what is to be done; None where the messages cannot be read."""
        ours = next((tool for tool in tools if isinstance(tool, Function) and tool.name == TOOL), None)
        scope = session_scope(self.headroom, getattr(ours, "_run_context", None))
        request = AgnoRequest(messages, AgnoWire(short=True), tools=tools)
        try:
            return request, scope, self.headroom.plan(request, scope=scope, commit=True)
        except WireError as error:
            logger.warning("tool results stay as they are: %s", error)
            return None

    def _commit(self, request: AgnoRequest, scope: str, plan: Plan) -> None:
        """Keep the originals until the session is deleted, then set the short forms."""
        refs = {decision.ref: decision.block.text for decision in plan.changed if decision.ref}
        try:
            if refs:
                self.headroom.store.put(scope, refs, now=self.headroom.clock(), pinned=True)
        except StoreError as error:
            logger.warning("tool results stay as they are: %s", error)
            return
        written = self.headroom.apply(request, plan, scope=scope).raw
        for message, short in zip(request.raw, written, strict=True):
            if short is not message and isinstance(short.content, str):
                message.compressed_content = short.content
                self._count(len(str(message.content)), len(short.content))

    def _count(self, before: int, after: int) -> None:
        """Count under the names that Agno shows."""
        for name, number in (("tool_results_compressed", 1), ("original_size", before), ("compressed_size", after)):
            self.stats[name] = self.stats.get(name, 0) + number
