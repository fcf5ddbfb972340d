"""compressed(tool), and the retrieval tool under the framework's own suites."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool, ToolException, tool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode

from headroom import ConfigError, marker
from headroom.integrations import compressed
from headroom.marker import TOOL
from tests.integrations.agents import LOG, ORDERS_TOOL, results, tool_of
from tests.integrations.worlds import REF, ROWS, new_headroom

HEADROOM = new_headroom(retrieval="tool")
CALL = {"name": "orders", "args": {}, "id": "1", "type": "tool_call"}
THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}


class _Retrieve:
    @property
    def tool_constructor(self) -> BaseTool:
        return HEADROOM.tool

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"ref": "0" * 24, "lines": "1-2"}


class TestRetrieveUnit(_Retrieve, ToolsUnitTests):
    pass


class TestRetrieveIntegration(_Retrieve, ToolsIntegrationTests):
    pass


class _Compressed(_Retrieve):
    @property
    def tool_constructor(self) -> BaseTool:
        return compressed(ORDERS_TOOL, headroom=HEADROOM)

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {}


class TestCompressedUnit(_Compressed, ToolsUnitTests):
    pass


class TestCompressedIntegration(_Compressed, ToolsIntegrationTests):
    pass


# -- the retrieval tool -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sync", [True, False])
async def test_the_retrieval_tool_in_a_graph_and_outside(sync: bool) -> None:
    headroom = new_headroom()
    headroom.store.put(headroom.scope(THREAD), {REF: ROWS}, now=headroom.clock())
    call = {"name": TOOL, "args": {"ref": REF, "path": "$[131]"}, "id": "1", "type": "tool_call"}
    graph = StateGraph(MessagesState).add_node("tools", ToolNode([headroom.tool])).add_edge(START, "tools").compile()
    given = {"messages": [AIMessage("", tool_calls=[call])]}
    state = graph.invoke(given, THREAD) if sync else await graph.ainvoke(given, THREAD)
    alone = headroom.tool.invoke(call, THREAD) if sync else await headroom.tool.ainvoke(call, THREAD)
    assert '"id": 131' in state["messages"][-1].content
    assert state["messages"][-1].content == alone.content
    headroom.store.delete_scope(headroom.scope(THREAD))
    assert "Do not retry" in headroom.tool.invoke(call, THREAD).content


def test_the_retrieval_tool_never_blocks_the_loop(tmp_path: Any) -> None:
    headroom = new_headroom(database_url=f"sqlite:///{tmp_path / 'originals.db'}")
    small = headroom.compress(ROWS)
    with blockbuster_ctx():
        assert "131" in asyncio.run(headroom.tool.ainvoke({"ref": small.ref, "path": "$[131]"}))


# -- compressed(tool) -----------------------------------------------------------------------------------------------------


def test_a_compressed_tool_is_the_tool_but_for_its_results() -> None:
    made = compressed(ORDERS_TOOL, headroom=HEADROOM)
    assert isinstance(made, StructuredTool)
    assert (made.name, made.description, made.args, made.func) == ("orders", "Give orders.", {}, ORDERS_TOOL.func)
    message = made.invoke(CALL, THREAD)
    assert (type(message), message.tool_call_id, message.name) == (ToolMessage, "1", "orders")
    assert HEADROOM.retrieve(message.content, scope=HEADROOM.scope(THREAD)) == ROWS
    assert marker.genuine(made.invoke({})) == REF
    assert ORDERS_TOOL.invoke({}) == ROWS


@pytest.mark.parametrize("retrieval", ["off", "tool"])
def test_something_is_left_out_only_where_it_can_be_had_again(retrieval: str) -> None:
    made = compressed(tool_of("log", lambda: LOG), headroom=new_headroom(retrieval=retrieval))
    said = made.invoke({})
    assert (marker.genuine(said) is not None) == (retrieval == "tool")
    rows = compressed(ORDERS_TOOL, headroom=new_headroom(retrieval=retrieval)).invoke({})
    assert len(rows) < len(ROWS)


async def test_asynchronous_tools_artifacts_and_lists() -> None:
    blocks = [{"type": "text", "text": ROWS}, {"type": "image", "url": "data:,"}]

    @tool(response_format="content_and_artifact")
    async def orders() -> Any:
        """Give orders."""
        return blocks, {"raw": 1}

    message = await compressed(orders, headroom=HEADROOM).ainvoke(CALL)
    assert message.artifact == {"raw": 1}
    assert marker.genuine(message.content[0]["text"]) == REF
    assert message.content[1] == blocks[1]


def test_what_stays() -> None:
    def fail() -> str:
        raise ToolException(ROWS)

    direct = tool_of("orders", lambda: ROWS, return_direct=True)
    failing = tool_of("orders", fail, handle_tool_error=True)
    assert compressed(direct, headroom=HEADROOM).invoke({}) == ROWS
    assert compressed(failing, headroom=HEADROOM).invoke(CALL).content == ROWS
    assert compressed(tool_of("n", lambda: 7), headroom=HEADROOM).invoke({}) == 7
    retrieve = HEADROOM.tool
    assert compressed(retrieve, headroom=HEADROOM) is retrieve
    made = compressed(ORDERS_TOOL, headroom=HEADROOM)
    assert compressed(made, headroom=HEADROOM) is made


def test_injected_arguments_arrive_and_a_graph_runs_it() -> None:
    @tool
    def orders(state: Annotated[dict[str, Any], InjectedState], config: RunnableConfig) -> str:
        """Give orders."""
        assert (len(state["messages"]), config["configurable"]["thread_id"]) == (1, "one")
        return ROWS

    node = ToolNode([compressed(orders, headroom=HEADROOM)])
    graph = StateGraph(MessagesState).add_node("tools", node).add_edge(START, "tools").compile()
    state = graph.invoke({"messages": [AIMessage("", tool_calls=[CALL])]}, THREAD)
    assert marker.genuine(str(results(state["messages"])[0].content)) == REF


def test_the_loop_is_never_blocked(tmp_path: Any) -> None:
    headroom = new_headroom(retrieval="tool", database_url=f"sqlite:///{tmp_path / 'originals.db'}")
    with blockbuster_ctx():
        assert marker.genuine(asyncio.run(compressed(ORDERS_TOOL, headroom=headroom).ainvoke({})))


def test_only_tools_are_taken() -> None:
    with pytest.raises(ConfigError, match="decorate functions with @tool"):
        compressed(len, headroom=HEADROOM)  # type: ignore[type-var]
