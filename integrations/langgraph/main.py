"""HeadroomMiddleware in an agent, offline: python main.py"""

from __future__ import annotations

import json
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from headroom import Headroom, Settings, marker, tokens
from headroom.integrations import HeadroomMiddleware

ROWS = json.dumps(
    [{"id": n, "customer": f"c-{n * 7919 % 997}", "status": "failed" if n == 131 else "paid"} for n in range(400)]
)


def orders() -> str:
    """List all orders."""
    return ROWS


class Scripted(GenericFakeChatModel):
    """Calls the tool, asks for what its result leaves out, answers."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Take any tools: the script knows what it calls."""
        print("tools:", ", ".join(getattr(tool, "name", "?") for tool in tools))
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        results = [str(message.text) for message in messages if isinstance(message, ToolMessage)]
        print(f"  the model is sent {sum(map(tokens.count, results)):,} tokens of results")
        if len(results) == 1:
            self.messages = iter([call("headroom_retrieve", ref=marker.genuine(results[0]), path="$[131]")])
        return super()._generate(messages, *args, **kwargs)


def call(name: str, **args: Any) -> AIMessage:
    """Return a reply that calls a tool."""
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call_{name}", "type": "tool_call"}])


model = Scripted(messages=iter([call("orders")]))
headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
agent = create_agent(model, [orders], middleware=[HeadroomMiddleware(headroom=headroom)], checkpointer=InMemorySaver())

thread: Any = {"configurable": {"thread_id": "one"}}
for step in agent.stream({"messages": [("user", "Which order failed?")]}, thread, stream_mode="updates"):
    for name, update in step.items():
        print(f"{name}: {str(update['messages'][-1].text)[:70]!r}")
    if "tools" in step and step["tools"]["messages"][-1].name == "headroom_retrieve":
        model.messages = iter([AIMessage("Order 131 failed.")])

saved = agent.get_state(thread).values["messages"]
print("the checkpoint keeps the original:", saved[2].content == ROWS)
