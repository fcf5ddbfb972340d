"""Wrapped chat models: retrieval without the caller's help, what they report, what they refuse."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from openai import BadRequestError
from pydantic import Field

from headroom import ConfigError, Headroom, HeadroomError, Settings, StoreError, marker, rounds
from headroom.integrations import HeadroomChatModel, with_headroom
from headroom.integrations.chat_call import tool_definition
from headroom.integrations.chat_stream import ChunkSplice
from headroom.marker import TOOL
from headroom.testing import FakeOpenAI
from headroom.testing.script import call, ours, refusal, step, text
from tests.integrations.worlds import (
    MESSAGES,
    ORDERS,
    QUESTION,
    REF,
    ROWS,
    WRAPS,
    Watch,
    Wrap,
    merged,
    new_headroom,
    openai,
    tools_of,
)

THREAD: RunnableConfig = {"configurable": {"thread_id": "one"}}
LOOKED_UP = [step(text("Let me look. "), ours(REF, path="$[131]")), step(text("Order 131 failed."))]

Ask = Callable[[Any, Sequence[BaseMessage], RunnableConfig], Awaitable[AIMessage]]


async def invoke(model: Any, messages: Sequence[BaseMessage], config: RunnableConfig) -> AIMessage:
    return model.invoke(messages, config)  # type: ignore[no-any-return]


async def ainvoke(model: Any, messages: Sequence[BaseMessage], config: RunnableConfig) -> AIMessage:
    return await model.ainvoke(messages, config)  # type: ignore[no-any-return]


async def stream(model: Any, messages: Sequence[BaseMessage], config: RunnableConfig) -> AIMessage:
    return merged(list(model.stream(messages, config)))  # type: ignore[no-any-return]


async def astream(model: Any, messages: Sequence[BaseMessage], config: RunnableConfig) -> AIMessage:
    return merged([chunk async for chunk in model.astream(messages, config)])  # type: ignore[no-any-return]


@pytest.fixture(params=WRAPS.values(), ids=list(WRAPS))
def wrap(request: pytest.FixtureRequest) -> Wrap:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=[invoke, ainvoke, stream, astream])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param  # type: ignore[no-any-return]


def sent(body: dict[str, Any]) -> list[str]:
    return [message["role"] for message in body["messages"]]


# -- retrieval without the caller's help ----------------------------------------------------------------------------


async def test_a_call_of_ours_is_answered_inside(wrap: Wrap, ask: Ask) -> None:
    watch = Watch()
    with FakeOpenAI(LOOKED_UP) as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        reply = await ask(model, MESSAGES, {**THREAD, "callbacks": [watch]})
    first, second = upstream.bodies
    assert tools_of(first) == tools_of(second) == ["orders", TOOL]
    assert second["messages"][:-2] == first["messages"]
    assert '"id":131' in second["messages"][-1]["content"].replace(" ", "").replace("\n", "")
    assert (reply.content, reply.tool_calls, reply.invalid_tool_calls) == ("Let me look. Order 131 failed.", [], [])
    assert upstream.problems == []
    # one trace, the rounds as children
    assert (len(watch.starts), len(watch.ends)) == (1, 1)
    assert [(TOOL, watch.runs[0])] == [each for each in watch.chains if each[0] == TOOL]
    # usage: the context as it is now, all that was written; the savings: everything that was billed
    usage, told = reply.usage_metadata, reply.response_metadata["headroom"]
    inputs = [sum(len(json.dumps(message)) for message in body["messages"]) // 4 for body in upstream.bodies]
    assert usage is not None
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (inputs[1], 14, inputs[1] + 14)
    assert usage.get("output_token_details") == {"reasoning": 4}
    assert (told["retrievals"], told["billed"]["input_tokens"]) == (1, sum(inputs))
    assert told["tokens_after"] < told["tokens_before"]
    assert reply.response_metadata["finish_reason"] == "stop"


async def test_the_next_turn_continues_what_the_provider_saw(wrap: Wrap, ask: Ask) -> None:
    with FakeOpenAI([*LOOKED_UP, step(text("Yes."))]) as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        reply = await ask(model, MESSAGES, THREAD)
        again = await ask(model, [*MESSAGES, reply, HumanMessage("Sure?")], THREAD)
    *_, second, third = upstream.bodies
    assert third["messages"][: len(second["messages"])] == second["messages"]
    assert [message["content"] for message in third["messages"][-2:]] == ["Order 131 failed.", "Sure?"]
    assert (again.content, upstream.problems) == ("Yes.", [])


@pytest.mark.parametrize("kept", ["id", "history"])
async def test_a_reply_is_found_again_by_its_id_or_by_what_was_before_it(kept: str, wrap: Wrap, ask: Ask) -> None:
    with FakeOpenAI([*LOOKED_UP, step(text("Yes."))]) as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        reply = await ask(model, MESSAGES, THREAD)
        assert reply.id is not None
        if kept == "id":
            await ask(model, [QUESTION, AIMessage(reply.content, id=reply.id), HumanMessage("Sure?")], THREAD)
        else:
            await ask(model, [*MESSAGES, AIMessage(reply.content), HumanMessage("Sure?")], THREAD)
    assert sent(upstream.bodies[-1])[-4:] == ["assistant", "tool", "assistant", "user"]


@pytest.mark.parametrize("form", ["v3", "v1"])
async def test_a_reply_is_found_again_in_every_form_of_content(form: str, wrap: Wrap) -> None:
    with FakeOpenAI([*LOOKED_UP, step(text("Yes."))]) as upstream:
        bare = openai(upstream, output_version="v1" if form == "v1" else None)
        model = wrap(bare, headroom=new_headroom()).bind_tools([ORDERS])
        if form == "v1":
            reply = model.invoke(MESSAGES, THREAD)
        elif hasattr(BaseChatModel, "_chat_model_stream_v3"):
            reply = model.stream_events(MESSAGES, THREAD, version="v3").output
        else:
            pytest.skip("langchain-core has no such events yet")
        assert (type(reply.content), reply.text) == (list, "Let me look. Order 131 failed.")
        model.invoke([QUESTION, reply, HumanMessage("Sure?")], THREAD)
        model.invoke([*MESSAGES, reply, HumanMessage("Sure?")], THREAD)
    for body in upstream.bodies[-2:]:
        assert sent(body)[-4:] == ["assistant", "tool", "assistant", "user"]


async def test_a_reply_that_was_edited_or_belongs_to_another_thread_stays_as_it_came_back(wrap: Wrap) -> None:
    with FakeOpenAI([*LOOKED_UP, step(text("Yes."))]) as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        reply = model.invoke(MESSAGES, THREAD)
        edited = reply.model_copy(update={"content": "Order 7 failed."})
        model.invoke([*MESSAGES, edited, HumanMessage("Sure?")], THREAD)
        model.invoke([*MESSAGES, reply, HumanMessage("Sure?")], {"configurable": {"thread_id": "two"}})
    for body in upstream.bodies[-2:]:
        assert sent(body) == ["user", "assistant", "tool", "assistant", "user"]


async def test_a_restart_and_another_wrapper_go_on(wrap: Wrap, tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'originals.db'}"
    with FakeOpenAI([*LOOKED_UP, step(text("Yes."))]) as upstream:
        one, other = new_headroom(database_url=url), new_headroom(database_url=url)
        reply = wrap(openai(upstream), headroom=one).bind_tools([ORDERS]).invoke(MESSAGES, THREAD)
        wrap(openai(upstream), headroom=other).bind_tools([ORDERS]).invoke([*MESSAGES, reply, QUESTION], THREAD)
        one.close()
        other.close()
    *_, second, third = upstream.bodies
    assert third["messages"][: len(second["messages"])] == second["messages"]
    assert third["tools"] == second["tools"]


@tool
def orders(status: str) -> str:
    """List orders."""
    return f"all {status}"


async def test_a_mixed_reply_never_shows_a_plain_tool_node_a_tool_it_does_not_know(wrap: Wrap, ask: Ask) -> None:
    script = [
        step(text("Both. "), ours(REF, path="$[131]"), call("orders", status="failed")),
        step(text("Order 131 failed.")),
    ]
    with FakeOpenAI(script) as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([orders])

        async def node(state: MessagesState, config: RunnableConfig) -> Any:
            return {"messages": [await ask(model, state["messages"], config)]}

        graph = StateGraph(MessagesState)
        graph.add_node("model", node)
        graph.add_node("tools", ToolNode([orders]))
        graph.add_edge(START, "model")
        graph.add_conditional_edges("model", tools_condition)
        graph.add_edge("tools", "model")
        state = await graph.compile().ainvoke({"messages": MESSAGES}, THREAD)
    mixed, result, last = state["messages"][3:]
    assert [each["name"] for each in mixed.tool_calls] == ["orders"]
    assert (result.content, last.content, upstream.problems) == ("all failed", "Order 131 failed.", [])
    asked, ours_, theirs = upstream.bodies[1]["messages"][-3:]
    assert [each["function"]["name"] for each in asked["tool_calls"]] == [TOOL, "orders"]
    assert ours_["tool_call_id"] == asked["tool_calls"][0]["id"]
    assert theirs["content"] == "all failed"


async def test_a_loop_that_brings_the_tool_itself_is_left_to_it(wrap: Wrap, ask: Ask) -> None:
    headroom = new_headroom()
    with FakeOpenAI(LOOKED_UP) as upstream:
        model = wrap(openai(upstream), headroom=headroom).bind_tools([orders, headroom.tool])
        reply = await ask(model, MESSAGES, THREAD)
        found = headroom.tool.invoke(reply.tool_calls[0], THREAD)
    assert [each["name"] for each in reply.tool_calls] == [TOOL]
    assert tools_of(upstream.bodies[0]) == ["orders", TOOL]
    assert marker.genuine(upstream.bodies[0]["messages"][-1]["content"]) == REF
    assert '"status": "failed"' in found.content


async def test_three_rounds_are_answered_the_fourth_refused_the_fifth_is_an_error(wrap: Wrap, ask: Ask) -> None:
    watch = Watch()
    with FakeOpenAI([step(ours(REF, path="$[131]"))]) as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        with pytest.raises(HeadroomError, match="after it had been refused"):
            await ask(model, MESSAGES, {"callbacks": [watch]})
    said = [message["content"] for message in upstream.bodies[-1]["messages"] if message["role"] == "tool"][1:]
    assert [each == rounds.REFUSAL for each in said] == [False, False, False, True]
    assert (len(watch.starts), watch.errors, len(upstream.bodies)) == (1, 1, 5)


async def test_a_call_that_was_cut_off_never_happened(wrap: Wrap, ask: Ask) -> None:
    with FakeOpenAI([step(text("Let me"), ours(REF), stop="length")]) as upstream:
        reply = await ask(wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS]), MESSAGES, THREAD)
    assert (reply.content, reply.tool_calls, len(upstream.bodies)) == ("Let me", [], 1)
    assert reply.response_metadata["finish_reason"] == "length"


async def test_arguments_that_cannot_be_read_are_answered_in_words(wrap: Wrap, ask: Ask) -> None:
    def script(body: Any) -> Any:
        return step(text("I see.")) if body["messages"][-1]["content"].startswith("Give the ref") else step(ours(""))

    with FakeOpenAI(script) as upstream:
        reply = await ask(wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS]), MESSAGES, THREAD)
    assert (reply.content, len(upstream.bodies)) == ("I see.", 2)


async def test_only_refs_of_this_very_request_are_answered(wrap: Wrap) -> None:
    headroom = new_headroom()
    other = headroom.compress(ROWS + " ").ref
    with FakeOpenAI([step(ours(other)), step(text("Well."))]) as upstream:
        wrap(openai(upstream), headroom=headroom).bind_tools([ORDERS]).invoke(MESSAGES)
    assert "No original is stored" in upstream.bodies[1]["messages"][-1]["content"]


async def test_markers_that_were_there_before_can_be_redeemed(wrap: Wrap) -> None:
    headroom = new_headroom(retrieval="tool")
    small = headroom.invoke(MESSAGES, THREAD)
    with FakeOpenAI([step(ours(REF, path="$[131]")), step(text("131."))]) as upstream:
        history = [SystemMessage("Be good. " * 4_000), *small]
        wrap(openai(upstream), headroom=headroom).bind_tools([ORDERS]).invoke(history, THREAD)
    assert '"status": "failed"' in upstream.bodies[1]["messages"][-1]["content"]


async def test_a_refused_continuation_is_the_callers_error_once(wrap: Wrap, ask: Ask) -> None:
    with FakeOpenAI([LOOKED_UP[0], refusal(400), step(text("Fine."))]) as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        with pytest.raises(BadRequestError):
            await ask(model, MESSAGES, THREAD)
        reply = await ask(model, MESSAGES, THREAD)
    assert tools_of(upstream.bodies[-1]) == ["orders"]
    assert reply.content == "Fine."


class Down:
    """A store that cannot be reached."""

    def __getattr__(self, name: str) -> Any:
        def fail(*args: Any, **kwargs: Any) -> Any:
            raise StoreError("the store is down")

        return fail


async def test_a_store_that_is_down_is_nobody_s_error(wrap: Wrap, ask: Ask) -> None:
    headroom = Headroom(Settings(), store=Down())  # type: ignore[arg-type] # every method fails
    with FakeOpenAI() as upstream:
        reply = await ask(wrap(openai(upstream), headroom=headroom).bind_tools([ORDERS]), MESSAGES, THREAD)
    assert reply.content == "Hello! Birds are said to sing."
    assert upstream.bodies[0]["messages"][-1]["content"] == ROWS


class Narrow(BaseChatModel):
    """A model that takes a number of characters."""

    window: int
    bodies: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "narrow"

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self.bodies.append(messages)
        if sum(len(str(message.content)) for message in messages) > self.window:
            raise ContextOverflowError("too long")
        yield ChatGenerationChunk(message=AIMessageChunk(content="ok"))

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        return generate_from_stream(self._stream(*args, **kwargs))


async def test_a_context_that_overflows_is_made_to_fit_and_sent_once_more(wrap: Wrap, ask: Ask) -> None:
    history: list[BaseMessage] = [SystemMessage("Be good."), QUESTION]
    for n in range(12):
        history += [AIMessage(f"Step {n}. " + "and so on " * 200), HumanMessage(f"Go on, {n}.")]
    bare = Narrow(window=20_000)
    model = wrap(bare, headroom=new_headroom())
    assert (await ask(model, history, THREAD)).content == "ok"
    assert (await ask(model, [*history, AIMessage("ok"), HumanMessage("Thanks!")], THREAD)).content == "ok"
    refused, fitted, later = bare.bodies
    assert refused == history
    assert (fitted[0], fitted[-1].content) == (history[0], history[-1].content)
    assert later[: len(fitted)] == fitted  # and it stays so


async def test_a_context_that_never_fits_is_the_callers_error(wrap: Wrap, ask: Ask) -> None:
    bare = Narrow(window=10)
    with pytest.raises(ContextOverflowError):
        await ask(wrap(bare, headroom=new_headroom()), [HumanMessage("word " * 500)], THREAD)
    assert len(bare.bodies) == 1


# -- when our tool is offered ---------------------------------------------------------------------------------------


def test_a_small_conversation_gains_no_tool_and_a_large_one_keeps_it(wrap: Wrap) -> None:
    with FakeOpenAI() as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        model.invoke([QUESTION], THREAD)
        model.invoke(MESSAGES, THREAD)
        model.invoke([*MESSAGES, AIMessage("131."), HumanMessage("Thanks!")], THREAD)
    assert [tools_of(body) for body in upstream.bodies] == [["orders"], ["orders", TOOL], ["orders", TOOL]]


def test_a_forced_call_after_an_offer_gains_no_tool(wrap: Wrap) -> None:
    with FakeOpenAI() as upstream:
        model = wrap(openai(upstream), headroom=new_headroom())
        model.bind_tools([ORDERS]).invoke(MESSAGES, THREAD)
        model.bind_tools([ORDERS], tool_choice="orders").invoke(MESSAGES, THREAD)
        model.with_structured_output(ORDERS["function"], method="function_calling").invoke(MESSAGES, THREAD)
    assert [tools_of(body) for body in upstream.bodies] == [["orders", TOOL], ["orders"], ["orders"]]
    assert all(marker.TOOL not in json.dumps(body) for body in upstream.bodies[1:])


def test_a_plain_call_gets_lossless_forms_unless_the_application_redeems_them(wrap: Wrap) -> None:
    with FakeOpenAI() as upstream:
        wrap(openai(upstream), headroom=new_headroom()).invoke(MESSAGES)
        headroom = new_headroom(retrieval="tool")
        wrap(openai(upstream), headroom=headroom).invoke(MESSAGES)
    plain, declared = (body["messages"][-1]["content"] for body in upstream.bodies)
    assert marker.genuine(plain) is None
    assert len(declared) < len(plain) < len(ROWS)
    assert headroom.retrieve(declared) == ROWS


def test_tools_that_cannot_be_added_to_are_left_alone(wrap: Wrap) -> None:
    class Odd(FakeListChatModel):
        responses: list[str] = Field(default=["ok"])

        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self.bind(tools=[("a", "tuple")])

    assert wrap(Odd(), headroom=new_headroom()).bind_tools([]).invoke(MESSAGES).content == "ok"


def test_system_prompts_that_are_large_are_worth_the_tool_from_the_start(wrap: Wrap) -> None:
    with FakeOpenAI() as upstream:
        model = wrap(openai(upstream), headroom=new_headroom()).bind_tools([ORDERS])
        model.invoke([SystemMessage("Be good. " * 4_000), QUESTION])
    assert tools_of(upstream.bodies[0]) == ["orders", TOOL]


# -- streams that OpenAI does not make ------------------------------------------------------------------------------


class Scripted(BaseChatModel):
    """A model of chunks: a list of rounds, each a list of chunks."""

    script: list[list[AIMessageChunk]]
    bodies: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools, **kwargs)

    def _stream(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self.bodies.append(messages)
        for chunk in self.script[len(self.bodies) - 1]:
            yield ChatGenerationChunk(message=chunk.model_copy())

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("it streams only")


def piece(index: Any, name: str | None = None, args: str = "", id: str | None = None) -> Any:
    return {"name": name, "args": args, "id": id, "index": index, "type": "tool_call_chunk"}


def scripted(wrap: Wrap, *script: list[AIMessageChunk]) -> tuple[Scripted, Any]:
    model = Scripted(script=list(script), bodies=[])
    return model, wrap(model, headroom=new_headroom()).bind_tools([ORDERS])


def test_a_round_in_one_chunk_says_its_text_and_keeps_its_end_to_itself(wrap: Wrap) -> None:
    asked = AIMessageChunk(
        content="Let me look. ",
        tool_calls=[{"name": TOOL, "args": {"ref": REF}, "id": "a"}],
        response_metadata={"finish_reason": "tool_calls"},
        usage_metadata={"input_tokens": 5, "output_tokens": 1, "total_tokens": 6},
    )
    answered = AIMessageChunk(
        content="131.",
        response_metadata={"finish_reason": "stop"},
        usage_metadata={"input_tokens": 9, "output_tokens": 2, "total_tokens": 11},
    )
    _, model = scripted(wrap, [asked], [answered])
    reply = merged(list(model.stream(MESSAGES)))
    assert (reply.content, reply.tool_calls) == ("Let me look. 131.", [])
    assert reply.response_metadata["finish_reason"] == "stop"
    assert reply.usage_metadata == {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12}


def test_blocks_of_several_rounds_do_not_merge(wrap: Wrap) -> None:
    def thinking(said: str, signature: str) -> list[AIMessageChunk]:
        first = AIMessageChunk(content=[{"type": "thinking", "thinking": said, "index": 0}], id=f"msg_{signature}")
        return [first, AIMessageChunk(content=[{"type": "thinking", "signature": signature, "index": 0}])]

    use = [{"type": "tool_use", "id": "a", "name": TOOL, "input": {}, "index": 1}]
    more = [{"type": "input_json_delta", "partial_json": f'{{"ref": "{REF}"}}', "index": 1}]
    asked = [
        *thinking("t1", "s1"),
        AIMessageChunk(content=use, tool_call_chunks=[piece(1, TOOL, "", "a")]),
        AIMessageChunk(content=more, tool_call_chunks=[piece(1, None, f'{{"ref": "{REF}"}}')]),
        AIMessageChunk(content=[], response_metadata={"stop_reason": "tool_use"}, chunk_position="last"),
    ]
    answered = [*thinking("t2", "s2"), AIMessageChunk(content=[{"type": "text", "text": "131.", "index": 1}])]
    bare, model = scripted(wrap, asked, answered)
    chunks = list(model.stream(MESSAGES))
    reply = merged(chunks)
    thoughts = [(part["thinking"], part["signature"]) for part in reply.content if part["type"] == "thinking"]
    assert thoughts == [("t1", "s1"), ("t2", "s2")]
    assert reply.text == "131."
    assert TOOL not in str(chunks)
    assert reply.id == "msg_s1"
    assert bare.bodies[1][-2].tool_calls[0]["args"] == {"ref": REF}  # type: ignore[attr-defined]


# Putting chunks together takes the framework milliseconds.
@settings(max_examples=min(200, settings().max_examples // 2))
@given(cuts=st.lists(st.integers(0, 60), max_size=6), end=st.booleans())
def test_however_a_call_of_ours_is_cut_into_chunks_nothing_of_it_is_seen(cuts: list[int], end: bool) -> None:
    written = json.dumps({"ref": REF, "lines": "1-2"})
    edges = sorted({0, len(written), *(min(cut, len(written)) for cut in cuts)})
    pieces = [written[start:stop] for start, stop in pairwise(edges)]
    asked = [
        AIMessageChunk(content="Hm. "),
        AIMessageChunk(content="", tool_call_chunks=[piece(0, TOOL, "", "a")]),
        *(AIMessageChunk(content="", tool_call_chunks=[piece(0, None, each)]) for each in pieces),
        *([AIMessageChunk(content="", response_metadata={"finish_reason": "tool_calls"})] if end else []),
    ]
    splice = ChunkSplice()
    seen = [splice.feed(ChatGenerationChunk(message=chunk)) for chunk in asked]
    reply, told = splice.reply()
    seen += splice.pause(reply)
    seen += [splice.feed(ChatGenerationChunk(message=AIMessageChunk(content="131.")))]
    seen += splice.finish(splice.reply()[0], {"tokens_before": 1})
    shown = merged([chunk.message for chunk in seen if chunk is not None])
    assert TOOL not in str(seen)
    assert (shown.text, shown.response_metadata) == ("Hm. 131.", {"headroom": {"tokens_before": 1}})
    assert [(each["args"], each["id"]) for each in reply.tool_calls] == [(json.loads(written), "a")]
    assert bool(told) == end


HEADROOM = new_headroom(tenant="laws")


# -- the models themselves ------------------------------------------------------------------------------------------


def test_the_callers_messages_are_never_changed_and_everything_else_in_them_stays(wrap: Wrap) -> None:
    extras = {
        "id": "m",
        "name": "n",
        "artifact": {"raw": [1]},
        "additional_kwargs": {"a": 1},
        "response_metadata": {"r": 1},
    }
    result = ToolMessage(ROWS, tool_call_id="call_1", **extras)
    messages = [*MESSAGES[:2], result]
    before = copy.deepcopy(messages)
    bare = Scripted(script=[[AIMessageChunk(content="ok")]], bodies=[])
    assert list(wrap(bare, headroom=new_headroom()).stream(messages))
    seen = bare.bodies[0][-1]
    assert before == messages
    assert len(str(seen.content)) < len(ROWS)
    assert {**result.model_dump(), "content": 0} == {**seen.model_dump(), "content": 0}
    assert all(old is new for old, new in zip(messages[:-1], bare.bodies[0], strict=False))


def test_the_wrapper_is_the_inner_model_in_everything_else() -> None:
    inner = ChatOpenAI(model="gpt-4o", api_key="k", temperature=0.5)  # type: ignore[arg-type]
    model = HeadroomChatModel(inner, headroom=new_headroom())
    assert (model.model_name, model.temperature) == ("gpt-4o", 0.5)
    assert model._llm_type == inner._llm_type
    assert model.profile == inner.profile
    assert model._get_ls_params(model="gpt-5") == inner._get_ls_params(model="gpt-5")
    assert model.get_num_tokens("one two") == inner.get_num_tokens("one two") == 2
    assert not hasattr(model, "no_such_thing")


def test_models_that_cannot_count_are_counted_for() -> None:
    class Counting(FakeListChatModel):
        def get_token_ids(self, text: str) -> list[int]:
            raise ImportError("transformers")

    model = HeadroomChatModel(Counting(responses=["x"]), headroom=new_headroom())
    assert model.get_num_tokens("one two") == 2
    assert model.get_num_tokens_from_messages([HumanMessage("one two")]) > 0


def test_the_subclass_is_an_instance_of_the_model_s_own_class() -> None:
    inner = ChatOpenAI(model="gpt-4o", api_key="k")  # type: ignore[arg-type]
    model = with_headroom(inner, headroom=new_headroom())
    assert isinstance(model, ChatOpenAI)
    assert type(model).__name__ == "HeadroomChatOpenAI"
    assert type(inner) is ChatOpenAI
    assert model.root_client is inner.root_client


def test_state_that_a_model_keeps_is_kept(wrap: Wrap) -> None:
    model = wrap(FakeListChatModel(responses=["one", "two"]), headroom=new_headroom())
    assert [model.invoke("hi").content, model.invoke("hi").content] == ["one", "two"]
    model = wrap(GenericFakeChatModel(messages=iter([AIMessage("a b"), AIMessage("c")])), headroom=new_headroom())
    assert merged(list(model.stream("hi"))).content == "a b"
    assert model.invoke("hi").content == "c"


def test_models_that_cannot_stream_do_not(wrap: Wrap) -> None:
    class Whole(FakeListChatModel):
        responses: list[str] = Field(default=["whole"])
        _stream = BaseChatModel._stream  # type: ignore[assignment]
        _astream = BaseChatModel._astream  # type: ignore[assignment]

    assert [chunk.content for chunk in wrap(Whole(), headroom=new_headroom()).stream("hi")] == ["whole"]


def test_copies_share_the_headroom(wrap: Wrap) -> None:
    model = wrap(FakeListChatModel(responses=["x"]), headroom=new_headroom())
    assert copy.deepcopy(model).invoke(MESSAGES).response_metadata["headroom"]["tokens_before"] > 0


@pytest.mark.parametrize("wrapping", WRAPS.values(), ids=list(WRAPS))
@pytest.mark.parametrize("thing", ["bound", "wrapped", "text"])
def test_what_is_no_bare_chat_model_is_refused(thing: str, wrapping: Wrap) -> None:
    model = FakeListChatModel(responses=["x"])
    things = {"bound": model.bind(stop=["x"]), "wrapped": wrapping(model, headroom=HEADROOM), "text": "gpt-4o"}
    with pytest.raises(ConfigError, match=r"headroom wraps chat models, not|wrapped already"):
        wrapping(things[thing], headroom=HEADROOM)


def test_arguments_that_nobody_reads_are_refused() -> None:
    with pytest.raises(ValueError, match="temperature"):
        HeadroomChatModel(FakeListChatModel(responses=["x"]), headroom=HEADROOM, temperature=1)


def test_no_secret_and_no_database_stands_in_a_trace(wrap: Wrap) -> None:
    model = wrap(ChatOpenAI(model="gpt-4o", api_key="sk-secret"), headroom=new_headroom())  # type: ignore[arg-type]
    for shown in (repr(model), json.dumps(dumpd(model)), str(model._identifying_params)):
        assert "sk-secret" not in shown
        assert "sqlite" not in shown


async def test_nothing_blocks_the_event_loop(wrap: Wrap, tmp_path: Any) -> None:
    headroom = new_headroom(database_url=f"sqlite:///{tmp_path / 'originals.db'}")
    replies = [
        AIMessage("Let me look. ", tool_calls=[{"name": TOOL, "args": {"ref": REF}, "id": "a"}]),
        AIMessage("131."),
    ]

    class Fake(GenericFakeChatModel):
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self.bind(tools=tools)

        async def _agenerate(self, *args: Any, run_manager: Any = None, **kwargs: Any) -> Any:
            return self._generate(*args, **kwargs)

    model = wrap(Fake(messages=iter(replies)), headroom=headroom).bind_tools([ORDERS])
    with blockbuster_ctx():
        reply = await model.ainvoke(MESSAGES, THREAD)
    assert reply.content == "Let me look. 131."
    headroom.close()


def test_the_definition_is_the_one_that_every_wire_offers() -> None:
    function = tool_definition()["function"]
    assert function["name"] == TOOL
    assert list(function["parameters"]["properties"]) == ["ref", "lines", "query", "path"]


def test_importing_the_wrapper_loads_no_framework_but_the_core() -> None:
    program = "import sys, headroom.integrations.chat_model; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert {"langgraph", "langchain", "langchain_openai", "langchain_anthropic", "agno"} & {
        *loaded.stdout.split()
    } == set()


def test_g17_bound_tools_are_called_alike_on_every_path(wrap: Wrap) -> None:
    with FakeOpenAI() as upstream:
        bare, model = (
            each.bind_tools([ORDERS]) for each in (openai(upstream), wrap(openai(upstream), headroom=HEADROOM))
        )
        expected = [(each["name"], each["args"]) for each in bare.invoke(MESSAGES).tool_calls]
        replies = [model.invoke(MESSAGES), merged(list(model.stream(MESSAGES)))]
    assert [[(each["name"], each["args"]) for each in reply.tool_calls] for reply in replies] == [expected, expected]


def test_g19_ids_and_additional_kwargs_of_a_reply_stay_in_step(wrap: Wrap) -> None:
    raw = [
        {"id": "a", "function": {"name": TOOL, "arguments": "{}"}},
        {"id": "b", "function": {"name": "orders", "arguments": "{}"}},
    ]
    calls = [{"name": TOOL, "args": {"ref": REF}, "id": "a"}, {"name": "orders", "args": {}, "id": "b"}]
    reply = AIMessage("", tool_calls=calls, additional_kwargs={"tool_calls": raw, "signatures": {"b": "s"}}, id="msg_1")

    class Fake(GenericFakeChatModel):
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self.bind(tools=tools)

    got = wrap(Fake(messages=iter([reply])), headroom=new_headroom()).bind_tools([ORDERS]).invoke(MESSAGES)
    assert (got.id, [each["id"] for each in got.tool_calls]) == ("msg_1", ["b"])
    assert got.additional_kwargs == {"tool_calls": raw[1:], "signatures": {"b": "s"}}
