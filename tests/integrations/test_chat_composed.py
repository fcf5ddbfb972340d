"""Wrapped chat models together with what else changes messages, and over many turns on the recorded wire."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from headroom import marker
from headroom.integrations import ContextNode, HeadroomMiddleware
from headroom.integrations.view import COMMITTED
from headroom.testing import FakeOpenAI
from headroom.testing.script import step, text
from tests.integrations.agents import DONE, LOG, ORDERS_TOOL, OTHER_ROWS, Scripted, calls, fetch, results, texts
from tests.integrations.worlds import MESSAGES, ORDERS, QUESTION, ROWS, WRAPS, Wrap, new_headroom, openai

THREAD: Any = {"configurable": {"thread_id": "composed"}}


@pytest.fixture(params=WRAPS.values(), ids=list(WRAPS))
def wrap(request: pytest.FixtureRequest) -> Wrap:
    return request.param  # type: ignore[no-any-return]


def test_what_was_committed_is_shown_as_it_is_saved(wrap: Wrap) -> None:
    """By the same Headroom or another: results are made small once, and nothing points at them."""
    for headroom in (new_headroom(), None):
        middleware = HeadroomMiddleware(headroom=headroom or new_headroom(), commit=True)
        model = Scripted(replies=[calls("orders"), calls("orders"), fetch(1), DONE])
        wrapped = wrap(model, headroom=headroom or new_headroom())
        agent = create_agent(wrapped, [ORDERS_TOOL], middleware=[middleware], checkpointer=InMemorySaver())
        state = agent.invoke({"messages": [QUESTION]}, THREAD)
        assert texts(model.seen[-1]) == texts(state["messages"])
        assert [COMMITTED in each.response_metadata for each in results(state["messages"])] == [True, True, False]
        assert "stands above" not in str(model.seen[-1])
        assert '"id": 131' in texts(model.seen[-1])[-1]


def test_a_node_s_committed_results_stay_too(wrap: Wrap) -> None:
    node = ContextNode(headroom=new_headroom(), commit=True)
    given = [*MESSAGES[:2], ToolMessage(ROWS, tool_call_id="call_1", id="t")]
    [saved] = node.invoke({"messages": given}, THREAD)["messages"]
    model = Scripted(replies=[DONE])
    wrap(model, headroom=new_headroom()).invoke([*given[:2], saved], THREAD)
    assert texts(model.seen[0]) == [saved.content]


@pytest.mark.parametrize("by", ["field", "argument"])
def test_a_provider_that_clears_results_is_not_shown_references(by: str, wrap: Wrap) -> None:
    class Clearing(Scripted):
        context_management: Any = None

    edits = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    twice: list[BaseMessage] = [
        *MESSAGES,
        AIMessage("", tool_calls=[{"name": "orders", "args": {}, "id": "call_2"}]),
        ToolMessage(ROWS, tool_call_id="call_2"),
    ]
    seen = []
    for clears in (False, True):
        model = Clearing(replies=[DONE], context_management=edits if clears and by == "field" else None)
        said = {"context_management": edits} if clears and by == "argument" else {}
        wrap(model, headroom=new_headroom()).invoke(twice, THREAD, **said)
        seen.append(texts(model.seen[0])[1])
    assert ["stand" in shown.split("\n")[0] for shown in seen] == [True, False]


@pytest.mark.slow
def test_fifty_turns_on_the_wire_each_begin_with_the_one_before(wrap: Wrap) -> None:
    """Law 2 where it counts: in the bytes of the recorded requests, with results that repeat each other."""
    bodies = itertools.cycle([ROWS, LOG, OTHER_ROWS, ROWS, "short"])
    messages: list[BaseMessage] = [QUESTION]
    with FakeOpenAI([step(text("ok"))] * 50) as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        for turn in range(50):
            asked = {"name": "orders", "args": {"status": str(turn)}, "id": f"call_{turn}", "type": "tool_call"}
            messages += [AIMessage("", tool_calls=[asked]), ToolMessage(next(bodies), tool_call_id=f"call_{turn}")]
            model.invoke(messages, THREAD)
            messages += [HumanMessage("And then?")] if turn % 7 == 6 else []
    told = [body["messages"] for body in upstream.bodies]
    breaks = [n for n, (one, other) in enumerate(itertools.pairwise(told)) if other[: len(one)] != one]
    offered = [len(body["tools"]) for body in upstream.bodies]
    switches = [n for n, (one, other) in enumerate(itertools.pairwise(offered)) if one != other]
    assert breaks == [] or breaks == switches  # a tool that is newly offered breaks the cache by itself, once
    assert len(breaks) <= 1
    assert sum(len(str(each["content"])) for each in told[-1]) < sum(len(str(m.content)) for m in messages) / 4
    assert upstream.problems == []


async def test_asynchronous_calls_leave_the_loop_only_for_what_is_new(
    wrap: Wrap, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hops: list[Callable[..., Any]] = []
    to_thread = asyncio.to_thread

    async def counted(function: Callable[..., Any], *args: Any) -> Any:
        hops.append(function)
        return await to_thread(function, *args)

    monkeypatch.setattr(asyncio, "to_thread", counted)

    class Async(Scripted):
        async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
            return self._generate(*args, **kwargs)

    headroom = new_headroom(database_url=f"sqlite:///{tmp_path / 'originals.db'}")
    model = Async(replies=[DONE] * 8)
    asking = wrap(model, headroom=headroom).bind_tools([ORDERS])
    counts = []
    with blockbuster_ctx():
        for _ in range(3):
            await asking.ainvoke(MESSAGES, THREAD)
            counts.append(len(hops))
        node = ContextNode(headroom=headroom, retrieval="tool")
        for _ in range(3):
            await node.ainvoke({"messages": MESSAGES}, {"configurable": {"thread_id": "node"}})
            counts.append(len(hops))
    assert counts[0] > 0
    assert counts[2] == counts[1]
    assert counts[5] == counts[4] > counts[2]
    assert len({marker.genuine(shown) for seen in model.seen for shown in texts(seen)}) == 1
    headroom.close()
