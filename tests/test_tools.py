"""The retrieval tool: the framework's own suites, and what it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from headroom import tokens
from headroom.context import Headroom
from headroom.marker import ref_of
from headroom.settings import Settings
from headroom.tools import ANTHROPIC_DEFINITION, HeadroomRetrieve, answer
from headroom.transcript import Part, transcript
from tests.laws.conversations import rows

HEADROOM = Headroom(Settings(database_url="sqlite:///:memory:", retrieval="tool"))
SMALL = HEADROOM.compress(rows(200))
TWO = transcript([Part("6", "bash", "first"), Part("8", "bash", "second")])


class _Suite:
    @property
    def tool_constructor(self) -> type[HeadroomRetrieve]:
        return HeadroomRetrieve

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"headroom": HEADROOM}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"ref": SMALL.ref, "lines": "1-3"}


class TestStandardUnit(_Suite, ToolsUnitTests):
    pass


class TestStandardIntegration(_Suite, ToolsIntegrationTests):
    pass


def ask(**arguments: Any) -> str:
    return answer(HEADROOM, arguments, scope="local").text


def test_the_definition_is_at_most_ninety_tokens_and_constant() -> None:
    assert tokens.count(ANTHROPIC_DEFINITION) <= 90
    assert json.loads(ANTHROPIC_DEFINITION)["input_schema"]["required"] == ["ref"]


def test_everything_comes_back_on_request() -> None:
    assert ask(ref=SMALL.ref, lines="all") == rows(200)
    assert HEADROOM.tool.invoke({"ref": SMALL.ref, "lines": "all"}) == rows(200)


async def test_the_tool_answers_asynchronously() -> None:
    assert await HEADROOM.tool.ainvoke({"ref": SMALL.ref, "path": "$[3].id"}) == "3"


def test_nothing_asked_gives_an_outline_of_at_most_five_hundred_tokens() -> None:
    assert "JSON array of 200 items" in ask(ref=SMALL.ref)
    assert tokens.count(ask(ref=SMALL.ref)) <= 500


@pytest.mark.parametrize("ref", [SMALL.ref.upper(), SMALL.ref[:12], f"ref={SMALL.ref} #1a2b3c4d]", f"<{SMALL.ref}>"])
def test_f2_refs_are_found_as_models_write_them(ref: str) -> None:
    assert ask(ref=ref, path="$[7].id") == "7"


@pytest.mark.parametrize("arguments", [{}, {"ref": None}, {"ref": 7}, {"ref": ""}, {"ref": "the last one"}])
def test_a_call_without_a_ref_is_told_what_a_ref_is(arguments: dict[str, Any]) -> None:
    found = answer(HEADROOM, arguments, scope="local")
    assert found.is_error
    assert "24 hex digits" in found.text


def test_f5_unknown_and_somebody_elses_read_the_same_and_are_terminal() -> None:
    theirs = answer(HEADROOM, {"ref": SMALL.ref}, scope="somebody-else")
    unknown = answer(HEADROOM, {"ref": "0" * 24}, scope="local")
    assert theirs.is_error
    assert unknown.is_error
    assert theirs.text.replace(SMALL.ref, "REF") == unknown.text.replace("0" * 24, "REF")
    assert "Do not retry" in unknown.text


def test_f5_expired_says_so() -> None:
    now = 1_700_000_000.0
    hr = Headroom(Settings(database_url="sqlite:///:memory:"), clock=lambda: now)
    small = hr.compress(rows(150))
    now += 8 * 86_400
    hr.store.purge(now=now)
    assert "no longer kept" in answer(hr, {"ref": small.ref}, scope="local").text


def test_f10_a_ref_that_this_request_does_not_carry_is_unknown() -> None:
    found = answer(HEADROOM, {"ref": SMALL.ref}, scope="local", refs=frozenset({"a" * 24}))
    assert found.is_error
    assert found.text.startswith("No original is stored")


@pytest.mark.parametrize(
    "arguments", [{"lines": "x"}, {"path": "$.a.b"}, {"path": "$["}, {"lines": "99999"}, {"lines": {"a": 1}}]
)
def test_a_slice_that_cannot_be_cut_says_how_to_go_on(arguments: dict[str, Any]) -> None:
    found = answer(HEADROOM, {"ref": SMALL.ref, **arguments}, scope="local")
    assert found.is_error
    assert found.text


def test_empty_arguments_are_as_if_absent() -> None:
    assert ask(ref=SMALL.ref, lines="", query="", path=None) == ask(ref=SMALL.ref)


def test_a_path_may_be_written_as_a_number() -> None:
    HEADROOM.store.put(HEADROOM.scope(), {(ref := ref_of(TWO)): TWO}, now=HEADROOM.clock())
    assert HEADROOM.tool.invoke({"ref": ref, "path": 8}) == "second"
