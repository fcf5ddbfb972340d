"""Cold boundaries and re-packs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom import epochs, repack
from headroom.compressors import gaps
from headroom.compressors.red import RED, severity
from headroom.content import Block, Conversation
from headroom.context import Headroom
from headroom.settings import Settings
from headroom.store.sql import SqlStore
from headroom.terms import uses
from headroom.wire.chat import ChatRequest
from headroom.wire.langchain import LANGCHAIN
from headroom.work import Task
from tests.laws.conversations import headroom

START = 1_700_000_000.0


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def code(n: int) -> str:
    return "\n".join(f"def part_{n}_{k}(value):\n    return value + {n * k}\n" for k in range(30))


def session(turns: int) -> list[BaseMessage]:
    messages: list[BaseMessage] = [HumanMessage("Mend it.")]
    for n in range(turns):
        call = {"name": "bash", "args": {"command": f"cat src/part{n}.py"}, "id": f"c{n}", "type": "tool_call"}
        use = f"Now part_{n - 1}_17." if n else "Let me look."
        messages += [AIMessage(use, tool_calls=[call]), ToolMessage(code(n), tool_call_id=f"c{n}", name="bash")]
    return messages


def driven(clock: Clock, *, store: SqlStore | None = None, **options: object) -> Headroom:
    settings = Settings(database_url="sqlite:///:memory:", **{"retrieval": "tool", **options})  # type: ignore[arg-type]
    return Headroom(settings, store=store, clock=clock)


def test_old_results_keep_what_later_turns_used_after_a_cold_boundary() -> None:
    clock = Clock()
    hr = driven(clock)
    messages = session(10)
    hr.invoke(messages)
    clock.now += 400
    sent = hr.invoke(messages)
    repacked = [d for d in hr.plan(messages).decisions if d.recipe == repack.RECIPE]
    assert len(repacked) == 10 - epochs.KEPT_RESULTS
    for n, decision in enumerate(repacked):
        assert f"def part_{n}_17(value):" in decision.text
        assert hr.retrieve(decision.text) == decision.block.text
    assert [m.content for m in messages[-2 * epochs.KEPT_RESULTS :]] == [
        m.content for m in sent[-2 * epochs.KEPT_RESULTS :]
    ]


@pytest.mark.parametrize("seconds", [0, 10, 299, 359])
def test_a_warm_cache_is_never_rewritten(seconds: float) -> None:
    clock = Clock()
    hr = driven(clock)
    messages = session(10)
    first = hr.invoke(messages)
    clock.now += seconds
    assert first == hr.invoke(messages)


def test_without_capability_nothing_is_repacked() -> None:
    clock = Clock()
    hr = driven(clock, retrieval="off")
    hr.invoke(session(10))
    clock.now += 4_000
    assert hr.invoke(session(10)) == session(10)


def test_it_stays_as_it_is_until_the_next_cold_boundary() -> None:
    clock = Clock()
    hr = driven(clock)
    hr.invoke(session(8))
    clock.now += 400
    first = hr.invoke(session(8))
    clock.now += 10
    then = hr.invoke(session(12))
    assert first == then[: len(first)]
    clock.now += 400
    last = hr.invoke(session(12))
    assert sum(len(str(m.content)) for m in last) < sum(len(str(m.content)) for m in then)


def test_another_worker_and_a_restart_see_the_same() -> None:
    clock, store = Clock(), SqlStore("sqlite:///:memory:")
    one, other = driven(clock, store=store), driven(clock, store=store)
    one.invoke(session(8))
    clock.now += 400
    sent = one.invoke(session(8))
    assert sent == other.invoke(session(8))
    assert sent == driven(clock, store=store).invoke(session(9))[: len(sent)]


def test_what_was_raw_before_may_shrink_at_a_cold_boundary() -> None:
    clock = Clock()
    hr = driven(clock)
    messages = session(8)
    hr.note(messages)
    plan = hr.plan(messages)
    hr._record_raw("local", plan, next(d for d in plan.decisions if d.block.kind == "tool_result"))
    clock.now += 400
    hr.invoke(messages)
    assert next(d for d in hr.plan(messages).decisions if d.block.kind == "tool_result").recipe == repack.RECIPE


def test_another_model_is_a_cold_boundary() -> None:
    def told(model: str) -> Conversation:
        return Conversation(LANGCHAIN.read(session(2)).messages, model=model)

    note = dict([epochs.note_of("a", now=START)])
    assert not epochs.is_cold(told("a"), [note], now=START + 10, lifetime=300)
    assert epochs.is_cold(told("b"), [note], now=START + 10, lifetime=300)
    assert not epochs.is_cold(told("b"), [{}], now=START, lifetime=300)


def test_what_was_said_before_is_not_a_results_own() -> None:
    call = {"name": "bash", "args": {"command": "ls known_name"}, "id": "a", "type": "tool_call"}
    messages = [
        HumanMessage("Look at task_word."),
        AIMessage("", tool_calls=[call]),
        ToolMessage("known_name task_word fresh_name other_name", tool_call_id="a"),
        AIMessage("fresh_name and task_word and known_name"),
    ]
    assert uses(LANGCHAIN.read(messages).messages) == {(2, 0): ("fresh_name",)}


lines = st.lists(
    st.one_of(st.sampled_from(["ERROR: it failed", "}", "", "def name_1(x):"]), st.text("ab_1 (:", max_size=60)),
    max_size=60,
)


@given(lines, st.lists(st.sampled_from(["name_1", "a_1", "it"]), max_size=3))
def test_a_repack_accounts_for_every_line_and_keeps_the_red(source: list[str], used: list[str]) -> None:
    text = "\n".join(source)
    task = Task(Block(text), query="", declared=True, exact=True, min_tokens=1, target_ratio=0.15, used=tuple(used))
    attempt = repack.repack(task)
    if attempt.recipe == repack.RECIPE and attempt.text is not None:
        kept = set(attempt.text.split("\n"))
        assert {line for line in source if severity(line) == RED} <= kept
    if len(source) >= 3:
        kept_lines = repack.keep(source, used)
        gaps.check(source, gaps.select(source, kept_lines, recipe=repack.RECIPE))


def test_nothing_is_noted_where_nothing_can_be_redeemed() -> None:
    hr = headroom("off")
    hr.invoke(session(3))
    assert not hr.notes(session(3))


def test_the_same_messages_read_in_two_ways_share_no_memory() -> None:
    hr = headroom()
    messages: list[BaseMessage] = [SystemMessage("You are an agent."), *session(2)]
    plain = hr.plan(messages)
    assert len(hr.plan(ChatRequest(messages, {})).decisions) == len(plain.decisions) - 1
