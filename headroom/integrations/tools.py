"""compressed: any tool, with smaller results."""

from __future__ import annotations

import asyncio
import types
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.runnables import RunnableConfig, ensure_config
from langchain_core.tools import BaseTool

from headroom.context import Headroom
from headroom.errors import ConfigError
from headroom.integrations.birth import Birth
from headroom.integrations.defaults import default_headroom
from headroom.marker import TOOL

if TYPE_CHECKING:
    _Base = BaseTool
else:
    _Base = object  # a second pydantic base would put its fields before those of the tool that is subclassed

_BIRTH = "_headroom_birth"

Tool = TypeVar("Tool", bound=BaseTool)


def compressed(tool: Tool, *, headroom: Headroom | None = None) -> Tool:
    """Return a copy of a tool whose results are made small before anybody sees them.

        tools = [compressed(search, headroom=hr), hr.tool]

    It is an instance of the tool's own class, with its name, schema and injected arguments. A tool cannot know
    what else its model is given: it takes forms that leave something out only where `Settings.retrieval` is
    "tool", else lossless ones. Errors, artifacts, `return_direct` tools and results that are no text stay.
    Raises ConfigError for anything that is no tool.
    """
    if not isinstance(tool, BaseTool):
        raise ConfigError(
            f"compressed takes a tool, not {type(tool).__name__}: decorate functions with @tool", value=tool
        )
    if isinstance(tool, Compressed) or tool.name == TOOL:
        return tool
    copy = tool.model_copy()
    made: Tool = object.__new__(_subclass(type(tool)))
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        object.__setattr__(made, slot, getattr(copy, slot))
    made.__dict__[_BIRTH] = Birth(headroom or default_headroom(), redeemable=False)
    return made


class Compressed(_Base):
    """What makes a tool a compressed one; mixed into the subclass that `compressed` makes."""

    def run(self, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the tool."""
        return self._small(super().run(tool_input, *args, **kwargs), tool_input, kwargs.get("config"))

    async def arun(self, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
        """Run the tool."""
        result = await super().arun(tool_input, *args, **kwargs)
        return await asyncio.to_thread(self._small, result, tool_input, kwargs.get("config"))

    def _small(self, result: Any, tool_input: Any, config: RunnableConfig | None) -> Any:
        """Return what a run gave, made small: a tool message where it answers a call, else what the tool returned."""
        if self.return_direct:
            return result
        birth: Birth = self.__dict__[_BIRTH]
        args = tool_input if isinstance(tool_input, dict) else {}
        answered = result.tool_call_id if isinstance(result, ToolMessage) else "call"
        call = ToolCall(name=self.name, args=_plain(args), id=answered, type="tool_call")
        if not isinstance(result, str):
            return birth.rewrite(result, call=call, config=ensure_config(config))
        message = ToolMessage(result, name=self.name, tool_call_id=answered)
        return birth.rewrite(message, call=call, config=ensure_config(config)).content


def _plain(args: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that a model wrote; what graphs inject is no JSON."""
    return {name: value for name, value in args.items() if isinstance(value, str | int | float | bool | list | None)}


@lru_cache(maxsize=256)
def _subclass(tool: type[BaseTool]) -> type[Any]:
    body = {"__module__": __name__, "__doc__": tool.__doc__}
    return types.new_class(f"Compressed{tool.__name__}", (Compressed, tool), exec_body=lambda names: names.update(body))
