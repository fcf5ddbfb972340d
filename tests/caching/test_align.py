"""Where marks belong, and that they get there without touching another byte."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage

from headroom.caching.align import Spot, cache_key, places
from headroom.caching.breaks import Break, Seen, broken, common, first_difference
from headroom.caching.rules import rules_of
from headroom.caching.simulate import Part, Request, bill, total
from headroom.content import Message, Role
from headroom.wire.anthropic import ANTHROPIC
from headroom.wire.parts import as_parts, without_marks
from tests.laws.conversations import body, conversations
from tests.wire.bodies import bodies

CLAUDE = rules_of("anthropic", "claude-sonnet-4-5")
NOVA = rules_of("bedrock", "amazon.nova-pro-v1:0")
GPT5 = rules_of("openai", "gpt-5")
GPT56 = rules_of("openai", "gpt-5.6")

_SPOTS: dict[str, Spot] = {
    "T": Spot("tools", "system"),
    "S": Spot("system", "system"),
    "s": Spot("messages", "system"),
    "u": Spot("messages", "human"),
    "r": Spot("messages", "tool"),
    "a": Spot("messages", "assistant"),
    "-": Spot("messages", "human", markable=False),  # an empty text
    "t": Spot("messages", "assistant", markable=False),  # thinking
}


def spots(text: str) -> list[Spot]:
    return [_SPOTS[sign] for sign in text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("u", []),  # a one-shot pays nothing for a cache that nobody reads
        ("Su", []),
        ("Sua", []),  # words put into the assistant's mouth are no answer
        ("TTu", [1, 2]),
        ("TSu", [0, 1, 2]),
        ("Suau", [0, 3]),
        ("uau", [2]),
        ("TSSuar", [0, 2, 5]),
        ("TSu-", [0, 1, 2]),  # not on an empty text
        ("TSus", [0, 1, 2]),  # nor on a system message among the others
        ("TSuaua", [0, 1, 5]),  # the last block is the prefilled one
        ("TSuta", [0, 1, 4]),
        ("TSuat", [0, 1, 3]),  # nor on thinking
        ("T-", [0]),
        # a mark looks back over twenty blocks, itself included: the one before stands on the 20th, or has to be marked
        ("TSu" + "a" * 9 + "r" * 10, [0, 1, 21]),
        ("TSu" + "a" * 10 + "r" * 10, [0, 1, 2, 22]),
        ("TSuaru" + "a" * 30 + "r" * 30, [0, 1, 5, 65]),
        ("TSuar-" + "a" * 30 + "r" * 30, [0, 1, 4, 65]),
    ],
)
def test_where_marks_belong(text: str, expected: list[int]) -> None:
    assert sorted(places(spots(text), rules=CLAUDE)) == sorted(expected)
    assert places(spots(text), rules=NOVA) == places(spots(text), rules=CLAUDE)


def test_openai_takes_marks_from_5_6_on_and_there_each_is_looked_up_by_itself() -> None:
    assert places(spots("TSuarar"), rules=GPT5) == []
    assert places(spots("Suarar"), rules=GPT56) == [0, 3, 5]  # the end of the request before is marked again


@given(signs=st.text("TSsura-t", max_size=60))
def test_marks_are_few_in_order_and_stand_where_they_may(signs: str) -> None:
    ordered = sorted(signs, key=lambda sign: {"T": 0, "S": 1}.get(sign, 2))
    found = places(spots("".join(ordered)), rules=CLAUDE)
    assert found == sorted(set(found))
    assert len(found) <= 4
    assert all(ordered[n] not in "-ts" for n in found)


@given(turns=st.lists(st.tuples(st.integers(1, 45), st.integers(1, 45)), min_size=2, max_size=6))
def test_every_turn_reads_all_that_the_one_before_wrote(turns: list[tuple[int, int]]) -> None:
    """However many blocks a turn adds; a caller that marks the last block alone loses its prefix after twenty."""
    said, requests = "TSu", []
    for calls, results in turns:
        marked = set(places(spots(said), rules=CLAUDE))
        names = {"T": "tools", "S": "system"}
        parts = [
            Part((n, sign), 1100, names.get(sign, "messages"), mark="5m" if n in marked else None)  # type: ignore[arg-type]
            for n, sign in enumerate(said)
        ]
        requests.append(Request(10.0 * len(requests), parts))
        said += "a" * calls + "r" * results
    usages = bill(requests, CLAUDE)
    assert [usage.fresh for usage in usages] == [0] * len(usages)
    assert [usage.read for usage in usages[1:]] == [usage.tokens for usage in usages[:-1]]
    unmarked = [replace(each, parts=[p._replace(mark=None) for p in each.parts]) for each in requests]
    assert total(usages).cost < 1.25 * total(bill(unmarked, CLAUDE)).cost + 1


def message(role: Role, text: str) -> Message:
    return Message(role, text.encode().ljust(16))


def test_a_cache_key_is_a_conversations_own_and_stays() -> None:
    opening = [message("system", "s"), message("human", "first")]
    key = cache_key("local", opening)
    assert key == cache_key("local", [*opening, message("assistant", "a"), message("human", "b")])
    others = {
        cache_key("other", opening),
        cache_key("local", [message("system", "t"), opening[1]]),
        cache_key("local", [opening[0], message("human", "second")]),
        cache_key("local", []),
    }
    assert len({key, *others}) == 5
    assert len(key) <= 64  # OpenAI's limit


# -- on the wire ----------------------------------------------------------------------------------------------------


def aligned(raw: bytes) -> bytes:
    found = ANTHROPIC.spots(raw) or []
    return ANTHROPIC.mark(raw, [found[n] for n in places(found, rules=CLAUDE)])


def bare(raw: bytes) -> Any:
    """Return what a body says without its marks, every text a block."""
    value = without_marks(json.loads(raw))
    if "system" in value:
        value["system"] = as_parts(value["system"])
    for each in value["messages"]:
        each["content"] = as_parts(each["content"]) if isinstance(each["content"], str | list) else each["content"]
    return value


def marks(value: Any) -> list[Any]:
    """Return every block of a body that carries a mark."""
    blocks = [*value.get("tools", ()), *as_parts(value.get("system"))]
    blocks += [part for each in value["messages"] for part in as_parts(each["content"])]
    return [block for block in blocks if "cache_control" in block]


@given(raw=bodies())
def test_a_mark_is_an_insertion_and_nothing_else_changes(raw: bytes) -> None:
    after = aligned(raw)
    assert bare(raw) == bare(after)
    if after is raw:
        return
    left = iter(after)
    assert all(byte in left for byte in raw), "every byte of the client's, in order"
    found = marks(json.loads(after))
    assert 1 <= len(found) <= 4
    assert all(block.get("type") not in ("thinking", "redacted_thinking") for block in found)
    assert all(block["text"].strip() for block in found if block.get("type") == "text")
    assert ANTHROPIC.spots(after) is None, "a marked request is left alone"
    assert [each.digest for each in ANTHROPIC.read(raw).messages] == [e.digest for e in ANTHROPIC.read(after).messages]
    assert ANTHROPIC.digests(raw) == ANTHROPIC.digests(after)


@given(raw=bodies())
def test_there_is_a_spot_for_every_block(raw: bytes) -> None:
    found = ANTHROPIC.spots(raw)
    value = json.loads(raw)
    if found is None:
        assert '"cache_control"' in json.dumps(value)
        return
    contents = [value["system"], *(each["content"] for each in value["messages"])]
    expected = len(value.get("tools", ())) + sum(
        1 if isinstance(content, str) else len(content or ()) for content in contents
    )
    assert len(found) == expected


@given(messages=conversations())
def test_law_2_marks_move_on_and_what_is_cached_does_not(messages: list[BaseMessage]) -> None:
    last: list[Any] = []
    for end in range(2, len(messages) + 1):
        if not isinstance(messages[end - 1], AIMessage):
            sent = bare(aligned(body(messages[:end])))["messages"]
            said = [[turn["role"], part] for turn in sent for part in turn["content"]]
            assert said[: len(last)] == last
            last = said


@pytest.mark.parametrize(
    ("tool", "takes"),
    [
        ('{"name":"a","input_schema":{"properties":{"cache_control":{}}}}', True),
        ('{"name":"a","type":"custom" }', True),
        ('{"name":"a","type":"web_search_20250305"}', False),
        ('{"name":"a","defer_loading":true}', False),
    ],
)
def test_a_tool_that_refuses_marks_gets_none(tool: str, takes: bool) -> None:
    raw = b'{"tools":[' + tool.encode() + b'],"messages":[{"role":"user","content":"x"}]}'
    found = marks(json.loads(aligned(raw)))
    assert [block.get("name") for block in found] == (["a", None] if takes else [None])


def test_what_code_called_and_got_refuses_marks() -> None:
    def request(caller: str) -> bytes:
        made = {"type": "tool_use", "id": "t1", "name": "a", "input": {}, "caller": {"type": caller}}
        got = {"type": "tool_result", "tool_use_id": "t1", "content": "x"}
        turns = [("user", "hi"), ("assistant", [made]), ("user", [got])]
        return json.dumps({"messages": [{"role": role, "content": content} for role, content in turns]}).encode()

    by_code, direct = (json.loads(aligned(request(each)))["messages"] for each in ("code_execution_20250825", "direct"))
    assert ["cache_control" in as_parts(turn["content"])[-1] for turn in by_code] == [True, False, False]
    assert ["cache_control" in as_parts(turn["content"])[-1] for turn in direct] == [False, False, True]


def test_spelling_and_spacing_stay() -> None:
    raw = (
        b'{ "system" : "be \\u00e9 brief" , "tools":[ { "name":"b", "n": 1.0 } ],\n'
        b' "messages" : [{"role":"user","content" : "hi \xc3\xa9"}] }'
    )
    assert aligned(raw) == (
        b'{ "system" : [{"type":"text","text":"be \\u00e9 brief","cache_control":{"type":"ephemeral"}}] , '
        b'"tools":[ { "name":"b", "n": 1.0 ,"cache_control":{"type":"ephemeral"}} ],\n'
        b' "messages" : [{"role":"user","content" : [{"type":"text","text":"hi \xc3\xa9",'
        b'"cache_control":{"type":"ephemeral"}}]}] }'
    )


def test_nothing_to_mark_returns_the_same_object() -> None:
    raw = b'{"messages":[{"role":"user","content":"hi"}]}'
    assert aligned(raw) is raw
    with pytest.raises(ValueError, match="no mark can stand"):
        ANTHROPIC.mark(raw, [Spot("messages")])


# -- breaks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "seconds", "expected"),
    [
        (("abc", "ABC"), ("abcd", "ABCD"), 10, None),
        (("abc", "ABC"), ("abc", "ABC"), 10, None),
        (("abc", "ABC"), ("ab", "AB"), 10, None),  # asked again from an earlier point: all of it was there
        (("abc", "ABC"), ("abcd", "ABXD"), 10, Break("us", 2)),
        (("abc", "ABC"), ("axc", "AXC"), 10, Break("client", 1)),
        (("abc", "ABC"), ("axc", "XXC"), 10, Break("us", 0)),  # ours came first
        (("abc", "ABC"), ("axc", "AXY"), 10, Break("client", 1)),
        (("abc", "ABC"), ("abcd", "ABCD"), 300, Break("expiry", 0)),
        (("abc", "ABC"), ("abcd", "XBCD"), 300, Break("expiry", 0)),  # rewriting what has expired costs nothing
        (("abc", "ABC"), ("axc", "AXC"), 900, Break("client", 1)),  # gone either way, but only this can be helped
        (("abc", "ABC"), ("axc", "ABC"), 10, None),  # the client's change is no change in what is forwarded
    ],
)
def test_e12_who_broke_a_prefix(
    before: tuple[str, str], after: tuple[str, str], seconds: float, expected: Break | None
) -> None:
    assert broken(Seen(*before, at=0), Seen(*after, at=seconds), lifetime=300) == expected


@given(one=st.text("ab", max_size=6), other=st.text("ab", max_size=6))
def test_where_requests_part(one: str, other: str) -> None:
    shared, difference = common(one, other), first_difference(one, other)
    assert one[:shared] == other[:shared]
    assert difference is None or (difference == shared and one[shared] != other[shared])
    assert difference is not None or shared == min(len(one), len(other))
