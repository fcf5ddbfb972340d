"""What the tests of agents and graphs share: a model that plays a script and keeps what it was shown, and tools worth shrinking."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from headroom import marker
from headroom.marker import TOOL
from tests.integrations.worlds import ROWS

Reply = AIMessage | Callable[[list[BaseMessage]], AIMessage]


class Scripted(BaseChatModel):
    """Answers from a script, and keeps the messages and the names of the tools of each call."""

    replies: list[Any]
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    offered: list[list[str]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        reply = self.replies[len(self.seen)]
        self.seen.append(list(messages))
        self.offered.append([tool["function"]["name"] for tool in kwargs.get("tools", ())])
        said = reply(list(messages)) if callable(reply) else reply
        return ChatResult(generations=[ChatGeneration(message=said.model_copy())])


def calls(*named: str, **args: Any) -> AIMessage:
    """Return a reply that calls tools; each call's id is its name and place."""
    each = [{"name": name, "args": args, "id": f"{name}_{n}", "type": "tool_call"} for n, name in enumerate(named)]
    return AIMessage("", tool_calls=each)


def fetch(number: int = 0, **asked: str) -> Callable[[list[BaseMessage]], AIMessage]:
    """Return a reply that asks for what the marker of the tool result before it stands for."""

    def reply(messages: list[BaseMessage]) -> AIMessage:
        refs = [ref for message in results(messages) if (ref := marker.genuine(str(message.text)))]
        asking = {"name": TOOL, "args": {"ref": refs[number], **(asked or {"path": "$[131]"})}}
        return AIMessage("", tool_calls=[{**asking, "id": f"fetch_{len(messages)}", "type": "tool_call"}])

    return reply


def results(messages: Sequence[BaseMessage]) -> list[ToolMessage]:
    return [message for message in messages if isinstance(message, ToolMessage)]


def texts(messages: Sequence[BaseMessage]) -> list[str]:
    """Return the texts of all tool results."""
    return [str(message.text) for message in results(messages)]


def tool_of(name: str, give: Callable[[], Any], **options: Any) -> BaseTool:
    """Return a tool without arguments that gives the same each time."""
    return StructuredTool.from_function(give, name=name, description=f"Give {name}.", **options)


ORDERS_TOOL = tool_of("orders", lambda: ROWS)
LOG = "\n".join(
    f"2026-11-01T10:{n // 60:02}:{n % 60:02} INFO worker-{n % 7} done job {n * 31} in {n % 90} ms" for n in range(600)
)
LOG_TOOL = tool_of("log", lambda: LOG)
OTHER_ROWS = json.dumps([{"id": n, "name": f"name {n * 31 % 997}", "state": "open"} for n in range(300)], indent=1)
DONE = AIMessage("Done.")
