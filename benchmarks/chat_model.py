"""What wrapping a chat model costs a call: wrapped minus bare, on a fake model, with nothing new in 50 messages.

    python -m benchmarks.chat_model

Processor time, medians: what else runs on the machine does not count.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom import Headroom, Settings
from headroom.integrations import HeadroomChatModel, with_headroom

MESSAGES = 50
CALLS = 300


class Fake(FakeListChatModel):
    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools, **kwargs)

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return self._generate(messages)  # not in a thread: the bare call shall cost nothing


def conversation() -> list[BaseMessage]:
    """Return a question, and calls with their results: 250 KB of JSON and logs."""
    messages: list[BaseMessage] = [HumanMessage("Which order failed, and when?")]
    while len(messages) < MESSAGES - 1:
        n = len(messages)
        call = {"name": "query", "args": {"sql": f"select * from orders where batch = {n}"}, "id": f"call_{n}"}
        rows = [{"id": n * 100 + row, "status": "paid", "customer": f"c-{row * 7919 % 997}"} for row in range(150)]
        messages += [AIMessage("Next.", tool_calls=[call]), ToolMessage(json.dumps(rows), tool_call_id=f"call_{n}")]
    return [*messages, HumanMessage("And now?")]


def tool() -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"sql": {"type": "string"}}, "required": ["sql"]}
    return {"type": "function", "function": {"name": "query", "description": "Run SQL.", "parameters": parameters}}


def bare() -> BaseChatModel:
    return Fake(responses=["ok"])


def measure(call: Callable[[], object]) -> float:
    """Return the median of a call in milliseconds."""
    for _ in range(10):
        call()
    gc.collect()
    taken = []
    for _ in range(CALLS):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return statistics.median(taken) * 1e3


async def ameasure(call: Callable[[], Awaitable[object]]) -> float:
    """Return the median of an awaited call in milliseconds."""
    for _ in range(10):
        await call()
    taken = []
    for _ in range(CALLS):
        start = time.process_time()
        await call()
        taken.append(time.process_time() - start)
    return statistics.median(taken) * 1e3


def main() -> None:
    messages = conversation()
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    models = {
        "HeadroomChatModel": HeadroomChatModel(bare(), headroom=headroom),
        "with_headroom": with_headroom(bare(), headroom=headroom),
    }
    print(f"{MESSAGES} messages, {sum(len(str(each.content)) for each in messages) / 1e3:.0f} KB, nothing new; ms")
    print(f"{'':20}{'invoke':>10}{'+ tools':>10}{'ainvoke':>10}")
    base = _row(bare(), messages)
    print(f"{'bare':20}" + "".join(f"{each:>10.2f}" for each in base))
    for name, model in models.items():
        added = [wrapped - alone for wrapped, alone in zip(_row(model, messages), base, strict=True)]
        print(f"{name:20}" + "".join(f"{each:>+10.2f}" for each in added))


def _row(model: BaseChatModel, messages: list[BaseMessage]) -> list[float]:
    bound = model.bind_tools([tool()])
    return [
        measure(lambda: model.invoke(messages)),
        measure(lambda: bound.invoke(messages)),
        asyncio.run(ameasure(lambda: model.ainvoke(messages))),
    ]


if __name__ == "__main__":
    main()
