"""Replies with calls of ours in them: the anthropic SDK, the proxy, and an upstream that refuses what it did not write."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import anthropic
import pytest
from worlds import REF, TOOLS, asking, blocks_of, history, kinds, proxied, ran, request, world

from headroom.marker import TOOL
from headroom.proxy.events import PING
from headroom.testing.script import Json, Step, call, ours, redacted, refusal, step, text, thinking
from headroom.testing.upstream import FakeAnthropic

# -- one message out of several rounds ------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [True, False])
async def test_a_call_of_ours_is_answered_within_the_reply(stream: bool) -> None:
    messages, produced = history()
    async with world([step(text("Looking it up."), ours(REF, lines="1-3")), step(text("It says INFO."))]) as w:
        w.upstream.produced.append(produced)
        message = await w.say(messages, stream=stream)
        assert kinds(message) == ["text", "text"]
        assert (message.stop_reason, message.id) == ("end_turn", "msg_0001")
        usage = message.usage
        assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (3, 100, 14)
        result = w.upstream.messages[1].body["messages"][-1]["content"][0]
        assert "handled request 1 in 37 ms" in result["content"]
        assert "is_error" not in result
        assert (w.stable(), w.meter("retrievals", outcome="answered")) == (2, 1)
        assert w.meter("usage_tokens", kind="output") == 14  # the ledger books every round


async def test_one_message_start_one_delta_one_stop() -> None:
    async with world([step(text("a"), ours("0" * 24)), step(text("b"))]) as w:
        _, raw = await w.post(w.url, request())
        for name in (b"message_start", b"message_delta", b"message_stop"):
            assert raw.count(b"event: " + name) == 1
        assert raw.count(b"event: ping") == 3  # one stands for the second message_start


CASES: dict[str, tuple[list[Step], int]] = {
    "alone": ([step(text("Looking it up."), ours(REF)), step(text("café ✓"))], 4),
    "bare": ([step(ours(REF)), step(text("b"))], 4),
    "twice": ([step(text("a"), ours(REF)), step(text("b"), ours("f" * 24)), step(text("c"))], 5),
    "think": ([step(thinking("t1"), text("One. "), ours(REF)), step(thinking("t2"), text("Two.")), step(thinking("t3"), text("Three."))], 4),
    "think_only": ([step(thinking("t1"), ours(REF)), step(thinking("t2"), ours(REF)), step(redacted("opaque"), thinking("t3"), text("c"))], 5),
    "text_multi": ([step(text("A."), ours(REF)), step(text("B.")), step(text("C."), ours(REF)), step(text("D.")), step(text("E."))], 5),
    "empty_text": ([step(text(""), thinking("t1"), text("\n\n"), ours(REF)), step(text(""), text("b")), step(text("c"))], 4),
    "foreign": ([step(thinking("t1"), text("One."), ours(REF)), step(thinking("t2"), text("Two."), call("Bash", command="x")), step(text("c"))], 5),
    "noise": ([step(text("a"), ours(REF), text("between"), noise=True), step(text("b"), noise=True)], 4),
    "split1": ([step(thinking("ü🦊"), text("naïve ✓ 🦊"), ours(REF), chunk=1, crlf=True), step(text("🦊✓"), chunk=1, crlf=True)], 4),
    "split7": ([step(thinking("ü🦊"), text("naïve ✓ 🦊"), ours(REF), chunk=7), step(text("🦊✓"), chunk=7, crlf=True)], 4),
    "unspaced": ([step(text("a"), ours(REF), unspaced=True), step(text("b"), unspaced=True)], 4),
    "mixed": (
        [
            step(thinking("t1"), text("Both."), ours(REF), call("Bash", command="one")),
            step(thinking("t2"), text("Alone."), ours(REF)),
            step(thinking("t3"), call("Bash", command="two"), ours(REF, query="q")),
            step(call("Bash", command="three"), call("Bash", command="four"), ours(REF), ours("nope")),
            step(thinking("t4"), text("d")),
            step(thinking("t5"), text("e")),
        ],
        7,
    ),
}  # fmt: skip


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("case", CASES)
async def test_over_three_prompts_upstream_reads_exactly_what_it_wrote(case: str, stream: bool) -> None:
    script, requests = CASES[case]

    def marked(blocks: list[Json]) -> list[Json]:
        return (
            [*blocks[:-1], {**blocks[-1], "cache_control": {"type": "ephemeral"}}]
            if blocks[-1]["type"] == "text"
            else blocks
        )

    async with world(script) as w:
        await w.talk("1", "2", "3", stream=stream)
        assert requests == w.stable()
    async with world(script) as w:  # with cache marks, which wander as clients' marks do
        messages: list[Json] = [{"role": "user", "content": "1"}]
        first = await w.say(messages, stream=stream)
        if first.stop_reason == "end_turn":
            await w.say(
                [
                    *messages,
                    {"role": "assistant", "content": marked(blocks_of(first))},
                    {"role": "user", "content": "2"},
                ]
            )
        w.stable()


async def test_text_of_one_block_may_come_back_as_a_string() -> None:
    async with world([step(ours(REF)), step(text("b"))]) as w:
        await w.say([{"role": "user", "content": "1"}])
        back = [{"role": "user", "content": [{"type": "text", "text": "1"}]}, {"role": "assistant", "content": "b"}]
        await w.say([*back, {"role": "user", "content": "2"}])
        assert w.stable() == 3


# -- what clients do to history -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["think", "mixed"])
async def test_an_edited_history_is_found_by_signature_or_tool_id(case: str) -> None:
    async with world(CASES[case][0]) as w:
        got = await w.talk()
        spliced = got[0] if case == "think" else got[1]
        content = blocks_of(spliced)
        results = [ran(block["id"]) for block in content if block["type"] == "tool_use"]
        following = {"role": "user", "content": results or "2"}
        await w.say([{"role": "user", "content": "EDITED"}, {"role": "assistant", "content": content}, following])
        assert w.upstream.problems == []
        assert len(w.upstream.messages[-1].body["messages"]) == 5


async def test_a_client_that_drops_thinking_still_gets_its_rounds_apart() -> None:
    async with world(CASES["think"][0], dropped_thinking=True) as w:
        await w.talk("1", "2", "3", keep=lambda blocks: [block for block in blocks if block["type"] != "thinking"])
        first, _, second = w.upstream.messages[-1].body["messages"][1:4]
        assert [block["type"] for block in first["content"]] == ["text", "tool_use"]
        assert [block["type"] for block in second["content"]] == ["text"]
        assert w.upstream.problems == []


async def test_an_edited_reply_is_not_touched() -> None:
    async with world(CASES["alone"][0], strict=False) as w:
        await w.say([{"role": "user", "content": "1"}])
        back = [
            {"role": "user", "content": "1"},
            {"role": "assistant", "content": "Something else."},
            {"role": "user", "content": "2"},
        ]
        await w.say(back)
        assert back == w.upstream.messages[-1].body["messages"]


async def test_the_exchange_survives_a_restart_of_the_proxy(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'originals.db'}"
    messages: list[Json] = [{"role": "user", "content": "1"}]
    async with FakeAnthropic(CASES["think"][0]) as upstream:
        async with proxied(upstream, database=database) as w:
            reply = await w.say(messages)
        async with proxied(upstream, database=database) as w:
            await w.say(
                [*messages, {"role": "assistant", "content": blocks_of(reply)}, {"role": "user", "content": "2"}]
            )
            assert w.stable() == 3


async def test_without_the_journal_upstream_is_sent_a_message_it_never_wrote() -> None:
    messages: list[Json] = [{"role": "user", "content": "1"}]
    async with FakeAnthropic(CASES["think"][0]) as upstream:
        async with proxied(upstream, database="sqlite:///:memory:") as w:
            reply = await w.say(messages)
        async with proxied(upstream, database="sqlite:///:memory:") as w:
            with pytest.raises(anthropic.BadRequestError, match="never produced here"):
                await w.say(
                    [*messages, {"role": "assistant", "content": blocks_of(reply)}, {"role": "user", "content": "2"}]
                )


@pytest.mark.parametrize("words", ["x", "a"])
async def test_a_retry_answered_without_our_call_is_not_taken_for_the_attempt_before_it(words: str) -> None:
    script = [step(text("a"), ours(REF)), refusal(403), step(text(words)), step(text("NEXT"))]
    messages: list[Json] = [{"role": "user", "content": "1"}]
    async with world(script) as w:
        with pytest.raises(anthropic.APIStatusError):
            await w.say(messages)
        reply = await w.say(messages)
        await w.say([*messages, {"role": "assistant", "content": blocks_of(reply)}, {"role": "user", "content": "2"}])
        assert w.upstream.problems == []
        assert TOOL not in json.dumps(w.upstream.messages[-1].body["messages"])


# -- the guard ------------------------------------------------------------------------------------------------------


async def test_a_refusal_that_is_heeded_ends_the_reply_normally() -> None:
    script = [*(step(text(f"a{n}"), ours(REF)) for n in range(4)), step(text("done")), step(text("NEXT"))]
    async with world(script) as w:
        first, _ = await w.talk("1", "2")
        assert (first.stop_reason, w.stable()) == ("end_turn", 6)
        assert (w.meter("retrievals", outcome="missed"), w.meter("retrievals", outcome="refused")) == (3, 1)


@pytest.mark.parametrize(("stream", "silent"), [(True, False), (True, True), (False, False)])
async def test_three_are_answered_the_fourth_is_refused_the_fifth_is_an_error(stream: bool, silent: bool) -> None:
    async with world([step(*([] if silent else [text(f"a{n}")]), ours(REF)) for n in range(5)]) as w:
        with pytest.raises(anthropic.APIStatusError, match="more than 3 times"):
            await w.talk(stream=stream)
        assert w.stable() == 5
        refused = w.upstream.messages[-1].body["messages"][-1]["content"][0]
        assert (refused["is_error"], refused["content"][:7]) == (True, "Not run")


# -- what goes wrong upstream ---------------------------------------------------------------------------------------


async def test_f14_a_failing_continuation_is_retried_then_surfaced(caplog: pytest.LogCaptureFixture) -> None:
    opening = step(thinking("t1"), text("a"), ours(REF))
    for stream in (True, False):
        async with world([opening, refusal(529)]) as w:
            with pytest.raises(anthropic.APIStatusError) as caught:
                await w.say([{"role": "user", "content": "1"}], stream=stream)
            assert "overloaded_error" in str(caught.value)
            assert stream or caught.value.status_code == 529
            assert w.stable() == 4  # the first, the continuation, and that twice again
            assert w.meter("failures", reason="continuation_529") == 1
    assert "a continuation was answered 529" in caplog.text


async def test_f14_a_passing_fault_of_a_continuation_is_not_seen() -> None:
    async with world(
        [step(thinking("t1"), text("a"), ours(REF)), refusal(529), step(thinking("t2"), text("again")), step(text("b"))]
    ) as w:
        first, _ = await w.talk("1", "2")
        assert kinds(first) == ["thinking", "text", "thinking", "text"]
        assert w.upstream.problems == []


async def test_a_continuation_that_the_provider_refuses_ends_the_offer_in_this_lineage() -> None:
    async with world([step(text("a"), ours(REF)), refusal(400), step(text("b"))]) as w:
        messages: list[Json] = [{"role": "user", "content": "1"}]
        with pytest.raises(anthropic.APIStatusError):
            await w.say(messages)
        await w.say(messages)
        assert w.upstream.messages[-1].body["tools"] == TOOLS
        await w.say([{"role": "user", "content": "something else"}])
        assert w.upstream.messages[-1].body["tools"][-1]["name"] == TOOL


async def test_h2_the_provider_s_refusal_comes_back_as_it_is() -> None:
    for status in (429, 529, 500, 400):
        script = [refusal(status, **{"x-ratelimit-left": "0"})]
        async with FakeAnthropic(script) as direct, world(script) as w, aiohttp.ClientSession() as session:
            seen = []
            for url in (direct.url, w.url):
                async with session.post(f"{url}/v1/messages", json=request()) as answer:
                    seen.append(
                        (
                            answer.status,
                            await answer.read(),
                            answer.headers["retry-after"],
                            answer.headers["x-ratelimit-left"],
                        )
                    )
            assert seen[0] == seen[1]
            assert len(w.upstream.messages) == 1


@pytest.mark.parametrize("fail", ["eof", "cut"])
@pytest.mark.parametrize(("retrieval", "before"), [("tool", ()), ("off", ()), ("tool", (step(text("a"), ours(REF)),))])
async def test_h4_an_answer_that_breaks_off_ends_in_an_error_and_no_invented_end(
    fail: Any, retrieval: str, before: tuple[Step, ...]
) -> None:
    async with world([*before, step(text("partial"), fail=fail)], settings={"retrieval": retrieval}) as w:
        status, raw = await w.post(w.url, request())
        assert status == 200
        assert raw.rstrip().endswith(b"}}")
        assert b"event: error" in raw
        assert b"message_stop" not in raw
        assert b'stop_reason": "' not in raw
        assert w.meter("upstream_truncated") == 1


async def test_an_error_event_in_the_stream_is_passed_on_and_final() -> None:
    async with world([step(text("a"), ours(REF)), step(text("partial"), fail="error")]) as w:
        _, raw = await w.post(w.url, request())
        assert (raw.count(b"event: error"), raw.count(b"message_stop")) == (1, 0)
        assert b"overloaded_error" in raw


async def test_a_call_cut_off_by_max_tokens_never_happened() -> None:
    for stream in (True, False):
        async with world([step(text("a"), ours(REF), stop="max_tokens"), step(text("b"))]) as w:
            first, _ = await w.talk("1", "2", stream=stream)
            assert (first.stop_reason, kinds(first)) == ("max_tokens", ["text"])
            assert w.stable() == 2


async def test_a_client_is_pinged_while_a_continuation_keeps_it_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headroom.proxy.spliced.PING_SECONDS", 0.001)
    script = [step(text("a"), ours(REF)), step(text("b"), hold=True)]
    async with world(script) as w, w.posted(request()) as answer:
        seen = b""
        while seen.count(PING) < 5:
            seen += await answer.content.readany()
        assert w.upstream.paused.is_set()
        w.upstream.resume.set()
        assert b"message_stop" in await answer.content.read()


@pytest.mark.parametrize("retrieval", ["tool", "off"])
async def test_h11_a_live_stream_has_no_cap_but_the_gap_between_two_pieces(retrieval: str) -> None:
    script = [step(text("a"), text("b"), pause_after=1)]
    async with world(script, settings={"retrieval": retrieval, "idle_timeout_seconds": 0.2}) as w:
        _, raw = await w.post(w.url, request())
        assert (raw.count(b"content_block_stop"), raw.count(b"event: error"), raw.count(b"message_stop")) == (2, 1, 0)
        await asyncio.wait_for(w.upstream.aborted.wait(), 5)


async def test_upstream_is_asked_for_an_answer_that_can_be_read() -> None:
    async with world([step(text("a"), ours(REF)), step(text("b"))]) as w:
        await w.post(w.url, request(), **{"accept-encoding": "gzip, br"})
        assert [asked.headers["accept-encoding"] for asked in w.upstream.messages] == ["identity", "identity"]


# -- the client's end -----------------------------------------------------------------------------------------------


async def test_h1_bytes_flow_before_the_answer_is_complete() -> None:
    """The order of events: the client reads the first block while upstream waits for the test."""
    for retrieval in ("tool", "off"):
        async with world([step(text("first"), text("second"), pause_after=1)], settings={"retrieval": retrieval}) as w:
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{w.url}/v1/messages", json=request()) as answer,
            ):
                seen = b""
                while b"content_block_stop" not in seen:
                    seen += await answer.content.readany()
                assert not w.upstream.resume.is_set()
                assert b"firs" in seen
                w.upstream.resume.set()
                assert b"message_stop" in await answer.content.read()
            assert w.upstream.messages[0].body["stream"] is True


async def test_h7_a_client_that_leaves_stops_the_provider_and_its_half_turn_comes_back_as_rounds() -> None:
    script = [step(text("a"), ours(REF)), step(text("b"), text("c"), pause_after=1), step(text("NEXT"))]
    asked = {"role": "user", "content": "1"}
    async with world(script) as w:
        async with w.client.messages.stream(**asking(asked)) as stream:
            async for event in stream:
                if event.type == "content_block_stop" and event.index == 1:
                    break
        await asyncio.wait_for(w.upstream.aborted.wait(), 5)
        w.upstream.resume.set()
        half = {"role": "assistant", "content": [text("a"), text("b")]}
        await w.say([asked, half, {"role": "user", "content": "2"}])
        assert [m["role"] for m in w.upstream.messages[-1].body["messages"]] == [
            "user",
            "assistant",
            "user",
            "assistant",
            "user",
        ]
        await w.say([asked, {"role": "assistant", "content": "a"}, {"role": "user", "content": "2"}])
        joined = w.upstream.messages[-1].body["messages"][2]["content"]
        assert [block["type"] for block in joined] == ["tool_result", "text"]
        assert w.upstream.problems == []
        assert w.meter("client_disconnects") == 1


async def test_h7_thinking_at_the_end_of_a_half_turn_is_left_out() -> None:
    script = [
        step(thinking("t1"), text("a"), ours(REF)),
        step(thinking("t2"), text("b"), pause_after=1),
        step(text("NEXT")),
    ]
    asked = {"role": "user", "content": "1"}
    async with world(script) as w:
        async with w.client.messages.stream(**asking(asked)) as stream:
            async for event in stream:
                if event.type == "content_block_stop" and event.index == 2:
                    break
        await asyncio.wait_for(w.upstream.aborted.wait(), 5)
        half = {"role": "assistant", "content": [thinking("t1"), text("a"), thinking("t2")]}
        await w.say([asked, half, {"role": "user", "content": "2"}])
        assert [m["role"] for m in w.upstream.messages[-1].body["messages"]] == ["user", "assistant", "user"]
        assert w.upstream.problems == []
