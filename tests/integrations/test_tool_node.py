"""HeadroomToolNode: LangGraph's ToolNode, whose results are saved small."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import tools_condition
from langgraph.types import Command, interrupt

from headroom import marker
from headroom.integrations import HeadroomToolNode
from headroom.scope import scope_of
from tests.integrations.agents import DONE, LOG_TOOL, ORDERS_TOOL, Scripted, calls, fetch, results, texts, tool_of
from tests.integrations.worlds import ROWS, new_headroom

ASKED = {"messages": [("user", "Which order failed?")]}
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}


def graph_of(model: Scripted, node: HeadroomToolNode, **options: Any) -> Any:
    bound = model.bind_tools(list(node.tools_by_name.values()))
    graph = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [bound.invoke(state["messages"])]})
    graph.add_node("tools", node)
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return graph.compile(**options)


@pytest.mark.parametrize("sync", [True, False])
async def test_with_the_tool_results_are_small_and_can_be_fetched(sync: bool) -> None:
    headroom = new_headroom()
    model = Scripted(replies=[calls("orders", "log"), fetch(), DONE])
    graph = graph_of(model, HeadroomToolNode([ORDERS_TOOL, LOG_TOOL, headroom.tool], headroom=headroom))
    state = graph.invoke(ASKED, THREAD) if sync else await graph.ainvoke(ASKED, THREAD)
    rows, log, fetched = texts(state["messages"])
    assert (bool(marker.genuine(rows)), bool(marker.genuine(log)), '"id": 131' in fetched) == (True, True, True)
    headroom.store.purge(now=headroom.clock() + 100 * 86_400 * headroom.settings.retention_days)
    assert headroom.retrieve(rows, scope=scope_of("local", "one")) == ROWS


def test_without_the_tool_only_lossless_forms_are_taken() -> None:
    headroom = new_headroom()
    state = graph_of(
        Scripted(replies=[calls("orders"), DONE]), HeadroomToolNode([ORDERS_TOOL], headroom=headroom)
    ).invoke(ASKED, THREAD)
    [rows] = texts(state["messages"])
    assert len(rows) < len(ROWS)
    assert list(marker.refs_in(rows)) == []
    assert "left out" not in rows


@pytest.mark.parametrize("mode", ["sync", "async", "only sync given"])
async def test_wrappers_of_ones_own_run_inside_and_see_the_original(mode: str) -> None:
    seen: list[str] = []

    def watch(request: Any, execute: Any) -> Any:
        result = execute(request)
        seen.append(result.content)
        return result

    async def awatch(request: Any, execute: Any) -> Any:
        result = await execute(request)
        seen.append(result.content)
        return result

    headroom = new_headroom()
    wraps = {"awrap_tool_call": awatch} if mode == "async" else {"wrap_tool_call": watch}
    node = HeadroomToolNode([ORDERS_TOOL, headroom.tool], headroom=headroom, **wraps)
    graph = graph_of(Scripted(replies=[calls("orders"), DONE]), node)
    state = graph.invoke(ASKED) if mode == "sync" else await graph.ainvoke(ASKED)
    assert seen == [ROWS]
    assert marker.genuine(texts(state["messages"])[0])


@pytest.mark.parametrize("sync", [True, False])
async def test_interrupts_and_errors_pass(sync: bool) -> None:
    def ask() -> str:
        return f"{interrupt('May I?')}\n{ROWS}"

    def wrap(request: Any, execute: Any) -> Any:
        return execute(request)

    headroom = new_headroom()
    node = HeadroomToolNode([tool_of("orders", ask), headroom.tool], headroom=headroom, wrap_tool_call=wrap)
    graph = graph_of(Scripted(replies=[calls("orders", "none"), DONE]), node, checkpointer=InMemorySaver())

    async def go(given: Any) -> Any:
        return graph.invoke(given, THREAD) if sync else await graph.ainvoke(given, THREAD)

    assert (await go(ASKED))["__interrupt__"][0].value == "May I?"
    state = await go(Command(resume="yes"))
    assert [message.status for message in results(state["messages"])] == ["success", "error"]
    assert marker.genuine(texts(state["messages"])[0])


def test_g16_commands_keep_goto_and_graph_and_what_else_they_update() -> None:
    @tool
    def hand_over(tool_call_id: str = "hand_over_0") -> Any:
        """Hand over."""
        messages = [ToolMessage(ROWS, tool_call_id=tool_call_id, name="hand_over", id="kept"), HumanMessage("go on")]
        return Command(goto=END, update={"messages": messages})

    headroom = new_headroom()
    graph = StateGraph(MessagesState)
    graph.add_node("tools", HeadroomToolNode([hand_over, headroom.tool], headroom=headroom), destinations=(END,))
    graph.add_edge(START, "tools")
    state = graph.compile().invoke({"messages": [HumanMessage("Which order failed?"), calls("hand_over")]})
    message = results(state["messages"])[0]
    assert (message.id, state["messages"][-1].content) == ("kept", "go on")
    assert marker.genuine(str(message.content))


def test_another_key_for_messages() -> None:
    headroom = new_headroom()
    node = HeadroomToolNode([ORDERS_TOOL, headroom.tool], headroom=headroom, messages_key="talk")

    class State(MessagesState):
        talk: list[Any]

    graph = StateGraph(State).add_node("tools", node).add_edge(START, "tools").compile()
    [message] = graph.invoke({"talk": [HumanMessage("Which order failed?"), calls("orders")]})["talk"]
    assert marker.genuine(message.content)


def test_the_loop_is_never_blocked(tmp_path: Any) -> None:
    headroom = new_headroom(database_url=f"sqlite:///{tmp_path / 'originals.db'}")
    node = HeadroomToolNode([ORDERS_TOOL, LOG_TOOL, headroom.tool], headroom=headroom)
    model = Scripted(replies=[calls("orders", "log"), fetch(), DONE])
    bound = model.bind_tools([ORDERS_TOOL])

    async def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await bound.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node("model", ask).add_node("tools", node).add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition).add_edge("tools", "model")
    with blockbuster_ctx():
        state = asyncio.run(graph.compile().ainvoke(ASKED, THREAD))
    assert '"id": 131' in texts(state["messages"])[-1]
    assert isinstance(state["messages"][-1], AIMessage)
