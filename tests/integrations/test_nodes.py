"""ContextNode and ScoreNode in graphs that are put together by hand."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, create_react_agent, tools_condition

from headroom import Headroom, Settings, marker
from headroom.integrations import ContextNode, ScoreNode
from headroom.scope import scope_of
from tests.integrations.agents import DONE, LOG, LOG_TOOL, ORDERS_TOOL, Scripted, calls, fetch, results, texts
from tests.integrations.worlds import CALL, QUESTION, REF, ROWS, new_headroom

ASKED = {"messages": [("user", "Which order failed?")]}
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}


class State(MessagesState):
    llm_input_messages: list[BaseMessage]
    scores: list[dict[str, Any]]


def graph_of(model: Scripted, node: ContextNode, **options: Any) -> Any:
    bound = model.bind_tools([ORDERS_TOOL, LOG_TOOL, node.headroom.tool])
    key = "messages" if node.commit else "llm_input_messages"
    graph = StateGraph(State)
    graph.add_node("context", node)
    graph.add_node("model", lambda state: {"messages": [bound.invoke(state[key])]})
    graph.add_node("tools", ToolNode([ORDERS_TOOL, LOG_TOOL, node.headroom.tool]))
    graph.add_edge(START, "context")
    graph.add_edge("context", "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "context")
    return graph.compile(**options)


@pytest.mark.parametrize("commit", [False, True])
def test_the_model_sees_less_and_fetches_the_rest(commit: bool) -> None:
    model = Scripted(replies=[calls("orders", "log"), fetch(), calls("orders"), DONE])
    node = ContextNode(headroom=new_headroom(), commit=commit, retrieval="tool")
    state = graph_of(model, node, checkpointer=InMemorySaver()).invoke(ASKED, THREAD)
    shown = texts(model.seen[-1])
    assert [bool(marker.genuine(text)) for text in shown[:2]] == [True, True]
    assert '"id": 131' in shown[2]
    assert texts(state["messages"])[:2] == (shown[:2] if commit else [ROWS, LOG])
    for before, after in itertools.pairwise(model.seen):
        assert [m.content for m in before] == [m.content for m in after[: len(before)]]


def test_committed_messages_are_replaced_where_they_stand() -> None:
    """The peer's node appended a second ToolMessage (3 messages in, 4 out)."""
    messages = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(ROWS, tool_call_id="call_1", artifact={"a": 1})]
    graph = StateGraph(MessagesState).add_node(
        "context", ContextNode(headroom=new_headroom(), commit=True, retrieval="tool")
    )
    graph = graph.add_edge(START, "context")
    app = graph.compile(checkpointer=InMemorySaver())
    first = app.invoke({"messages": messages}, THREAD)["messages"]
    assert [m.type for m in first] == ["human", "ai", "tool"]
    assert (first[2].tool_call_id, first[2].artifact, bool(marker.genuine(first[2].content))) == (
        "call_1",
        {"a": 1},
        True,
    )
    again = app.invoke({"messages": []}, THREAD)["messages"]
    assert again == first


def test_what_was_sent_before_stays_as_it_is_saved() -> None:
    node = ContextNode(headroom=new_headroom(), commit=True, retrieval="tool")
    old = ToolMessage(ROWS, tool_call_id="call_1", id="old")
    assert node.invoke({"messages": [QUESTION, AIMessage("", tool_calls=[CALL]), old, DONE]}, THREAD) == {}


def test_without_ids_nothing_is_committed(caplog: pytest.LogCaptureFixture) -> None:
    """A state without add_messages would get the message twice, or lose all others."""
    node = ContextNode(headroom=new_headroom(), commit=True, retrieval="tool")
    messages = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(ROWS, tool_call_id="call_1")]
    assert node.invoke({"messages": messages}) == {}
    assert "add_messages" in caplog.text

    class Plain(TypedDict):
        messages: Annotated[list[Any], lambda old, new: old + new]

    graph = StateGraph(Plain).add_node("context", node).add_edge(START, "context").compile()
    assert graph.invoke({"messages": messages})["messages"] == messages


@pytest.mark.parametrize("commit", [False, True])
def test_without_the_tool_it_stays_with_lossless_forms(commit: bool) -> None:
    node = ContextNode(headroom=new_headroom(), commit=commit)
    messages = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(ROWS, tool_call_id="call_1", id="t")]
    said = node.invoke({"messages": messages})
    [text] = texts(said["messages" if commit else "llm_input_messages"])
    assert len(text) < len(ROWS)
    assert (list(marker.refs_in(text)), "left out" in text) == ([], False)


@pytest.mark.parametrize("told", [0, None])
def test_rows_with_an_error_key_are_no_errors(told: Any) -> None:
    """The peer skipped whatever had the letters "error" in it."""
    rows = json.dumps([{"id": n, "name": f"name {n}", "error": told} for n in range(300)])
    messages = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(rows, tool_call_id="call_1")]
    [text] = texts(
        ContextNode(headroom=new_headroom(), retrieval="tool").invoke({"messages": messages})["llm_input_messages"]
    )
    assert len(text) < len(rows) / 3


@pytest.mark.parametrize("commit", [False, True])
def test_a_restart_goes_on_with_the_same_bytes(commit: bool, tmp_path: Path) -> None:
    def process(*replies: Any) -> Scripted:
        model = Scripted(replies=[*replies, DONE])
        headroom = Headroom(Settings(database_url=f"sqlite:///{tmp_path / 'originals.db'}"))
        with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.db")) as saver:
            node = ContextNode(headroom=headroom, commit=commit, retrieval="tool")
            graph_of(model, node, checkpointer=saver).invoke(ASKED, THREAD)
        headroom.close()
        return model

    first, second = process(calls("orders")), process(fetch())
    assert [m.content for m in second.seen[0][:3]] == [m.content for m in first.seen[-1]]
    assert '"id": 131' in texts(second.seen[-1])[-1]


def test_committed_originals_are_pinned_only_where_a_thread_can_let_them_go() -> None:
    headroom = new_headroom()
    node = ContextNode(headroom=headroom, commit=True, retrieval="tool")
    messages = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(ROWS, tool_call_id="call_1", id="t")]
    for config in (THREAD, {}):
        assert results(node.invoke({"messages": messages}, config)["messages"])
    later = headroom.clock() + 100 * 86_400 * headroom.settings.retention_days
    assert headroom.store.purge(now=later) == 1
    assert headroom.retrieve(REF, scope=scope_of("local", "one")) == ROWS


def test_states_of_every_form_and_other_keys() -> None:
    node = ContextNode(headroom=new_headroom(), retrieval="tool", messages_key="talk", view_key="view")
    messages = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(ROWS, tool_call_id="call_1")]
    expected = node.invoke({"talk": messages})
    assert list(expected) == ["view"]
    assert node.invoke(messages) == expected
    assert node.invoke(type("Talk", (), {"talk": messages})()) == expected
    assert node.invoke({"talk": []}) == {"view": []}


def test_the_loop_is_never_blocked(tmp_path: Path) -> None:
    headroom = new_headroom(database_url=f"sqlite:///{tmp_path / 'originals.db'}")
    messages = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(ROWS, tool_call_id="call_1", id="t")]
    for commit in (True, False):
        node = ContextNode(headroom=headroom, commit=commit, retrieval="tool")
        with blockbuster_ctx():
            said = asyncio.run(node.ainvoke({"messages": messages}, THREAD))
        assert len(said) == 1


def test_scores_say_what_each_turn_is_worth_and_survive_a_checkpoint(tmp_path: Path) -> None:
    graph = StateGraph(State).add_node("score", ScoreNode()).add_edge(START, "score")
    messages = [
        HumanMessage("Find it.", id="h"),
        AIMessage("", tool_calls=[CALL], id="a"),
        ToolMessage("x", tool_call_id="call_1", id="t"),
        HumanMessage("And now?", id="n"),
    ]
    with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.db")) as saver:
        graph.compile(checkpointer=saver).invoke({"messages": messages}, THREAD)
        scores = graph.compile(checkpointer=saver).get_state(THREAD).values["scores"]
    assert [score["messages"] for score in scores] == [["h"], ["a", "t"], ["n"]]
    assert [bool(score["pinned"]) for score in scores] == [True, False, True]
    assert all(sum(score["why"].values()) == score["points"] for score in scores)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_view_is_a_pre_model_hook() -> None:
    headroom = new_headroom()
    model = Scripted(replies=[calls("orders"), fetch(), DONE])
    hook = ContextNode(headroom=headroom, retrieval="tool")
    state = create_react_agent(model, [ORDERS_TOOL, headroom.tool], pre_model_hook=hook).invoke(ASKED)
    assert '"id": 131' in texts(model.seen[-1])[-1]
    assert texts(state["messages"])[0] == ROWS
