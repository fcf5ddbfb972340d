"""The Agno wire: its laws on generated histories, a table of what is read, then what stays."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

pytest.importorskip("agno", reason="agno is an extra")

from agno.media import Image
from agno.models.message import Message
from agno.tools.function import Function
from hypothesis import strategies as st

from headroom.content import Block
from headroom.errors import WireError
from headroom.testing.wires import WireTests
from headroom.wire.agno import AgnoRequest, AgnoWire, Messages

TEXTS = ("", "x", "two\nlines", "\ud800", "é 😀", "words " * 20)
OPAQUE: tuple[Any, ...] = (
    {"type": "image_url", "image_url": {"url": "https://a/b.png"}},
    {"type": "thinking", "thinking": "t", "signature": "s"},
    {"inline": b"\x89PNG"},
    {"type": "text", "text": None},
)
KINDS = st.sampled_from(["user", "system", "assistant", "assistant", "tool", "tool", "tool", "developer"])
HISTORIES: st.SearchStrategy[Messages] = st.builds(
    lambda kinds, seed: [_message(kind, Random(f"{seed} {n}")) for n, kind in enumerate(kinds)],
    st.lists(KINDS, max_size=5),
    st.integers(0, 2**32),
)


def _message(role: str, rng: Random) -> Message:
    said: dict[str, Any] = {"role": role, "content": _content(rng), "from_history": rng.random() < 0.5}
    if role == "assistant":
        said |= {"tool_calls": [_call(rng) for _ in range(rng.randrange(3))], "provider_data": {"id": 1}}
        said |= {"reasoning_content": "why", "redacted_reasoning_content": "x"}
    if role == "tool":
        said |= {"tool_call_id": rng.choice(["c1", "c2", None]), "tool_name": "ls", "tool_args": {"b": 1, "a": "é"}}
        said |= {"tool_call_error": rng.choice([None, False, True]), "compressed_content": rng.choice([None, *TEXTS])}
    if role == "user":
        said |= {"images": [Image(url="https://a/b.png")], "name": "n"}
    return Message(**said)


def _content(rng: Random) -> Any:
    if rng.random() < 0.5:
        return rng.choice([None, *TEXTS])
    return [_part(rng) for _ in range(rng.randrange(4))]


def _part(rng: Random) -> Any:
    text = rng.choice(TEXTS)
    return rng.choice([text, {"type": "text", "text": text, "cache_control": {}}, rng.choice(OPAQUE)])


def _call(rng: Random) -> dict[str, Any]:
    arguments = rng.choice(['{"b": 1, "a": [2.0]}', "{broken", {"b": 1}, None])
    return {"id": rng.choice(["c1", "c2"]), "type": "function", "function": {"name": "Bash", "arguments": arguments}}


def respoken(message: Message) -> Message:
    """Return a message that says the same, as a session gives it back."""
    content: Any = message.content
    if isinstance(content, str) and content:
        content = [{"type": "text", "text": content}]
    elif isinstance(content, list):
        content = [{**part, "cache_control": {"x": 1}} if isinstance(part, dict) else part for part in content]
    images = [Image(url=each.url) for each in message.images] if message.images else None
    return message.model_copy(update={"content": content, "id": "other", "from_history": True, "images": images})


class TestAgnoWire(WireTests[Messages]):
    wire = AgnoWire()

    def requests(self) -> st.SearchStrategy[Messages]:
        return HISTORIES

    def alike(self) -> st.SearchStrategy[tuple[Messages, Messages]]:
        return HISTORIES.map(lambda messages: (messages, [respoken(message) for message in messages]))

    def assert_untouched(self, before: Messages, after: Messages, changes: list[tuple[Block, str]]) -> None:
        assert len(before) == len(after)
        new = {block.place: text for block, text in changes}
        for index, (old, message) in enumerate(zip(before, after, strict=True)):
            if not any(place[0] == index for place in new):  # type: ignore[index]
                assert message is old
                continue
            field = "compressed_content" if self.wire.short and old.compressed_content is not None else "content"
            aside = {field}
            assert old.model_dump(exclude=aside) == message.model_dump(exclude=aside)
            was, now = getattr(old, field), getattr(message, field)
            if isinstance(was, str):
                assert now == new[index, None]
                continue
            for position, (part, changed) in enumerate(zip(was, now, strict=True)):
                text = new.get((index, position))
                expected = part if text is None else text if isinstance(part, str) else {**part, "text": text}
                assert expected == changed


class TestShortAgnoWire(TestAgnoWire):
    wire = AgnoWire(short=True)


# -- what is read ---------------------------------------------------------------------------------------------------


def asked(**result: Any) -> list[Message]:
    call = {"id": "c1", "type": "function", "function": {"name": "grep", "arguments": '{"q": "é", "n": 1}'}}
    return [
        Message(role="system", content="Be brief."),
        Message(role="user", content="Where?"),
        Message(role="assistant", tool_calls=[call]),
        Message(**{"role": "tool", "content": "here", "tool_call_id": "c1", "tool_name": "other", **result}),
    ]


def last(messages: list[Message], **wire: bool) -> Block:
    return list(AgnoWire(**wire).read(messages).blocks())[-1]  # type: ignore[arg-type]


def test_a_result_names_the_call_that_it_answers() -> None:
    expected = Block("here", "tool_result", "tool", "grep", '{"n":1,"q":"é"}', place=(3, None))
    assert expected == last(asked())
    alone = last(asked(tool_args={"b": 1, "a": 2})[3:])
    assert (alone.tool, alone.arguments) == ("other", '{"a":2,"b":1}')


@pytest.mark.parametrize(
    ("result", "wire", "expected"),
    [
        ({"tool_call_error": True}, {}, ("tool_result", "tool", True)),
        ({"role": "user"}, {}, ("tool_result", "tool", False)),
        ({"compressed_content": "h"}, {}, ("tool_result", "tool", False)),
        ({"compressed_content": "h"}, {"short": True}, ("text", "tool", False)),
        ({"content": '<result id="r1" tool="grep" lines="9">\nhead'}, {}, ("text", "tool", False)),
        ({"content": '<result tool="grep" stored="false">'}, {}, ("text", "tool", False)),
    ],
)
def test_what_may_shrink(result: dict[str, Any], wire: dict[str, bool], expected: tuple[str, str, bool]) -> None:
    """What others made short stays: Agno's compression, its envelopes, and what its tools read back."""
    block = last(asked(**result), **wire)
    assert expected == (block.kind, block.role, block.is_error)


def test_what_agno_reads_back_is_left_alone() -> None:
    messages = asked()
    messages[2].tool_calls[0]["function"]["name"] = "read_result"  # type: ignore[index]
    assert last(messages).kind == "text"


def test_a_request_has_its_system_prompt_and_tools_in_its_head() -> None:
    function = Function(name="ls", description="List.")
    tools = [{"type": "function", "function": function.to_dict()}, {"type": "web_search"}, function]
    conversation = AgnoRequest(asked(), tools=tools, model="gpt-4o", clears=True).conversation
    assert conversation.tools == ("ls", "web_search", "ls")
    assert conversation.head.endswith("Be brief.")
    assert json.loads(conversation.head.removesuffix("Be brief."))[1] == {"type": "web_search"}
    assert conversation.messages[0].blocks == ()
    assert (conversation.model, conversation.clears) == ("gpt-4o", True)


def test_another_picture_is_another_message() -> None:
    one, other = (Message(role="user", images=[Image(content=said)]) for said in (b"1", b"2"))
    first, second = (AgnoWire().read([message]).messages[0].digest for message in (one, other))
    assert first != second


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(WireError, match="no JSON form"):
        AgnoWire().read([Message(role="user", content=[object()])])


def test_messages_are_dropped_by_number() -> None:
    messages = asked()
    assert AgnoWire().drop(messages, ()) is messages
    assert messages[:2] == AgnoWire().drop(messages, {2, 3})
