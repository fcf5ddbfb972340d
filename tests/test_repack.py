"""Re-pack: how much of an old result stays, and which of its lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.red import RED, severity
from headroom.content import Block
from headroom.repack import RECIPE, keep, repack, share
from headroom.work import Attempt, Old, Task

LINES = [f"def part_{n}(value): return value + {n}" for n in range(60)]


def made(lines: list[str], old: Old) -> Attempt:
    block = Block("\n".join(lines), tool="bash", arguments='{"command":"cat parts.py"}')
    return repack(Task(block, query="", declared=True, exact=True, min_tokens=1, target_ratio=0.15, old=old), old)


@given(st.integers(1, 500), st.integers(0, 9))
def test_less_is_kept_of_what_is_older_and_more_of_what_was_used(turns: int, uses: int) -> None:
    used = tuple(f"name_{n}" for n in range(uses))
    assert share(Old(turns + 1, used)) <= share(Old(turns, used)) <= share(Old(turns, (*used, "one_more")))


@given(
    st.lists(
        st.sampled_from(["", "x = 1", "ERROR: it failed", "def name_1(x):", "see part_2"]), min_size=3, max_size=50
    ),
    st.integers(0, 99),
)
def test_ends_and_red_lines_stay_whatever_the_age(lines: list[str], percent: int) -> None:
    kept = keep(lines, (), percent=percent)
    assert kept[0]
    assert kept[-1]
    assert all(stays for line, stays in zip(lines, kept, strict=True) if severity(line) == RED)


@pytest.mark.parametrize("used", [(), ("part_31",)])
def test_what_came_a_moment_ago_stays_whole(used: tuple[str, ...]) -> None:
    assert made(LINES, Old(1, used)).text is None


@pytest.mark.parametrize(
    ("min_tokens", "name", "shrinks"), [(100, "8", True), (100, "", False), (200, "8", False), (1_000, "8", False)]
)
def test_short_results_shrink_as_far_as_the_setting_and_a_shared_marker_allow(
    min_tokens: int, name: str, shrinks: bool
) -> None:
    block = Block("\n".join(LINES[:6]), tool="bash", arguments='{"command":"cat parts.py"}')
    old = Old(500, (), name)
    task = Task(block, query="", declared=True, exact=False, min_tokens=min_tokens, target_ratio=0.15, old=old)
    attempt = repack(task, old)
    assert 40 <= attempt.tokens_before < 80
    assert (attempt.text is not None) == shrinks


def test_what_is_very_old_keeps_its_ends() -> None:
    attempt = made(LINES, Old(500))
    assert attempt.recipe == RECIPE
    assert attempt.text is not None
    assert [line for line in attempt.text.split("\n") if line in LINES] == [LINES[0], LINES[-1]]


def test_a_line_that_was_used_goes_before_all_others() -> None:
    attempt = made(LINES, Old(60, ("part_31",)))
    assert attempt.text is not None
    assert LINES[31] in attempt.text.split("\n")
