"""Bundles: old results share one marker, and each comes back exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom import bundle, epochs, marker, repack, slices
from headroom.content import Block, Decision
from headroom.context import Headroom
from headroom.memo import Memo
from headroom.settings import Settings
from headroom.transcript import name_of


def bundled(decisions: Sequence[Decision]) -> Sequence[Decision] | None:
    return bundle.bundled(decisions, key=(), bundles=Memo(1_000_000))


def owing(message: int, text: str, *, tokens_before: int = 500, owes: bool = True) -> Decision:
    block = Block(text, kind="tool_result", tool="bash")
    return Decision(
        block,
        "shrunk",
        "a\n[3: lines 2-9 left out]",
        tokens_before=tokens_before,
        tokens_after=12,
        where=(message, 0),
        owes=owes,
    )


@given(st.lists(st.tuples(st.text(max_size=30), st.booleans()), max_size=8))
def test_one_marker_closes_all_that_owe_one_and_each_comes_back(texts: list[tuple[str, bool]]) -> None:
    decisions = [owing(number, text, owes=owes) for number, (text, owes) in enumerate(texts)]
    made = bundled(decisions)
    assert made is not None
    members = [each for each, before in zip(made, decisions, strict=True) if before.owes]
    assert [each for each in made if not each.ref] == [each for each in decisions if not each.owes]
    assert len({each.ref for each in members}) == (1 if members else 0)
    assert [marker.genuine(each.text) for each in members] == [None] * (len(members) - 1) + [
        each.ref for each in members[-1:]
    ]
    for each in members:
        assert marker.ref_of(each.original) == each.ref
        assert each.block.text == slices.cut(each.original, path=name_of(*each.where), lines="all")


def test_the_marker_says_which_results_and_how_their_gaps_are_written() -> None:
    made = bundled([owing(3, "x"), owing(5, "y"), owing(8, "z")])
    assert made is not None
    assert (
        made[2]
        .text.split("\n")[-1]
        .startswith(
            '[headroom: parts of results 4 to 9 left out, 3…7 for lines 3 to 7 (of the first: path="4"); source intact, '
        )
    )


def test_a_bundle_that_saves_less_than_its_marker_costs_is_none() -> None:
    assert bundled([owing(3, "x", tokens_before=40), owing(5, "y", tokens_before=30)]) is None


def test_the_tokens_of_the_marker_are_counted() -> None:
    decisions = [owing(3, "x"), owing(5, "y")]
    made = bundled(decisions)
    assert made is not None
    assert made[0] == replace(decisions[0], ref=made[0].ref, original=made[0].original, owes=False)
    assert made[1].tokens_after > decisions[1].tokens_after + 30


def session(turns: int, *, lines: int) -> list[BaseMessage]:
    messages: list[BaseMessage] = [HumanMessage("Find the outage's cause.")]
    for n in range(turns):
        call = {"name": "bash", "args": {"command": f"cat part{n}.py"}, "id": f"c{n}", "type": "tool_call"}
        text = "\n".join(f"    value_{n}_{k} = compute({k * 7919 % 1009}, depth={n})" for k in range(lines))
        messages += [AIMessage(f"Step {n}.", tool_calls=[call]), ToolMessage(text, tool_call_id=f"c{n}", name="bash")]
    return messages


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("saved", [False, True])
def test_what_is_saved_in_place_of_its_messages_carries_markers_of_its_own(saved: bool) -> None:
    clock = Clock()
    hr = Headroom(Settings(database_url="sqlite:///:memory:", retrieval="tool"), clock=clock)
    messages = session(30, lines=40)
    hr.invoke(messages)
    clock.now += 400
    hr.note(messages)
    plan = hr.plan(messages, commit=saved)
    repacked = [each for each in plan.decisions if each.recipe == repack.RECIPE]
    assert len(repacked) == 30 - epochs.KEPT_RESULTS
    assert sum(marker.genuine(each.text) is not None for each in repacked) == (len(repacked) if saved else 1)
    hr.apply(messages, plan)
    for each in repacked:
        asked = {} if saved else {"path": name_of(*each.where), "lines": "all"}
        assert each.block.text == hr.retrieve(each.ref, **asked)  # type: ignore[arg-type]


def test_a_repack_that_does_not_pay_leaves_everything_as_it_was() -> None:
    clock = Clock()
    hr = Headroom(Settings(database_url="sqlite:///:memory:", retrieval="tool"), clock=clock)
    messages = session(12, lines=50)
    answers = [message for message in messages if isinstance(message, ToolMessage)]
    for answer in answers[1:]:
        answer.status = "error"  # these stay, whatever their age
    answers[0].content = "\n".join(str(answers[0].content).split("\n")[:5])
    first = hr.invoke(messages)
    clock.now += 400
    assert hr.invoke(messages) == first
    plan = hr.plan(messages)
    assert plan.epoch == len(messages) - 1 - 2 * epochs.KEPT_RESULTS  # the last message that it would have changed
    assert not plan.changed
