"""HeadroomMiddleware: agents of `create_agent` and deepagents, with smaller requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain.agents.structured_output import AutoStrategy, ToolStrategy
from langchain_core.messages import AIMessage
from langchain_core.runnables import ensure_config
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest

from headroom.caching.align import cache_key
from headroom.content import Plan
from headroom.context import Headroom
from headroom.integrations.birth import Birth
from headroom.integrations.chat_marking import Marking
from headroom.integrations.defaults import default_headroom
from headroom.integrations.view import ViewRequest, ashow, asked, is_wrapped, show
from headroom.marker import TOOL
from headroom.wire.chat import ChatRequest

Request = ModelRequest[Any]
Response = ModelResponse[Any]


class HeadroomMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Shows an agent's model smaller messages, and gives it `headroom_retrieve`; state and checkpoints keep the originals.

        agent = create_agent(model, tools, middleware=[..., HeadroomMiddleware()])

    List it last, so that it sees what the model will see: what another middleware cleared or summarized after
    it could be what its references point at. With `commit=True` tool results are made small when they come
    into being, and are saved so; what was saved before is still made small for the model only. Their originals
    stay until `Headroom.delete_thread`. What each call saved stands in the reply's `response_metadata["headroom"]`.
    """

    def __init__(self, *, headroom: Headroom | None = None, commit: bool = False) -> None:
        """Make a middleware; `commit` says that tool results are to be saved small."""
        super().__init__()
        self.headroom = headroom or default_headroom()
        self.commit = commit
        self.tools = [self.headroom.tool]
        self._birth = Birth(self.headroom, redeemable=True)

    # -- what the model sees ----------------------------------------------------------------------------------------

    def wrap_model_call(self, request: Request, handler: Callable[[Request], Response]) -> Response:
        """Show the model the smaller messages."""
        request = self._offering(request)
        if is_wrapped(request.model):  # it sees to that itself
            return handler(request)
        call, scope = _call(request), self.headroom.scope(ensure_config())
        sent, plan = show(self.headroom, call, scope=scope)
        marking = self._marking(call, scope)
        return _reported(handler(_showing(request, call, sent, marking)), plan, marking)

    async def awrap_model_call(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Show the model the smaller messages."""
        request = self._offering(request)
        if is_wrapped(request.model):  # it sees to that itself
            return await handler(request)
        call, scope = _call(request), self.headroom.scope(ensure_config())
        sent, plan = await ashow(self.headroom, call, scope=scope)
        marking = self._marking(call, scope)
        return _reported(await handler(_showing(request, call, sent, marking)), plan, marking)

    def _marking(self, call: ViewRequest, scope: str) -> Marking | None:
        """Return the cache marks of a call, if such are wanted."""
        if not self.headroom.settings.align:
            return None
        return Marking(lambda: cache_key(scope, call.conversation.messages))

    def _offering(self, request: Request) -> Request:
        """Return the request with our tool in it, once, whatever others made of the list: markers must stay redeemable."""
        if [_named(tool) for tool in request.tools].count(TOOL) == 1:
            return request
        return request.override(tools=[*self.tools, *(tool for tool in request.tools if _named(tool) != TOOL)])

    # -- what is saved ----------------------------------------------------------------------------------------------

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any]) -> Any:
        """Run the tool; with `commit`, make its result small."""
        result = handler(request)
        return self._birth.after(request, result) if self.commit else result

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Any]]
    ) -> Any:
        """Run the tool; with `commit`, make its result small."""
        result = await handler(request)
        return await asyncio.to_thread(self._birth.after, request, result) if self.commit else result


def _call(request: Request) -> ViewRequest:
    """Return an agent's request as one that headroom reads: the system message stands before the others."""
    opening = [request.system_message] if request.system_message else []
    messages = [*opening, *request.messages]
    arguments = {**request.model_settings, "tools": [_told(tool) for tool in request.tools]}
    return asked(request.model, messages, arguments, named=_answers(request.response_format))


def _showing(request: Request, call: ViewRequest, sent: ChatRequest, marking: Marking | None) -> Request:
    """Return the request with the messages that are sent, to a model that marks them; the same object if it is that."""
    model = marking.on(request.model) if marking else request.model
    if model is not request.model:
        request = request.override(model=model)
    if sent is call:
        return request
    opening = 1 if request.system_message else 0
    return request.override(messages=list(sent.messages[opening:]))  # type: ignore[arg-type] # of the same classes


def _named(tool: BaseTool | dict[str, Any]) -> str:
    return tool.name if isinstance(tool, BaseTool) else str(tool.get("name", ""))


def _told(tool: BaseTool | dict[str, Any]) -> dict[str, Any]:
    """Return what of a tool the plan looks at: its name, and about how much is billed for it."""
    return {"name": tool.name, "description": tool.description} if isinstance(tool, BaseTool) else tool


def _answers(response_format: Any) -> frozenset[str]:
    """Return the names of the tools by which the model gives its structured answer."""
    strategy = ToolStrategy(response_format.schema) if isinstance(response_format, AutoStrategy) else response_format
    return frozenset(spec.name for spec in strategy.schema_specs) if isinstance(strategy, ToolStrategy) else frozenset()


def _reported(response: Response, plan: Plan, marking: Marking | None) -> Response:
    """Return the response with what the call saved."""
    saved: dict[str, Any] = {"tokens_before": plan.tokens_before, "tokens_after": plan.tokens_after}
    marked = marking.told if marking else {}
    if not plan.decisions and not marked:
        return response
    told = {"headroom": {**saved, **marked}}
    result = [
        each.model_copy(update={"response_metadata": {**each.response_metadata, **told}})
        if isinstance(each, AIMessage)
        else each
        for each in response.result
    ]
    return replace(response, result=result)
