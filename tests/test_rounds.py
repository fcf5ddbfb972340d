"""When our own tool's calls are answered, refused, and when it is enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.rounds import MAX_ANSWERED, REFUSAL, Call, Next, Result, after
from headroom.tools import Retrieved

CALLS = [Call("a", {"ref": "1"}), Call("b", {"ref": "2"})]


def answer(arguments: Mapping[str, Any]) -> Retrieved:
    return Retrieved(f"about {arguments['ref']}", is_error=arguments["ref"] == "2")


def follow(calls: list[Call], *, rounds: int = 0, wants_tools: bool = True, others: bool = False) -> Next:
    return after(calls, wants_tools=wants_tools, others=others, rounds=rounds, answer=answer)


@given(
    calls=st.lists(st.integers(0, 99).map(lambda n: Call(str(n), {"ref": str(n)})), max_size=4),
    wants_tools=st.booleans(),
    others=st.booleans(),
    rounds=st.integers(0, 9),
)
def test_every_call_gets_exactly_one_result_or_none_does(
    calls: list[Call], wants_tools: bool, others: bool, rounds: int
) -> None:
    following = follow(calls, rounds=rounds, wants_tools=wants_tools, others=others)
    answered = [call.id for call in calls] if wants_tools else []
    assert [result.id for result in following.results] == answered
    assert (following.how == "done") == (not answered or others)


def test_a_round_without_calls_of_ours_is_the_last() -> None:
    assert follow([]) == Next("done")


def test_a_call_that_was_cut_off_never_happened() -> None:
    assert follow(CALLS, wants_tools=False) == Next("done")


def test_calls_are_answered_and_the_model_goes_on() -> None:
    expected = Next("more", (Result("a", "about 1", is_error=False), Result("b", "about 2", is_error=True)))
    assert follow(CALLS) == expected


def test_beside_the_caller_s_own_calls_ours_are_answered_and_the_caller_speaks_next() -> None:
    following = follow(CALLS, others=True, rounds=MAX_ANSWERED + 5)
    assert (following.how, following.results[0].text) == ("done", "about 1")


@pytest.mark.parametrize(
    ("rounds", "how", "refused"), [(0, "more", False), (2, "more", False), (3, "more", True), (4, "loop", True)]
)
def test_three_rounds_are_answered_the_fourth_is_refused_the_fifth_is_a_loop(
    rounds: int, how: str, refused: bool
) -> None:
    following = follow(CALLS, rounds=rounds)
    assert (following.how, following.results[0].text == REFUSAL, following.results[0].is_error) == (
        how,
        refused,
        refused,
    )
