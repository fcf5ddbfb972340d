"""Clients that set no cache marks get the right ones, all others keep theirs; and who broke a prefix is counted."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from worlds import LOG, REF, SYSTEM, TOOLS, history, request, said, world

from headroom.proxy.prefixes import Prefixes
from headroom.testing.script import Json, call, ours, step, text
from headroom.testing.strict import Produced
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from headroom.wire.parts import as_parts, without_marks

ON = {"align": True}
MARK = {"type": "ephemeral"}


def marks(body: Json) -> list[str]:
    """Return where a body carries marks."""
    found = [f"tools.{n}" for n, each in enumerate(body.get("tools", ())) if "cache_control" in each]
    found += [f"system.{n}" for n, each in enumerate(as_parts(body.get("system"))) if "cache_control" in each]
    for n, message in enumerate(body["messages"]):
        found += [f"{n}.{k}" for k, part in enumerate(as_parts(message["content"])) if "cache_control" in part]
    return found


async def test_an_agent_without_marks_gets_them_from_its_first_request_on() -> None:
    script = [step(text("a"), call("Bash", command="ls")), step(text("b"))]
    async with world(script, core=ON) as w:
        await w.talk("1", "2")
        assert w.upstream.problems == []
        assert [marks(each.body) for each in w.upstream.messages] == [
            ["tools.1", "system.0", "0.0"],  # the last tool is ours
            ["tools.1", "system.0", "2.0"],
            ["tools.1", "system.0", "4.0"],
        ]
        assert w.meter("cache_marks") == 9
        for before, after in pairwise([each.body for each in w.upstream.messages]):
            old, new = [said(m) for m in before["messages"]], [said(m) for m in after["messages"]]
            assert old == new[: len(old)]
            assert without_marks([before["tools"], before["system"]]) == without_marks(
                [after["tools"], after["system"]]
            )


async def test_a_chat_gets_them_once_somebody_has_answered() -> None:
    async with world([step(text("a"))], core=ON) as w:
        body = {"model": "m", "max_tokens": 9, "system": SYSTEM, "messages": [{"role": "user", "content": "x"}]}
        raw = json.dumps(body, indent=1).encode()
        async with w.posted(body) as answer:
            await answer.read()
        assert w.upstream.messages[0].body == body
        assert raw
        more = [{"role": "assistant", "content": [text("a")]}, {"role": "user", "content": "y"}]
        await w.post(w.url, {**body, "messages": [*body["messages"], *more]})
        assert marks(w.upstream.messages[1].body) == ["system.0", "2.0"]


@pytest.mark.parametrize("where", ["tools", "system", "message", "result", "top", "null"])
async def test_a_client_that_sets_one_mark_keeps_its_bytes(where: str) -> None:
    messages, produced = history("short")
    body = request(*messages)
    match where:
        case "tools":
            body["tools"] = [{**TOOLS[0], "cache_control": {**MARK, "ttl": "1h"}}]
        case "system":
            body["system"] = [{"type": "text", "text": SYSTEM, "cache_control": MARK}]
        case "message":
            body["messages"][0] = {"role": "user", "content": [{**text("why?"), "cache_control": MARK}]}
        case "result":
            body["messages"][2]["content"][0]["content"] = [{**text("x"), "cache_control": MARK}]
        case "top":
            body["cache_control"] = MARK
        case _:
            body["messages"][0] = {"role": "user", "content": [{**text("why?"), "cache_control": None}]}
    async with world([step(text("ok"))], settings={"retrieval": "off"}, core=ON) as w:
        w.upstream.produced.append(produced)
        await w.post(w.url, body)
        assert w.upstream.messages[0].body == body
        assert w.meter("cache_marks") == 0


@pytest.mark.parametrize(
    ("core", "settings", "headers"),
    [({"align": False}, {}, {}), (ON, {"mode": "observe"}, {}), (ON, {}, {"x-headroom-bypass": "1"})],
)
async def test_i8_who_wants_no_marks_gets_none(core: Json, settings: Json, headers: dict[str, str]) -> None:
    async with world([step(text("ok"))], settings={"retrieval": "off", **settings}, core=core) as w:
        await w.post(w.url, request(), **headers)
        assert marks(w.upstream.messages[0].body) == []


async def test_marks_stay_right_round_an_exchange_of_ours() -> None:
    messages, produced = history()
    script = [step(text("a"), ours(REF)), step(text("b")), step(text("c"))]
    async with world(script, core=ON) as w:
        w.upstream.produced.append(produced)
        first = await w.say(messages)
        again = [{"role": "assistant", "content": [b.to_dict(mode="json") for b in first.content]}]  # type: ignore[misc]
        await w.say([*messages, *again, {"role": "user", "content": "next"}])
        assert w.upstream.problems == []
        assert len(w.upstream.messages) == 3
        assert w.meter("prefix_breaks", cause="us") == 0


# -- who broke it ----------------------------------------------------------------------------------------------------


async def test_e12_a_break_is_counted_and_attributed() -> None:
    messages, produced = history()
    async with world([step(text("ok"))], core=ON) as w:
        w.upstream.produced += [produced, Produced([text("ok")])]

        async def send(history: list[Json], **options: Any) -> dict[str, float]:
            await w.post(w.url, request(*history, **options))
            return {cause: w.meter("prefix_breaks", cause=cause) for cause in ("client", "us", "expiry")}

        none = {"client": 0, "us": 0, "expiry": 0}
        assert await send(messages) == none
        grown = [*messages, {"role": "assistant", "content": "ok"}, {"role": "user", "content": "and now?"}]
        assert await send(grown) == none
        assert await send(grown) == none  # asked again
        edited = [*grown[:-1], {"role": "user", "content": "or then?"}]
        assert await send(edited) == {**none, "client": 1}
        assert await send(edited, system=f"{SYSTEM} Today is Monday.") == {**none, "client": 2}
        assert [w.meter("prefix_breaks", section=where) for where in ("messages", "system", "tools")] == [1, 1, 0]
        assert w.upstream.problems == []


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def noted(prefixes: Prefixes, original: Json, forwarded: Json | None = None) -> tuple[str, str] | None:
    one, other = (WireRequest(json.dumps(body).encode(), ANTHROPIC) for body in (original, forwarded or original))
    found = prefixes.note(
        one.conversation,
        scope="local",
        original=ANTHROPIC.digests(one.raw),
        forwarded=ANTHROPIC.digests(other.raw),
    )
    return found and (found.cause, found.where)


def test_e12_what_we_change_is_laid_to_us() -> None:
    messages, _ = history()
    body, other = request(*messages), request(*history(LOG[:-1])[0])
    prefixes = Prefixes(clock=Clock())
    assert noted(prefixes, body) is None
    assert noted(prefixes, body, other) == ("us", "messages.2")
    prefixes = Prefixes(clock=Clock())
    assert noted(prefixes, body) is None
    assert noted(prefixes, body, {**body, "tools": [*TOOLS, {"name": "more"}]}) == ("us", "tools")
    assert noted(prefixes, {**body, "model": "other"}) == ("client", "model")


def test_e12_after_five_minutes_it_has_expired_and_an_hour_lasts_longer() -> None:
    clock = Clock()
    prefixes = Prefixes(clock=clock)
    body = request(*history()[0])
    hour = {**body, "system": [{**text(SYSTEM), "cache_control": {**MARK, "ttl": "1h"}}]}
    for seconds, asked, expected in (
        (0, body, None),
        (299, body, None),
        (300, body, ("expiry", "")),
        (300, hour, None),
    ):
        clock.now += seconds
        assert noted(prefixes, asked) == expected


def test_e10_sub_agents_that_begin_alike_do_not_break_each_other() -> None:
    """Each goes its own way from the common beginning: that is noticed once, and never again."""
    prefixes = Prefixes(clock=Clock())
    base = history()[0]
    ways = [[*base, {"role": "assistant", "content": way}, {"role": "user", "content": way}] for way in ("a", "b", "c")]
    found = [noted(prefixes, request(*way)) for way in ways]
    for turn in range(3):
        ways = [
            [*way, {"role": "assistant", "content": f"{turn}"}, {"role": "user", "content": "go on"}] for way in ways
        ]
        found += [noted(prefixes, request(*way)) for way in ways]
    assert found == [None, ("client", "messages.3"), ("client", "messages.3"), *[None] * 9]


def test_h15_what_is_remembered_is_bounded() -> None:
    prefixes = Prefixes(clock=Clock())
    for n in range(30):
        assert noted(
            prefixes, request({"role": "user", "content": "same"}, {"role": "assistant", "content": f"{n}"})
        ) in (
            None,
            ("client", "messages.1"),
        )
    (kept,) = [value for value, _ in prefixes._seen._values.values()]
    assert len(kept) == 4
