"""A client, a proxy and an upstream as strict as the Messages API, all in one event loop."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import aiohttp
import anthropic
import uvicorn
from uvicorn.server import ServerState

from headroom.context import Headroom
from headroom.marker import TOOL, ref_of
from headroom.proxy.app import App
from headroom.proxy.exchange import exchange
from headroom.proxy.protocol import Protocol
from headroom.proxy.settings import ProxySettings
from headroom.settings import Settings
from headroom.testing.script import Json
from headroom.testing.strict import Produced
from headroom.testing.upstream import FakeAnthropic, Script
from headroom.wire.parts import as_parts, without_marks

TOOLS = [
    {
        "name": "Bash",
        "description": "run",
        "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}},
    }
]
SYSTEM = "You are careful. " * 2_500  # so large a head that the tool is offered from the first request on
LOG = "\n".join(
    f"2026-11-22 10:00:{n % 60:02d} INFO worker {n % 7} handled request {n} in {n * 37 % 101} ms" for n in range(900)
)
REF = ref_of(LOG)


@dataclass
class World:
    """A client's view of a proxy before a fake upstream."""

    upstream: FakeAnthropic
    app: App
    url: str
    client: anthropic.AsyncAnthropic

    def meter(self, name: str, **labels: str) -> float:
        return self.app.services.meter.value(f"headroom_{name}_total", **labels)

    async def say(self, messages: Sequence[Any], *, stream: bool = True, **options: Any) -> anthropic.types.Message:
        asked = asking(*messages, **options)
        if not stream:
            return await self.client.messages.create(**asked)
        async with self.client.messages.stream(**asked) as answer:
            return await answer.get_final_message()

    async def talk(
        self, *users: str, stream: bool = True, keep: Callable[[list[Json]], list[Json]] = lambda blocks: blocks
    ) -> list[anthropic.types.Message]:
        """Run a client with a tool loop of its own; return every message that it got."""
        got: list[anthropic.types.Message] = []
        messages: list[Json] = []
        for user in users or ("first",):
            messages.append({"role": "user", "content": user})
            while True:
                got.append(await self.say(messages, stream=stream))
                content = keep(blocks_of(got[-1]))
                messages += [{"role": "assistant", "content": content}] if content else []
                calls = [block for block in content if block["type"] == "tool_use"]
                assert TOOL not in json.dumps(content)
                if not calls:
                    break
                messages.append({"role": "user", "content": [ran(block["id"]) for block in calls]})
        return got

    async def post(self, url: str, body: Json, **headers: str) -> tuple[int, bytes]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{url}/v1/messages", json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.read()

    @asynccontextmanager
    async def posted(self, body: Json) -> AsyncIterator[aiohttp.ClientResponse]:
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/v1/messages", json=body) as answer:
            yield answer

    def stable(self) -> int:
        """Assert that each forwarded request begins, message for message, with the one before it; return how many there were."""
        assert self.upstream.problems == []
        bodies = [request.body for request in self.upstream.messages]
        for before, after in pairwise(bodies):
            assert (before["tools"], before["system"]) == (after["tools"], after["system"])
            old, new = [said(m) for m in before["messages"]], [said(m) for m in after["messages"]]
            assert old == new[: len(old)]
        return len(bodies)


@asynccontextmanager
async def world(
    script: Script,
    *,
    database: str = "sqlite:///:memory:",
    settings: Json | None = None,
    core: Json | None = None,
    clock: Callable[[], float] = time.time,
    **options: Any,
) -> AsyncIterator[World]:
    async with (
        FakeAnthropic(script, **options) as upstream,
        proxied(upstream, database=database, settings=settings, core=core, clock=clock) as made,
    ):
        yield made


@asynccontextmanager
async def proxied(
    upstream: FakeAnthropic,
    *,
    database: str,
    settings: Json | None = None,
    core: Json | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[World]:
    # What is forwarded is compared to the byte; what marks are set is test_align's business.
    headroom = Headroom(Settings(database_url=database, **{"align": False, **(core or {})}), clock=clock)
    proxy = ProxySettings(port=0, anthropic_url=upstream.url, workers=1, **(settings or {}))
    app = App(headroom, proxy, exchange=exchange)
    bare = patch(
        "headroom.proxy.upstream.trusted", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )  # loading roots takes long
    http = anthropic.DefaultAsyncHttpxClient(verify=False)
    with bare:
        async with listening(app) as url, http:
            yield World(
                upstream, app, url, anthropic.AsyncAnthropic(api_key="k", base_url=url, max_retries=0, http_client=http)
            )
    headroom.close()


@asynccontextmanager
async def listening(app: App) -> AsyncIterator[str]:
    """Serve without uvicorn's main loop, whose ticks would be most of a test's time."""
    config = uvicorn.Config(
        app, http=Protocol, ws="none", lifespan="off", log_config=None, server_header=False, date_header=False
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    async with app.services.upstream, app.services.pool:
        server = await loop.create_server(
            lambda: Protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for connection in list(state.connections):
                connection.shutdown()
            await asyncio.gather(*state.tasks, return_exceptions=True)


def blocks_of(message: anthropic.types.Message) -> list[Json]:
    return [block.to_dict(mode="json") for block in message.content]  # type: ignore[misc]


def kinds(message: anthropic.types.Message) -> list[str]:
    return [block.type for block in message.content]


def ran(call_id: str) -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": "ran"}


def said(message: Json) -> Json:
    return {"role": message["role"], "content": without_marks(as_parts(message["content"]))}


def asking(*messages: Any, **options: Any) -> Any:
    asked = messages or ({"role": "user", "content": "x"},)
    return {"model": "m", "max_tokens": 999, "system": SYSTEM, "tools": TOOLS, "messages": list(asked), **options}


def request(*messages: Json, stream: bool = True, **options: Any) -> Json:
    return asking(*messages, stream=stream, **options)


def history(output: str = LOG) -> tuple[list[Json], Produced]:
    """Return a conversation that holds a large log, and the assistant's message in it."""
    calls = [{"type": "tool_use", "id": "toolu_log", "name": "Bash", "input": {"command": "make"}}]
    result = {"type": "tool_result", "tool_use_id": "toolu_log", "content": output}
    asked = {"role": "user", "content": "why is it slow?"}
    return [asked, {"role": "assistant", "content": calls}, {"role": "user", "content": [result]}], Produced(calls)
