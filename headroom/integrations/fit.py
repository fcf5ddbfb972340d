"""Fit as a step of its own, for chains whose window differs from call to call."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForChainRun
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from pydantic import ConfigDict, Field

from headroom.context import MESSAGES_IN, MESSAGES_OUT, Headroom
from headroom.integrations.defaults import default_headroom
from headroom.wire.langchain import coerce


class Fit(RunnableSerializable[Any, Any]):
    """Makes messages fit a window: `prompt | Fit(max_tokens=32_000) | model`.

    As `Headroom.invoke` does, with a window that can be set per call:
    `fit.configurable_fields(max_tokens=ConfigurableField(id="window"))`. What is pinned is sent even if it does not fit.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    headroom: Headroom = Field(exclude=True, repr=False)

    max_tokens: int | None = Field(default=None, ge=1)
    """The window in the model's own tokens; None: `Settings.max_tokens`."""

    def __init__(self, *, headroom: Headroom | None = None, **kwargs: Any) -> None:
        """Make a step."""
        super().__init__(headroom=headroom or default_headroom(), **kwargs)

    @property
    def InputType(self) -> Any:  # noqa: N802 - the framework's spelling
        """What schemas say of the input."""
        return MESSAGES_IN

    @property
    def OutputType(self) -> Any:  # noqa: N802 - the framework's spelling
        """What schemas say of the output."""
        return MESSAGES_OUT

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Return the messages that the model shall see. Raises WireError when the input is no messages."""
        return self._call_with_config(self._fit, input, config, **kwargs)

    def _fit(self, input: Any, run_manager: CallbackManagerForChainRun, config: RunnableConfig) -> Any:  # noqa: ARG002 - the framework's signature
        scope, messages = self.headroom.scope(config), coerce(input)
        self.headroom.note(messages, scope=scope)
        plan = self.headroom.fit(messages, scope=scope, max_tokens=self.max_tokens)
        return self.headroom.apply(messages, plan, scope=scope)
