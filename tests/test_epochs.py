"""Cold boundaries and re-packs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom import epochs, marker, repack, transcript
from headroom.compressors import gaps
from headroom.compressors.red import RED, severity
from headroom.content import Block, Conversation
from headroom.context import Headroom
from headroom.outcomes import EPOCH, RAW, raw_block
from headroom.settings import Settings
from headroom.store.sql import SqlStore
from headroom.terms import uses
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from headroom.wire.chat import ChatRequest
from headroom.wire.langchain import LANGCHAIN
from headroom.work import Old, Task
from tests.laws.conversations import body, headroom

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
        name = transcript.name_of(decision.where[0])
        assert f"[{name}: lines " in decision.text
        assert decision.block.text == hr.retrieve(decision.ref, path=name, lines="all")
    assert [marker.genuine(d.text) == d.ref for d in repacked if "[headroom: " in d.text] == [True]
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


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({}, epochs.Epoch()),
        ({2: "3 10"}, epochs.Epoch(2, 3, 10)),
        ({2: "3 10", 6: "7 20"}, epochs.Epoch(6, 7, 20)),
        ({5: "3 10", 4: "5 20"}, epochs.Epoch(4, 5, 20)),  # a fit recorded the first at its own message
        ({2: "3 10", 6: "3 20"}, epochs.Epoch(6, 3, 20)),
    ],
)
def test_the_repack_that_reaches_farthest_holds(rows: dict[int, str], expected: epochs.Epoch) -> None:
    assert expected == epochs.epoch_of([{EPOCH: rows[n]} if n in rows else {} for n in range(8)])


@pytest.mark.parametrize("back", range(1, 2 * epochs.KEPT_RESULTS + 1))
def test_going_back_after_a_pause_breaks_nothing(back: int) -> None:
    clock, store = Clock(), SqlStore("sqlite:///:memory:")
    one, other = driven(clock, store=store), driven(clock, store=store)
    other.invoke(session(8))  # knows the conversation, and nothing of what comes
    clock.now += 400
    sent = one.invoke(session(10))
    clock.now += 10
    assert any(decision.recipe == repack.RECIPE for decision in one.plan(session(10)).decisions)
    branch = [*session(10)[:-back], HumanMessage("Try another way.")]
    assert sent[:-back] == one.invoke(branch)[:-1]
    assert sent[:-back] == other.invoke(branch)[:-1]


def test_a_branch_that_another_model_keeps_warm_is_not_repacked() -> None:
    clock = Clock()
    hr = driven(clock)

    def sent(messages: list[BaseMessage], model: str) -> list[BaseMessage]:
        tools = [{"type": "function", "function": {"name": name}} for name in ("bash", marker.TOOL)]
        return list(hr.invoke(ChatRequest(messages, {"tools": tools}, model=model)).messages)

    warm = sent(session(10), "gpt-5")
    clock.now += 10
    summed = sent([*session(10), HumanMessage("Sum it up.")], "gpt-5-mini")
    assert warm != summed[:-1]
    assert warm == sent(session(11), "gpt-5")[: len(warm)]


def test_what_was_sent_raw_as_a_whole_is_repacked_too() -> None:
    clock = Clock()
    hr = driven(clock)
    hr.invoke(session(10))
    hr._outcomes.record("local", LANGCHAIN.read(session(10)).lineages[-1], RAW, "bypass")
    assert session(10) == hr.invoke(session(10))
    clock.now += 400
    hr.invoke(session(11))
    assert hr.plan(session(11)).epoch == len(session(11)) - 1
    assert any(decision.recipe == repack.RECIPE for decision in hr.plan(session(11)).decisions)


def test_what_was_raw_before_may_shrink_at_a_cold_boundary() -> None:
    clock = Clock()
    hr = driven(clock)
    messages = session(8)
    hr.note(messages)
    hr._outcomes.record("local", LANGCHAIN.read(messages).lineages[2], raw_block(0), "store_failed")
    assert next(d for d in hr.plan(messages).decisions if d.block.kind == "tool_result").reason == "raw_before"
    clock.now += 400
    hr.invoke(messages)
    assert next(d for d in hr.plan(messages).decisions if d.block.kind == "tool_result").recipe == repack.RECIPE


def test_another_model_is_a_cold_boundary() -> None:
    def told(model: str) -> Conversation:
        return Conversation(LANGCHAIN.read(session(2)).messages, model=model)

    nothing: list[dict[str, str]] = [{} for _ in told("a").messages]
    at, kind, value = epochs.note_of(told("a"), nothing, now=START)
    noted = [{kind: value} if n == at else {} for n in range(len(nothing))]
    assert not epochs.is_cold(told("a"), noted, now=START + 10, lifetime=300)
    assert epochs.is_cold(told("b"), noted, now=START + 10, lifetime=300)
    assert not epochs.is_cold(told("b"), nothing, now=START, lifetime=300)


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


@given(lines, st.lists(st.sampled_from(["name_1", "a_1", "it"]), max_size=3), st.integers(1, 100))
def test_a_repack_accounts_for_every_line_and_keeps_the_red(source: list[str], used: list[str], turns: int) -> None:
    text = "\n".join(source)
    task = Task(
        Block(text), query="", declared=True, exact=True, min_tokens=1, target_ratio=0.15, old=Old(turns, tuple(used))
    )
    attempt = repack.repack(task, Old(turns, tuple(used)))
    if attempt.recipe == repack.RECIPE and attempt.text is not None:
        kept = set(attempt.text.split("\n"))
        assert {line for line in source if severity(line) == RED} <= kept
    if len(source) >= 3:
        kept_lines = repack.keep(source, used, percent=turns)
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


def test_a_worker_that_knew_the_request_before_it_was_cold_learns_of_the_boundary() -> None:
    clock, store = Clock(), SqlStore("sqlite:///:memory:")
    one, other = driven(clock, store=store), driven(clock, store=store)
    one.invoke(session(8))
    clock.now += 400
    sent = other.invoke(session(8))  # the same request again, re-packed
    clock.now += 10
    assert sent == one.invoke(session(11))[: len(sent)]


def branch(at: int, turns: int) -> list[BaseMessage]:
    """Return a session that goes another way after its first turns."""
    messages = session(at)
    for n in range(turns):
        call = {"name": "bash", "args": {"command": f"cat doc/{n}.md"}, "id": f"d{n}", "type": "tool_call"}
        messages += [AIMessage("Otherwise.", tool_calls=[call]), ToolMessage(code(n + 50), tool_call_id=f"d{n}")]
    return messages


def test_a_branch_of_what_is_kept_warm_is_not_cold() -> None:
    clock, store = Clock(), SqlStore("sqlite:///:memory:")
    sent: list[BaseMessage] = []
    for turns in range(9, 20):
        sent = driven(clock, store=store).invoke(session(turns))
        clock.now += 60
    shared = len(session(9))
    assert sent[:shared] == driven(clock, store=store).invoke(branch(9, 1))[:shared]


def test_a_branch_that_goes_on_keeps_its_beginning_when_the_other_was_cold() -> None:
    clock = Clock()
    hr = driven(clock)
    hr.invoke(session(12))
    sent: list[BaseMessage] = []
    for turns in range(1, 9):
        clock.now += 60
        then = hr.invoke(branch(9, turns))
        assert sent == then[: len(sent)]
        sent = then
    assert sent[: len(session(9))] == hr.invoke(session(13))[: len(session(9))]
    assert sent == hr.invoke(branch(9, 9))[: len(sent)]


def test_a_branch_from_before_a_repack_is_cold_once() -> None:
    clock = Clock()
    hr = driven(clock)
    hr.invoke(session(12))
    clock.now += 400
    hr.invoke(session(13))
    clock.now += 10
    first = hr.invoke(branch(9, 1))
    assert repack.RECIPE in {decision.recipe for decision in hr.plan(branch(9, 1)).decisions}
    for turns in range(2, 9):
        clock.now += 100
        assert first == hr.invoke(branch(9, turns))[: len(first)]


def test_two_models_in_one_minute_are_each_known_to_be_warm() -> None:
    clock = Clock()
    hr = driven(clock)

    def asked(model: str) -> bytes:
        sent = json.loads(body(session(9)))
        return hr.invoke(WireRequest(json.dumps({**sent, "model": model}).encode(), ANTHROPIC)).raw

    one = asked("claude-a")
    clock.now += 5
    other = asked("claude-b")
    assert [other[-500:]] * 4 == [asked(model)[-500:] for model in ("claude-b", "claude-b", "claude-b", "claude-b")]
    assert len(one) > len(other), "the other model's cache was cold"


def test_a_repack_that_makes_room_is_no_cold_boundary_at_the_next_request() -> None:
    clock = Clock()
    hr = driven(clock, max_tokens=6_000)
    sent = hr.invoke(session(20))
    epoch = hr.plan(session(20)).epoch
    assert epoch >= 0
    clock.now += 10
    assert sent == hr.invoke([*session(20), AIMessage("Done.")])[: len(sent)]
    assert epoch == hr.plan([*session(20), AIMessage("Done.")]).epoch
