"""`headroom demo`: what it claims is read from the text it shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from headroom.cli import cli
from headroom.content import Block, Compressed, Decision
from headroom.context import Headroom
from headroom.demo import FATAL, QUESTIONS, entries, find, report
from headroom.settings import Settings


@pytest.fixture
def headroom() -> Headroom:
    return Headroom(Settings(database_url="sqlite:///:memory:"))


def test_the_demo_shows_tokens_answers_and_what_can_be_fetched() -> None:
    result = CliRunner().invoke(cli, ["demo"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "11,916 → " in result.output
    assert [str(FATAL[field]) in result.output for field in QUESTIONS.values()] == [True] * 4
    assert "not inline" not in result.output
    assert "byte for byte: yes" in result.output
    assert '"request_id": "req-000066"' in result.output
    assert "\x1b[" not in result.output


def test_the_demo_leaves_the_store_of_the_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_DATABASE_URL", f"sqlite:///{tmp_path / 'originals.db'}")
    CliRunner().invoke(cli, ["demo"], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_long_lines_are_not_wrapped_when_piped(headroom: Headroom) -> None:
    shown = CliRunner().invoke(cli, ["demo"], catch_exceptions=False).output
    small = headroom.compress(json.dumps(entries(), indent=2), query="outage")
    assert small.split("\n")[1] in shown


def test_an_answer_that_is_missing_is_said_to_be(headroom: Headroom, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(entries()).replace("PG-5523", "PG-55230")
    decision = Decision(block=Block(text=text), reason="no_saving", text=text, tokens_before=9, tokens_after=9)
    monkeypatch.setattr(Headroom, "compress", lambda *_, **__: Compressed(decision))
    said = {
        line.plain[:34].strip(): line.plain[34:] for line in report(headroom) if line.plain[:34].strip() in QUESTIONS
    }
    assert said["What is the error code?"] == "not inline"
    assert said["How many requests were affected?"].startswith("1847  (line ")


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb 1847 c", 2), ("affected 1847\nrow 1847", 2), ("18470\n11847", None), ("", None), ("x=1847", 1)],
)
def test_an_answer_is_found_as_a_whole_word_on_its_last_line(text: str, line: int | None) -> None:
    assert find("1847", text) == line


def test_entries_are_the_same_every_time_and_only_one_differs() -> None:
    assert entries() == entries()
    assert [n for n, entry in enumerate(entries(), 1) if entry["level"] == "FATAL"] == [67]
    assert {str(FATAL[field]) for field in QUESTIONS.values()} <= {str(value) for value in entries()[66].values()}
