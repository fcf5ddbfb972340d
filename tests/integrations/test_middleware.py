"""HeadroomMiddleware: what agents' models see, what agents save, and how it lives with other middleware."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import (
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    SummarizationMiddleware,
    wrap_model_call,
)
from langchain.agents.structured_output import ToolStrategy
from langchain.tools import ToolRuntime
from langchain_anthropic import ChatAnthropic
from langchain_anthropic.middleware import AnthropicPromptCachingMiddleware
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import ToolException, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command, interrupt
from pydantic import BaseModel, SecretStr

from headroom import Headroom, RefNotFound, Settings, StoreError, marker, tokens
from headroom.integrations import HeadroomChatModel, HeadroomMiddleware
from headroom.integrations.birth import Birth
from headroom.marker import TOOL
from headroom.scope import scope_of
from tests.integrations.agents import (
    DONE,
    LOG,
    LOG_TOOL,
    ORDERS_TOOL,
    OTHER_ROWS,
    Scripted,
    calls,
    fetch,
    results,
    texts,
    tool_of,
)
from tests.integrations.worlds import CALL, QUESTION, REF, ROWS, new_headroom

ASKED = {"messages": [("user", "Which order failed?")]}
SOME_TOKENS = len(ROWS) // 5
"""Less than the orders have, and more than what becomes of them."""

THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}

Run = Callable[..., Awaitable[dict[str, Any]]]


async def invoke(agent: Any, given: Any, config: RunnableConfig | None = None, **options: Any) -> Any:
    return agent.invoke(given, config, **options)


async def ainvoke(agent: Any, given: Any, config: RunnableConfig | None = None, **options: Any) -> Any:
    return await agent.ainvoke(given, config, **options)


@pytest.fixture(params=[invoke, ainvoke])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param  # type: ignore[no-any-return]


def agent_of(model: Any, *tools: Any, commit: bool = False, headroom: Headroom | None = None, **options: Any) -> Any:
    middleware = HeadroomMiddleware(headroom=headroom or new_headroom(), commit=commit)
    before = options.pop("middleware", [])
    return create_agent(model, list(tools), middleware=[*before, middleware], **options)


def small(text: str) -> bool:
    return marker.genuine(text) is not None


# -- the view ---------------------------------------------------------------------------------------------------------


async def test_the_model_sees_less_and_everybody_else_the_originals(run: Run) -> None:
    model = Scripted(replies=[calls("orders", "log"), fetch(), DONE])
    agent = agent_of(model, ORDERS_TOOL, LOG_TOOL, checkpointer=InMemorySaver())
    state = await run(agent, ASKED, THREAD)
    assert model.offered == [[TOOL, "orders", "log"]] * 3
    shown = texts(model.seen[-1])
    assert [small(text) for text in shown[:2]] == [True, True]
    assert '"id": 131' in shown[2]
    assert [ROWS, LOG] == texts(state["messages"])[:2] == texts(agent.get_state(THREAD).values["messages"])[:2]
    told = state["messages"][-1].response_metadata["headroom"]
    assert told["tokens_after"] < told["tokens_before"] / 4


async def test_what_the_model_saw_is_the_beginning_of_what_it_sees_next(run: Run) -> None:
    """Law 2, over 50 turns, with results that repeat each other."""
    kinds = itertools.cycle(["orders", "log", "orders"])
    model = Scripted(replies=[*(calls(next(kinds)) for _ in range(50)), DONE])
    again = iter([ROWS, LOG, OTHER_ROWS] * 40)
    agent = agent_of(model, tool_of("orders", lambda: next(again)), LOG_TOOL)
    await run(agent, ASKED, {"recursion_limit": 200})
    assert len(model.seen) == 51
    for before, after in itertools.pairwise(model.seen):
        assert [m.content for m in before] == [m.content for m in after[: len(before)]]
    assert sum(map(tokens.count, texts(model.seen[-1]))) < 50 * 400


async def test_an_agent_without_tools_and_small_results_is_left_alone(run: Run) -> None:
    model = Scripted(replies=[calls("clock"), DONE])
    state = await run(agent_of(model, tool_of("clock", lambda: "12:00")), ASKED)
    assert texts(model.seen[1]) == ["12:00"]
    assert (await run(agent_of(Scripted(replies=[DONE])), ASKED))["messages"][-1].content == "Done."
    assert [type(m) for m in state["messages"]] == [HumanMessage, AIMessage, ToolMessage, AIMessage]


def test_our_tool_stands_there_once_whatever_others_make_of_the_list() -> None:
    @wrap_model_call
    def only_orders(request: Any, handler: Any) -> Any:
        return handler(request.override(tools=[each for each in request.tools if each.name == "orders"]))

    model = Scripted(replies=[calls("orders"), fetch(), DONE])
    headroom = new_headroom()
    agent_of(model, ORDERS_TOOL, LOG_TOOL, headroom.tool, headroom=headroom, middleware=[only_orders]).invoke(ASKED)
    assert model.offered == [[TOOL, "orders"]] * 3
    assert '"id": 131' in texts(model.seen[-1])[-1]


def test_a_system_prompt_stays_where_it_is() -> None:
    model = Scripted(replies=[calls("orders"), DONE])
    state = agent_of(model, ORDERS_TOOL, system_prompt="Be brief.").invoke(ASKED)
    assert [m.type for m in model.seen[1]] == ["system", "human", "ai", "tool"]
    assert model.seen[1][0].content == "Be brief."
    assert [m.type for m in state["messages"]] == ["human", "ai", "tool", "ai"]


def test_what_has_no_json_form_is_sent_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    odd = AIMessage([{"type": "odd", "value": {1, 2}}])
    model = Scripted(replies=[calls("orders"), DONE])
    agent_of(model, ORDERS_TOOL).invoke({"messages": [odd, QUESTION]})
    assert texts(model.seen[1]) == [ROWS]
    assert "sent as it is" in caplog.text


@pytest.mark.parametrize("commit", [False, True])
def test_without_a_store_the_originals_are_sent_and_stay_so(commit: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    headroom = new_headroom()

    def fail(*_: Any, **__: Any) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(headroom.store, "put", fail)
    model = Scripted(replies=[calls("orders"), calls("log"), DONE])
    agent = agent_of(model, ORDERS_TOOL, LOG_TOOL, headroom=headroom, commit=commit, checkpointer=InMemorySaver())
    state = agent.invoke(ASKED, THREAD)
    assert texts(model.seen[1]) == [ROWS]
    monkeypatch.undo()
    model.replies += [calls("orders"), DONE]
    agent.invoke(ASKED, THREAD)
    assert texts(model.seen[-1])[0] == ROWS
    assert texts(state["messages"]) == [ROWS, LOG]


# -- commit -----------------------------------------------------------------------------------------------------------


async def test_committed_results_are_small_in_the_state_and_can_be_fetched(run: Run) -> None:
    headroom = new_headroom(retention_days=1)
    model = Scripted(replies=[calls("orders", "log"), fetch(), DONE])
    agent = agent_of(model, ORDERS_TOOL, LOG_TOOL, commit=True, headroom=headroom, checkpointer=InMemorySaver())
    state = await run(agent, ASKED, THREAD)
    saved = results(state["messages"])
    assert [small(str(m.content)) for m in saved] == [True, True, False]
    assert saved[0].response_metadata["headroom"]["refs"] == [REF]
    assert [m.content for m in saved] == texts(model.seen[-1])
    assert '"id": 131' in saved[2].content
    # pinned until the thread is deleted
    scope = scope_of("local", "one")
    headroom.store.purge(now=headroom.clock() + 100 * 86_400)
    assert headroom.retrieve(REF, scope=scope) == ROWS
    assert headroom.delete_thread("one") == 2
    with pytest.raises(RefNotFound):
        headroom.retrieve(REF, scope=scope)


def test_a_deleted_thread_begins_anew() -> None:
    headroom = new_headroom()
    for _ in range(2):
        model = Scripted(replies=[calls("orders"), fetch(), DONE])
        agent_of(model, ORDERS_TOOL, headroom=headroom).invoke(ASKED, THREAD)
        assert '"id": 131' in texts(model.seen[-1])[-1]
        headroom.delete_thread("one")


def test_saved_results_point_at_nothing_and_views_may(run: Run) -> None:
    twice = [calls("orders"), calls("orders"), DONE]
    shown, saved = Scripted(replies=twice), Scripted(replies=twice)
    agent_of(shown, ORDERS_TOOL).invoke(ASKED)
    agent_of(saved, ORDERS_TOOL, commit=True).invoke(ASKED)
    assert "stands above" in texts(shown.seen[-1])[1]
    first, second = texts(saved.seen[-1])
    assert first == second


async def test_what_goes_to_the_user_directly_stays(run: Run) -> None:
    model = Scripted(replies=[calls("orders")])
    state = await run(agent_of(model, tool_of("orders", lambda: ROWS, return_direct=True), commit=True), ASKED)
    assert state["messages"][-1].content == ROWS


async def test_errors_stay(run: Run) -> None:
    def fail() -> str:
        raise ToolException(ROWS)

    model = Scripted(replies=[calls("orders"), DONE])
    state = await run(agent_of(model, tool_of("orders", fail, handle_tool_error=True), commit=True), ASKED)
    [message] = results(state["messages"])
    assert (message.content, message.status, message.response_metadata) == (ROWS, "error", {})


async def test_g16_a_command_keeps_all_it_carries(run: Run) -> None:
    @tool
    def orders(runtime: ToolRuntime) -> Command[Any]:
        """Give orders."""
        message = ToolMessage(ROWS, tool_call_id=runtime.tool_call_id, name="orders", artifact={"raw": 1}, id="kept")
        return Command(update={"messages": [message], "jump": "there"}, goto=())

    class State(create_agent.__globals__["AgentState"]):  # type: ignore[misc,name-defined]
        jump: str

    model = Scripted(replies=[calls("orders"), fetch(), DONE])
    state = await run(agent_of(model, orders, commit=True, state_schema=State), ASKED)
    message = results(state["messages"])[0]
    assert small(str(message.content))
    assert (message.id, message.artifact, message.name, state["jump"]) == ("kept", {"raw": 1}, "orders", "there")
    assert '"id": 131' in texts(model.seen[-1])[-1]


@pytest.mark.parametrize("commit", [False, True])
async def test_lists_of_blocks_as_mcp_adapters_give_them(commit: bool, run: Run) -> None:
    image = {"type": "image", "base64": "aGk=", "mime_type": "image/png", "id": "b2"}
    blocks = [{"type": "text", "text": ROWS, "id": "b1"}, image, {"type": "text", "text": "That is all.", "id": "b3"}]
    artifact = {"structured_content": {"rows": 400}}
    mcp = tool_of("orders", lambda: (blocks, artifact), response_format="content_and_artifact")
    model = Scripted(replies=[calls("orders"), DONE])
    state = await run(agent_of(model, mcp, commit=commit), ASKED)
    [shown], [saved] = results(model.seen[1]), results(state["messages"])
    assert shown.content[1:] == blocks[1:]
    assert isinstance(shown.content[0], dict)
    assert (shown.content[0]["id"], small(shown.content[0]["text"])) == ("b1", True)
    assert saved.content == (shown.content if commit else blocks)
    assert saved.artifact == artifact


@pytest.mark.parametrize("commit", [False, True])
def test_f12_a_call_id_of_any_length(commit: bool) -> None:
    long = AIMessage("", tool_calls=[{"name": "orders", "args": {}, "id": "c" * 1_500, "type": "tool_call"}])
    model = Scripted(replies=[long, fetch(), DONE])
    agent_of(model, ORDERS_TOOL, commit=commit).invoke(ASKED)
    rows, fetched = texts(model.seen[-1])
    assert (small(rows), '"id": 131' in fetched) == (True, True)
    assert results(model.seen[-1])[0].tool_call_id == "c" * 1_500


@pytest.mark.parametrize("commit", [False, True])
async def test_interrupts_are_never_swallowed(commit: bool, run: Run) -> None:
    asked = []

    def orders() -> str:
        asked.append(interrupt("May I?"))
        return ROWS

    model = Scripted(replies=[calls("orders"), DONE])
    agent = agent_of(model, tool_of("orders", orders), commit=commit, checkpointer=InMemorySaver())
    state = await run(agent, ASKED, THREAD)
    assert state["__interrupt__"][0].value == "May I?"
    state = await run(agent, Command(resume="yes"), THREAD)
    assert (asked, small(texts(state["messages"])[0])) == (["yes"], commit)
    assert small(texts(model.seen[1])[0])


async def test_a_structured_answer_is_the_models_own(run: Run) -> None:
    class Report(BaseModel):
        rows: list[str]

    rows = [f"row {n} of the report, which says that nothing happened on day {n}" for n in range(200)]
    model = Scripted(replies=[calls("orders"), calls("Report", rows=rows), calls("Report", rows=rows)])
    options = {"response_format": ToolStrategy(Report), "checkpointer": InMemorySaver()}
    agent = agent_of(model, ORDERS_TOOL, commit=True, **options)
    state = await run(agent, ASKED, THREAD)
    assert state["structured_response"] == Report(rows=rows)
    said = texts(state["messages"])[1]
    assert said.startswith("Returning structured response")
    state = await run(agent, ASKED, THREAD)
    assert texts(model.seen[2])[1] == said


def test_old_history_is_made_small_in_the_view_when_one_begins_to_commit() -> None:
    saver = InMemorySaver()
    create_agent(Scripted(replies=[calls("orders"), DONE]), [ORDERS_TOOL], checkpointer=saver).invoke(ASKED, THREAD)
    model = Scripted(replies=[calls("log"), DONE])
    state = agent_of(model, ORDERS_TOOL, LOG_TOOL, commit=True, checkpointer=saver).invoke(ASKED, THREAD)
    assert [small(text) for text in texts(model.seen[-1])] == [True, True]
    assert [small(text) for text in texts(state["messages"])] == [False, True]


# -- scope ------------------------------------------------------------------------------------------------------------


@dataclass
class Context:
    tenant: str


@pytest.mark.parametrize("by", ["config", "mapping", "object"])
async def test_a_tenant_redeems_only_its_own(by: str, run: Run) -> None:
    headroom = new_headroom()

    async def ask(tenant: str, thread: str, *replies: Any) -> str:
        model = Scripted(replies=[*replies, DONE])
        configurable = {"thread_id": thread, **({"tenant": tenant} if by == "config" else {})}
        context = {"mapping": {"tenant": tenant}, "object": Context(tenant)}.get(by)
        schema = {"mapping": dict, "object": Context}.get(by)
        agent = agent_of(model, ORDERS_TOOL, headroom=headroom, context_schema=schema)
        await run(agent, ASKED, {"configurable": configurable}, context=context)
        return texts(model.seen[-1])[-1]

    by_ref = calls(TOOL, ref=REF, path="$[131]")
    assert '"id": 131' in await ask("acme", "one", calls("orders"), by_ref)
    assert '"id": 131' in await ask("acme", "one", by_ref)
    # someone else's reads the same as never stored
    never = await ask("acme", "one", calls(TOOL, ref="0" * 24))
    for tenant, thread in (("evil", "one"), ("acme", "two")):
        assert (await ask(tenant, thread, by_ref)).replace(REF, "0" * 24) == never
    assert "tenant" not in str(headroom.tool.tool_call_schema.model_json_schema())


async def test_a_parent_redeems_what_its_sub_agent_was_shown(run: Run) -> None:
    headroom = new_headroom()
    below = Scripted(replies=[calls("orders"), lambda m: AIMessage(f"Look at {marker.genuine(texts(m)[-1])}")])
    worker = agent_of(below, ORDERS_TOOL, headroom=headroom)

    @tool
    async def delegate() -> str:
        """Ask the worker."""
        return str((await worker.ainvoke(ASKED))["messages"][-1].text)

    @tool
    def delegate_sync() -> str:
        """Ask the worker."""
        return str(worker.invoke(ASKED)["messages"][-1].text)

    mine = delegate if run is ainvoke else delegate_sync
    above = Scripted(replies=[calls(mine.name), calls(TOOL, ref=REF, path="$[131]"), DONE])
    await run(agent_of(above, mine, headroom=headroom, checkpointer=InMemorySaver()), ASKED, THREAD)
    assert f"Look at {REF}" in texts(above.seen[1])[0]
    assert '"id": 131' in texts(above.seen[2])[-1]


# -- restart, forks, time travel ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("commit", [False, True])
def test_a_restart_goes_on_with_the_same_bytes(commit: bool, tmp_path: Path) -> None:
    def process(*replies: Any) -> Scripted:
        model = Scripted(replies=[*replies, DONE])
        headroom = Headroom(Settings(database_url=f"sqlite:///{tmp_path / 'originals.db'}"))
        with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.db")) as saver:
            agent_of(model, ORDERS_TOOL, LOG_TOOL, headroom=headroom, commit=commit, checkpointer=saver).invoke(
                ASKED, THREAD
            )
        headroom.close()
        return model

    first = process(calls("orders", "log"))
    second = process(fetch())
    assert [m.content for m in second.seen[0][:4]] == [m.content for m in first.seen[-1]]
    assert '"id": 131' in texts(second.seen[-1])[-1]


@pytest.mark.parametrize("commit", [False, True])
def test_forks_and_time_travel(commit: bool) -> None:
    model = Scripted(replies=[calls("orders"), DONE, DONE, calls("orders"), fetch(), DONE])
    agent = agent_of(model, ORDERS_TOOL, commit=commit, checkpointer=InMemorySaver())
    agent.invoke(ASKED, THREAD)
    history = list(agent.get_state_history(THREAD))
    after_tools = next(each for each in history if each.next == ("model",) and results(each.values["messages"]))
    agent.invoke(None, after_tools.config)
    assert texts(model.seen[2]) == texts(model.seen[1])
    start = next(each for each in history if each.next == ("model",) and not results(each.values["messages"]))
    agent.invoke(None, start.config)
    assert texts(model.seen[4]) == texts(model.seen[1])
    assert '"id": 131' in texts(model.seen[5])[-1]


# -- other middleware ---------------------------------------------------------------------------------------------------


def test_what_context_editing_clears_is_never_pointed_at() -> None:
    """Listed before us it clears first, and what stood there is told again in full."""
    clearing = ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=SOME_TOKENS, keep=1)])
    model = Scripted(replies=[calls("orders"), calls("orders"), DONE])
    agent_of(model, ORDERS_TOOL, middleware=[clearing]).invoke(ASKED)
    first, second = texts(model.seen[-1])
    assert (first, small(second), "stands above" in second) == ("[cleared]", True, False)


def test_a_model_that_has_its_provider_clear_results_is_not_shown_references() -> None:
    class Clearing(Scripted):
        context_management: Any = None

    asked = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    model = Clearing(replies=[calls("orders"), calls("orders"), DONE], context_management=asked)
    agent_of(model, ORDERS_TOOL).invoke(ASKED)
    assert "stands above" not in texts(model.seen[-1])[1]


@pytest.mark.parametrize("commit", [False, True])
def test_summaries_count_what_is_saved(commit: bool) -> None:
    model = Scripted(replies=[calls("orders"), DONE])
    summing = Scripted(replies=[AIMessage("A summary.")] * 3)
    summary = SummarizationMiddleware(model=summing, trigger=("tokens", SOME_TOKENS), keep=("messages", 1))
    agent = agent_of(model, ORDERS_TOOL, commit=commit, middleware=[summary])
    agent.invoke({"messages": [HumanMessage("Hello."), AIMessage("Hi."), QUESTION]})
    assert len(summing.seen) == (0 if commit else 1)
    assert model.seen[-1]


def test_anthropic_cache_marks_stay() -> None:
    def asked(*middleware: Any) -> tuple[list[Any], list[BaseMessage]]:
        script = Scripted(replies=[calls("orders"), DONE])
        settings: list[Any] = []

        class Claude(ChatAnthropic):
            def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
                settings.append({name: value for name, value in kwargs.items() if name != "tools"})
                return script._generate(messages)

        model = Claude(model_name="claude-sonnet-4-5", api_key=SecretStr("k"), timeout=None, stop=None)
        create_agent(model, [ORDERS_TOOL], middleware=middleware, system_prompt="Be brief.").invoke(ASKED)
        return settings, script.seen[-1]

    caching, ours = AnthropicPromptCachingMiddleware(), HeadroomMiddleware(headroom=new_headroom())
    bare, whole = asked(caching)
    marked, shown = asked(caching, ours)
    assert asked(ours, caching)[0] == marked == bare
    assert marked[0]["cache_control"]["type"] == "ephemeral"
    assert (shown[0], small(texts(shown)[0]), texts(whole)) == (whole[0], True, [ROWS])


def test_a_wrapped_model_does_the_work_itself() -> None:
    """Nothing is made small twice, and its tool's calls are left to the agent."""
    bare = Scripted(replies=[calls("orders", "log"), fetch(), DONE])
    headroom = new_headroom()
    state = agent_of(HeadroomChatModel(bare, headroom=headroom), ORDERS_TOOL, LOG_TOOL, headroom=headroom).invoke(ASKED)
    alone = Scripted(replies=[calls("orders", "log"), fetch(), DONE])
    agent_of(alone, ORDERS_TOOL, LOG_TOOL).invoke(ASKED)
    assert texts(bare.seen[-1]) == texts(alone.seen[-1])
    assert bare.offered[-1].count(TOOL) == 1
    assert [m.type for m in state["messages"]] == ["human", "ai", "tool", "tool", "ai", "tool", "ai"]


@pytest.mark.parametrize("commit", [False, True])
async def test_deepagents_from_end_to_end(commit: bool, run: Run) -> None:
    """What they save in a file is left to them; what is smaller than that is made small by us."""
    deepagents = pytest.importorskip("deepagents", reason="deepagents is not installed")
    huge = "\n".join(f"{n}: " + f"word{n} " * 40 for n in range(600))
    model = Scripted(replies=[calls("orders", "huge"), fetch(), DONE])
    headroom = new_headroom()
    agent = deepagents.create_deep_agent(
        model=model,
        tools=[ORDERS_TOOL, tool_of("huge", lambda: huge)],
        middleware=[HeadroomMiddleware(headroom=headroom, commit=commit)],
    )
    state = await run(agent, ASKED, {"recursion_limit": 50})
    rows, big, fetched = texts(model.seen[-1])
    assert (small(rows), '"id": 131' in fetched) == (True, True)
    saved = texts(state["messages"])
    if commit:
        assert (saved[0], small(big), saved[1]) == (rows, True, big)
    else:
        assert saved[0] == ROWS
        assert "saved in the filesystem at this path: /large_tool_results/huge_1" in big
        assert saved[1] == big


# -- laws -----------------------------------------------------------------------------------------------------------------


def test_an_agent_never_blocks_its_loop(tmp_path: Path) -> None:
    headroom = Headroom(Settings(database_url=f"sqlite:///{tmp_path / 'originals.db'}"))
    model = Scripted(replies=[calls("orders", "log"), fetch(), DONE])
    agents = [agent_of(model, ORDERS_TOOL, LOG_TOOL, headroom=headroom, commit=commit) for commit in (True, False)]
    for agent in agents:
        with blockbuster_ctx():
            asyncio.run(agent.ainvoke(ASKED, THREAD))
        assert '"id": 131' in texts(model.seen[-1])[-1]
        model.seen.clear()


any_metadata = st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
any_result = st.builds(
    ToolMessage,
    content=st.sampled_from(
        [ROWS, LOG, "short", [{"type": "text", "text": ROWS, "x": 1}, {"type": "image", "base64": "aGk="}], ["a", LOG]]
    ),
    tool_call_id=st.just("call_1"),
    name=st.none() | st.just("orders"),
    id=st.none() | st.text(min_size=1, max_size=4),
    artifact=st.none() | st.just({"raw": [1]}),
    status=st.sampled_from(["success", "error"]),
    additional_kwargs=any_metadata,
    response_metadata=any_metadata,
)
HEADROOM = new_headroom()


@settings(max_examples=min(60, settings().max_examples // 2))  # each example goes through the store
@given(any_result)
def test_g19_nothing_but_the_text_is_another_afterwards(message: ToolMessage) -> None:
    before = copy.deepcopy(message)
    birth = Birth(HEADROOM, redeemable=True)
    [saved] = birth.commit([message], said=[QUESTION, AIMessage("", tool_calls=[CALL])], config=THREAD)
    assert message == before
    assert rest(saved) == rest(message)
    if message.status == "error":
        assert saved is message
    # committing and looking at what was committed changes nothing more
    assert birth.commit([saved], said=[], config=THREAD)[0] is saved or saved is message


def rest(message: ToolMessage) -> Any:
    said = message.model_dump(exclude={"content"})
    said["response_metadata"].pop("headroom", None)
    content: list[Any] = [message.content] if isinstance(message.content, str) else message.content
    return said, [{**part, "text": ""} if isinstance(part, dict) and "text" in part else type(part) for part in content]


def test_a_callers_messages_are_never_changed() -> None:
    messages: list[BaseMessage] = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(ROWS, tool_call_id="call_1")]
    before = copy.deepcopy(messages)
    model = Scripted(replies=[DONE])
    agent_of(model, ORDERS_TOOL).invoke({"messages": messages})
    assert [m.content for m in messages] == [m.content for m in before]
    assert small(texts(model.seen[0])[0])
