"""What wrapped chat models put on the wire, on every path by which frameworks and their users call them.

A call goes through a bare model and through a wrapped one. Their HTTP bodies may differ in the text of
the tool result and in our tool; their callbacks, chunks and results may not differ at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables import ConfigurableField
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel

from headroom.marker import TOOL
from headroom.testing import FakeOpenAI
from tests.integrations.worlds import MESSAGES, ORDERS, ROWS, WRAPS, Watch, Wrap, merged, new_headroom, openai, tools_of

Path = Callable[[Any, dict[str, Any]], Awaitable[Any]]
PATHS: dict[str, Path] = {}


def path(function: Path) -> Path:
    PATHS[function.__name__] = function
    return function


class Order(BaseModel):
    """One order."""

    status: str


@tool
def orders(status: str) -> str:
    """List orders."""
    return status


@path
async def invoke(model: BaseChatModel, config: Any) -> Any:
    return said(model.invoke(MESSAGES, config))


@path
async def ainvoke(model: BaseChatModel, config: Any) -> Any:
    return said(await model.ainvoke(MESSAGES, config))


@path
async def stream(model: BaseChatModel, config: Any) -> Any:
    return [said(chunk) for chunk in model.stream(MESSAGES, config)]


@path
async def astream(model: BaseChatModel, config: Any) -> Any:
    return [said(chunk) async for chunk in model.astream(MESSAGES, config)]


@path
async def batch(model: BaseChatModel, config: Any) -> Any:
    return [said(each) for each in model.batch([MESSAGES, MESSAGES[:1]], {**config, "max_concurrency": 1})]


@path
async def abatch(model: BaseChatModel, config: Any) -> Any:
    return [said(each) for each in await model.abatch([MESSAGES, MESSAGES[:1]], {**config, "max_concurrency": 1})]


@path
async def generate(model: BaseChatModel, config: Any) -> Any:
    result = model.generate([MESSAGES, MESSAGES[:1]], callbacks=config["callbacks"])
    return [said(generation.message) for [generation] in result.generations]  # type: ignore[union-attr]


@path
async def dicts(model: BaseChatModel, config: Any) -> Any:
    call = {"id": "call_1", "type": "function", "function": {"name": "orders", "arguments": "{}"}}
    history = [
        {"role": "user", "content": "Which order failed?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": ROWS, "tool_call_id": "call_1"},
    ]
    return said(model.invoke(history, config))


@path
async def bind(model: BaseChatModel, config: Any) -> Any:
    return said(model.bind(stop=["x"], seed=7).invoke(MESSAGES, config))


@path
async def bind_tools(model: BaseChatModel, config: Any) -> Any:
    return said(model.bind_tools([orders, ORDERS | {"strict": True}][:1]).invoke(MESSAGES, config))


@path
async def bind_tools_stream(model: BaseChatModel, config: Any) -> Any:
    return [said(chunk) for chunk in model.bind_tools([orders], parallel_tool_calls=False).stream(MESSAGES, config)]


@path
async def bind_tools_astream(model: BaseChatModel, config: Any) -> Any:
    return [said(chunk) async for chunk in model.bind_tools([ORDERS]).astream(MESSAGES, config)]


@path
async def bind_tools_forced(model: BaseChatModel, config: Any) -> Any:
    return said(model.bind_tools([orders], tool_choice="any", strict=True).invoke(MESSAGES, config))


@path
async def bind_tools_with_a_form(model: BaseChatModel, config: Any) -> Any:
    return said(model.bind_tools([orders], response_format=Order, strict=True).invoke(MESSAGES, config))


@path
async def several_replies(model: BaseChatModel, config: Any) -> Any:
    return said(model.bind_tools([orders]).invoke(MESSAGES, config, n=2))


def structured(method: str, *, include_raw: bool) -> Path:
    async def call(model: BaseChatModel, config: Any) -> Any:
        schema = None if method == "json_mode" else Order
        runnable = model.with_structured_output(schema, method=method, include_raw=include_raw)
        return [parsed(runnable.invoke(MESSAGES, config)), parsed(await runnable.ainvoke(MESSAGES, config))]

    return call


for each in ("json_schema", "function_calling", "json_mode"):
    PATHS[f"with_structured_output-{each}"] = structured(each, include_raw=False)
    PATHS[f"with_structured_output-{each}-raw"] = structured(each, include_raw=True)


@path
async def with_structured_output_stream(model: BaseChatModel, config: Any) -> Any:
    return [parsed(each) for each in model.with_structured_output(Order).stream(MESSAGES, config)]


@path
async def with_retry(model: BaseChatModel, config: Any) -> Any:
    return said(model.with_retry(stop_after_attempt=2).invoke(MESSAGES, config))


@path
async def with_fallbacks(model: BaseChatModel, config: Any) -> Any:
    return said(model.with_fallbacks([model]).invoke(MESSAGES, config))


@path
async def with_config(model: BaseChatModel, config: Any) -> Any:
    return said(model.with_config(tags=["x"]).invoke(MESSAGES, config))


@path
async def configurable_fields(model: BaseChatModel, config: Any) -> Any:
    field = ConfigurableField(id="heat")
    configured = model.configurable_fields(temperature=field).with_config(configurable={"heat": 0.5})
    return [said(configured.invoke(MESSAGES, config)), said(await configured.ainvoke(MESSAGES, config))]


@path
async def configurable_fields_and_tools(model: BaseChatModel, config: Any) -> Any:
    configured = model.configurable_fields(temperature=ConfigurableField(id="heat"))
    return said(configured.bind_tools([orders]).invoke(MESSAGES, config))  # type: ignore[attr-defined]


@path
async def configurable_alternatives(model: BaseChatModel, config: Any) -> Any:
    configured = model.configurable_alternatives(ConfigurableField(id="which"), default_key="this", that=model)
    return said(configured.invoke(MESSAGES, {**config, "configurable": {"which": "that"}}))


@path
async def chain(model: BaseChatModel, config: Any) -> Any:
    sequence = ChatPromptTemplate([MessagesPlaceholder("history")]) | model | StrOutputParser()
    return [sequence.invoke({"history": MESSAGES}, config), list(sequence.stream({"history": MESSAGES}, config))]


@path
async def events_v2(model: BaseChatModel, config: Any) -> Any:
    events = [event async for event in model.astream_events(MESSAGES, config, version="v2")]
    return [(event["event"], said(event["data"].get("chunk", event["data"].get("output")))) for event in events]


@path
async def events_v3(model: BaseChatModel, config: Any) -> Any:
    if not hasattr(BaseChatModel, "_chat_model_stream_v3"):
        pytest.skip("langchain-core has no such events yet")
    whole = model.stream_events(MESSAGES, config, version="v3")  # type: ignore[call-overload]
    return [list(whole.text), said(whole.output)]


@path
async def aevents_v3(model: BaseChatModel, config: Any) -> Any:
    if not hasattr(BaseChatModel, "_chat_model_stream_v3"):
        pytest.skip("langchain-core has no such events yet")
    whole = await model.bind_tools([orders]).astream_events(MESSAGES, config, version="v3")  # type: ignore[call-overload]
    output = said(await whole.output)
    assert await asyncio.to_thread(config["callbacks"][0].ended.wait, 10)
    return output


def graph_of(node: Any) -> Any:
    graph = StateGraph(MessagesState)
    graph.add_node("model", node)
    graph.add_edge(START, "model")
    graph.add_edge("model", END)
    return graph.compile()


@path
async def graph_node(model: BaseChatModel, config: Any) -> Any:
    graph = graph_of(lambda state: {"messages": [model.invoke(state["messages"])]})
    chunks = list(graph.stream({"messages": MESSAGES}, config, stream_mode="messages"))
    return [said(chunk) for chunk, _ in chunks]


@path
async def async_graph_node(model: BaseChatModel, config: Any) -> Any:
    async def node(state: Any) -> Any:
        return {"messages": [await model.bind_tools([orders]).ainvoke(state["messages"])]}

    stream = graph_of(node).astream({"messages": MESSAGES}, config, stream_mode="messages")
    return [said(chunk) async for chunk, _ in stream]


def said(message: Any) -> Any:
    """Return what a message says to its reader."""
    if message is None or isinstance(message, str):
        return message
    calls = message.tool_call_chunks if isinstance(message, AIMessageChunk) else message.tool_calls
    return (type(message).__name__, message.content, [(call["name"], call["args"]) for call in calls])


def parsed(output: Any) -> Any:
    return {**output, "raw": said(output["raw"])} if isinstance(output, dict) and "raw" in output else output


@pytest.fixture(params=WRAPS.values(), ids=list(WRAPS))
def wrap(request: pytest.FixtureRequest) -> Wrap:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def upstream() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as upstream:
        yield upstream


@pytest.mark.parametrize("name", PATHS)
async def test_every_path(name: str, wrap: Wrap, upstream: FakeOpenAI) -> None:
    bare, watched = Watch(), Watch()
    expected = await PATHS[name](openai(upstream), {"callbacks": [bare]})
    before, upstream.bodies = upstream.bodies, []
    model = wrap(openai(upstream), headroom=new_headroom())
    got = await PATHS[name](model, {"callbacks": [watched]})

    assert expected == got
    assert upstream.problems == []
    assert len(before) == len(upstream.bodies)
    for old, new in zip(before, upstream.bodies, strict=True):
        assert_same_but_smaller(old, new)

    assert bare.starts == watched.starts  # traces show messages as they came
    assert len(bare.ends) == len(watched.ends) == len(watched.starts)
    assert bare.tokens == watched.tokens
    assert bare.errors == watched.errors == 0
    assert [count for body in upstream.bodies for count in usage_of(body)] == watched.usage
    assert_told_once(watched)


def assert_same_but_smaller(old: dict[str, Any], new: dict[str, Any]) -> None:
    results = [message["content"] for message in old["messages"] if message["role"] == "tool"]
    for message, sent in zip(old["messages"], new["messages"], strict=True):
        if message["role"] == "tool":
            assert len(sent["content"]) < len(message["content"]) * 0.7
        assert {**message, "content": 0} == {**sent, "content": 0}
    kept = [each for each in new.get("tools", ()) if each["function"]["name"] != TOOL]
    assert old.get("tools", []) == kept
    assert {key: value for key, value in old.items() if key not in ("messages", "tools")} == {
        key: value for key, value in new.items() if key not in ("messages", "tools")
    }
    # our tool goes along with others, never where the model is forced, must answer in a form, or gives several replies
    free = "tool_choice" not in old and "response_format" not in old and old.get("n", 1) == 1
    assert (TOOL in tools_of(new)) == bool(results and "tools" in old and free)


def usage_of(body: dict[str, Any]) -> tuple[int, int]:
    return sum(len(json.dumps(message)) for message in body["messages"]) // 4, 7


def assert_told_once(watched: Watch) -> None:
    for end in watched.ends:
        [[generation]] = end.generations
        told = generation.message.response_metadata["headroom"]  # type: ignore[union-attr]
        assert set(told) == {"tokens_before", "tokens_after"}
        assert told["tokens_after"] <= told["tokens_before"]


# -- what the framework does round a call ---------------------------------------------------------------------------


def test_the_inner_models_cache_is_used_once_and_knows_who_asked(wrap: Wrap, upstream: FakeOpenAI) -> None:
    cache = InMemoryCache()
    bare = openai(upstream, cache=cache)
    headroom = new_headroom()
    one, same = wrap(bare, headroom=headroom), wrap(bare, headroom=headroom)
    other = wrap(bare, headroom=new_headroom(min_tokens=50))
    for model in (bare, one, same, one, other):
        model.invoke(MESSAGES)
    assert len(upstream.bodies) == 3


class Limiter(BaseRateLimiter):
    acquired = 0

    def acquire(self, *, blocking: bool = True) -> bool:
        self.acquired += 1
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        return self.acquire(blocking=blocking)


async def test_the_inner_models_rate_limiter_and_callbacks_act_once(wrap: Wrap, upstream: FakeOpenAI) -> None:
    limiter, watch = Limiter(), Watch()
    model = wrap(openai(upstream, rate_limiter=limiter, callbacks=[watch]), headroom=new_headroom())
    model.invoke("hi")
    await model.ainvoke("hi")
    list(model.stream("hi"))
    assert [chunk async for chunk in model.astream("hi")]
    assert (limiter.acquired, len(watch.starts), len(watch.ends)) == (4, 4, 4)


def test_the_inner_models_output_version_holds(wrap: Wrap, upstream: FakeOpenAI) -> None:
    bare = openai(upstream, output_version="v1")
    model = wrap(bare, headroom=new_headroom())
    assert bare.invoke("hi").content == model.invoke("hi").content
    assert merged(list(bare.stream("hi"))).content == merged(list(model.stream("hi"))).content


@pytest.mark.parametrize("disabled", [True, "tool_calling"])
def test_disabled_streaming_stays_disabled(disabled: Any, wrap: Wrap, upstream: FakeOpenAI) -> None:
    model = wrap(openai(upstream, disable_streaming=disabled), headroom=new_headroom())
    assert len(list(model.bind_tools([orders]).stream(MESSAGES))) == 1
    assert not upstream.bodies[0].get("stream")


def test_a_model_that_streams_always_does_so_wrapped(wrap: Wrap, upstream: FakeOpenAI) -> None:
    model = wrap(openai(upstream, streaming=True), headroom=new_headroom())
    assert model.invoke("hi").content == "Hello! Birds are said to sing."
    assert upstream.bodies[0]["stream"] is True


def test_streams_tell_the_savings_in_one_chunk(wrap: Wrap, upstream: FakeOpenAI) -> None:
    model = wrap(openai(upstream), headroom=new_headroom())
    for runnable in (model, model.bind_tools([orders])):
        chunks = list(runnable.stream(MESSAGES))
        assert ["headroom" in chunk.response_metadata for chunk in chunks if "headroom" in chunk.response_metadata] == [
            True
        ]
        told = merged(chunks).response_metadata["headroom"]
        assert told["tokens_after"] < told["tokens_before"]
