"""An MCP server, for clients that cannot use the proxy: they make texts small, and redeem refs, by calling tools.

`headroom mcp` runs it over stdio; `server` gives it to whoever has another transport.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp import types
from mcp.server import Server
from mcp.server.stdio import stdio_server

from headroom import __version__, tools
from headroom.context import Headroom
from headroom.errors import HeadroomError
from headroom.marker import TOOL
from headroom.scope import scope_of

COMPRESS = "headroom_compress"
STATS = "headroom_stats"

INSTRUCTIONS = (
    f"Long texts can be made short with {COMPRESS}. Where a text ends in a [headroom: …] marker, something was left "
    f"out of it: {TOOL} returns it, whole or in parts."
)
_WORDS = {"type": "string"}
_TOOLS = (
    {
        "name": COMPRESS,
        "description": "Return a shorter form of a long text, such as a log, JSON or search results; what is left out is "
        "marked and kept. query: what you are looking for in it.",
        "input_schema": {"type": "object", "properties": {"text": _WORDS, "query": _WORDS}, "required": ["text"]},
    },
    json.loads(tools.ANTHROPIC_DEFINITION),
    {
        "name": STATS,
        "description": "Return how many tokens this server has saved since it started.",
        "input_schema": {"type": "object", "properties": {}},
    },
)


@dataclass(slots=True)
class Totals:
    """What a server has done since it started. Tokens are those of o200k_base."""

    texts: int = 0
    shortened: int = 0
    tokens_before: int = 0
    tokens_after: int = 0
    retrievals: int = 0


class Refused(Exception):  # noqa: N818 - reads as what happened
    """A call gets words in place of a result; the protocol flags them as an error."""


class Desk:
    """Runs the tools for one client."""

    def __init__(self, headroom: Headroom, *, project: str | None = None) -> None:
        """Make a desk; `project` says whose refs can be redeemed besides those of its own texts."""
        self.totals = Totals()
        self._headroom = headroom
        tenant = headroom.settings.tenant
        own = scope_of(tenant)
        self._scopes = (own,) if project is None else (scope_of(tenant, project), own)

    def run(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Return what a call gives. Raises Refused with words for the model."""
        runs: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
            COMPRESS: self._compress,
            TOOL: self._retrieve,
            STATS: self._stats,
        }
        if name not in runs:
            raise Refused(f"There is no tool {name}; there are {', '.join(runs)}.")
        try:
            return runs[name](arguments)
        except HeadroomError as error:
            raise Refused(str(error)) from error

    def _compress(self, arguments: Mapping[str, Any]) -> str:
        query = arguments.get("query")
        small = self._headroom.compress(arguments.get("text"), query=str(query) if query else None)  # type: ignore[arg-type] # it says what is wrong
        self.totals.texts += 1
        self.totals.shortened += small.decision.changed
        self.totals.tokens_before += small.tokens_before
        self.totals.tokens_after += small.tokens_after
        return small

    def _retrieve(self, arguments: Mapping[str, Any]) -> str:
        for scope in self._scopes:
            answered = tools.answer(self._headroom, arguments, scope=scope)
            if not answered.is_error:
                self.totals.retrievals += 1
                return answered.text
        raise Refused(answered.text)

    def _stats(self, arguments: Mapping[str, Any]) -> str:  # noqa: ARG002 - it has none
        said = {name: getattr(self.totals, name) for name in Totals.__slots__}
        return json.dumps({**said, "tokens_saved": self.totals.tokens_before - self.totals.tokens_after})


def server(headroom: Headroom, *, project: str | None = None) -> Server[Any, Any]:
    """Return an MCP server with headroom_compress, headroom_retrieve and headroom_stats.

    It redeems the refs of its own texts and, with `project`, of those that the proxy stored for `/p/PROJECT/…`.
    """
    desk = Desk(headroom, project=project)
    made: Server[Any, Any] = Server("headroom", version=__version__, instructions=INSTRUCTIONS)

    async def list_tools() -> list[types.Tool]:
        hints = types.ToolAnnotations(readOnlyHint=True, openWorldHint=False)
        return [
            types.Tool(
                name=tool["name"], description=tool["description"], inputSchema=tool["input_schema"], annotations=hints
            )
            for tool in _TOOLS
        ]

    async def call_tool(name: str, arguments: dict[str, Any]) -> list[types.TextContent]:
        text = await asyncio.to_thread(desk.run, name, arguments)
        return [types.TextContent(type="text", text=_sendable(text))]

    made.list_tools()(list_tools)  # type: ignore[no-untyped-call]
    made.call_tool(validate_input=False)(call_tool)  # a call that breaks the schema gets words that say how to go on
    return made


async def serve(headroom: Headroom, *, project: str | None = None) -> None:
    """Serve one client over stdin and stdout until it leaves."""
    made = server(headroom, project=project)
    async with stdio_server() as (incoming, outgoing):
        await made.run(incoming, outgoing, made.create_initialization_options())


def _sendable(text: str) -> str:
    """Return text that has a UTF-8 form: what was no text stands escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
