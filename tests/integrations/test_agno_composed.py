"""Agno's own offloading next to ours, and what an asynchronous run does to its event loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("agno", reason="Agno is not installed")
pytest.importorskip("openai", reason="openai is not installed")

from agno.agent import Agent
from agno.models.base import Model
from agno.models.message import Message
from agno.models.openai import OpenAIChat
from agno.models.response import ModelResponse
from blockbuster import blockbuster_ctx

from headroom import Headroom, Settings, marker
from headroom.integrations.agno import HeadroomAgnoModel
from headroom.testing import FakeOpenAI
from headroom.testing.script import Json, Step, call, step, text
from tests.integrations.worlds import ROWS

HUGE = "\n".join(f"{n}: " + f"word{n} " * 40 for n in range(600))


def orders() -> str:
    """List the orders."""
    return ROWS


def huge() -> str:
    """Give a huge text."""
    return HUGE


def curious(body: Json) -> Step:
    """Call both tools one after the other, read a line of what was offloaded, then answer."""
    asked = [message for message in body["messages"] if message["role"] == "tool"]
    if not asked:
        return step(call("orders"))
    if len(asked) == 1:
        return step(call("huge"))
    if len(asked) == 2:
        written = str(asked[1]["content"])
        return step(call("read_result", result_id=written.split('id="')[1].split('"')[0]))
    return step(text("Done."))


def results_in(body: Json) -> list[str]:
    return [str(message["content"]) for message in body["messages"] if message["role"] == "tool"]


def test_what_agno_offloads_is_left_to_it(tmp_path: Path) -> None:
    """And what is smaller than its threshold is made small by us; what it reads back comes word for word."""
    sqlite = pytest.importorskip("agno.db.sqlite", exc_type=ImportError, reason="Agno's SqliteDb needs greenlet")
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    with FakeOpenAI(curious) as upstream:
        bare = OpenAIChat(id="gpt-4o", api_key="k", base_url=upstream.url, max_retries=0)
        models = (bare, HeadroomAgnoModel(bare, headroom=headroom))
        for n, model in enumerate(models):
            db = sqlite.SqliteDb(db_file=str(tmp_path / f"{n}.db"))
            agent = Agent(model=model, tools=[orders, huge], db=db, offload_tool_results=True, telemetry=False)
            agent.run("Which failed?", session_id="s")
        assert upstream.problems == []
    half = len(upstream.bodies) // 2
    (whole, offloaded, read), (small, left, again) = (
        results_in(upstream.bodies[half - 1]),
        results_in(upstream.bodies[-1]),
    )
    assert (whole, marker.genuine(small)) == (ROWS, marker.ref_of(ROWS))
    assert offloaded.startswith("<result ")
    assert [without_ids(each) for each in (left, again)] == [without_ids(each) for each in (offloaded, read)]


def without_ids(text: str) -> str:
    """Return a text of Agno's without the ids that it makes up for every run."""
    return re.sub("res_[0-9a-f]+", "res", text)


TOOLS = [{"type": "function", "function": {"name": name}} for name in ("orders", "headroom_retrieve")]


class Quiet(Model):
    """Answers at once, and keeps the last text it was sent."""

    def __init__(self) -> None:
        super().__init__(id="quiet")
        self.seen: list[str] = []

    def invoke(self, messages: Any, *_: Any, **__: Any) -> ModelResponse:
        self.seen.append(str(messages[-1].content))
        return ModelResponse(role="assistant", content="ok")

    async def ainvoke(self, messages: Any, *args: Any, **kwargs: Any) -> ModelResponse:
        return Quiet.invoke(self, messages)

    def invoke_stream(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("it is not asked for streams")

    ainvoke_stream = _parse_provider_response = _parse_provider_response_delta = invoke_stream


def test_the_loop_is_never_blocked_and_left_only_for_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hops: list[Callable[..., Any]] = []
    to_thread = asyncio.to_thread

    async def counted(function: Callable[..., Any], *args: Any) -> Any:
        hops.append(function)
        return await to_thread(function, *args)

    monkeypatch.setattr(asyncio, "to_thread", counted)
    headroom = Headroom(Settings(database_url=f"sqlite:///{tmp_path / 'originals.db'}"))
    bare = Quiet()
    model = HeadroomAgnoModel(bare, headroom=headroom)
    asked = [{"id": "c", "type": "function", "function": {"name": "orders", "arguments": "{}"}}]
    messages = [
        Message(role="user", content="Which failed?"),
        Message(role="assistant", tool_calls=asked),
        Message(role="tool", tool_call_id="c", content=ROWS),
    ]

    async def run() -> list[int]:
        counts = []
        for _ in range(3):
            await model.ainvoke(messages, tools=TOOLS)
            counts.append(len(hops))
        return counts

    with blockbuster_ctx():
        first, second, third = asyncio.run(run())
    assert first > 0
    assert second == third
    assert [marker.genuine(seen) for seen in bare.seen] == [marker.ref_of(ROWS)] * 3
    assert messages[-1].content == ROWS
    headroom.close()


def test_a_message_that_was_changed_in_place_is_read_again() -> None:
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    bare = Quiet()
    model = HeadroomAgnoModel(bare, headroom=headroom)
    message = Message(role="tool", tool_call_id="c", tool_name="orders", content=ROWS)
    messages = [Message(role="user", content="Which failed?"), message]
    model.invoke(messages, tools=TOOLS)
    message.content = "now short"
    model.invoke(messages, tools=TOOLS)
    message.content, message.tool_call_error = ROWS[:4_000], True
    model.invoke(messages, tools=TOOLS)
    assert (marker.genuine(bare.seen[0]), bare.seen[1:]) == (marker.ref_of(ROWS), ["now short", ROWS[:4_000]])
