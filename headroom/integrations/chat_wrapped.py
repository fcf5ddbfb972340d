"""What makes a chat model a wrapped one: its calls go out smaller, and our tool's calls are answered inside.

Mixed into `HeadroomChatModel` and into the subclasses that `with_headroom` makes. Work is delegated at
the private methods, one level below callbacks, cache and rate limiter, so that there is one run per call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.utils.utils import LC_ID_PREFIX

from headroom.integrations.chat_alias import at_call, config_of
from headroom.integrations.chat_ask import (
    aannounced,
    achunks,
    announced,
    awhole,
    chunks,
    first_marked,
    reply_in,
    reported,
    whole,
)
from headroom.integrations.chat_call import Call, Wrapping
from headroom.integrations.chat_stream import ChunkSplice
from headroom.integrations.chat_trace import atrace, trace

if TYPE_CHECKING:
    _Base = BaseChatModel
else:
    _Base = object  # a second pydantic base would put its fields before those of the model that is subclassed


class Wrapped(_Base):
    """The calls of a wrapped model. Its names must not meet those of any model that is subclassed with it."""

    # A model's own source of protocol events would pass by `_stream`: the framework makes them from chunks.
    _stream_chat_model_events = None
    _astream_chat_model_events = None

    @property
    def _headroom_shared(self) -> Wrapping:
        """What all its calls share."""
        raise AssertionError("every wrapped model says it")

    @property
    def _headroom_bare(self) -> BaseChatModel:
        """The model that its calls go to."""
        raise AssertionError("every wrapped model says it")

    # -- entries: they alone know the config ------------------------------------------------------------------------

    def invoke(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """Call the model once."""
        at, config = at_call(self, config)
        return super(Wrapped, at).invoke(input, config, **kwargs)

    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        """Call the model once."""
        at, config = at_call(self, config)
        return await super(Wrapped, at).ainvoke(input, config, **kwargs)

    def stream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[AIMessageChunk]:
        """Call the model and yield its reply as it comes."""
        at, config = at_call(self, config)
        return super(Wrapped, at).stream(input, config, **kwargs)

    def astream(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[AIMessageChunk]:
        """Call the model and yield its reply as it comes."""
        at, config = at_call(self, config)
        return super(Wrapped, at).astream(input, config, **kwargs)

    def stream_events(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the model and yield what happens, in any version of the framework's events."""
        at, config = at_call(self, config)
        return super(Wrapped, at).stream_events(input, config, **kwargs)

    def astream_events(self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the model and yield what happens, in any version of the framework's events."""
        at, config = at_call(self, config)
        return super(Wrapped, at).astream_events(input, config, **kwargs)

    # -- calls ------------------------------------------------------------------------------------------------------

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        bare = self._headroom_bare
        call = _call(self, messages, kwargs, run=run_manager, suffix="-0")
        call.prepare()
        while True:
            result = whole(bare, call, stop, run_manager)
            closed = call.close_round(*reply_in(result)) if call.ours else None
            if closed is None:
                return reported(result, call)
            trace(closed, config_of(self), run_manager)
            if self.rate_limiter:
                self.rate_limiter.acquire(blocking=True)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        bare = self._headroom_bare
        call = _call(self, messages, kwargs, run=run_manager, suffix="-0")
        await call.aprepare()
        while True:
            result = await awhole(bare, call, stop, run_manager)
            closed = await call.aclose_round(*reply_in(result)) if call.ours else None
            if closed is None:
                return reported(result, call)
            await atrace(closed, config_of(self), run_manager)
            if self.rate_limiter:
                await self.rate_limiter.aacquire(blocking=True)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        bare = self._headroom_bare
        call = _call(self, messages, kwargs, run=run_manager)
        call.prepare()
        if not call.ours:
            run = {} if run_manager is None else {"run_manager": run_manager}
            yield from map(first_marked(call), chunks(bare, call, stop=stop, **run))
            return
        splice = ChunkSplice()
        while True:
            for chunk in chunks(bare, call, stop=stop):
                if (seen := splice.feed(chunk)) is not None:
                    yield announced(seen, run_manager)
            reply, told = splice.reply()
            closed = call.close_round(reply, told)
            ending = splice.finish(reply, call.savings()) if closed is None else splice.pause(reply)
            for seen in ending:
                yield announced(seen, run_manager)
            if closed is None:
                return
            trace(closed, config_of(self), run_manager)
            if self.rate_limiter:
                self.rate_limiter.acquire(blocking=True)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        bare = self._headroom_bare
        call = _call(self, messages, kwargs, run=run_manager)
        await call.aprepare()
        if not call.ours:
            run = {} if run_manager is None else {"run_manager": run_manager}
            mark = first_marked(call)
            async for chunk in achunks(bare, call, stop=stop, **run):
                yield mark(chunk)
            return
        splice = ChunkSplice()
        while True:
            async for chunk in achunks(bare, call, stop=stop):
                if (seen := splice.feed(chunk)) is not None:
                    yield await aannounced(seen, run_manager)
            reply, told = splice.reply()
            closed = await call.aclose_round(reply, told)
            ending = splice.finish(reply, call.savings()) if closed is None else splice.pause(reply)
            for seen in ending:
                yield await aannounced(seen, run_manager)
            if closed is None:
                return
            await atrace(closed, config_of(self), run_manager)
            if self.rate_limiter:
                await self.rate_limiter.aacquire(blocking=True)

    # -- what the model itself decides ------------------------------------------------------------------------------

    def _should_stream(
        self,
        *,
        async_api: bool,
        run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> bool:
        """Leave it to the model: the framework looks at the class for `_stream`, which every wrapped model has."""
        if self._never_streams(**kwargs):
            return False
        return self._headroom_bare._should_stream(async_api=async_api, run_manager=run_manager, **kwargs)

    def _should_use_protocol_streaming(
        self,
        *,
        async_api: bool,
        run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> bool:
        if self._never_streams(**kwargs):
            return False
        return self._headroom_bare._should_use_protocol_streaming(
            async_api=async_api, run_manager=run_manager, **kwargs
        )

    def _never_streams(self, **kwargs: Any) -> bool:
        """Return whether streaming is off for this call, whoever listens."""
        return (
            self.disable_streaming is True
            or (self.disable_streaming == "tool_calling" and bool(kwargs.get("tools")))
            or ("stream" in kwargs and not kwargs["stream"])
            or ("streaming" in self.model_fields_set and getattr(self, "streaming", None) is False)
        )

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return self._headroom_bare._get_ls_params(stop=stop, **kwargs)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """Keys caches: another Headroom sends another request."""
        return {**self._headroom_bare._identifying_params, "headroom": self._headroom_shared.identity}


def _call(
    model: Wrapped,
    messages: list[BaseMessage],
    arguments: dict[str, Any],
    *,
    run: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None,
    suffix: str = "",
) -> Call:
    config = config_of(model)
    run_id = run.run_id if run is not None else config.get("run_id")
    return Call(
        model._headroom_shared,
        model._headroom_bare,
        messages,
        arguments,
        scope=model._headroom_shared.headroom.scope(config),
        message_id=f"{LC_ID_PREFIX}-{run_id}{suffix}" if run_id else None,
    )
