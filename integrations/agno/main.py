"""An Agno agent whose provider is sent small tool results, offline: python main.py"""

from __future__ import annotations

import json
from hashlib import sha256

from agno.agent import Agent
from agno.models.openai import OpenAIChat

from headroom import Headroom, Settings, marker, tokens
from headroom.integrations.agno import HeadroomAgnoModel
from headroom.testing import FakeOpenAI
from headroom.testing.script import Json, Step, call, ours, step, text

ROWS = json.dumps(
    [
        {"id": n, "status": "failed" if n == 131 else "paid", "receipt": sha256(bytes([n])).hexdigest()}
        for n in range(200)
    ]
)


def orders() -> str:
    """List the orders."""
    return ROWS


def model_says(body: Json) -> Step:
    """List the orders, fetch one that was left out, answer."""
    said = body["messages"][-1]
    if said["role"] != "tool":
        return step(call("orders"))
    ref = marker.genuine(said["content"])
    return step(ours(ref, path="$[131]")) if ref else step(text(f"Order 131 failed: {said['content']}"))


with FakeOpenAI(model_says) as provider:
    model = OpenAIChat(id="gpt-4o", api_key="none", base_url=provider.url)
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    agent = Agent(model=HeadroomAgnoModel(model, headroom=headroom), tools=[orders], telemetry=False)
    done = agent.run("Which order failed?")

sent = [message["content"] for message in provider.bodies[-1]["messages"] if message["role"] == "tool"]
print(f"tokens of the tool result: {tokens.count(ROWS):,} -> {tokens.count(sent[0]):,}")
for message in done.messages or ():
    called = [each["function"]["name"] for each in message.tool_calls or ()]
    print(f"{message.role}: {called or str(message.content)[:100]}")
