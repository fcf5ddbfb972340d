"""The Messages wire: its laws on generated and recorded bodies, then one regression per case."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.content import Block
from headroom.errors import WireError
from headroom.testing.wires import HttpWireTests, assert_only_changed
from headroom.wire.anthropic import ANTHROPIC
from headroom.wire.splice import dumps
from tests.wire.bodies import alike, bodies, respoken, spelt

DEFINITION = '{"name": "probe", "description": "Answers.", "input_schema": {"type": "object"}}'
BIG_INT = 2**63 + 1


class TestAnthropicWire(HttpWireTests):
    wire = ANTHROPIC
    definition = DEFINITION

    def requests(self) -> st.SearchStrategy[bytes]:
        return bodies()

    def alike(self) -> st.SearchStrategy[tuple[bytes, bytes]]:
        return alike()


@given(raw=bodies())
def test_every_string_a_client_wrote_is_read_in_order(raw: bytes) -> None:
    assert _expected(json.loads(raw)) == [
        (b.role, b.kind, b.tool, b.arguments, b.is_error, b.text) for b in ANTHROPIC.read(raw).blocks()
    ]


@given(raw=bodies(), more=st.lists(st.sampled_from(['{"role":"user","content":"é"}', "{}"]), max_size=3))
def test_messages_are_taken_out_put_in_and_added_with_no_other_difference(raw: bytes, more: list[str]) -> None:
    texts = ANTHROPIC.messages(raw)
    assert json.loads(raw)["messages"] == [json.loads(text) for text in texts]
    assert raw == ANTHROPIC.replace_messages(raw, {n: [text] for n, text in enumerate(texts)})
    assert [*texts, *more] == ANTHROPIC.messages(ANTHROPIC.append_messages(raw, more))
    for index in range(len(texts)):
        expected = [*texts[:index], *more, *texts[index + 1 :]]
        written = ANTHROPIC.replace_messages(raw, {index: more})
        assert expected == ANTHROPIC.messages(written)
        assert {**json.loads(raw), "messages": 0} == {**json.loads(written), "messages": 0}


def test_messages_that_go_leave_valid_json() -> None:
    raw = (
        b'{"messages" : [ 1 , 2 , 3 , 4 ] }'.replace(b"1", b'{"a":1}')
        .replace(b"2", b"{}")
        .replace(b"3", b"{ }")
        .replace(b"4", b'{"d":4}')
    )
    texts = ANTHROPIC.messages(raw)
    for gone in range(16):
        written = ANTHROPIC.replace_messages(raw, {n: [] for n in range(4) if gone >> n & 1})
        assert [text for n, text in enumerate(texts) if not gone >> n & 1] == ANTHROPIC.messages(written)


def test_nothing_to_replace_or_append_returns_the_same_object() -> None:
    raw = _raw(messages=[{"role": "user", "content": "hi"}])
    assert ANTHROPIC.replace_messages(raw, {}) is raw
    assert ANTHROPIC.append_messages(raw, []) is raw
    assert ANTHROPIC.append_messages(b'{"messages":[ ]}', ["{}"]) == b'{"messages":[{} ]}'


def test_a_remembered_message_is_read_like_a_new_one() -> None:
    """What was seen before is compared, not parsed: a longer or other message that begins alike is itself."""
    short = '{"role":"user","content":[{"type":"text","text":"' + "x" * 300 + '"}]}'
    longer = short.replace('"}]}', '"},{"type":"text","text":"more"}]}')
    for messages in ([short], [short, longer], [longer, short], [short, short]):
        raw = f'{{"messages":[{",".join(messages)}]}}'.encode()
        expected = [part["text"] for message in messages for part in json.loads(message)["content"]]
        assert expected == [block.text for block in ANTHROPIC.read(raw).blocks()]
        changes = [(block, f"new {n}") for n, block in enumerate(ANTHROPIC.read(raw).blocks())]
        assert_only_changed(raw, ANTHROPIC.write(raw, changes), changes)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "Expecting an object"),
        (b"[]", "Expecting an object"),
        (b'\xef\xbb\xbf{"messages":[]}', "Expecting an object"),
        ('{"messages":[]}'.encode("utf-16"), "Expecting an object"),
        (b'{"messages":[]}x', "Extra data"),
        (b'{"messages":[]', "Expecting ',' or '}'"),
        (b'{"messages":[],}', "key in double quotes"),
        (b'{"messages":[{}', "Expecting ',' or ']'"),
        (b'{"messages":[{}],"messages":[]}', "'messages' stands twice"),
        (b'{"messages":[{"role":"user","role":"assistant"}]}', "'role' stands twice"),
        (b'{"messages":[{"role":"user","content":[{"type":"text","text":"a","text":"b"}]}]}', "'text' stands twice"),
        (b'{"model":"m"}', "no messages"),
        (b'{"messages":null}', "Expecting an array"),
        (b'{"messages":{}}', "Expecting an array"),
        (b'{"messages":["hi"]}', "Expecting an object"),
        (b'{"messages":[{"role" "user"}]}', "Expecting ':'"),
        (b'{"messages":[{"role":"user","content":"\n"}]}', "control character"),
        (b'{"messages":[{"role":"user","content":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}", "too deeply"),
        (b'{"messages":[],"max_tokens":' + b"1" * 5000 + b"}", "integer string"),
    ],
)
def test_a_broken_body_is_refused_with_a_reason(raw: bytes, words: str) -> None:
    with pytest.raises(WireError, match=words.replace("[", r"\[")) as caught:
        ANTHROPIC.read(raw)
    assert str(caught.value).startswith("anthropic: ")


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"role": "user"},
        {"role": "user", "content": None},
        {"role": "user", "content": 7},
        {"role": "user", "content": {"type": "text", "text": "x"}},
        {
            "role": "user",
            "content": [None, "x", 1, [], {}, {"type": ["text"]}, {"type": "text"}, {"type": "text", "text": None}],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result"},
                {"type": "tool_result", "content": None},
                {"type": "tool_result", "content": [None, {"type": "text", "text": 1}]},
            ],
        },
        {"role": "assistant", "content": [{"type": "tool_use"}, {"type": "tool_use", "id": 1, "name": None}]},
        {"role": "assistant", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]},
        {"role": "role_of_2030", "content": "x"},
        {"role": ["user"], "content": "x"},
        {"content": "x"},
    ],
)
def test_what_cannot_be_read_is_skipped(message: dict[str, Any]) -> None:
    raw = _raw(messages=[message, {"role": "user", "content": "hi"}])
    assert [message.blocks for message in ANTHROPIC.read(raw).messages[:1]] == [()]
    assert [block.text for block in ANTHROPIC.read(raw).blocks()] == ["hi"]


def test_a_result_is_answered_by_the_nearest_call_before_it() -> None:
    def call(path: str) -> dict[str, Any]:
        return {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t", "name": "Read", "input": {"path": path, "a": 1}}],
        }

    raw = _raw(messages=[_result("orphan", "0"), call("x"), _result("t", "1"), call("é"), _result("t", "2")])
    expected = [("", "", "0"), ("Read", '{"a":1,"path":"x"}', "1"), ("Read", '{"a":1,"path":"é"}', "2")]
    assert expected == [(block.tool, block.arguments, block.text) for block in ANTHROPIC.read(raw).blocks()]


def test_the_head_counts_tools_and_system_as_they_stand() -> None:
    raw = b'{"system" : "be \\u00e9 brief", "messages":[], "tools": [ {"name":"a"} , {"type":"web_search_20250305","name":"web_search"}, {} ] }'
    read = ANTHROPIC.read(raw)
    assert read.head == '[ {"name":"a"} , {"type":"web_search_20250305","name":"web_search"}, {} ]"be \\u00e9 brief"'
    assert read.tools == ("a", "web_search")
    assert read.messages == ()


@pytest.mark.parametrize(
    ("choice", "forced"),
    [
        ({"type": "auto"}, False),
        ({"type": "any"}, True),
        ({"type": "tool", "name": "x"}, True),
        ({"type": "none"}, True),
        (None, False),
        ("any", False),
    ],
)
def test_a_choice_of_tools_that_leaves_the_model_none_is_forced(choice: object, forced: bool) -> None:
    assert ANTHROPIC.read(_raw(messages=[], tool_choice=choice)).forced is forced


@pytest.mark.parametrize("tools", [None, {}, "x", 7, [], [{}]])
def test_tools_of_another_form_are_left_to_the_provider(tools: object) -> None:
    raw = _raw(messages=[], tools=tools)
    assert ANTHROPIC.read(raw).tools == ()
    offered = ANTHROPIC.offer(raw, DEFINITION)
    assert (offered is raw) == (tools != [{}])


def test_marks_count_for_nothing_where_the_protocol_has_them_and_as_words_where_it_has_none() -> None:
    def digest(part: dict[str, Any], role: str = "user") -> bytes:
        return ANTHROPIC.read(_raw(messages=[{"role": role, "content": [part]}])).messages[0].digest

    mark = {"cache_control": {"type": "ephemeral"}}
    text = {"type": "text", "text": "x"}
    for outer in (
        {"type": "tool_result", "tool_use_id": "t"},
        {"type": "search_result"},
        {"type": "document", "source": {"type": "content"}},
    ):
        inner = outer.get("source", outer)
        assert isinstance(inner, dict)
        inner["content"] = [text]
        plain = digest(outer)
        inner["content"] = [{**text, **mark}]
        assert plain == digest({**outer, **mark})
        inner["content"] = "x"
        assert plain == digest(outer)
    call = {"type": "tool_use", "id": "t", "name": "n", "input": {}}
    assert digest(call, "assistant") == digest({**call, **mark}, "assistant")
    assert digest(call, "assistant") != digest({**call, "input": mark}, "assistant")
    assert digest(text) != digest(text, "assistant")


def test_a1_signed_thinking_is_the_same_bytes_when_a_result_elsewhere_changes() -> None:
    thinking = {"type": "thinking", "thinking": "1.0 \ud83d", "signature": "EqQB" + "x" * 40}
    messages = [{"role": "assistant", "content": [thinking] * 26 + [_call("t")]}, _result("t", "long " * 50)]
    raw = spelt({"messages": messages}, Random(1))
    changes = _results_changed(raw)
    written = ANTHROPIC.write(raw, changes)
    assert len(changes) == 1
    assert_only_changed(raw, written, changes)
    assert ANTHROPIC.messages(raw)[0] == ANTHROPIC.messages(written)[0]


def test_a2_server_tools_beside_signed_thinking_keep_their_indices() -> None:
    server = [
        {"type": "server_tool_use", "id": "s", "name": "tool_search", "input": {}},
        {"type": "tool_search_tool_result", "tool_use_id": "s", "content": {"type": "x"}},
    ]
    content = [{"type": "thinking", "thinking": "a", "signature": "b"}, *server, _call("t")]
    raw = _raw(messages=[{"role": "assistant", "content": content}, _result("t", "long " * 50)])
    written = json.loads(ANTHROPIC.write(raw, _results_changed(raw)))
    assert content == written["messages"][0]["content"]


def test_a3_a_lone_surrogate_escape_is_forwarded() -> None:
    raw = b'{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"\\ud83d","signature":"s"}]},{"role":"user","content":"\\uDC00 x"}]}'
    (block,) = ANTHROPIC.read(raw).blocks()
    assert block.text == "\udc00 x"
    assert ANTHROPIC.write(raw, [(block, "\udc00 y")]) == raw.replace(b"\\uDC00 x", b"\\udc00 y")


def test_a3_bytes_that_are_no_utf8_come_back_as_they_were() -> None:
    raw = b'{"messages":[{"role":"user","content":"\xff"},{"role":"user","content":"\xc3\xa9 \xf0\x9f\x98\x80"}],"\xfe":"\xed\xa0\x80"}'
    bad, good = ANTHROPIC.read(raw).blocks()
    assert (bad.text, good.text) == ("\udcff", "é 😀")
    assert ANTHROPIC.write(raw, [(good, "中")]) == raw.replace("é 😀".encode(), "中".encode())
    assert ANTHROPIC.append_messages(raw, ANTHROPIC.messages(raw)[:1]).count(b'"\xff"') == 2


def test_a4_nothing_compressed_leaves_bytes_equal() -> None:
    raw = b' {\n "messages" : [ {"content":"caf\\u00e9 \\/ \xc3\xa9", "role":"user"} ] ,"temperature":1.0,"seed":9007199254740993, "a":1e5 }\r\n'
    written = ANTHROPIC.write(raw, [(block, block.text) for block in ANTHROPIC.read(raw).blocks()])
    assert written is raw
    changes = [(block, "changed") for block in ANTHROPIC.read(raw).blocks()]
    assert_only_changed(raw, ANTHROPIC.write(raw, changes), changes)


def test_a5_the_system_prompt_stays_at_the_top() -> None:
    raw = _raw(system=[{"type": "text", "text": "be brief"}], messages=[{"role": "user", "content": "hi"}])
    written = json.loads(ANTHROPIC.write(raw, [(next(ANTHROPIC.read(raw).blocks()), "ho")]))
    assert written["system"] == [{"type": "text", "text": "be brief"}]
    assert [message["role"] for message in written["messages"]] == ["user"]


def test_a7_no_tools_stay_no_tools() -> None:
    for raw in (_raw(messages=[]), _raw(messages=[], tools=[])):
        assert ANTHROPIC.offer(raw, DEFINITION) is raw


def test_a9_what_is_not_read_is_unchanged_and_raises_nothing() -> None:
    opaque = [
        {"type": kind, "text": "x", "content": [{"type": "text", "text": "y"}]}
        for kind in (
            "server_tool_use",
            "web_search_tool_result",
            "mcp_tool_use",
            "mcp_tool_result",
            "document",
            "search_result",
            "image",
            "container_upload",
            "compaction",
        )
    ]
    result = {
        "type": "tool_result",
        "tool_use_id": "t",
        "content": [*opaque, {"type": "text", "text": "read"}, *opaque],
    }
    raw = _raw(messages=[{"role": "user", "content": [*opaque, result]}, {"role": "assistant", "content": opaque}])
    changes = _results_changed(raw)
    assert [block.text for block, _ in changes] == ["read"]
    assert_only_changed(raw, ANTHROPIC.write(raw, changes), changes)


def test_a10_four_marks_stay_four_in_their_places_over_eight_turns() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": "go", "cache_control": mark}]}
    ]
    for turn in range(8):
        messages += [{"role": "assistant", "content": [_call(f"t{turn}")]}, _result(f"t{turn}", f"{turn} " * 50)]
        marked = copy.deepcopy(messages)
        marked[-1]["content"][0]["cache_control"] = {"type": "ephemeral"}
        raw = _raw(
            tools=[{"name": "Bash", "cache_control": mark}],
            system=[{"type": "text", "text": "s", "cache_control": mark}],
            messages=marked,
        )
        changes = _results_changed(raw)
        written = ANTHROPIC.offer(ANTHROPIC.write(raw, changes), DEFINITION)
        assert_only_changed(raw, written.replace(b"," + DEFINITION.encode(), b""), changes)
        assert written.count(b"cache_control") == 4
        assert written.count(b'"ttl"') == 3


def test_a13_the_model_is_read_and_sent_as_it_stands() -> None:
    raw = _raw(model="claude-opus-4-8[1m]", messages=[{"role": "user", "content": "hi"}])
    assert ANTHROPIC.read(raw).model == "claude-opus-4-8[1m]"
    assert b'"claude-opus-4-8[1m]"' in ANTHROPIC.write(raw, [(next(ANTHROPIC.read(raw).blocks()), "ho")])


def test_a14_schemas_keep_every_property() -> None:
    names = ("title", "deprecated", "readOnly", "description", "cache_control", "messages", "name")
    tool = {
        "name": "Edit",
        "input_schema": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in names},
            "required": list(names),
        },
    }
    raw = _raw(tools=[tool], messages=[_result("t", "x")])
    written = json.loads(ANTHROPIC.offer(ANTHROPIC.write(raw, _results_changed(raw)), DEFINITION))
    assert [tool, json.loads(DEFINITION)] == written["tools"]


def test_a15_words_beside_results_stay() -> None:
    message = _result("t", "x")
    message["content"].append({"type": "text", "text": "and hurry"})
    raw = _raw(messages=[message])
    assert [(block.kind, block.text) for block in ANTHROPIC.read(raw).blocks()] == [
        ("tool_result", "x"),
        ("text", "and hurry"),
    ]
    written = json.loads(ANTHROPIC.write(raw, _results_changed(raw)))
    assert message["content"][1] == written["messages"][0]["content"][1]


def test_e5_a_moving_mark_changes_no_digest_and_no_other_byte() -> None:
    """Claude Code turns a one-text-block message into a string once its mark has moved on."""
    first = [{"role": "user", "content": [{"type": "text", "text": "go", "cache_control": {"type": "ephemeral"}}]}]
    then = [{"role": "user", "content": "go"}, {"role": "assistant", "content": [_call("t")]}, _result("t", "x")]
    assert _digests(_raw(messages=first)) == _digests(_raw(messages=then))[:1]


def test_e10_agents_that_share_a_system_prompt_are_told_apart_by_their_messages() -> None:
    raws = [_raw(system="same", messages=[{"role": "user", "content": f"task {n}"}]) for n in range(3)]
    assert len({tuple(_digests(raw)) for raw in raws}) == 3


def test_recorded_bodies_keep_the_laws_however_they_are_spelt(shared: Path) -> None:
    results = 0
    for said in _recorded(shared):
        for seed in range(3):
            rng = Random(seed)
            raw = spelt(said, rng) if seed else json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
            read = ANTHROPIC.read(raw)
            assert _expected(said) == [(b.role, b.kind, b.tool, b.arguments, b.is_error, b.text) for b in read.blocks()]
            assert _digests(raw) == _digests(spelt(respoken(said, rng), rng))
            assert ANTHROPIC.write(raw, []) is raw
            changes = _results_changed(raw)
            results += len(changes)
            assert_only_changed(raw, ANTHROPIC.write(raw, changes), changes)
            changes = [(block, f"changed-{n}.") for n, block in enumerate(read.blocks())]
            assert_only_changed(raw, ANTHROPIC.write(raw, changes), changes)
            assert len(read.tools) == len(said.get("tools") or ())
    assert results >= 3 * 6


def test_recorded_turns_of_one_session_share_their_digests(shared: Path) -> None:
    turns = [
        json.loads((shared / f"wire/claude-code-2.1.197/tools/{n}.json").read_text())["body"]
        for n in ("003", "004", "005")
    ]
    digests = [_digests(json.dumps(turn).encode()) for turn in turns]
    for earlier, later in itertools.pairwise(digests):
        assert earlier == later[: len(earlier)]


def _recorded(shared: Path) -> list[dict[str, Any]]:
    files = sorted(
        file
        for folder in ("claude-code-2.1.197", "opencode-1.18.33_and_aider-0.86.2")
        for file in (shared / "wire" / folder).rglob("*.json")
    )
    requests = [json.loads(file.read_text()) for file in files]
    return [request["body"] for request in requests if "/v1/messages" in request["path"]]


def _expected(said: dict[str, Any]) -> list[tuple[str, str, str, str, bool, str]]:
    """Return what must be read from a body, worked out from its parsed form."""
    roles = {"user": "human", "assistant": "assistant", "system": "system"}
    calls: dict[str, tuple[str, str]] = {}
    found: list[tuple[str, str, str, str, bool, str]] = []
    for message in said["messages"]:
        for part in _as_parts(message["content"]):
            if part["type"] == "tool_use":
                calls[part["id"]] = (
                    part["name"],
                    json.dumps(part["input"], sort_keys=True, separators=(",", ":"), ensure_ascii=False),
                )
            if part["type"] == "text":
                found.append((roles[message["role"]], "text", "", "", False, part["text"]))
            if part["type"] == "tool_result":
                texts = [inner["text"] for inner in _as_parts(part["content"]) if inner["type"] == "text"]
                found += [
                    ("tool", "tool_result", *calls[part["tool_use_id"]], part.get("is_error") is True, text)
                    for text in texts
                ]
    return found


def _as_parts(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _raw(**body: object) -> bytes:
    return dumps(body).encode()


def _call(call: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": call, "name": "Bash", "input": {"command": "ls", "n": BIG_INT}}


def _result(call: str, content: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": content}]}


def _results_changed(raw: bytes) -> list[tuple[Block, str]]:
    results = (block for block in ANTHROPIC.read(raw).blocks() if block.kind == "tool_result")
    return [(block, f"changed-{n}.") for n, block in enumerate(results)]


def _digests(raw: bytes) -> list[bytes]:
    return [message.digest for message in ANTHROPIC.read(raw).messages]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (300, '"tool_result","content":"1h"'),
        (300, '"text","text":"\\"ttl\\":\\"1h\\""'),
        (300, '"text","text":"","cache_control":{"type":"ephemeral","ttl":"5m"}'),
        (3_600, '"text","text":"1h","cache_control":{"type":"ephemeral","ttl":"1h"}'),
        (3_600, '"text","text":"1h","cache_control":{"type":"ephemeral","ttl"  :  "1h"}'),
    ],
)
def test_a_mark_for_an_hour_is_told_from_other_words(seconds: float, said: str) -> None:
    raw = b'{"messages":[{"role":"user","content":[{"type":%s}]}]}' % said.encode()
    assert seconds == ANTHROPIC.read(raw).cache_seconds


def test_a_block_of_another_request_is_never_written() -> None:
    first = b'{"messages":[{"role":"user","content":"one"},{"role":"user","content":"two"}]}'
    block = ANTHROPIC.read(first).messages[1].blocks[0]
    for other in (first.replace(b"two", b"2nd"), first.replace(b"one", b"three"), b'{"messages":[]}'):
        with pytest.raises(WireError, match="read and write the same bytes"):
            ANTHROPIC.write(other, [(block, "other")])
