"""The Anthropic SDK through the proxy, offline: python main.py"""

from __future__ import annotations

import asyncio
import json
import tempfile
from hashlib import sha256
from typing import Any

import anthropic

from headroom import Headroom, Settings, marker, tokens
from headroom.proxy.app import App
from headroom.proxy.exchange import exchange
from headroom.proxy.serve import serving
from headroom.proxy.settings import ProxySettings
from headroom.testing.script import call, ours, text
from headroom.testing.upstream import FakeAnthropic

TOOLS: Any = [{"name": "orders", "description": "List the orders.", "input_schema": {"type": "object"}}]
ROWS = [
    {"id": n, "status": "failed" if n == 131 else "paid", "receipt": sha256(str(n).encode()).hexdigest()}
    for n in range(400)
]


def model(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Play the model: ask for the orders, look one up again, answer."""
    said = json.dumps(body["messages"])
    refs = list(marker.refs_in(said))
    if not refs:
        return [text("Let me list the orders."), call("orders")]
    if "headroom_retrieve" not in said.replace("headroom_retrieve ref=", ""):
        return [text("One of them failed. Let me see it whole."), ours(refs[0], path="$[131]")]
    return [text("Order 131 failed.")]


async def main() -> None:
    """Run the program's tool loop, and say what the provider saw."""
    with tempfile.TemporaryDirectory() as folder:
        headroom = Headroom(Settings(database_url=f"sqlite:///{folder}/originals.db"))
        async with FakeAnthropic(model) as upstream:
            settings = ProxySettings(port=0, anthropic_url=upstream.url)
            async with serving(App(headroom, settings, exchange=exchange), settings) as url:
                await converse(anthropic.AsyncAnthropic(base_url=url, api_key="sk-offline"))
        headroom.close()
    print(f"tokens of the rows: {tokens.count(json.dumps(ROWS)):,}")
    print(f"tokens of the whole last request: {tokens.count(upstream.messages[-1].raw.decode()):,}")
    print(f"requests the provider saw: {len(upstream.messages)}, refused: {len(upstream.problems)}")


async def converse(client: anthropic.AsyncAnthropic) -> None:
    """Be an ordinary agent: call, run tools, call again."""
    messages: Any = [{"role": "user", "content": "Which order failed?"}]
    while True:
        reply = await client.messages.create(model="claude-sonnet-5", max_tokens=500, tools=TOOLS, messages=messages)
        print(
            "assistant:", " ".join(block.text if block.type == "text" else f"<{block.type}>" for block in reply.content)
        )
        messages.append({"role": "assistant", "content": [block.to_dict() for block in reply.content]})
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return
        results = [{"type": "tool_result", "tool_use_id": each.id, "content": json.dumps(ROWS)} for each in calls]
        messages.append({"role": "user", "content": results})


if __name__ == "__main__":
    asyncio.run(main())
