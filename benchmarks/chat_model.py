"""What wrapping a chat model costs a call: wrapped minus bare, on a fake model, with nothing new in 50 messages.

    python -m benchmarks.chat_model

Processor time, the best of five medians: what else runs on the machine counts as little as possible.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any

from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage, convert_to_openai_messages

from headroom import Headroom, Settings
from headroom.integrations import HeadroomChatModel, with_headroom

MESSAGES = 50
CALLS = 60
BATCHES = 5


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
    """Return what a call takes in milliseconds."""
    batches = []
    for _ in range(BATCHES):
        gc.collect()
        taken = []
        for _ in range(CALLS):
            start = time.process_time()
            call()
            taken.append(time.process_time() - start)
        batches.append(statistics.median(taken))
    return min(batches) * 1e3


async def ameasure(call: Callable[[], Awaitable[object]]) -> float:
    """Return what an awaited call takes in milliseconds."""
    batches = []
    for _ in range(BATCHES):
        gc.collect()
        taken = []
        for _ in range(CALLS):
            start = time.process_time()
            await call()
            taken.append(time.process_time() - start)
        batches.append(statistics.median(taken))
    return min(batches) * 1e3


def agno(headroom: Headroom) -> tuple[float, float] | None:
    """Return what a call of an Agno model takes bare and wrapped; None where Agno is not installed."""
    if find_spec("agno") is None:
        return None
    from agno.models.base import Model
    from agno.models.message import Message
    from agno.models.response import ModelResponse

    from headroom.integrations.agno import HeadroomAgnoModel

    class FakeAgno(Model):
        def invoke(self, *_: Any, **__: Any) -> ModelResponse:
            return ModelResponse(role="assistant", content="ok")

        ainvoke = invoke_stream = ainvoke_stream = invoke  # type: ignore[assignment] # only one is called
        _parse_provider_response = _parse_provider_response_delta = invoke

    messages = [Message(**_as_agno(message)) for message in conversation()]
    offered = {**tool(), "function": {**tool()["function"], "name": "headroom_retrieve"}}
    alone, wrapped = FakeAgno(id="fake"), HeadroomAgnoModel(FakeAgno(id="fake"), headroom=headroom)
    return (
        measure(lambda: alone.invoke(messages, tools=[tool(), offered])),
        measure(lambda: wrapped.invoke(messages, tools=[tool(), offered])),
    )


def _as_agno(message: BaseMessage) -> dict[str, Any]:
    [said] = convert_to_openai_messages([message])
    return {"role": said["role"], "content": said["content"]} | {
        key: said[key] for key in ("tool_calls", "tool_call_id") if said.get(key)
    }


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
    if taken := agno(headroom):
        print(f"{'HeadroomAgnoModel':20}{'':10}{taken[1] - taken[0]:>+10.2f}")


def _row(model: BaseChatModel, messages: list[BaseMessage]) -> list[float]:
    bound = model.bind_tools([tool()])
    return [
        measure(lambda: model.invoke(messages)),
        measure(lambda: bound.invoke(messages)),
        asyncio.run(ameasure(lambda: model.ainvoke(messages))),
    ]


if __name__ == "__main__":
    main()
