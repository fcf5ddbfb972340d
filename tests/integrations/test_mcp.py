"""The MCP server, through the official client: in memory, and as the process that clients start."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="mcp is an extra")

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.memory import create_connected_server_and_client_session
from mcp.types import CallToolResult, TextContent

from headroom import Headroom, Settings, marker, tokens
from headroom.integrations.mcp import server
from headroom.scope import scope_of
from headroom.tools import ANTHROPIC_DEFINITION

RECEIPTS = [sha256(bytes([n])).hexdigest() for n in range(150)]
ROWS = json.dumps([{"id": n, "status": "failed" if n == 131 else "paid", "receipt": RECEIPTS[n]} for n in range(150)])
REF = marker.ref_of(ROWS)


@pytest.fixture
def headroom() -> Headroom:
    return Headroom(Settings(database_url="sqlite:///:memory:"))


@asynccontextmanager
async def client(headroom: Headroom, **options: Any) -> AsyncIterator[ClientSession]:
    async with create_connected_server_and_client_session(server(headroom, **options)) as session:
        yield session


def said(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


async def test_there_are_three_tools_and_instructions(headroom: Headroom) -> None:
    async with client(headroom) as session:
        listed = (await session.list_tools()).tools
    assert [tool.name for tool in listed] == ["headroom_compress", "headroom_retrieve", "headroom_stats"]
    definition = json.loads(ANTHROPIC_DEFINITION)
    assert (definition["description"], definition["input_schema"]) == (listed[1].description, listed[1].inputSchema)
    assert all(tool.annotations and tool.annotations.readOnlyHint for tool in listed)
    head = json.dumps([[tool.name, tool.description, tool.inputSchema] for tool in listed], ensure_ascii=False)
    assert tokens.count(head) <= 250


async def test_a_text_goes_and_comes_back(headroom: Headroom) -> None:
    async with client(headroom) as session:
        small = said(await session.call_tool("headroom_compress", {"text": ROWS, "query": "which failed"}))
        whole = said(await session.call_tool("headroom_retrieve", {"ref": REF, "lines": "all"}))
        row = said(await session.call_tool("headroom_retrieve", {"ref": REF, "path": "$[131]"}))
        stats = json.loads(said(await session.call_tool("headroom_stats", {})))
    assert marker.genuine(small) == REF
    assert whole == ROWS
    assert json.loads(row)["id"] == 131
    before, after = tokens.count(ROWS), tokens.count(small)
    assert {name: stats[name] for name in ("texts", "shortened", "retrievals")} == {
        "texts": 1,
        "shortened": 1,
        "retrievals": 2,
    }
    assert (before, after, before - after) == (stats["tokens_before"], stats["tokens_after"], stats["tokens_saved"])


async def test_a_short_text_stays(headroom: Headroom) -> None:
    async with client(headroom) as session:
        assert said(await session.call_tool("headroom_compress", {"text": "hello"})) == "hello"


async def test_what_was_no_text_stands_escaped(headroom: Headroom) -> None:
    """JSON over stdio has no lone surrogates: the server must not break on an original that has them."""
    original = "\udce9" + ROWS
    ref = headroom.compress(original).ref or marker.ref_of(original)
    headroom.store.put(scope_of("local"), {ref: original}, now=headroom.clock())
    async with client(headroom) as session:
        assert said(await session.call_tool("headroom_retrieve", {"ref": ref, "lines": "all"})) == "\\udce9" + ROWS


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("headroom_retrieve", {"ref": "0" * 24}, "No original is stored under ref 000000000000000000000000."),
        ("headroom_retrieve", {}, "Give the ref of a marker"),
        ("headroom_retrieve", {"ref": 3}, "Give the ref of a marker"),
        ("headroom_compress", {}, "a text must be a str"),
        ("headroom_compress", {"text": {"a": 1}}, "a text must be a str, not dict"),
        ("headroom_crush", {}, "There is no tool headroom_crush"),
    ],
)
async def test_a_bad_call_gets_words(name: str, arguments: dict[str, Any], words: str, headroom: Headroom) -> None:
    async with client(headroom) as session:
        result = await session.call_tool(name, arguments)
        assert result.isError
        assert said(result).startswith(words)
        assert said(await session.call_tool("headroom_compress", {"text": "hello"})) == "hello"


async def test_refs_resolve_only_in_their_scope(headroom: Headroom) -> None:
    """A project's refs are for those who were started for it; own texts are always one's own."""
    headroom.store.put(scope_of("local", "shop"), {REF: ROWS}, now=headroom.clock())
    call = "headroom_retrieve", {"ref": REF, "lines": "all"}
    async with client(headroom) as stranger, client(headroom, project="shop") as friend:
        assert (await stranger.call_tool(*call)).isError
        assert said(await friend.call_tool(*call)) == ROWS
        await stranger.call_tool("headroom_compress", {"text": ROWS + "\n"})
        assert not (await friend.call_tool("headroom_retrieve", {"ref": marker.ref_of(ROWS + "\n")})).isError


@pytest.mark.slow
async def test_the_process_that_clients_start(tmp_path: Path) -> None:
    """`headroom mcp`: what one process stored, the next one finds."""
    environment = {**os.environ, "HEADROOM_DATABASE_URL": f"sqlite:///{tmp_path / 'originals.db'}"}
    started = StdioServerParameters(
        command=sys.executable, args=["-c", "from headroom.cli import main; main()", "mcp"], env=environment
    )
    async with stdio_client(started) as streams, ClientSession(*streams) as session:
        told = await session.initialize()
        assert told.serverInfo.name == "headroom"
        assert marker.genuine(said(await session.call_tool("headroom_compress", {"text": ROWS}))) == REF
    async with stdio_client(started) as streams, ClientSession(*streams) as session:
        await session.initialize()
        assert said(await session.call_tool("headroom_retrieve", {"ref": REF, "lines": "all"})) == ROWS
