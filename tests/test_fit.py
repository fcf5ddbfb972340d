"""Fit: what goes when the window would overflow. Laws, cases, and the words that declare it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom import fit
from headroom.context import Headroom
from headroom.errors import StoreError
from headroom.outcomes import FIT
from headroom.settings import Settings
from headroom.store.sql import SqlStore
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from tests.laws.conversations import body, conversations, headroom


def session(turns: int, *, size: int = 40, task: str = "Find the outage's cause.") -> list[BaseMessage]:
    messages: list[BaseMessage] = [SystemMessage("You are an agent."), HumanMessage(task)]
    for n in range(turns):
        call = {"name": "bash", "args": {"command": f"grep -c {n} x"}, "id": f"c{n}", "type": "tool_call"}
        said = "\n".join(f"unit {n}.{k} says {hash_of(n, k)}" for k in range(size))
        messages += [AIMessage(f"Step {n}.", tool_calls=[call]), ToolMessage(said, tool_call_id=f"c{n}", name="bash")]
    return messages


def hash_of(n: int, k: int) -> str:
    return f"{(n * 7919 + k * 104729) % 1_000_003:x}"


def calls_and_answers(messages: list[BaseMessage]) -> tuple[set[str], set[str]]:
    calls = {c["id"] for m in messages if isinstance(m, AIMessage) for c in m.tool_calls}
    return calls, {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}


@pytest.mark.parametrize(("retrieval", "size", "room"), [("off", 40, 3_000), ("tool", 12, 2_000)])
def test_drops_to_a_share_of_the_room_at_once(retrieval: str, size: int, room: int) -> None:
    hr = headroom(retrieval, max_tokens=int(room * fit.UNDERCOUNT))
    messages = session(30, size=size)
    sent = hr.invoke(messages)
    plan = hr.plan(messages)
    sizes = fit.tokens_of(hr._read(messages), plan, 0)
    assert 0 < sum(sizes) <= fit.TARGET_SHARE * room
    assert len(sent) == len(messages) - len(plan.dropped)
    calls, answers = calls_and_answers(sent)
    assert calls == answers


def test_what_was_dropped_is_declared_once_and_comes_back() -> None:
    hr = headroom(max_tokens=2_400)
    messages = session(30, size=12)
    sent = hr.invoke(messages)
    declared = [m for m in sent if "left out here so that the window holds the rest" in str(m.content)]
    assert [HumanMessage] == [type(m) for m in declared]
    said = hr.retrieve(declared[0].content)
    assert "unit 3.7 says" in said
    assert str(messages[1].content) in declared[0].content


def test_without_capability_it_is_declared_without_a_ref() -> None:
    sent = headroom("off", max_tokens=12_000).invoke(session(30))
    assert "left out here so that the window holds the rest]" in sent[1].content
    assert "ref=" not in sent[1].content


def test_pins_stay_whatever_they_cost() -> None:
    hr = headroom("off", max_tokens=600)
    messages = session(6)
    sent = hr.invoke(messages)
    assert [messages[0], messages[-2].id, messages[-1].content] == [sent[0], sent[-2].id, sent[-1].content]
    assert sent[1].content.startswith("Find the outage's cause.")


def test_pins_alone_that_do_not_fit_are_sent_and_it_says_so(caplog: pytest.LogCaptureFixture) -> None:
    hr = headroom("off", max_tokens=50)
    messages = [HumanMessage("word " * 400)]
    assert messages == hr.invoke(messages)
    assert "too small for what must be sent" in caplog.text


def test_nothing_goes_where_nobody_knows_the_window() -> None:
    messages = session(60)
    assert len(messages) == len(headroom("off").invoke(messages))


def test_the_window_of_a_model_known_by_name() -> None:
    assert fit.room_of("gpt-4o", None) == 128_000
    assert fit.room_of("claude-haiku-4-5", None) == int(200_000 / 1.55)
    assert fit.room_of("somebody/else", None) is None
    assert fit.room_of("", 12_000) == 10_000


def test_it_stays_so_while_the_conversation_grows() -> None:
    hr = headroom(max_tokens=12_000)
    messages = session(40)
    first = hr.invoke(messages[:50])
    then = hr.invoke(messages[:52])
    assert first == then[: len(first)]


def test_another_process_replays_it() -> None:
    store = SqlStore("sqlite:///:memory:")
    settings = Settings(database_url="sqlite:///:memory:", retrieval="tool", max_tokens=3_600)
    messages = session(40)
    one = Headroom(settings, store=store, clock=lambda: 1_700_000_000.0).invoke(messages)
    assert len(one) < len(messages)
    assert one == Headroom(settings, store=store, clock=lambda: 1_700_000_500.0).invoke(messages)


def test_a_second_fit_at_the_same_message_goes_further() -> None:
    hr = headroom(max_tokens=2_400)
    messages = session(30, size=12)
    first = hr.invoke(messages)
    hr.fit(messages, max_tokens=1_000)
    assert len(hr.apply(messages, hr.plan(messages))) < len(first)


def test_a_store_that_fails_leaves_it_declared_without_a_ref() -> None:
    hr = headroom(max_tokens=2_400)
    messages = session(30, size=12)
    hr.fit(messages)
    plan = hr.plan(messages)

    def down(*_: object, **__: object) -> None:
        raise StoreError("disk full")

    hr._store.put = down  # type: ignore[method-assign]
    sent = hr.apply(messages, plan)
    assert "left out here so that the window holds the rest]" in sent[1].content
    assert len(sent) == len(messages) - len(plan.dropped)


def test_a_wire_request_loses_whole_turns() -> None:
    hr = headroom(max_tokens=3_600)
    request = WireRequest(body(session(30, size=12)), ANTHROPIC)
    sent = hr.invoke(request)
    turns = json.loads(sent.raw)["messages"]
    used = {part["id"] for turn in turns for part in turn["content"] if part["type"] == "tool_use"}
    answered = {part["tool_use_id"] for turn in turns for part in turn["content"] if part["type"] == "tool_result"}
    assert used == answered
    assert len(turns) < 61
    assert "left out here so that the window holds the rest" in turns[0]["content"][0]["text"]


@given(st.frozensets(st.integers(0, 60), min_size=1))
def test_spans_read_back(numbers: frozenset[int]) -> None:
    assert fit.dropped_in([{}, {FIT: fit.spans_of(numbers)}, {}]) == fit.Dropped(numbers, 1)


@given(conversations(), st.integers(50, 3_000))
def test_a_fitted_conversation_is_valid_whatever_the_window(messages: list[BaseMessage], window: int) -> None:
    hr = headroom(max_tokens=window)
    sent = hr.invoke(messages)
    assert sent
    calls, answers = calls_and_answers(sent)
    assert answers <= calls
    asked, given_ = calls_and_answers(messages)
    assert calls - answers <= asked - given_
    assert [m for m in messages if isinstance(m, SystemMessage)] == [m for m in sent if isinstance(m, SystemMessage)]
    newest = [m for m in messages if isinstance(m, HumanMessage)][-1]
    assert any(isinstance(m, HumanMessage) and str(m.content).startswith(str(newest.content)) for m in sent)


def test_old_results_shrink_before_anything_is_dropped() -> None:
    messages: list[BaseMessage] = [HumanMessage("Mend it.")]
    for n in range(20):
        call = {"name": "bash", "args": {"command": f"cat src/part{n}.py"}, "id": f"c{n}", "type": "tool_call"}
        code = "\n".join(f"def part_{n}_{k}(value):\n    return value + {hash_of(n, k)!r}\n" for k in range(20))
        messages += [AIMessage("", tool_calls=[call]), ToolMessage(code, tool_call_id=f"c{n}", name="bash")]
    window = int(1.2 * headroom().plan(messages).tokens_after)
    hr = headroom(max_tokens=window)
    assert len(hr.invoke(messages)) == len(messages)
    assert hr.plan(messages).epoch >= 0
