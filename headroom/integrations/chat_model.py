"""HeadroomChatModel: any chat model, with smaller requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.runnables import Runnable, RunnableSerializable
from langchain_core.runnables.utils import AnyConfigurableField
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, Field, PrivateAttr

from headroom import tokens
from headroom.context import Headroom
from headroom.errors import ConfigError
from headroom.integrations.chat_call import Wrapping
from headroom.integrations.chat_rehome import ConfigurableInner, rehomed
from headroom.integrations.chat_wrapped import Wrapped
from headroom.integrations.defaults import default_headroom

OPERATIONAL = (
    *("rate_limiter", "cache", "output_version", "disable_streaming", "tags", "metadata", "callbacks"),
    *("verbose", "custom_get_token_ids", "profile"),
)
"""Fields that the framework itself acts on, round the call: the wrapper has the inner model's, which are not run twice."""

_NO_COUNTER = (ImportError, NotImplementedError, OSError)
"""What models raise that cannot count: a tokenizer that is not installed, or is to be fetched."""


class HeadroomChatModel(Wrapped, BaseChatModel):
    """A chat model whose requests go out smaller, and which is the inner model in everything else.

        model = HeadroomChatModel(ChatOpenAI(model="gpt-4o"))

    Messages given to it are never changed. Traces show them as they came; what a call saved stands in
    `response_metadata["headroom"]`. With tools bound, `headroom_retrieve` is offered along with them where that
    pays, and its calls are answered inside. When you bind that tool yourself, its calls are left to you.
    Whatever code asks `isinstance` for the inner model's class needs `with_headroom`.
    """

    model_config = ConfigDict(extra="forbid")

    inner: BaseChatModel
    """The model that is called."""

    headroom: Headroom = Field(exclude=True, repr=False)

    _shared: Wrapping = PrivateAttr()

    def __init__(self, inner: BaseChatModel, /, *, headroom: Headroom | None = None, **kwargs: Any) -> None:
        """Wrap a model. Raises ConfigError for anything that is no chat model, or is wrapped already."""
        check(inner)
        taken = {name: getattr(inner, name) for name in OPERATIONAL if name in type(inner).model_fields}
        super().__init__(inner=inner, headroom=headroom or default_headroom(), **{**taken, **kwargs})
        self._shared = Wrapping(self.headroom)

    def over(self, inner: BaseChatModel) -> Self:
        """Return this wrapper round another model, with the operational fields in which that one differs."""
        differing = {
            name: getattr(inner, name)
            for name in OPERATIONAL
            if getattr(inner, name, None) is not getattr(self.inner, name, None)
        }
        copy = self.model_copy(update={**differing, "inner": inner})
        copy.__dict__.pop("_serialized", None)  # computed once per object from what it was then
        return copy

    @property
    def _headroom_shared(self) -> Wrapping:
        return self._shared

    @property
    def _headroom_bare(self) -> BaseChatModel:
        return self.inner

    # -- what the inner model builds --------------------------------------------------------------------------------

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools as the inner model does."""
        return rehomed(self.inner.bind_tools(tools, **kwargs), self._instead)

    def with_structured_output(self, schema: Any = None, **kwargs: Any) -> Runnable[LanguageModelInput, Any]:
        """Make structured output as the inner model does."""
        return rehomed(self.inner.with_structured_output(schema, **kwargs), self._instead)

    def configurable_fields(self, **kwargs: AnyConfigurableField) -> RunnableSerializable[LanguageModelInput, Any]:
        """Make fields of the inner model, or of this one, configurable. Raises ValueError for fields that neither has."""
        if kwargs.keys() <= type(self.inner).model_fields.keys():
            return ConfigurableInner(default=self, fields=kwargs)
        return super().configurable_fields(**kwargs)

    def _instead(self, model: BaseChatModel) -> BaseChatModel:
        return self if model is self.inner else self.over(model)

    # -- what the inner model is ------------------------------------------------------------------------------------

    @property
    def _llm_type(self) -> str:
        return self.inner._llm_type  # middlewares choose by it how they count and what they send

    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        return self.inner._combine_llm_outputs(llm_outputs)

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the inner model, such as its name; never a private one."""
        if name.startswith("_") or "inner" not in self.__dict__:
            return super().__getattr__(name)  # type: ignore[misc] # pydantic hides its own
        try:
            return getattr(self.inner, name)
        except AttributeError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name) from None

    # -- counting: what is given, not what would be sent ---------------------------------------------------------------

    def get_token_ids(self, text: str) -> list[int]:
        """Return the tokens of a text as the inner model counts them."""
        return self.inner.get_token_ids(text)

    def get_num_tokens(self, text: str) -> int:
        """Count the tokens of a text as the inner model does; as well as can be done offline if it cannot."""
        try:
            return self.inner.get_num_tokens(text)
        except _NO_COUNTER:
            return tokens.estimate(text, model=str(getattr(self.inner, "model_name", ""))).tokens

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None, **kwargs: Any) -> int:
        """Count the tokens of messages as they are given; approximately if the inner model cannot."""
        try:
            return self.inner.get_num_tokens_from_messages(messages, tools, **kwargs)
        except _NO_COUNTER:
            return count_tokens_approximately(messages)


def check(model: object) -> None:
    """Raise ConfigError for what cannot be wrapped."""
    if not isinstance(model, BaseChatModel):
        words = "wrap the chat model itself, before bind_tools, with_config or configurable_fields"
        raise ConfigError(f"headroom wraps chat models, not {type(model).__name__}: {words}", value=model)
    if isinstance(model, Wrapped):
        raise ConfigError(f"this {type(model).__name__} is wrapped already", value=model)
