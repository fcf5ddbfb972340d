"""A wrapped ChatAnthropic against a fake that refuses any assistant message it did not write itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

pytest.importorskip("langchain_anthropic", reason="needs the extra `anthropic`")

from langchain_anthropic import ChatAnthropic

from headroom import marker
from headroom.marker import TOOL
from headroom.testing import FakeAnthropic
from headroom.testing.script import call, ours, step, text, thinking
from headroom.testing.strict import Produced
from tests.integrations.worlds import CALL, MESSAGES, REF, ROWS, WRAPS, Wrap, merged, new_headroom

SERVER_TOOL = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
SHELL = {"name": "shell", "description": "Run it.", "input_schema": {"type": "object", "properties": {}}}
BEGINNING = Produced([{"type": "tool_use", "id": CALL["id"], "name": "orders", "input": {}}])


@pytest.fixture(params=WRAPS.values(), ids=list(WRAPS))
def wrap(request: pytest.FixtureRequest) -> Wrap:
    return request.param  # type: ignore[no-any-return]


def anthropic(upstream: FakeAnthropic, **options: Any) -> ChatAnthropic:
    said: dict[str, Any] = {"model": "claude-opus-4-8", "api_key": "k", "base_url": upstream.url, "max_retries": 0}
    return ChatAnthropic(**{**said, "max_tokens": 4_000, **options})


async def ask(model: Any, messages: Sequence[BaseMessage], *, stream: bool) -> AIMessage:
    if stream:
        return merged([chunk async for chunk in model.astream(messages)])  # type: ignore[no-any-return]
    return await model.ainvoke(messages)  # type: ignore[no-any-return]


@pytest.mark.parametrize("stream", [False, True], ids=["ainvoke", "astream"])
async def test_thinking_and_signatures_come_back_as_they_were_written(wrap: Wrap, stream: bool) -> None:
    script = [
        step(thinking("Where is it?"), text("Let me look. "), ours(REF, path="$[131]")),
        step(thinking("There."), text("Order 131 failed. "), call("shell")),
        step(text("Done.")),
    ]
    async with FakeAnthropic(script) as upstream:
        upstream.produced.append(BEGINNING)
        bare = anthropic(upstream, thinking={"type": "enabled", "budget_tokens": 2_000})
        model = wrap(bare, headroom=new_headroom()).bind_tools([SHELL, SERVER_TOOL])
        reply = await ask(model, MESSAGES, stream=stream)
        result = {"role": "tool", "content": "ran", "tool_call_id": reply.tool_calls[0]["id"]}
        last = await ask(model, [*MESSAGES, reply, result], stream=stream)  # type: ignore[list-item]
        again = await ask(model, [*MESSAGES, reply, result, last, HumanMessage("Sure?")], stream=stream)  # type: ignore[list-item]
    assert upstream.problems == []
    assert (reply.text, [each["name"] for each in reply.tool_calls]) == ("Let me look. Order 131 failed. ", ["shell"])
    kinds = [part["type"] for part in reply.content]  # type: ignore[index]
    assert kinds == ["thinking", "text", "thinking", "text", "tool_use"]
    assert again.text == "Done."
    first, second, *_, latest = [request.body for request in upstream.messages]
    assert [tool["name"] for tool in first["tools"]] == ["shell", "web_search", TOOL]
    assert first["tools"][:2] == [SHELL, SERVER_TOOL]
    assert len(str(first["messages"])) < len(ROWS) / 2
    assert latest["messages"][: len(second["messages"])] == second["messages"]


async def test_server_tools_alone_are_sent_as_they_are_bound(wrap: Wrap) -> None:
    async with FakeAnthropic([step(text("Hello."))]) as upstream:
        model = wrap(anthropic(upstream), headroom=new_headroom()).bind_tools([SERVER_TOOL])
        assert (await model.ainvoke("hi")).text == "Hello."
    assert upstream.messages[0].body["tools"] == [SERVER_TOOL]


async def test_structured_output_gains_no_tool(wrap: Wrap) -> None:
    schema = {"title": "order", "type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    async with FakeAnthropic(lambda body: step(call("order", id=131))) as upstream:
        upstream.produced.append(BEGINNING)
        model = wrap(anthropic(upstream), headroom=new_headroom()).with_structured_output(schema)
        assert await model.ainvoke(MESSAGES) == {"id": 131}
    [request] = upstream.messages
    assert [tool["name"] for tool in request.body["tools"]] == ["order"]
    assert marker.TOOL not in request.raw.decode()


@pytest.mark.parametrize("stream", [False, True], ids=["ainvoke", "astream"])
async def test_a_reply_without_a_call_of_ours_is_the_bare_models(wrap: Wrap, stream: bool) -> None:
    async with FakeAnthropic([step(thinking("Hm."), text("Let me see. "), call("shell"))]) as upstream:
        upstream.produced.append(BEGINNING)
        bare = anthropic(upstream)
        expected = await ask(bare.bind_tools([SHELL]), MESSAGES, stream=stream)
        got = await ask(wrap(bare, headroom=new_headroom()).bind_tools([SHELL]), MESSAGES, stream=stream)
    assert upstream.problems == []
    assert strip_ids(expected.content) == strip_ids(got.content)
    assert expected.usage_metadata == got.usage_metadata


def strip_ids(content: Any) -> Any:
    return [{key: value for key, value in part.items() if key != "id"} for part in content]


def test_the_subclass_is_what_prompt_caching_middleware_asks_for() -> None:
    assert isinstance(WRAPS["subclass"](ChatAnthropic(model="m", api_key="k"), headroom=new_headroom()), ChatAnthropic)  # type: ignore[call-arg]
