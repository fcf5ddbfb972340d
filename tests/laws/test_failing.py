"""Law 2 where law 7 strikes: whatever fails in a request, what is forwarded later begins with what was forwarded then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom.context import Headroom
from headroom.settings import Settings
from tests.laws.conversations import log, rows
from tests.laws.failing import DOWN, FULL, FailingStore, breaking

SENTENCES = [f"Sentence {n} says that the {n}th thing is not the {n + 1}th thing at all." for n in range(300)]
PROSE, BEGINNING, END = "\n".join(SENTENCES), "\n".join(SENTENCES[:30]), "\n".join(SENTENCES[-60:])
TEXTS = (PROSE, BEGINNING, END, "\n".join(SENTENCES[100:200]), log(60), log(200), rows(40), rows(12), "ok", "x " * 300)


def session(texts: Sequence[str]) -> list[BaseMessage]:
    messages: list[BaseMessage] = [HumanMessage("Find it.")]
    for n, text in enumerate(texts):
        call = {"name": "bash", "args": {"command": f"step {n}"}, "id": f"c{n}", "type": "tool_call"}
        messages += [AIMessage("", tool_calls=[call]), ToolMessage(text, tool_call_id=f"c{n}", name="bash")]
    return messages


def worker(store: FailingStore, **options: object) -> Headroom:
    settings = Settings(database_url="sqlite:///:memory:", **{"retrieval": "tool", **options})  # type: ignore[arg-type]
    return Headroom(settings, store=store, clock=lambda: 1_700_000_000.0)


@contextmanager
def failing(store: FailingStore, *, of: tuple[str, ...]) -> Iterator[None]:
    store.fails = of
    try:
        yield
    finally:
        store.fails = ()


def reasons(hr: Headroom, messages: list[BaseMessage]) -> list[str]:
    return [decision.reason for decision in hr.plan(messages).decisions if decision.block.kind == "tool_result"]


def test_a_repeat_of_what_cannot_be_stored_points_at_what_is_sent_instead() -> None:
    store, messages = FailingStore(), session([PROSE, BEGINNING])
    hr = worker(store)
    with failing(store, of=FULL):
        sent = hr.invoke(messages)
    assert sent[2] is messages[2]
    assert reasons(hr, messages) == ["raw_before", "repeat"]
    assert sent == hr.invoke(messages) == worker(store).invoke([*messages, AIMessage("x")])[: len(sent)]


@pytest.mark.parametrize("minimum", [1_500, 3_000, 4_500])
def test_the_floor_counts_a_block_whose_compressor_broke(minimum: int, monkeypatch: pytest.MonkeyPatch) -> None:
    store, messages = FailingStore(), session([PROSE, rows(12), rows(12, seed=1)])
    hr = worker(store, cache_minimum=minimum)
    with monkeypatch.context() as patch:
        patch.setattr("headroom.folding.perform", breaking(PROSE))
        plan = hr.plan(messages)
        sent = hr.invoke(messages)
    assert sent == hr.invoke(messages)
    assert plan.tokens_before == hr.plan(messages).tokens_before


def test_what_failed_is_told_by_its_reason() -> None:
    store, messages = FailingStore(), session([PROSE, BEGINNING])
    hr = worker(store)
    with failing(store, of=FULL):
        plan = hr.keep(messages, hr.plan(messages))
    assert [d.reason for d in plan.decisions if d.block.kind == "tool_result"] == ["store_failed", "repeat"]
    assert plan.refs == frozenset()


def test_what_is_saved_is_planned_again_without_references() -> None:
    store, messages = FailingStore(), session([PROSE, BEGINNING])
    hr = worker(store)
    plan = hr.plan(messages, commit=True)
    with failing(store, of=FULL):
        assert messages == hr.apply(messages, plan)
    assert plan.changed


def test_a_worker_that_cannot_write_sends_what_others_stored() -> None:
    store, messages = FailingStore(), session([PROSE, log(200)])
    sent = worker(store).invoke(messages)
    with failing(store, of=FULL):
        assert sent == worker(store).invoke(messages)


def test_a_fit_whose_transcript_cannot_be_stored_stays_without_a_ref() -> None:
    store, messages = FailingStore(), session([f"unit {n} says {n * 7919:x} " * 15 for n in range(40)])
    hr = worker(store, max_tokens=3_600)
    with failing(store, of=FULL):
        sent = hr.invoke(messages)
    assert len(sent) < len(messages)
    assert "left out here" in str(sent[0].content)
    assert "ref=" not in str(sent[0].content)
    assert sent == hr.invoke(messages) == worker(store, max_tokens=3_600).invoke(messages)


@given(
    texts=st.lists(st.sampled_from(range(len(TEXTS))), min_size=1, max_size=7),
    fails=st.lists(st.sampled_from([(), (), FULL, DOWN, "compressor"]), min_size=7, max_size=7),
    minimum=st.sampled_from([0, 0, 1_500, 3_000, 5_000]),
    restarted=st.booleans(),
)
@run_settings(max_examples=min(100, run_settings().max_examples // 2))  # each plans a conversation eight times
def test_every_request_begins_with_the_one_before_whatever_fails(
    texts: list[int], fails: list[tuple[str, ...] | str], minimum: int, *, restarted: bool
) -> None:
    store = FailingStore()
    hr = worker(store, cache_minimum=minimum)
    last: list[BaseMessage] = []
    for end, fail in enumerate(fails[: len(texts)], start=1):
        messages = session([TEXTS[n] for n in texts[:end]])
        with failing(store, of=fail if isinstance(fail, tuple) else ()), pytest.MonkeyPatch.context() as patch:
            if fail == "compressor" and texts[end - 1] not in texts[: end - 1]:
                patch.setattr("headroom.folding.perform", breaking(TEXTS[texts[end - 1]]))
            sent = hr.invoke(messages)
        assert last == sent[: len(last)]
        last = sent
        if restarted and DOWN not in fails:
            hr = worker(store, cache_minimum=minimum)
