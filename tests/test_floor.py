"""The floor: shrinking never takes a prompt out of the provider's cache at a loss."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.content import Conversation
from headroom.floor import GROWTH_TOKENS, NO_FLOOR, RETURNS, Above, Floor, floor_of

MINIMUM = 1_024
REQUEST = st.tuples(st.integers(GROWTH_TOKENS, 600), st.integers(0, 3_000), st.integers(0, 100))
"""What one adds: tokens that nobody shrinks, tokens of a result, and percent of it that its form keeps."""

Path = tuple[int, ...]


def cost(prompts: list[int]) -> float:
    """Return what prompts that begin with each other cost, in tokens: written to the cache at 1.25, read at 0.1."""
    paid, cached = 0.0, 0
    for prompt in prompts:
        paid += 0.1 * cached + 1.25 * (prompt - cached) if prompt >= MINIMUM else prompt
        cached = prompt if prompt >= MINIMUM else 0
    return paid


@given(st.lists(REQUEST, min_size=1, max_size=30))
def test_a_conversation_never_costs_more_than_raw(requests: list[tuple[int, int, int]]) -> None:
    above = Above(Floor(MINIMUM, 0))
    raw, ours = [0], [0]
    for said, result, percent in requests:
        above.add(said, said)
        form = result * percent // 100
        kept = form if above.allows(result, form) else result
        above.add(result, kept)
        raw.append(raw[-1] + said + result)
        ours.append(ours[-1] + said + kept)
        assert cost(ours) <= cost(raw)


def branched(prompts: list[tuple[Path, list[int]]]) -> float:
    """Return what prompts cost that may begin as any earlier one did: each with what names its parts, and its length after each."""
    paid, cached = 0.0, set[int]()
    for path, lengths in prompts:
        read = max((length for part, length in zip(path, lengths, strict=True) if part in cached), default=0)
        if lengths[-1] >= MINIMUM:
            paid += 0.1 * read + 1.25 * (lengths[-1] - read)
            cached.add(path[-1])
        else:
            paid += lengths[-1]
    return paid


@given(st.lists(st.tuples(REQUEST, st.none() | st.integers(0, 30)), min_size=1, max_size=15))
def test_a_user_may_go_back_a_few_times(requests: list[tuple[tuple[int, int, int], int | None]]) -> None:
    history: list[tuple[int, int, int]] = []  # what names a part, its tokens as they came in, and as they are forwarded
    raw: list[tuple[Path, list[int]]] = []
    ours: list[tuple[Path, list[int]]] = []
    returns = 0
    for number, ((said, result, percent), back) in enumerate(requests):
        if back is not None and history and returns < RETURNS:
            history, returns = history[: back % len(history) + 1], returns + 1
        above = Above(Floor(MINIMUM, 0))
        for _, before, after in history:
            above.add(before, after)
        above.add(said, said)
        form = result * percent // 100
        kept = form if above.allows(result, form) else result
        history = [*history, (number, said + result, said + kept)]
        path = tuple(part for part, _, _ in history)
        raw.append((path, list(accumulate(before for _, before, _ in history))))
        ours.append((path, list(accumulate(after for _, _, after in history))))
    assert branched(ours) <= branched(raw)


@given(st.integers(MINIMUM, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_above_the_floor_every_form_is_allowed(head: int, before: int, after: int) -> None:
    assert Above(Floor(MINIMUM, head)).allows(before, after)
    assert Above(NO_FLOOR).allows(before, after)


@pytest.mark.parametrize(
    ("head", "before", "after", "expected"),
    [
        (900, 200, 100, False),  # raw is cached from now on, and ours is not
        (900, 200, 150, True),
        (64, 2_500, 600, False),  # going back to here a few times would cost more than it saves
        (64, 4_000, 600, True),
        (100, 10_000, 300, True),  # what it saves pays for any wait
        (100, 400, 300, False),
        (0, 900, 900, True),
    ],
)
def test_a_form_is_allowed_where_it_pays(head: int, before: int, after: int, expected: bool) -> None:
    assert expected == Above(Floor(MINIMUM, head)).allows(before, after)


@pytest.mark.parametrize(
    ("head", "minimum", "otherwise", "expected"),
    [
        ("", None, 0, NO_FLOOR),
        ("", None, 1_024, Floor(1_024, 0)),
        ("", 2_048, 1_024, Floor(2_048, 0)),
        ("word " * 600, 1_024, 0, Floor(1_024, 601)),
        ("word " * 1_200, 1_024, 0, NO_FLOOR),
        ("word " * 90_000, 1_024, 0, NO_FLOOR),
    ],
)
def test_the_floor_of_a_request(head: str, minimum: int | None, otherwise: int, expected: Floor) -> None:
    conversation = Conversation((), head=head, cache_minimum=minimum)
    assert expected == floor_of(conversation, otherwise=otherwise)
