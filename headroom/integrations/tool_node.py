"""HeadroomToolNode: LangGraph's ToolNode, whose results are saved small."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolCallRequest

from headroom.context import Headroom
from headroom.integrations.birth import Birth
from headroom.integrations.defaults import default_headroom
from headroom.marker import TOOL

Execute = Callable[[ToolCallRequest], Any]
AsyncExecute = Callable[[ToolCallRequest], Awaitable[Any]]


class HeadroomToolNode(ToolNode):
    """A ToolNode that makes tool results small before they are saved, like `HeadroomMiddleware(commit=True)`.

        tools = HeadroomToolNode([search, orders, hr.tool], headroom=hr)

    With `headroom_retrieve` among its tools it takes any form, for the model can ask for the rest; without
    it only lossless ones. Takes everything that ToolNode takes; wrappers of your own run inside ours.
    """

    def __init__(
        self,
        tools: Sequence[BaseTool | Callable[..., Any]],
        *,
        headroom: Headroom | None = None,
        wrap_tool_call: Callable[[ToolCallRequest, Execute], Any] | None = None,
        awrap_tool_call: Callable[[ToolCallRequest, AsyncExecute], Awaitable[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a node; keyword arguments are those of ToolNode."""
        self._sync, self._async = wrap_tool_call, awrap_tool_call
        super().__init__(tools, wrap_tool_call=self._run, awrap_tool_call=self._arun, **kwargs)
        key = kwargs.get("messages_key", "messages")
        redeemable = TOOL in self.tools_by_name
        self._birth = Birth(headroom or default_headroom(), redeemable=redeemable, messages_key=key)

    def _run(self, request: ToolCallRequest, execute: Execute) -> Any:
        result = self._sync(request, execute) if self._sync else execute(request)
        return self._birth.after(request, result)

    async def _arun(self, request: ToolCallRequest, execute: AsyncExecute) -> Any:
        if self._async:
            result = await self._async(request, execute)
        elif self._sync:
            result = await _in_thread(self._sync, request, execute)
        else:
            result = await execute(request)
        return await asyncio.to_thread(self._birth.after, request, result)


async def _in_thread(
    wrap: Callable[[ToolCallRequest, Execute], Any], request: ToolCallRequest, run: AsyncExecute
) -> Any:
    """Run a synchronous wrapper round an asynchronous tool, without holding up the loop."""
    loop = asyncio.get_running_loop()

    async def tool(request: ToolCallRequest) -> Any:
        return await run(request)

    def execute(request: ToolCallRequest) -> Any:
        return asyncio.run_coroutine_threadsafe(tool(request), loop).result()

    return await asyncio.to_thread(wrap, request, execute)
