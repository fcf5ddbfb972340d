"""What real tools print about a failure survives verbatim, and no success is invented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from headroom import Headroom, Settings
from headroom.compressors.clean_presentation import strip_presentation
from headroom.compressors.clean_runs import expand
from tests.red.build_cases import compiler_cases, go_cases, make_cases, rust_cases
from tests.red.node_cases import node_cases, npm_cases, tsc_cases
from tests.red.python_cases import pytest_cases, script_cases, unittest_cases
from tests.red.runs import Case, run

pytestmark = pytest.mark.slow

CASES = [
    *pytest_cases(),
    *unittest_cases(),
    *script_cases(),
    *compiler_cases("gcc"),
    *compiler_cases("clang"),
    *make_cases(),
    *node_cases(),
    *npm_cases(),
    *tsc_cases(),
    *rust_cases(),
    *go_cases(),
]

_SUCCESS = re.compile(
    r"\b(?:pass(?:ed|es|ing)?|ok|success\w*|succeeded|complete[d]?|done|clean|fine)\b|✓|✔", re.IGNORECASE
)


@pytest.fixture(scope="module")
def headroom() -> Headroom:
    return Headroom(Settings(database_url="sqlite:///:memory:"))


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 120
    assert len(CASES) == len({str(case) for case in CASES})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_failure_survives(case: Case, headroom: Headroom, tmp_path: Path) -> None:
    printed = run(case, tmp_path)
    assert printed.code != 0
    failure = [strip_presentation(line) for line in printed.failure(case)]
    source = strip_presentation(printed.text).split("\n")
    declared = headroom.decide(printed.text)
    for decision in (declared, headroom.decide(printed.text, declared=False)):
        told = decision.text.split("\n")
        assert_holds(expand([strip_presentation(line) for line in told]), failure)
        invented = [line for line in told if _SUCCESS.search(line) and strip_presentation(line) not in source]
        assert [line for line in invented if not line.startswith("[headroom: ")] == []
    if declared.tokens_before > 1_500:
        assert declared.tokens_after < declared.tokens_before * 0.7


def assert_holds(lines: list[str], block: list[str]) -> None:
    """Assert that the block stands in the lines, one line after another."""
    starts = (n for n, line in enumerate(lines) if line == block[0])
    assert any(lines[n : n + len(block)] == block for n in starts), "\n".join(
        ["the failure", *block, "", "does not stand in", *lines]
    )
