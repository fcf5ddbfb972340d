"""Agno: what a provider is sent, through every way in which an agent asks it, and what the agent keeps."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("agno", reason="agno is an extra")
pytest.importorskip("openai", reason="Agno's OpenAIChat needs it")

import itertools

from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.exceptions import ModelProviderError
from agno.models.message import Message
from agno.models.openai import OpenAIChat
from agno.models.openai.like import OpenAILike
from agno.reasoning.openai import is_openai_reasoning_model
from agno.run.agent import RunCompletedEvent
from agno.team import Team
from agno.tools.function import Function
from pydantic import BaseModel

from headroom import Headroom, Settings, marker, tokens
from headroom.errors import ConfigError, StoreError
from headroom.integrations.agno import HeadroomAgnoModel, HeadroomCompressionManager, retrieve_function
from headroom.scope import scope_of
from headroom.store.sql import SqlStore
from headroom.testing import FakeOpenAI
from headroom.testing.script import Json, Step, call, ours, refusal, step, text

RECEIPTS = [sha256(bytes([n])).hexdigest() for n in range(150)]
ROWS = json.dumps([{"id": n, "status": "failed" if n == 131 else "paid", "receipt": RECEIPTS[n]} for n in range(150)])
REF = marker.ref_of(ROWS)
ROW = json.dumps(json.loads(ROWS)[131])


def orders(status: str = "") -> str:
    """List the orders."""
    return ROWS


class Answer(BaseModel):
    name: str


def curious(body: Json) -> Step:
    """Call the first tool, fetch what was left out of what it gave, then answer."""
    said = body["messages"][-1]
    if said["role"] == "user":
        return step(call("orders"))
    ref = marker.genuine(str(said["content"]))
    return step(ours(ref, path="$[131]")) if ref else step(text('{"name": "131"}'))


@pytest.fixture
def upstream() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(curious) as fake:
        yield fake
        assert fake.problems == []


@pytest.fixture
def headroom() -> Headroom:
    return Headroom(Settings(database_url="sqlite:///:memory:"))


def bare(upstream: FakeOpenAI, **options: Any) -> OpenAIChat:
    return OpenAIChat(**{"id": "gpt-4o", "api_key": "k", "base_url": upstream.url, "max_retries": 0, **options})


def agent(model: Any, **options: Any) -> Agent:
    return Agent(**{"model": model, "tools": [orders], "telemetry": False, **options})


def tools_of(body: Json) -> list[str]:
    return [tool["function"]["name"] for tool in body.get("tools", ())]


def results_in(body: Json) -> list[str]:
    return [message["content"] for message in body["messages"] if message["role"] == "tool"]


def assert_retrieved(upstream: FakeOpenAI) -> None:
    """Assert that an agent's three requests were small, and that the second asked for what was left out."""
    first, second, third = upstream.bodies[-3:]
    assert ["headroom_retrieve", "orders"] == tools_of(first) == tools_of(third)
    [small] = results_in(second)
    assert marker.genuine(small) == REF
    assert [small, ROW] == results_in(third)


# -- the model: every way in ----------------------------------------------------------------------------------------


def test_run(upstream: FakeOpenAI, headroom: Headroom) -> None:
    done = agent(HeadroomAgnoModel(bare(upstream), headroom=headroom)).run("Which failed?")
    assert_retrieved(upstream)
    assert done.content == '{"name": "131"}'
    assert [message.content for message in done.messages if message.role == "tool"] == [ROWS, ROW]
    assert (done.model, done.model_provider) == ("gpt-4o", "OpenAI")


def test_stream(upstream: FakeOpenAI, headroom: Headroom) -> None:
    asked = agent(HeadroomAgnoModel(bare(upstream), headroom=headroom))
    events = list(asked.run("Which failed?", stream=True, stream_events=True))
    assert_retrieved(upstream)
    assert isinstance(events[-1], RunCompletedEvent)
    assert events[-1].content == '{"name": "131"}'


async def test_arun(upstream: FakeOpenAI, headroom: Headroom) -> None:
    await agent(HeadroomAgnoModel(bare(upstream), headroom=headroom)).arun("Which failed?")
    assert_retrieved(upstream)


async def test_arun_stream(upstream: FakeOpenAI, headroom: Headroom) -> None:
    asked = agent(HeadroomAgnoModel(bare(upstream), headroom=headroom))
    events = [event async for event in asked.arun("Which failed?", stream=True)]
    assert_retrieved(upstream)
    assert "".join(str(event.content) for event in events if event.event == "RunContent") == '{"name": "131"}'


def test_structured_output(upstream: FakeOpenAI, headroom: Headroom) -> None:
    done = agent(HeadroomAgnoModel(bare(upstream), headroom=headroom), output_schema=Answer).run("Which failed?")
    assert_retrieved(upstream)
    assert Answer(name="131") == done.content
    assert upstream.bodies[-1]["response_format"]["type"] == "json_schema"


def test_structured_output_without_tools_gains_none(upstream: FakeOpenAI, headroom: Headroom) -> None:
    model = HeadroomAgnoModel(bare(upstream), headroom=headroom)
    with FakeOpenAI() as obliging:
        model.base_url = obliging.url
        done = agent(model, tools=None, output_schema=Answer).run("Who?")
        assert Answer(name="foo") == done.content
        assert "tools" not in obliging.bodies[-1]


def test_a_forced_call_gains_no_tool(upstream: FakeOpenAI, headroom: Headroom) -> None:
    forced = {"type": "function", "function": {"name": "orders"}}
    agent(HeadroomAgnoModel(bare(upstream), headroom=headroom), tool_choice=forced).run("Which failed?")
    assert [tools_of(body) for body in upstream.bodies] == [["orders"]] * 2
    assert [marker.genuine(result) for result in results_in(upstream.bodies[-1])] == [None]


def test_our_tool_is_offered_once(upstream: FakeOpenAI, headroom: Headroom) -> None:
    model = HeadroomAgnoModel(bare(upstream), headroom=headroom)
    agent(model, tools=[orders, retrieve_function(headroom)]).run("Which failed?")
    assert_retrieved(upstream)


def test_usage_is_counted_once(headroom: Headroom) -> None:
    script = [step(call("orders")), step(text("ok"))]
    with FakeOpenAI(script) as one, FakeOpenAI(script) as other:
        wrapped = agent(HeadroomAgnoModel(bare(one), headroom=headroom)).run("go").metrics
        unwrapped = agent(bare(other)).run("go").metrics
    assert unwrapped.output_tokens == wrapped.output_tokens
    assert wrapped.input_tokens < unwrapped.input_tokens / 2


def test_a_prefix_once_sent_is_sent_again(upstream: FakeOpenAI, headroom: Headroom) -> None:
    """Law 2: over runs of one session, whose history comes back from the database."""
    asked = agent(HeadroomAgnoModel(bare(upstream), headroom=headroom), db=InMemoryDb(), add_history_to_context=True)
    for _ in range(3):
        asked.run("Which failed?", session_id="s")
    sent = [body["messages"] for body in upstream.bodies]
    assert len(sent) == 9
    for earlier, later in itertools.pairwise(sent):
        assert earlier == later[: len(earlier)]


def test_a_team_and_its_members(upstream: FakeOpenAI, headroom: Headroom) -> None:
    model = HeadroomAgnoModel(bare(upstream), headroom=headroom)
    Team(members=[agent(bare(upstream))], model=model, tools=[orders], telemetry=False).run("Which failed?")
    assert [marker.genuine(results_in(upstream.bodies[-2])[0])] == [REF]
    assert results_in(upstream.bodies[-1])[1] == ROW


# -- the model: what it is ------------------------------------------------------------------------------------------


def test_it_is_an_instance_of_the_model_that_it_wraps(upstream: FakeOpenAI, headroom: Headroom) -> None:
    inner = bare(upstream, temperature=0.5, retries=2, system_prompt="Be brief.")
    model = HeadroomAgnoModel(inner, headroom=headroom)
    assert isinstance(model, OpenAIChat)
    assert (model.temperature, model.retries, model.system_prompt) == (0.5, 2, "Be brief.")  # type: ignore[attr-defined]
    assert inner.to_dict() == model.to_dict()
    assert inner.get_provider() == model.get_provider()
    assert inner.supports_native_structured_outputs == model.supports_native_structured_outputs


@pytest.mark.parametrize(("kind", "id"), [(OpenAIChat, "o4-mini"), (OpenAIChat, "gpt-4o"), (OpenAILike, "deepseek-r1")])
def test_a_reasoning_model_is_known_as_one(kind: type[OpenAIChat], id: str, headroom: Headroom) -> None:
    """Agno tells by the name of the class, or by the class itself."""
    inner = kind(id=id, api_key="k")
    model = HeadroomAgnoModel(inner, headroom=headroom)
    assert is_openai_reasoning_model(inner) == is_openai_reasoning_model(model)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_copy_works_alike(copied: Any, upstream: FakeOpenAI, headroom: Headroom) -> None:
    agent(copied(HeadroomAgnoModel(bare(upstream), headroom=headroom))).deep_copy().run("Which failed?")
    assert_retrieved(upstream)


def test_answers_are_cached_under_a_key_of_their_own(tmp_path: Path, upstream: FakeOpenAI, headroom: Headroom) -> None:
    inner = bare(upstream, cache_response=True, cache_dir=str(tmp_path))
    for _ in range(2):
        agent(HeadroomAgnoModel(inner, headroom=headroom)).run("Which failed?")
    assert len(upstream.bodies) == 3
    agent(inner).run("Which failed?")
    assert len(upstream.bodies) == 5
    other = Headroom(Settings(database_url="sqlite:///:memory:", min_tokens=7))
    keys = [
        HeadroomAgnoModel(inner, headroom=each)._get_model_cache_key([], stream=False) for each in (headroom, other)
    ]
    assert len({inner._get_model_cache_key([], stream=False), *keys}) == 3


@pytest.mark.parametrize("wrong", ["gpt-4o", None, 3])
def test_what_is_no_model_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="no Agno model"):
        HeadroomAgnoModel(wrong)


def test_wrapping_twice_is_refused(upstream: FakeOpenAI, headroom: Headroom) -> None:
    with pytest.raises(ConfigError, match="wrapped already"):
        HeadroomAgnoModel(HeadroomAgnoModel(bare(upstream), headroom=headroom))


# -- the model: whose originals, and what goes wrong ----------------------------------------------------------------


def test_originals_belong_to_their_session(upstream: FakeOpenAI, headroom: Headroom) -> None:
    agent(HeadroomAgnoModel(bare(upstream), headroom=headroom)).run("Which failed?", session_id="one")
    assert headroom.retrieve(REF, scope=scope_of("local", "one")) == ROWS
    thief = FakeOpenAI([step(ours(REF)), step(text("no"))])
    with thief:
        agent(HeadroomAgnoModel(bare(thief), headroom=headroom)).run("Read it.", session_id="two")
    assert results_in(thief.bodies[-1])[0].startswith(f"No original is stored under ref {REF}")
    assert headroom.delete_thread("one") == 1


@pytest.mark.parametrize(
    "arguments", [{"ref": "none"}, {"ref": REF, "lines": "nonsense"}, {"wrong": "argument"}, {"ref": REF, "lines": 3}]
)
def test_a_bad_call_gets_words_and_the_run_goes_on(arguments: dict[str, Any], headroom: Headroom) -> None:
    asked = {"type": "tool_use", "name": "headroom_retrieve", "input": arguments}
    with FakeOpenAI([step(asked), step(text("ok"))]) as upstream:
        done = agent(HeadroomAgnoModel(bare(upstream), headroom=headroom)).run("go")
    assert done.content == "ok"
    assert results_in(upstream.bodies[-1])[0]


class Narrow(OpenAIChat):
    """Refuses what is longer than its window."""

    def invoke(self, messages: list[Message], *args: Any, **kwargs: Any) -> Any:
        return super().invoke(_fitting(messages), *args, **kwargs)

    async def ainvoke(self, messages: list[Message], *args: Any, **kwargs: Any) -> Any:
        return await super().ainvoke(_fitting(messages), *args, **kwargs)

    def invoke_stream(self, messages: list[Message], *args: Any, **kwargs: Any) -> Iterator[Any]:
        yield from super().invoke_stream(_fitting(messages), *args, **kwargs)

    async def ainvoke_stream(self, messages: list[Message], *args: Any, **kwargs: Any) -> Any:
        async for part in super().ainvoke_stream(_fitting(messages), *args, **kwargs):
            yield part


def _fitting(messages: list[Message]) -> list[Message]:
    if sum(len(str(message.content)) for message in messages) > 110_000:
        raise ModelProviderError("This model's maximum context length is exceeded.", status_code=400)
    return messages


@pytest.mark.parametrize("how", ["response", "aresponse", "response_stream", "aresponse_stream"])
async def test_a_request_that_was_too_long_is_made_to_fit_once(how: str, headroom: Headroom) -> None:
    history = [Message(role="user" if n % 2 == 0 else "assistant", content=f"{n} " + "word " * 4000) for n in range(6)]
    messages = [*history, Message(role="user", content="So?")]
    with FakeOpenAI([step(text("ok"))]) as upstream:
        model = Narrow(id="gpt-4o", api_key="k", base_url=upstream.url, max_retries=0)
        given = getattr(HeadroomAgnoModel(model, headroom=headroom), how)(messages)
        if how.startswith("a"):
            parts = [part async for part in given] if "stream" in how else [await given]
        else:
            parts = list(given) if "stream" in how else [given]
    assert "".join(str(part.content) for part in parts if part.content) == "ok"
    assert "messages left out" in json.dumps(upstream.bodies[-1]) or len(upstream.bodies[-1]["messages"]) < 7
    assert (len(upstream.bodies), len(messages)) == (1, 8)


def test_a_known_window_is_kept_without_asking() -> None:
    narrow = Headroom(Settings(database_url="sqlite:///:memory:", max_tokens=12_000))
    history = [Message(role="user" if n % 2 == 0 else "assistant", content=f"{n} " + "word " * 4000) for n in range(6)]
    with FakeOpenAI([step(text("ok"))]) as upstream:
        HeadroomAgnoModel(bare(upstream), headroom=narrow).response([*history, Message(role="user", content="So?")])
    [body] = upstream.bodies
    assert len(json.dumps(body)) < 12_000 * 5
    assert body["messages"][-1]["content"].startswith("So?")


def test_other_errors_are_the_callers(headroom: Headroom) -> None:
    with FakeOpenAI([refusal(500)]) as upstream:
        model = HeadroomAgnoModel(bare(upstream), headroom=headroom)
        with pytest.raises(ModelProviderError):
            model.response([Message(role="user", content="hi")])
    assert len(upstream.bodies) == 1


class Full(SqlStore):
    def put(self, *args: Any, **kwargs: Any) -> None:
        raise StoreError("the disk is full")


def test_a_store_that_fails_costs_nothing_but_the_saving(upstream: FakeOpenAI) -> None:
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"), store=Full("sqlite:///:memory:"))
    agent(HeadroomAgnoModel(bare(upstream), headroom=headroom)).run("Which failed?")
    assert results_in(upstream.bodies[-1]) == [ROWS]
    manager = HeadroomCompressionManager(headroom=headroom)
    agent(bare(upstream), tools=[orders, manager.tool], compression_manager=manager).run("Which failed?")
    assert results_in(upstream.bodies[-1]) == [ROWS]


# -- the manager ----------------------------------------------------------------------------------------------------


def managed(upstream: FakeOpenAI, headroom: Headroom, **options: Any) -> Agent:
    manager = HeadroomCompressionManager(headroom=headroom)
    said = {"tools": [orders, manager.tool], "compression_manager": manager, **options}
    return agent(bare(upstream), **said)


def test_the_manager_gives_results_a_short_form(upstream: FakeOpenAI, headroom: Headroom) -> None:
    asked = managed(upstream, headroom)
    done = asked.run("Which failed?", session_id="s")
    assert_retrieved(upstream)
    [result, row] = [message for message in done.messages if message.role == "tool"]
    assert (ROWS, results_in(upstream.bodies[-1])[0]) == (result.content, result.compressed_content)
    assert (row.content, row.compressed_content) == (ROW, None)
    short = len(result.compressed_content)
    assert {"tool_results_compressed": 1, "original_size": len(ROWS), "compressed_size": short} == (
        asked.compression_manager.stats
    )
    assert headroom.retrieve(REF, scope=scope_of("local", "s")) == ROWS


async def test_the_manager_in_asynchronous_streams(upstream: FakeOpenAI, headroom: Headroom) -> None:
    events = [e.event async for e in managed(upstream, headroom).arun("Which?", stream=True, stream_events=True)]
    assert_retrieved(upstream)
    assert 1 == events.count("CompressionStarted") == events.count("CompressionCompleted")


def test_without_the_tool_the_manager_leaves_nothing_out(upstream: FakeOpenAI, headroom: Headroom) -> None:
    managed(upstream, headroom, tools=[orders]).run("Which failed?")
    [result] = results_in(upstream.bodies[-1])
    assert marker.genuine(result) is None
    assert len(result) < len(ROWS)
    assert all(receipt in result for receipt in RECEIPTS)


def test_saved_results_point_at_nothing_else(headroom: Headroom) -> None:
    """What is saved may outlive what it would point at: the same result again is no repeat of the first."""
    with FakeOpenAI([step(call("orders")), step(call("orders")), step(text("ok"))]) as upstream:
        managed(upstream, headroom).run("go")
    one, other = results_in(upstream.bodies[-1])
    assert one == other


def test_a_session_keeps_the_short_form(upstream: FakeOpenAI, headroom: Headroom) -> None:
    asked = managed(upstream, headroom, db=InMemoryDb(), add_history_to_context=True)
    for _ in range(2):
        asked.run("Which failed?", session_id="s")
    sent = [body["messages"] for body in upstream.bodies]
    assert all(earlier == later[: len(earlier)] for earlier, later in itertools.pairwise(sent))
    assert ROWS not in results_in(upstream.bodies[-1])


def test_model_and_manager_do_not_shrink_twice(upstream: FakeOpenAI, headroom: Headroom) -> None:
    asked = managed(upstream, headroom)
    asked.model = HeadroomAgnoModel(bare(upstream), headroom=headroom)
    asked.run("Which failed?")
    assert_retrieved(upstream)


def test_a_manager_that_nobody_asked_leaves_nothing_out(headroom: Headroom) -> None:
    message = Message(role="tool", content=ROWS, tool_call_id="c")
    HeadroomCompressionManager(headroom=headroom).compress([message])
    assert message.compressed_content is not None
    assert marker.genuine(message.compressed_content) is None


def test_a_manager_that_is_switched_off_does_nothing(headroom: Headroom) -> None:
    manager = HeadroomCompressionManager(headroom=headroom)
    manager.compress_tool_results = False
    message = Message(role="tool", content=ROWS, tool_call_id="c")
    assert not manager.should_compress([message], [manager.tool])
    manager.compress([message])
    assert message.compressed_content is None


def test_the_tool_is_a_function_of_at_most_ninety_tokens(headroom: Headroom) -> None:
    function = retrieve_function(headroom)
    assert isinstance(function, Function)
    assert tokens.count(json.dumps(function.to_dict(), separators=(",", ":"), ensure_ascii=False)) <= 90
