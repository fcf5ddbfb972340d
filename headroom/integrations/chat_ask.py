"""Asking the model inside: its private methods, below callbacks, cache and rate limiter."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from headroom.integrations.chat_call import Call
from headroom.integrations.chat_rounds import shown
from headroom.integrations.chat_stream import marked, told_of


def whole(bare: BaseChatModel, call: Call, stop: list[str] | None, run_manager: object) -> ChatResult:
    """Return the model's reply to a round; ask again where that is due."""
    while True:
        sent = call.aligned()
        try:
            accepted = _accepted(bare._generate, run_manager)
            return bare._generate(list(sent.messages), stop=stop, **accepted, **sent.arguments)
        except Exception as error:
            if not call.refused(error):
                raise


async def awhole(bare: BaseChatModel, call: Call, stop: list[str] | None, run_manager: object) -> ChatResult:
    """Return the model's reply to a round; ask again where that is due."""
    while True:
        sent = call.aligned()
        try:
            accepted = _accepted(bare._agenerate, run_manager)
            return await bare._agenerate(list(sent.messages), stop=stop, **accepted, **sent.arguments)
        except Exception as error:
            if not await asyncio.to_thread(call.refused, error):
                raise


def chunks(bare: BaseChatModel, call: Call, **more: Any) -> Iterator[ChatGenerationChunk]:
    """Yield the chunks of a round; ask again where that is due, which is never after the first chunk."""
    begun = False
    while True:
        sent = call.aligned()
        try:
            for chunk in bare._stream(list(sent.messages), **more, **sent.arguments):
                begun = True
                yield chunk
        except Exception as error:
            if begun or not call.refused(error):
                raise
        else:
            return


async def achunks(bare: BaseChatModel, call: Call, **more: Any) -> AsyncIterator[ChatGenerationChunk]:
    """Yield the chunks of a round; ask again where that is due, which is never after the first chunk."""
    begun = False
    while True:
        sent = call.aligned()
        try:
            async for chunk in bare._astream(list(sent.messages), **more, **sent.arguments):
                begun = True
                yield chunk
        except Exception as error:
            if begun or not await asyncio.to_thread(call.refused, error):
                raise
        else:
            return


def _accepted(method: Any, run_manager: object) -> dict[str, Any]:
    takes = run_manager is not None and _takes_run_manager(getattr(method, "__func__", method))
    return {"run_manager": run_manager} if takes else {}


@lru_cache(maxsize=256)
def _takes_run_manager(function: Callable[..., Any]) -> bool:
    return "run_manager" in inspect.signature(function).parameters


def reply_in(result: ChatResult) -> tuple[AIMessage, dict[str, Any]]:
    """Return the reply in a result, and what the provider told about it."""
    generation = result.generations[0]
    assert isinstance(generation.message, AIMessage)
    return generation.message, {**(result.llm_output or {}), **told_of(generation)}


def reported(result: ChatResult, call: Call) -> ChatResult:
    """Return the last round's result as the caller's: all rounds in one message, with the savings."""
    first, *others = result.generations
    message = shown(call.rounds) if call.rounds else first.message
    told = {**message.response_metadata, "headroom": call.savings()}
    generation = ChatGeneration(
        message=message.model_copy(update={"response_metadata": told}), generation_info=first.generation_info
    )
    return ChatResult(generations=[generation, *others], llm_output=result.llm_output)


def first_marked(call: Call) -> Callable[[ChatGenerationChunk], ChatGenerationChunk]:
    """Return what makes the first of a stream's chunks tell the savings, and leaves the others alone."""
    first = True

    def mark(chunk: ChatGenerationChunk) -> ChatGenerationChunk:
        nonlocal first
        was_first, first = first, False
        return marked(chunk, call.savings()) if was_first else chunk

    return mark


def announced(chunk: ChatGenerationChunk, run_manager: CallbackManagerForLLMRun | None) -> ChatGenerationChunk:
    """Tell the run about a chunk, as models do that are given their run manager."""
    if run_manager is not None:
        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk


async def aannounced(
    chunk: ChatGenerationChunk, run_manager: AsyncCallbackManagerForLLMRun | None
) -> ChatGenerationChunk:
    """Tell the run about a chunk, as models do that are given their run manager."""
    if run_manager is not None:
        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk
