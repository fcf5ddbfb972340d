"""HeadroomChatModel round a chat model, and Headroom as a Runnable before one, offline: python main.py"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool

from headroom import Headroom, Settings, marker, tokens
from headroom.integrations import HeadroomChatModel

ROWS = json.dumps(
    [
        {"id": n, "status": "failed" if n == 131 else "paid", "receipt": sha256(bytes([n])).hexdigest()}
        for n in range(200)
    ]
)


@tool
def orders() -> str:
    """List all orders."""
    return ROWS


class Scripted(GenericFakeChatModel):
    """Calls the tool, asks for what its result leaves out, answers."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        """Take tools as OpenAI's models do."""
        return self.bind(tools=[convert_to_openai_tool(each) for each in tools], **kwargs)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        results = [str(message.text) for message in messages if isinstance(message, ToolMessage)]
        names = ", ".join(each["function"]["name"] for each in kwargs.get("tools", ()))
        print(f"  the model is sent {sum(map(tokens.count, results)):,} tokens of results; tools: {names or 'none'}")
        self.messages = iter([reply(results)])
        return super()._generate(messages, *args, **kwargs)


def reply(results: list[str]) -> AIMessage:
    """Return what the model says when it has read these results."""
    if not results:
        return called("orders")
    if len(results) == 1 and (ref := marker.genuine(results[0])):
        return called("headroom_retrieve", ref=ref, path="$[131]")
    return AIMessage("Order 131 failed.")


def called(name: str, **args: Any) -> AIMessage:
    """Return a reply that calls a tool."""
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call_{name}", "type": "tool_call"}])


def wrapped(headroom: Headroom) -> list[BaseMessage]:
    """Run an ordinary tool loop, which knows of no retrieval, round a wrapped model; return its messages."""
    model = HeadroomChatModel(Scripted(messages=iter(())), headroom=headroom).bind_tools([orders])
    messages: list[BaseMessage] = [HumanMessage("Which order failed?")]
    while True:
        said = model.invoke(messages)
        messages.append(said)
        if not said.tool_calls:
            return messages
        messages += [orders.invoke(call) for call in said.tool_calls]


if __name__ == "__main__":
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    messages = wrapped(headroom)
    for message in messages:
        print(f"{message.type}: {str(message.text)[:60]}")
    print("saved:", messages[-1].response_metadata["headroom"])

    print("The Runnable, in a chain without tools: lossless forms only.")
    chain = headroom | Scripted(messages=iter(()))
    print(f"{chain.invoke(messages[:3]).text}")
