"""The LangChain wire: its laws on generated histories, a table of what may be passed in, then regressions."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue

from headroom.content import Block
from headroom.errors import WireError
from headroom.testing.wires import WireTests
from headroom.wire.langchain import LANGCHAIN, coerce

TEXTS = ("", "x", "two\nlines", "\ud800", "é 😀", "words " * 20)
MARKS: tuple[dict[str, Any], ...] = ({}, {"cache_control": {"type": "ephemeral"}}, {"id": "lc_1"})
OPAQUE: tuple[dict[str, Any], ...] = (
    {"type": "image", "base64": "iVBORw0=", "mime_type": "image/png", "id": "lc_2"},
    {"type": "file", "url": "https://a/b"},
    {"type": "thinking", "thinking": "t", "signature": "s", "text": "no text block"},
    {"type": "reasoning", "encrypted_content": "x"},
    {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}},
    {"type": "text", "text": None},
    {"no": "type"},
)
EXTRAS: tuple[dict[str, Any], ...] = ({}, {"cache_control": {"type": "ephemeral"}, "reasoning": [1]})
KINDS = st.sampled_from(["human", "system", "ai", "ai", "tool", "tool", "tool", "chat", "function"])
HISTORIES: st.SearchStrategy[Sequence[BaseMessage]] = st.builds(
    lambda kinds, seed: _history(kinds, Random(seed)), st.lists(KINDS, max_size=5), st.integers(0, 2**32)
)


def _history(kinds: list[str], rng: Random) -> list[BaseMessage]:
    return [_message(kind, rng) for kind in kinds]


def _message(kind: str, rng: Random) -> BaseMessage:
    said: dict[str, Any] = {
        "content": _content(rng),
        "id": rng.choice([None, "m1"]),
        "additional_kwargs": rng.choice(EXTRAS),
    }
    match kind:
        case "human":
            return HumanMessage(**said)
        case "system":
            return SystemMessage(**said)
        case "ai":
            calls = [_call(rng) for _ in range(rng.randrange(3))]
            return AIMessage(**said, tool_calls=calls, response_metadata=rng.choice(EXTRAS))
        case "tool":
            call, status = rng.choice(["c1", "c2", "c3"]), rng.choice(["success", "error"])
            artifact = rng.choice([None, {"structured_content": {"a": 1}}])
            return ToolMessage(**said, tool_call_id=call, status=status, artifact=artifact)
        case "chat":
            return ChatMessage(**said, role=rng.choice(["user", "assistant", "critic"]))
    return FunctionMessage(**said, name="f")


def _content(rng: Random) -> str | list[Any]:
    return rng.choice(TEXTS) if rng.random() < 0.4 else [_part(rng) for _ in range(rng.randrange(4))]


def _part(rng: Random) -> Any:
    text = rng.choice(TEXTS)
    return rng.choice(
        [
            text,
            {"type": "text", "text": text, **rng.choice(MARKS)},
            {"text": text, "type": "text"},
            dict(rng.choice(OPAQUE)),
        ]
    )


def _call(rng: Random) -> dict[str, Any]:
    arguments = {key: rng.choice([*TEXTS, 1.0, 2**60, None]) for key in rng.sample("abc", 2)}
    return {"name": "Bash", "args": arguments, "id": rng.choice(["c1", "c2", None])}


def respoken(message: BaseMessage) -> BaseMessage:
    """Return a message that says the same: the ids and marks of its blocks gone, one text block for a string."""
    content: Any = message.content
    if isinstance(content, str):
        content = [{"type": "text", "text": content, "cache_control": {"type": "ephemeral"}, "id": "lc_new"}]
    else:
        content = [
            {k: v for k, v in part.items() if k != "cache_control"} if isinstance(part, dict) else part
            for part in content
        ]
    return message.model_copy(update={"content": content, "id": "other", "response_metadata": {"model": "other"}})


class TestLangChainWire(WireTests[Sequence[BaseMessage]]):
    wire = LANGCHAIN

    def requests(self) -> st.SearchStrategy[Sequence[BaseMessage]]:
        return HISTORIES

    def alike(self) -> st.SearchStrategy[tuple[Sequence[BaseMessage], Sequence[BaseMessage]]]:
        return HISTORIES.map(lambda messages: (messages, [respoken(message) for message in messages]))

    def assert_untouched(
        self, before: Sequence[BaseMessage], after: Sequence[BaseMessage], changes: list[tuple[Block, str]]
    ) -> None:
        new = {block.place: text for block, text in changes}
        changed = {block.place[0] for block, _ in changes}  # type: ignore[index]
        for index, (old, message) in enumerate(zip(before, after, strict=True)):
            assert (message is old) == (index not in changed)
            assert type(message) is type(old)
            assert {**old.model_dump(), "content": 0} == {**message.model_dump(), "content": 0}
            if isinstance(old.content, str):
                assert new.get((index, None), old.content) == message.content
                continue
            for position, (part, written) in enumerate(zip(old.content, message.content, strict=True)):
                text = new.get((index, position))
                if text is None:
                    assert part is written
                else:
                    assert written == (text if isinstance(part, str) else {**part, "text": text})
                    assert list(written) == list(part) if isinstance(part, dict) else True


def test_a_result_carries_its_call_and_its_error() -> None:
    history = [
        AIMessage("", tool_calls=[{"name": "Read", "args": {"path": "é", "a": 1}, "id": "c1"}]),
        ToolMessage("found", tool_call_id="c1", name="other"),
        ToolMessage("lost", tool_call_id="c9", name="named", status="error"),
        FunctionMessage("old", name="f"),
    ]
    results = list(LANGCHAIN.read(history).blocks())[1:]
    assert [(b.kind, b.role, b.tool, b.arguments, b.is_error, b.text) for b in results] == [
        ("tool_result", "tool", "Read", '{"a":1,"path":"é"}', False, "found"),
        ("tool_result", "tool", "named", "", True, "lost"),
        ("tool_result", "tool", "f", "", False, "old"),
    ]


@pytest.mark.parametrize(
    ("message", "role"),
    [
        (HumanMessage("x"), "human"),
        (AIMessage("x"), "assistant"),
        (AIMessageChunk(content="x"), "assistant"),
        (SystemMessage("x"), "system"),
        (ToolMessage("x", tool_call_id="c"), "tool"),
        (ChatMessage("x", role="user"), "human"),
        (ChatMessage("x", role="ai"), "assistant"),
        (ChatMessage("x", role="tool"), "tool"),
        (ChatMessage("x", role="developer"), "system"),
        (ChatMessage("x", role="critic"), "system"),
        (RemoveMessage(id="m"), "system"),
    ],
)
def test_everyone_who_speaks_has_a_role(message: BaseMessage, role: str) -> None:
    assert LANGCHAIN.read([message]).messages[0].role == role


def test_mcp_content_is_read_block_by_block_and_keeps_ids_and_order() -> None:
    image = {"type": "image", "base64": "iVBORw0=", "mime_type": "image/png", "id": "lc_2"}
    content = [{"type": "text", "text": "one", "id": "lc_1"}, image, {"type": "text", "text": "two", "id": "lc_3"}]
    message = ToolMessage(content, tool_call_id="c", artifact={"structured_content": {"a": 1}})
    one, two = LANGCHAIN.read([message]).blocks()
    (written,) = LANGCHAIN.write([message], [(two, "2")])
    assert (one.text, two.text) == ("one", "two")
    assert written.content == [content[0], image, {"type": "text", "text": "2", "id": "lc_3"}]


def test_a_streamed_reply_is_the_same_message_as_a_whole_one() -> None:
    calls = [{"name": "f", "args": {"a": 1}, "id": "c"}]
    whole = AIMessage([{"type": "text", "text": "x"}], tool_calls=calls)
    streamed = AIMessageChunk(
        content=[{"type": "text", "text": "x", "index": 0}],
        tool_call_chunks=[{"name": "f", "args": '{"a": 1}', "id": "c", "index": 0}],
    )
    assert _digest(whole) == _digest(streamed)


@pytest.mark.parametrize(
    "other",
    [
        AIMessage("x"),
        AIMessage("y", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "c"}]),
        AIMessage("x", tool_calls=[{"name": "g", "args": {"a": 1}, "id": "c"}]),
        AIMessage("x", tool_calls=[{"name": "f", "args": {"a": 2}, "id": "c"}]),
        AIMessage("x", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "d"}]),
        HumanMessage("x"),
        ToolMessage("x", tool_call_id="c"),
        ToolMessage("x", tool_call_id="d"),
        ToolMessage("x", tool_call_id="c", status="error"),
        ChatMessage("x", role="critic"),
        ChatMessage("x", role="judge"),
        AIMessage([{"type": "image", "base64": "a"}]),
        AIMessage([{"image": {"bytes": b"a"}}]),
        AIMessage([{"image": {"bytes": b"b"}}]),
    ],
)
def test_what_says_something_else_has_another_digest(other: BaseMessage) -> None:
    others = {
        _digest(AIMessage("x", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "c"}])),
        _digest(ToolMessage("x", tool_call_id="c", name="n")),
        _digest(HumanMessage("y")),
    }
    assert _digest(other) not in others


@pytest.mark.parametrize("arguments", [{"when": object()}, {"loop": None}])
def test_what_has_no_json_form_is_refused(arguments: dict[str, Any]) -> None:
    if "loop" in arguments:
        arguments["loop"] = arguments
    message = AIMessage.model_construct(content="", tool_calls=[{"name": "f", "args": arguments, "id": "c"}])
    with pytest.raises(WireError, match="no JSON form"):
        LANGCHAIN.read([message])


def test_messages_are_taken_as_they_are() -> None:
    history = [HumanMessage("x")]
    assert coerce(history) is history


@pytest.mark.parametrize(
    "given",
    [
        (HumanMessage("hi"),),
        "hi",
        ["hi"],
        [("human", "hi")],
        [{"role": "user", "content": "hi"}],
        StringPromptValue(text="hi"),
        ChatPromptValue(messages=[HumanMessage("hi")]),
    ],
)
def test_whatever_a_chat_model_takes_is_taken(given: object) -> None:
    assert coerce(given) == [HumanMessage("hi")]


@pytest.mark.parametrize(
    "given",
    [
        None,
        5,
        {"messages": []},
        b"hi",
        HumanMessage("hi"),
        [5],
        [None],
        [("a",)],
        [{"role": "user"}],
        [{"role": "tool", "content": "x"}],
        [{"role": "critic", "content": "x"}],
    ],
)
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(WireError, match=r"^langchain: "):
        coerce(given)


def test_b1_calls_without_usable_arguments_raise_nothing() -> None:
    invalid = {"name": "f", "args": None, "id": "c", "error": None}
    history = [AIMessage("", invalid_tool_calls=[invalid]), ToolMessage("x", tool_call_id="c", name="f")]
    assert [(block.tool, block.text) for block in LANGCHAIN.read(history).blocks()] == [("", ""), ("f", "x")]


@pytest.mark.parametrize("arguments", [None, "", "{", "[1]"])
def test_b1_dicts_that_no_message_can_be_made_of_are_refused_in_one_way(arguments: object) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    with pytest.raises(WireError, match=r"^langchain: not a list of messages"):
        coerce([{"role": "assistant", "content": "", "tool_calls": [call]}])


def test_b2_content_that_is_a_list_stays_a_list() -> None:
    message = ToolMessage([{"type": "text", "text": "long"}], tool_call_id="c")
    (block,) = LANGCHAIN.read([message]).blocks()
    assert LANGCHAIN.write([message], [(block, "short")])[0].content == [{"type": "text", "text": "short"}]


def test_b3_parallel_results_keep_ids_order_and_count() -> None:
    calls = [{"name": "f", "args": {"n": n}, "id": f"c{n}"} for n in range(3)]
    history = [
        AIMessage("", tool_calls=calls),
        *(ToolMessage(f"result {n}", tool_call_id=f"c{n}", id=f"m{n}") for n in range(3)),
    ]
    blocks = [block for block in LANGCHAIN.read(history).blocks() if block.kind == "tool_result"]
    written = LANGCHAIN.write(history, [(blocks[1], "short")])
    assert [message.id for message in written] == [None, "m0", "m1", "m2"]
    assert [message.content for message in written[1:]] == ["result 0", "short", "result 2"]
    assert [block.arguments for block in blocks] == ['{"n":0}', '{"n":1}', '{"n":2}']


def test_g13_the_callers_messages_are_never_changed() -> None:
    history = [ToolMessage([{"type": "text", "text": "long"}, "tail"], tool_call_id="c", artifact={"a": [1]})]
    before = copy.deepcopy(history)
    blocks = list(LANGCHAIN.read(history).blocks())
    LANGCHAIN.write(history, [(block, "x") for block in blocks])
    assert before == history
    assert before[0].content == history[0].content


def test_g19_ids_and_metadata_stay_with_an_edited_message() -> None:
    extras = {"reasoning": [1], "function_call": {"name": "f", "arguments": "{}"}}
    message = ToolMessage(
        "long",
        tool_call_id="c",
        id="m",
        name="n",
        additional_kwargs=extras,
        response_metadata={"r": 1},
        artifact="a",
        status="error",
    )
    (block,) = LANGCHAIN.read([message]).blocks()
    (written,) = LANGCHAIN.write([message], [(block, "short")])
    assert {**message.model_dump(), "content": "short"} == written.model_dump()


def _digest(message: BaseMessage) -> bytes:
    return LANGCHAIN.read([message]).messages[0].digest
