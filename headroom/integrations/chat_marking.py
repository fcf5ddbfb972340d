"""A bare chat model that sets cache marks in its calls, for those who have no wrapped one: the middleware.

Marks are set where the model is called, and not before: there every other middleware has had its turn, and
one that sets marks itself is seen.
"""

from __future__ import annotations

import types
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from headroom.integrations.chat_alias import alias
from headroom.integrations.chat_align import Aligned, align
from headroom.integrations.chat_families import may_take_marks
from headroom.integrations.chat_marks import Key

if TYPE_CHECKING:
    _Base = BaseChatModel
else:
    _Base = object  # a second pydantic base would put its fields before those of the model that is subclassed

_CALL = "_headroom_marking"


class Marking:
    """The marks of one call of a model."""

    def __init__(self, key: Key) -> None:
        self.told: dict[str, Any] = {}
        """What is told of the call, once it was made."""
        self._key = key

    def aligned(self, model: BaseChatModel, messages: Sequence[BaseMessage], arguments: Mapping[str, Any]) -> Aligned:
        """Return what the model is to be called with."""
        aligned = align(model, messages, arguments, key=self._key)
        self.told |= aligned.told
        return aligned

    def on(self, model: BaseChatModel) -> BaseChatModel:
        """Return the model for the call: an instance of its own class that sets marks; itself if it takes none."""
        if not may_take_marks(model):
            return model
        twin: BaseChatModel = alias(model, _class_of(type(model)))
        object.__setattr__(twin, "__pydantic_private__", {**(model.__pydantic_private__ or {}), _CALL: self})
        return twin


class _Marked(_Base):
    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        sent = _sent(self, messages, kwargs)
        return super()._generate(list(sent.messages), stop, run_manager, **sent.arguments)  # type: ignore[safe-super] # a model has one

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        sent = _sent(self, messages, kwargs)
        return await super()._agenerate(list(sent.messages), stop, run_manager, **sent.arguments)

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        sent = _sent(self, messages, kwargs)
        yield from super()._stream(list(sent.messages), *args, **sent.arguments)

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        sent = _sent(self, messages, kwargs)
        async for chunk in super()._astream(list(sent.messages), *args, **sent.arguments):
            yield chunk


def _sent(model: BaseChatModel, messages: list[BaseMessage], arguments: Mapping[str, Any]) -> Aligned:
    marking: Marking = (model.__pydantic_private__ or {})[_CALL]
    return marking.aligned(model, messages, arguments)


@lru_cache(maxsize=64)
def _class_of(model: type[BaseChatModel]) -> type[BaseChatModel]:
    """Return the class of a model that sets marks, under the model's own name, by which caches and traces know it."""
    names = {"__module__": model.__module__, "__qualname__": model.__qualname__, "__doc__": model.__doc__}
    return types.new_class(model.__name__, (_Marked, model), exec_body=lambda body: body.update(names))
