"""HeadroomAgnoModel: any Agno model, with smaller requests."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import cache, partial
from inspect import BoundArguments, signature
from types import new_class
from typing import Any, Self, TypeVar

from agno.exceptions import ModelProviderError
from agno.models.base import Model
from agno.models.message import Message
from agno.models.response import ModelResponse

from headroom import compressors
from headroom.context import Headroom
from headroom.errors import ConfigError
from headroom.integrations.agno_function import retrieve_function, session_scope
from headroom.integrations.agno_marks import MarkedMessages, aligned, with_marks
from headroom.integrations.agno_view import AgnoView
from headroom.integrations.defaults import default_headroom
from headroom.marker import TOOL
from headroom.wire.agno import AgnoRequest, AgnoWire, tool_name

W = TypeVar("W", bound="HeadroomAgnoModel")

_FREE = (None, "auto")
"""What tool_choice may be when the model is free to call our tool."""

_DECIDING = {"retrieval", "min_tokens", "target_ratio", "outline_code_over", "protect_tools", "max_tokens"}
"""Settings that decide about the bytes that are sent."""


class HeadroomAgnoModel(Model):
    """An Agno model whose provider is sent smaller messages.

        agent = Agent(model=HeadroomAgnoModel(OpenAIChat(id="gpt-4o")), tools=[...])

    The tool loop, retries, caching and everything else are the model's own: what you get is a copy of it, an instance
    of its class and of this one, that makes the messages of each request small on their way to the provider. The
    agent's messages and sessions keep the originals. Where there are tools, `headroom_retrieve` is one of them.
    Originals belong to the session. The model itself is not changed, nor does it share later changes of fields.
    """

    _headroom: Headroom

    def __new__(cls, model: Model | None = None, **_: Any) -> Self:
        """Make an instance of the model's class as well; frameworks make copies without any argument."""
        return object.__new__(cls if model is None else _class_of(cls, _wrappable(model)))

    def __init__(self, model: Model, *, headroom: Headroom | None = None) -> None:
        """Wrap `model`; without `headroom` it shares the one made from the environment. Raises ConfigError."""
        _wrappable(model)
        self.__dict__.update(model.__dict__)
        self._headroom = headroom or default_headroom()

    @property
    def _bare(self) -> Model:
        """The model without us."""
        return super()  # type: ignore[return-value] # it finds what a Model has

    # -- one request ------------------------------------------------------------------------------------------------

    def invoke(self, messages: list[Message], *args: Any, **kwargs: Any) -> ModelResponse:
        """Ask the provider."""
        view = self._view(messages, kwargs)
        view.show()
        try:
            return self._bare.invoke(view.messages, *args, **kwargs)
        except ModelProviderError as error:
            if not view.refused(error):
                raise
            return self._bare.invoke(view.messages, *args, **kwargs)

    async def ainvoke(self, messages: list[Message], *args: Any, **kwargs: Any) -> ModelResponse:
        """Ask the provider."""
        view = self._view(messages, kwargs)
        await view.ashow()
        try:
            return await self._bare.ainvoke(view.messages, *args, **kwargs)
        except ModelProviderError as error:
            if not await asyncio.to_thread(view.refused, error):
                raise
            return await self._bare.ainvoke(view.messages, *args, **kwargs)

    def invoke_stream(self, messages: list[Message], *args: Any, **kwargs: Any) -> Iterator[ModelResponse]:
        """Ask the provider for a stream."""
        view, begun = self._view(messages, kwargs), False
        view.show()
        try:
            for part in self._bare.invoke_stream(view.messages, *args, **kwargs):
                begun = True
                yield part
        except ModelProviderError as error:
            if begun or not view.refused(error):
                raise
            yield from self._bare.invoke_stream(view.messages, *args, **kwargs)

    async def ainvoke_stream(self, messages: list[Message], *args: Any, **kwargs: Any) -> AsyncIterator[ModelResponse]:
        """Ask the provider for a stream."""
        view, begun = self._view(messages, kwargs), False
        await view.ashow()
        try:
            async for part in self._bare.ainvoke_stream(view.messages, *args, **kwargs):
                begun = True
                yield part
        except ModelProviderError as error:
            if begun or not await asyncio.to_thread(view.refused, error):
                raise
            async for part in self._bare.ainvoke_stream(view.messages, *args, **kwargs):
                yield part

    def _parse_provider_response(self, response: Any, **kwargs: Any) -> ModelResponse:
        return self._bare._parse_provider_response(response, **kwargs)

    def _parse_provider_response_delta(self, response: Any, **kwargs: Any) -> ModelResponse:
        return self._bare._parse_provider_response_delta(response, **kwargs)

    def _view(self, messages: list[Message], said: Mapping[str, Any]) -> AgnoView:
        tools, short = said.get("tools") or (), bool(said.get("compress_tool_results"))
        request = AgnoRequest(
            messages,
            AgnoWire(short=short),
            tools=tools,
            model=self.id,
            clears=bool(getattr(self, "context_management", None)),
        )
        scope = session_scope(self._headroom, said.get("run_response"))
        marking = partial(aligned, self, tools=tools, short=short)
        return AgnoView(self._headroom, request, scope=scope, marking=marking)

    def _prepare_request_kwargs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Make the arguments of Claude's call, with the marks that belong to those on its messages."""
        bare: Any = self._bare
        request: dict[str, Any] = bare._prepare_request_kwargs(*args, **kwargs)
        return with_marks(request) if isinstance(kwargs.get("messages"), MarkedMessages) else request

    # -- the loop round the requests --------------------------------------------------------------------------------

    def response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Run the model's own loop, with our tool among the others."""
        call = self._offering(super().response, args, kwargs)
        return super().response(*call.args, **call.kwargs)

    async def aresponse(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Run the model's own loop, with our tool among the others."""
        call = self._offering(super().aresponse, args, kwargs)
        return await super().aresponse(*call.args, **call.kwargs)

    def response_stream(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """Run the model's own loop, with our tool among the others."""
        call = self._offering(super().response_stream, args, kwargs)
        return super().response_stream(*call.args, **call.kwargs)

    def aresponse_stream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Run the model's own loop, with our tool among the others."""
        call = self._offering(super().aresponse_stream, args, kwargs)
        return super().aresponse_stream(*call.args, **call.kwargs)

    def _offering(self, loop: Callable[..., Any], args: Any, kwargs: Any) -> BoundArguments:
        """Return a call of the loop in which our tool stands last, where there are tools and a free choice of them."""
        call = signature(loop).bind(*args, **kwargs)
        said = call.arguments
        tools, choice = said.get("tools"), said.get("tool_choice") or self._tool_choice
        if tools and choice in _FREE and TOOL not in map(tool_name, tools):
            scope = session_scope(self._headroom, said.get("run_response"))
            said["tools"] = [*tools, retrieve_function(self._headroom, scope=scope)]
        return call

    def _get_model_cache_key(self, *args: Any, **kwargs: Any) -> str:
        """Key the cache of answers: another Headroom sends another request."""
        settings = self._headroom.settings.model_dump_json(include=_DECIDING)
        recipes = [each.recipe for each in compressors.built_in()]
        return hashlib.md5(
            f"{super()._get_model_cache_key(*args, **kwargs)} {settings} {recipes}".encode(), usedforsecurity=False
        ).hexdigest()


@cache
def _class_of(wrapper: type[W], model: type[Model]) -> type[W]:
    """Return the class that is both, under the model's name: by its name Agno tells which models reason natively."""
    said = {"__module__": wrapper.__module__, "__doc__": model.__doc__}
    return new_class(model.__name__, (wrapper, model), exec_body=lambda namespace: namespace.update(said))


def _wrappable(model: object) -> type[Model]:
    """Return the class of a model that can be wrapped. Raises ConfigError."""
    if not isinstance(model, Model):
        raise ConfigError(f"{type(model).__name__} is no Agno model: pass one, such as OpenAIChat(id=...)", value=model)
    if isinstance(model, HeadroomAgnoModel):
        raise ConfigError(f"this {type(model).__name__} is wrapped already", value=model)
    return type(model)
