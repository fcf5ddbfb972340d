"""Events out of bytes, and several upstream messages as one. No I/O anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.errors import UpstreamError
from headroom.marker import TOOL
from headroom.proxy.events import PING, Event, Events, error, event
from headroom.proxy.stream import Reply, Splice, merged, told_usage
from headroom.wire.parts import Json, is_ours

ENDS = ["\n", "\r\n", "\r"]


def wire(events: Sequence[Json], *, end: str = "\n", space: str = " ") -> bytes:
    """Return events as a provider writes them."""
    lines = (f"event:{space}{e['type']}{end}data:{space}{json.dumps(e, ensure_ascii=False)}{end}{end}" for e in events)
    return "".join(lines).encode("utf-8", "surrogatepass")


def says(parts: Sequence[Json], *, number: int = 0, stop: str | None = None) -> list[Json]:
    """Return the events of a message that holds these parts."""
    usage = {"input_tokens": 10 + number, "cache_read_input_tokens": 100 * number, "output_tokens": 1}
    events: list[Json] = [{"type": "message_start", "message": {"id": f"msg_{number}", "content": [], "usage": usage}}]
    for index, part in enumerate(parts):
        start, deltas = apart(part)
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    reason = stop or ("tool_use" if any(part["type"] == "tool_use" for part in parts) else "end_turn")
    events.append({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7}})
    return [*events, {"type": "message_stop"}]


def apart(part: Json) -> tuple[Json, list[Json]]:
    match part["type"]:
        case "text":
            deltas = [{"type": "text_delta", "text": letter} for letter in part["text"]]
            deltas += [{"type": "citations_delta", "citation": each} for each in part.get("citations", ())]
            return {"type": "text", "text": ""}, deltas
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": letter} for letter in part["thinking"]]
            return {"type": "thinking", "thinking": "", "signature": ""}, [
                *deltas,
                {"type": "signature_delta", "signature": part["signature"]},
            ]
        case "tool_use":
            written = json.dumps(part["input"])
            halves = (written[: len(written) // 2], written[len(written) // 2 :])
            return {**part, "input": {}}, [{"type": "input_json_delta", "partial_json": half} for half in halves]
    return part, []


WORDS = st.text('ab é🦊"\\\n', max_size=4)
PARTS = st.one_of(
    WORDS.map(lambda said: {"type": "text", "text": said}),
    st.tuples(WORDS, st.lists(WORDS.map(lambda said: {"cited_text": said}), min_size=1, max_size=2)).map(
        lambda pair: {"type": "text", "text": pair[0], "citations": pair[1]}
    ),
    WORDS.map(lambda said: {"type": "thinking", "thinking": said, "signature": f"sig {said}"}),
    WORDS.map(lambda said: {"type": "redacted_thinking", "data": said}),
    WORDS.map(lambda said: {"type": "future_block", "x": {"index": 7, "said": said}}),
    st.tuples(st.integers(0, 99), WORDS).map(lambda p: {"type": "tool_use", "id": f"t{p[0]}", "name": "Bash", "input": {"command": p[1]}}),
)  # fmt: skip
OURS = WORDS.map(lambda said: {"type": "tool_use", "id": "ours", "name": TOOL, "input": {"ref": said}})
NOISE = st.sampled_from(
    [
        b": a comment\n\n",
        b"event: ping\ndata: {}\n\n",
        b'data: {"type":"future","index":3}\n\n',
        b"\n\n",
        b"retry: 10\r\n\r\n",
    ]
)


def cuts(data: st.DataObject, raw: bytes) -> Iterator[bytes]:
    """Yield the bytes in arbitrary chunks."""
    places = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    for start, end in zip([0, *places], [*places, len(raw)], strict=True):
        yield raw[start:end]


def all_events(chunks: Sequence[bytes] | Iterator[bytes]) -> list[Event]:
    events = Events()
    found = [each for chunk in chunks for each in events.feed(chunk)]
    return [*found, *events.end()]


# -- events ---------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=60) | st.text("d:\r\n", max_size=30).map(str.encode), st.data())
def test_h5_however_bytes_are_cut_the_events_are_the_same_and_nothing_is_lost(raw: bytes, data: st.DataObject) -> None:
    whole = [each.raw for each in all_events([raw])]
    assert b"".join(whole) == raw
    assert [each.raw for each in all_events(raw[n : n + 1] for n in range(len(raw)))] == whole
    assert [each.raw for each in all_events(cuts(data, raw))] == whole


@given(st.lists(PARTS, max_size=3), st.sampled_from(ENDS), st.sampled_from(["", " "]), st.data())
def test_h5_what_events_say_does_not_depend_on_line_ends_spaces_or_cuts(
    parts: list[Json], end: str, space: str, data: st.DataObject
) -> None:
    raw = wire(says(parts), end=end, space=space)
    assert [each.data for each in all_events(cuts(data, raw))] == says(parts)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'data: {"a":1}\n\n', {"a": 1}),
        (b'data:{"a":1}\r\n\r\n', {"a": 1}),
        (b'event: x\rdata: {"a":\rdata: 1}\r\r', {"a": 1}),
        (b'id: 7\ndata: {"a":"\xf0\x9f\xa6\x8a"}', {"a": "🦊"}),
        (b": comment\n\n", {}),
        (b"data: [DONE]\n\n", {}),
        (b"data: [1]\n\n", {}),
        (b'data: {"a":"\xff"}\n\n', {}),
        (b"data: " + b"[" * 100_000 + b"\n\n", {}),
    ],
)
def test_h5_one_event(raw: bytes, said: Json) -> None:
    (found,) = all_events([raw])
    assert (found.raw, found.data) == (raw, said)


def test_a_blank_line_that_may_be_half_a_crlf_waits_for_the_other_half() -> None:
    events = Events()
    assert list(events.feed(b"data: {}\r\n\r")) == []
    assert [each.raw for each in events.feed(b"\ndata: {}")] == [b"data: {}\r\n\r\n"]


def test_an_event_beyond_all_bounds_is_an_error() -> None:
    events = Events(max_bytes=100)
    assert len(list(events.feed(b"data: 1\n\n" * 50))) == 50
    with pytest.raises(UpstreamError, match="more than 100 bytes"):
        list(events.feed(b"x" * 101))


def test_feeding_byte_by_byte_costs_no_more_than_its_length() -> None:
    """The buffer is searched from where the last search ended, not from its start."""
    events = Events()
    list(events.feed(b"x" * 100_000))
    assert events._searched == 100_000 - 4


# -- one message ----------------------------------------------------------------------------------------------------


@given(st.lists(st.one_of(PARTS, OURS), max_size=4))
def test_h6_a_message_is_rebuilt_from_its_deltas(parts: list[Json]) -> None:
    reply = Reply()
    for each in says(parts):
        reply.take(each)
    assert (reply.parts, reply.begun, reply.ended) == (parts, True, True)
    assert reply.usage == {"input_tokens": 10, "cache_read_input_tokens": 0, "output_tokens": 7}


def test_h6_deltas_of_parts_that_overlap_go_by_index() -> None:
    reply = Reply()
    for index in (0, 1):
        reply.take({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}})
    for index, letter in ((1, "x"), (0, "a"), (1, "y"), (0, "b")):
        reply.take({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": letter}})
    assert [part["text"] for part in reply.parts] == ["ab", "xy"]


def test_input_that_is_no_object_becomes_empty() -> None:
    reply = Reply()
    reply.take({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "input": {}}})
    reply.take(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"ref": "1'}}
    )
    assert reply.parts == [{"type": "tool_use", "input": {}}]


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.dictionaries(st.sampled_from(["type", "index", "message", "delta", "usage", "content_block"]), inner, max_size=4), max_leaves=6), st.sampled_from(["message_start", "content_block_start", "content_block_delta", "message_delta", "message_stop", "error"]))  # fmt: skip
def test_an_event_of_no_known_form_breaks_nothing(value: Any, kind: str) -> None:
    reply = Reply()
    reply.take({**(value if isinstance(value, dict) else {}), "type": kind})
    assert isinstance(reply.parts, list)


# -- several messages as one ----------------------------------------------------------------------------------------


def spliced(rounds: Sequence[Iterator[bytes]]) -> tuple[bytes, Splice]:
    """Return what the client sees of these upstream bodies."""
    splice, out = Splice(), b""
    for chunks in rounds:
        splice.begin()
        for chunk in chunks:
            out += splice.feed(chunk)
        out += splice.close()
    return out + splice.finish(), splice


@given(st.lists(PARTS, max_size=4), st.sampled_from(ENDS), st.lists(NOISE, max_size=3), st.data())
def test_without_a_call_of_ours_the_bytes_are_the_same(
    parts: list[Json], end: str, noise: list[bytes], data: st.DataObject
) -> None:
    events = [wire([each], end=end) for each in says(parts)]
    for each in noise:
        events.insert(data.draw(st.integers(0, len(events))), each)
    raw = b"".join(events)
    raw = raw.rstrip(b"\r\n") if data.draw(st.booleans()) else raw
    assert spliced([cuts(data, raw)])[0] == raw


@given(
    st.lists(st.tuples(st.lists(PARTS, max_size=3), st.integers(0, 3)), min_size=2, max_size=4),
    st.sampled_from(ENDS),
    st.data(),
)
def test_rounds_become_one_message(drawn: list[tuple[list[Json], int]], end: str, data: st.DataObject) -> None:
    ours = {"type": "tool_use", "id": "ours", "name": TOOL, "input": {"ref": "x"}}
    rounds = [[*parts[:at], ours, *parts[at:]] for parts, at in drawn[:-1]] + [drawn[-1][0]]
    bodies = [wire(says(parts, number=n), end=end) for n, parts in enumerate(rounds)]
    out, splice = spliced([cuts(data, raw) for raw in bodies])

    seen = Reply()
    events = [each.data for each in all_events([out])]
    for each in events:
        seen.take(each)
    kinds = [each.get("type") for each in events]
    assert [kinds.count(kind) for kind in ("message_start", "message_delta", "message_stop")] == [1, 1, 1]
    assert [each["index"] for each in events if each.get("type") == "content_block_start"] == list(
        range(len(seen.parts))
    )
    assert seen.parts == [part for parts in rounds for part in parts if not is_ours(part)]
    assert events[0]["message"]["id"] == "msg_0"
    last = len(rounds) - 1
    assert events[-2]["usage"] == {
        "input_tokens": 10 + last,
        "cache_read_input_tokens": 100 * last,
        "output_tokens": 7 * len(rounds),
    }
    assert [reply.parts for reply in splice.replies] == rounds


def test_text_and_the_client_s_calls_flow_at_once_and_only_ours_is_held() -> None:
    bash = {"type": "tool_use", "id": "b", "name": "Bash", "input": {}}
    ours = {"type": "tool_use", "id": "o", "name": TOOL, "input": {"ref": "x"}}
    splice = Splice()
    splice.begin()
    flowing = []
    for each in says([{"type": "text", "text": "a"}, ours, bash]):
        out = splice.feed(wire([each]))
        flowing.append((each["type"], each.get("index"), bool(out)))
    held = [(kind, index) for kind, index, flows in flowing if not flows]
    assert held == [
        *(
            ("content_block_start", 1),
            ("content_block_delta", 1),
            ("content_block_delta", 1),
            ("content_block_stop", 1),
        ),
        *(("message_delta", None), ("message_stop", None)),
    ]


def test_a_later_message_start_becomes_a_ping() -> None:
    splice = Splice()
    splice.begin()
    splice.feed(wire(says([])))
    splice.begin()
    assert splice.feed(wire(says([])[:1])) == PING


def test_h4_half_an_event_of_a_broken_stream_is_dropped_and_a_whole_one_is_closed() -> None:
    events = wire(says([{"type": "text", "text": "ab"}])[:3])
    for tail, kept in (
        (b'event: x\ndata: {"type":"fut', b""),
        (b'data: {"type":"future"}', b'data: {"type":"future"}\n\n'),
    ):
        splice = Splice()
        splice.begin()
        assert splice.feed(events + tail) + splice.close() == events + kept
        assert not splice.reply.ended


def test_an_error_event_is_passed_on_wherever_it_comes() -> None:
    failed = event(error("Overloaded", kind="overloaded_error"))
    for before in (says([])[:1], says([])[:2]):
        splice = Splice()
        splice.begin()
        splice.feed(wire(before))
        assert splice.feed(failed) == failed
        assert splice.reply.failed == error("Overloaded", kind="overloaded_error")


def test_iterations_are_carried_on_where_the_provider_reports_them() -> None:
    first, second = Reply(), Reply()
    first.usage = {"input_tokens": 1, "output_tokens": 2, "iterations": [{"n": 1}]}
    second.usage = {"input_tokens": 5, "output_tokens": None, "iterations": [{"n": 2}]}
    assert told_usage([first, second]) == {"input_tokens": 5, "output_tokens": 2, "iterations": [{"n": 1}, {"n": 2}]}


def test_messages_that_came_whole_are_merged_alike() -> None:
    ours = {"type": "tool_use", "id": "o", "name": TOOL, "input": {}}
    first = {
        "id": "msg_0",
        "content": [{"type": "text", "text": "a"}, ours],
        "stop_reason": "tool_use",
        "usage": {"output_tokens": 1},
    }
    second = {
        "id": "msg_1",
        "content": [{"type": "text", "text": "b"}],
        "stop_reason": "end_turn",
        "usage": {"output_tokens": 2},
    }
    expected = {
        "id": "msg_0",
        "content": [*first["content"][:1], *second["content"]],
        "stop_reason": "end_turn",
        "usage": {"output_tokens": 3},
    }
    assert merged([first, second], [Reply.of(first), Reply.of(second)]) == expected
