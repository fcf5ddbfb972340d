"""What a wrapped model builds out of itself is built out of the wrapper.

The provider's package knows best how to bind its tools and to make structured output; it puts the inner
model into what it builds, and the wrapper takes its place there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, RunnableParallel, RunnableSequence
from langchain_core.runnables.configurable import RunnableConfigurableFields
from langchain_core.runnables.utils import ConfigurableFieldSpec

Place = Callable[[BaseChatModel], BaseChatModel]


def rehomed(runnable: Runnable[Any, Any], place: Place) -> Runnable[Any, Any]:
    """Return a runnable with every chat model in it replaced by what `place` gives for it; the same one if it has none."""
    match runnable:
        case BaseChatModel():
            return place(runnable)
        case RunnableBinding():
            bound = rehomed(runnable.bound, place)
            return runnable if bound is runnable.bound else runnable.model_copy(update={"bound": bound})
        case RunnableSequence():
            return RunnableSequence(*(rehomed(step, place) for step in runnable.steps), name=runnable.name)
        case RunnableParallel():
            return RunnableParallel({key: rehomed(step, place) for key, step in runnable.steps__.items()})
    return runnable


class ConfigurableInner(RunnableConfigurableFields):  # type: ignore[type-arg] # pydantic would check the model against a generic
    """A wrapped model whose inner model has configurable fields."""

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """The inner model's fields."""
        return self._inner().config_specs

    def _prepare(self, config: RunnableConfig | None = None) -> tuple[Runnable[Any, Any], RunnableConfig]:
        inner, config = self._inner()._prepare(config)
        wrapper: Any = self.default
        return (wrapper if inner is wrapper.inner else wrapper.over(inner)), config

    def _inner(self) -> RunnableConfigurableFields[Any, Any]:
        wrapper: Any = self.default
        return RunnableConfigurableFields(default=wrapper.inner, fields=self.fields)
