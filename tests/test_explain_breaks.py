"""`headroom explain` with several requests: which bytes broke the prefix, and who changed them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headroom.cli import cli
from headroom.content import Plan
from headroom.context import Headroom
from headroom.errors import ConfigError
from headroom.explain_breaks import compare
from tests.laws.conversations import body, headroom, log, rows, tool_run

FIRST = json.loads(body(tool_run(rows(80)), offered=False))
MORE = [{"role": "assistant", "content": "Row 40."}, {"role": "user", "content": "and?"}]
SECOND = {**FIRST, "messages": [*FIRST["messages"], *MORE]}


def step(*bodies: Any) -> tuple[bool, str | None, str, str, str]:
    (found,) = compare([json.dumps(each) for each in bodies], headroom=headroom(), offered=True)
    return found.whole, found.cause, found.where, found.was, found.now


def test_a_growing_conversation_is_whole() -> None:
    assert step(FIRST, SECOND) == (True, None, "", "", "")


def test_marks_that_move_break_nothing() -> None:
    marked = json.loads(json.dumps(SECOND))
    marked["messages"][-1]["content"] = [{"type": "text", "text": "and?", "cache_control": {"type": "ephemeral"}}]
    assert step(marked, SECOND)[0]


def test_e12_a_clients_change_is_shown_with_its_bytes() -> None:
    whole, cause, where, was, now = step(
        {**FIRST, "system": "It is 10:41 now."}, {**SECOND, "system": "It is 10:42 now."}
    )
    assert (whole, cause, where) == (False, "client", "system.0")
    assert was.endswith('It is 10:41 now."}')
    assert now.endswith('It is 10:42 now."}')


def test_e12_a_change_of_tools_or_of_the_model_is_named() -> None:
    tool = {"name": "more", "input_schema": {}}
    assert step(FIRST, {**SECOND, "tools": [tool, *FIRST["tools"]]})[1:3] == ("client", "tools.0")
    assert step(FIRST, {**SECOND, "model": "other"})[1:3] == ("client", "model")
    assert step(FIRST, {**SECOND, "tool_choice": {"type": "any"}})[1:3] == ("client", "parameters")


def test_e12_our_own_change_is_laid_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    hr = headroom()
    plan = Headroom.plan

    def lazy(self: Headroom, input: Any, *args: Any, **kwargs: Any) -> Plan:
        made = plan(self, input, *args, **kwargs)
        return made if "and?" in str(getattr(input, "raw", input)) else Plan(lineages=made.lineages)

    monkeypatch.setattr(Headroom, "plan", lazy)
    (found,) = compare([json.dumps(FIRST), json.dumps(SECOND)], headroom=hr, offered=True)
    assert (found.cause, found.where) == ("us", "messages.2.content.0")


def test_chats_have_a_prefix_too_and_texts_have_none() -> None:
    chat = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    assert step(chat, [*chat, {"role": "user", "content": "x"}])[0]
    assert step(chat, [{"role": "user", "content": "ho"}])[1:3] == ("client", "messages.0")
    with pytest.raises(ConfigError, match="file 2"):
        compare([json.dumps(chat), log(9)], headroom=headroom(), offered=True)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_DATABASE_URL", "sqlite:///:memory:")
    files = []
    for number, each in enumerate([FIRST, SECOND, {**SECOND, "system": "Else."}]):
        files.append(str(tmp_path / f"{number}.json"))
        Path(files[-1]).write_text(json.dumps(each))
    shown = CliRunner().invoke(cli, ["explain", *files], catch_exceptions=False).output
    assert "1 of 2 requests could not read on" in shown
    assert "system.0, character" in shown
    found = json.loads(CliRunner().invoke(cli, ["explain", "--json", *files], catch_exceptions=False).output)
    assert [(each["number"], each["cause"]) for each in found] == [(2, None), (3, "client")]
