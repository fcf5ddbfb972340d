"""Agno's Claude: a caller that sets no cache marks gets the right ones, and nothing else of its requests changes."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest

pytest.importorskip("agno", reason="agno is an extra")
pytest.importorskip("anthropic", reason="Agno's Claude needs it")

from agno.agent import Agent
from agno.models.anthropic import Claude
from agno.models.anthropic.claude import SystemPromptBlock
from agno.models.message import Message
from agno.models.openai import OpenAIChat

from headroom import Headroom, Settings
from headroom.integrations.agno import HeadroomAgnoModel
from headroom.integrations.agno_marks import aligned
from headroom.testing import FakeAnthropic
from headroom.testing.script import call, step, text
from headroom.wire.parts import as_parts, without_marks

MARK = {"type": "ephemeral"}


def orders() -> str:
    """List the orders."""
    return "131 failed"


def answering(body: dict[str, Any]) -> Any:
    """Play a model that looks twice, then answers."""
    looked = sum(turn["role"] == "assistant" for turn in body["messages"])
    return step(text("Done.")) if looked >= 2 or not body.get("tools") else step(call("orders"))


def where(body: dict[str, Any]) -> list[str]:
    """Return where a request carries marks."""
    named = [("tools", body.get("tools", ())), ("system", as_parts(body.get("system")))]
    named += [(f"{n}", as_parts(turn["content"])) for n, turn in enumerate(body["messages"])]
    return [f"{name}.{k}" for name, parts in named for k, part in enumerate(parts) if "cache_control" in part]


async def asked(
    *, align: bool = True, stream: bool = False, tools: Any = (orders,), **options: Any
) -> list[dict[str, Any]]:
    """Run an agent; return the requests that it made."""
    headroom = Headroom(Settings(database_url="sqlite:///:memory:", align=align))
    async with FakeAnthropic(answering, strict=False) as upstream:
        claude = Claude(
            id="claude-sonnet-4-6", api_key="k", client_params={"base_url": upstream.url, "max_retries": 0}, **options
        )
        agent = Agent(
            model=HeadroomAgnoModel(claude, headroom=headroom),
            tools=[*tools],
            instructions="Be brief.",
            telemetry=False,
        )
        if stream:
            async for _ in agent.arun("Which order failed?", stream=True):
                pass
        else:
            await asyncio.to_thread(agent.run, "Which order failed?")
            await agent.arun("Which order failed?")
    return [each.body for each in upstream.messages]


@pytest.mark.parametrize("stream", [False, True])
async def test_every_request_of_an_agent_is_marked_and_says_the_same(stream: bool) -> None:
    bodies, bare = await asked(stream=stream), await asked(stream=stream, align=False)
    once = [["tools.1", "system.0", f"{n}.0"] for n in (0, 2, 4)]
    assert [where(body) for body in bodies] == once * (1 if stream else 2)
    assert [where(body) for body in bare] == [[]] * len(bodies)
    assert [told(body) for body in bodies] == [told(body) for body in bare]
    for before, after in pairwise([told(body)["messages"] for body in bodies[:3]]):
        assert after[: len(before)] == before


def told(body: dict[str, Any]) -> Any:
    """Return a request without marks and without what the fake makes up."""
    ids: dict[str, str] = {}

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: ids.setdefault(each, f"id_{len(ids)}") if key in ("id", "tool_use_id") else named(each)
            for key, each in value.items()
        }

    return named(without_marks(body))


@pytest.mark.parametrize(
    "options",
    [
        {"cache_tools": True},
        {"cache_system_prompt": True},
        {"system_prompt_blocks": [SystemPromptBlock(text="More.", cache=True)]},
        {"request_params": {"extra_body": {"cache_control": MARK}}},
    ],
)
async def test_a_caller_that_says_what_is_cached_is_left_alone(options: dict[str, Any]) -> None:
    assert [where(body) for body in await asked(**options)] == [
        where(body) for body in await asked(align=False, **options)
    ]


async def test_a_one_shot_pays_for_no_cache() -> None:
    assert [where(body) for body in await asked(tools=())] == [[], []]


def test_other_models_and_what_cannot_be_marked_are_left_alone() -> None:
    messages = [Message(role="system", content="Be brief."), Message(role="user", content="Which?")]
    tools = [{"type": "function", "function": {"name": "orders"}}]
    assert aligned(OpenAIChat(id="gpt-4o"), messages, tools) is messages
    assert aligned(Claude(), messages, [object(), {"cache_control": MARK}]) is messages
    own = [Message(role="user", content=[{"type": "text", "text": "?", "cache_control": MARK}])]
    assert aligned(Claude(), own, tools) is own
    old = Claude(id="anthropic.claude-3-haiku-20240307-v1:0", provider="AwsBedrock")
    assert aligned(old, messages, tools) is messages, "a point that it does not know is refused"
    assert aligned(Claude(), messages, tools) is not messages
    assert json.loads(messages[1].model_dump_json())["content"] == "Which?", "what callers give is never changed"


def test_a_failure_sends_the_call_as_it_is(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise LookupError("nobody expected it")

    monkeypatch.setattr("headroom.integrations.agno_marks.places", broken)
    messages = [Message(role="user", content="Which?")]
    assert aligned(Claude(), messages, [{}]) is messages
    assert "LookupError" in caplog.text
