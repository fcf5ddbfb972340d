"""Cold boundaries and the window, seen from the proxy."""

from __future__ import annotations

import json
import re
from typing import Any

from worlds import TOOLS, world

from headroom import marker
from headroom.testing.script import Step, ours, step, text
from headroom.testing.strict import Produced
from tests.laws.conversations import body as body_of
from tests.test_epochs import session as messages_of


def conversation(turns: int) -> dict[str, Any]:
    """Return the body of an agent's request after so many calls."""
    sent = json.loads(body_of(messages_of(turns)))
    return {**sent, "model": "claude-haiku-4-5", "max_tokens": 9, "tools": TOOLS}


def results(body: dict[str, Any]) -> list[str]:
    """Return the text of every tool result of a request."""
    return [
        part["content"]
        for message in body["messages"]
        for part in message["content"]
        if isinstance(part, dict) and part["type"] == "tool_result"
    ]


def produced(body: dict[str, Any]) -> list[Produced]:
    return [Produced(message["content"]) for message in body["messages"] if message["role"] == "assistant"]


async def test_old_results_are_repacked_once_the_cache_has_expired() -> None:
    now = [1_700_000_000.0]
    async with world([step(text("a"))], clock=lambda: now[0]) as w:
        w.upstream.produced += produced(conversation(30))
        for seconds in (0, 100, 400):
            now[0] += seconds
            await w.post(w.url, conversation(30))
        first, warm, cold = (each.body for each in w.upstream.messages)
        assert first["messages"] == warm["messages"]
        assert sum(map(len, results(cold))) < sum(map(len, results(warm))) * 0.8
        assert results(cold)[-4:] == results(warm)[-4:]
        assert w.upstream.problems == []


async def test_a_repacked_result_is_fetched_by_the_name_that_its_gap_tells() -> None:
    """The model sees one marker for all old results, and asks for lines of one that stands far above it."""
    now = [1_700_000_000.0]
    seen: list[str] = []

    def model(body: dict[str, Any]) -> Step:
        told = results(body)
        gaps = re.findall(r"^\[([0-9.]+): lines ([0-9]+)-([0-9]+) left out\]$", "\n".join(told), re.MULTILINE)
        if not gaps or seen:
            return step(text("done"))
        (ref,) = (ref for each in told for ref in marker.refs_in(each))
        seen.extend(gaps[0])
        return step(ours(ref, path=seen[0], lines=f"{seen[1]}-{seen[2]}"))

    async with world(model, clock=lambda: now[0]) as w:
        w.upstream.produced += produced(conversation(30))
        for seconds in (0, 400):
            now[0] += seconds
            await w.post(w.url, conversation(30))
        name, first, last = map(int, seen)
        asked = conversation(30)["messages"][name - 1]["content"][0]["content"].split("\n")
        lines = [f"{number}: {asked[number - 1]}" for number in range(first, last + 1)]
        assert results(w.upstream.messages[-1].body)[-1].split("\n")[1:] == lines
        assert w.upstream.problems == []


async def test_turns_are_dropped_only_where_the_proxy_is_told_to() -> None:
    for told, fewer in ((False, False), (True, True)):
        async with world([step(text("a"))], settings={"fit": told}, core={"max_tokens": 9_000}) as w:
            body = conversation(30)
            w.upstream.produced += produced(body)
            await w.post(w.url, body)
            assert (len(w.upstream.messages[0].body["messages"]) < len(body["messages"])) == fewer
            assert w.upstream.problems == []
