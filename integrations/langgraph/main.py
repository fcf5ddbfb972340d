"""HeadroomMiddleware in an agent, offline: python main.py"""

from __future__ import annotations

import json
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver

from headroom import Headroom, Settings, marker, tokens
from headroom.integrations import HeadroomMiddleware

ROWS = json.dumps(
    [{"id": n, "customer": f"c-{n * 7919 % 997}", "status": "failed" if n == 131 else "paid"} for n in range(400)]
)


def orders() -> str:
    """List all orders."""
    return ROWS


class Scripted(BaseChatModel):
    """Calls the tool, asks for what its result leaves out, answers."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - the framework's signature
        """Take any tools: the script knows what it calls."""
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:  # noqa: ARG002
        results = [str(message.text) for message in messages if isinstance(message, ToolMessage)]
        print(f"the model is sent {sum(map(tokens.count, results)):,} tokens of results")
        match results:
            case []:
                reply = call("orders")
            case [rows]:
                reply = call("headroom_retrieve", ref=marker.genuine(rows), path="$[131]")
            case _:
                reply = AIMessage("Order 131 failed.")
        return ChatResult(generations=[ChatGeneration(message=reply)])


def call(name: str, **args: Any) -> AIMessage:
    """Return a reply that calls a tool."""
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call_{name}", "type": "tool_call"}])


headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
agent = create_agent(
    Scripted(), [orders], middleware=[HeadroomMiddleware(headroom=headroom)], checkpointer=InMemorySaver()
)

thread: Any = {"configurable": {"thread_id": "one"}}
question: Any = {"messages": [("user", "Which order failed?")]}
for message in agent.invoke(question, thread)["messages"]:
    said = str(message.text) or message.tool_calls[0]["args"]
    print(f"{message.type}: {said if len(str(said)) < 100 else f'{tokens.count(str(said)):,} tokens'}")

saved = agent.get_state(thread).values["messages"]
print("the checkpoint keeps the original:", saved[2].content == ROWS)
