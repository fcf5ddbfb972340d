"""What turns are worth: explained, whole, and the same for everyone."""

from __future__ import annotations

from hypothesis import given
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom.scoring import Scorer, score, turns
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from headroom.wire.langchain import LANGCHAIN
from tests.laws.conversations import body, conversations


def call(number: int, text: str, command: str = "ls") -> list[BaseMessage]:
    asked = {"name": "bash", "args": {"command": command}, "id": f"c{number}", "type": "tool_call"}
    return [AIMessage("", tool_calls=[asked]), ToolMessage(text, tool_call_id=f"c{number}", name="bash")]


@given(conversations())
def test_turns_cover_the_messages_and_scores_explain_themselves(messages: list[BaseMessage]) -> None:
    scores = Scorer().invoke(messages)
    assert list(range(len(messages))) == [n for each in scores for n in range(each.turn.start, each.turn.end)]
    for each in scores:
        assert each.points == sum(points for _, points in each.why)
        first = messages[each.turn.start]
        assert not isinstance(first, ToolMessage) or each.turn.start == 0
    assert scores == Scorer().invoke(messages)


@given(conversations())
def test_wires_agree(messages: list[BaseMessage]) -> None:
    said = [m for m in messages if not isinstance(m, SystemMessage)]
    request = WireRequest(body(said), ANTHROPIC)
    assert len(turns(LANGCHAIN.read(said).messages)) >= len(Scorer().invoke(request)) > 0


def test_pins() -> None:
    messages = [SystemMessage("s"), HumanMessage("task"), *call(0, "a"), HumanMessage("newest"), *call(1, "b")]
    assert [each.pinned for each in Scorer().invoke(messages)] == [
        "system",
        "task",
        "",
        "newest human message",
        "newest turn",
    ]


def test_what_later_turns_use_is_worth_more() -> None:
    messages = [
        HumanMessage("Find it."),
        *call(0, "the row row_17 is at shelf_4"),
        *call(1, "nothing of note here"),
        *call(2, "ok", command="show row_17 shelf_4"),
    ]
    used, unused = Scorer().invoke(messages)[1:3]
    assert ("used", 80) in used.why
    assert used.points > unused.points


def test_errors_and_humans_are_worth_more() -> None:
    messages = [HumanMessage("go"), *call(0, "ERROR: disk full"), HumanMessage("and then"), *call(1, "fine")]
    scores = Scorer().invoke(messages)
    assert ("errors", 100) in scores[1].why
    assert ("role", 150) in scores[2].why


def test_no_messages_no_scores() -> None:
    assert score(LANGCHAIN.read([])) == []
