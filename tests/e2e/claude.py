"""Runs real Claude Code against a URL, as a user would."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from headroom.context import Headroom
from headroom.proxy.app import App
from headroom.proxy.exchange import exchange
from headroom.proxy.serve import serving
from headroom.proxy.settings import ProxySettings
from headroom.settings import Settings

ROOT = Path(__file__).parents[2]
SECONDS = 90


def binary() -> str:
    """Return the path of Claude Code; skip where it is not installed."""
    local = ROOT / ".cache" / "npm" / "node_modules" / ".bin" / "claude"
    found = os.environ.get("HEADROOM_CLAUDE") or (str(local) if local.exists() else shutil.which("claude"))
    if not found:
        pytest.skip("no Claude Code: `make test` installs it, or set HEADROOM_CLAUDE to its path")
    return found


@dataclass
class Run:
    """What one `claude -p` did."""

    code: int | None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def result(self) -> dict[str, Any]:
        return next((event for event in self.events if event["type"] == "result"), {})

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return [block for event in self.events if event["type"] == "assistant" for block in event["message"]["content"]]


def environment(home: Path, url: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "sk-test"}


def command(*arguments: str) -> list[str]:
    model = ["--model", "claude-haiku-4-5-20251001"]
    return [
        binary(),
        "-p",
        *arguments,
        "--allowedTools",
        "Bash,Read",
        "--output-format",
        "stream-json",
        "--verbose",
        *model,
    ]


async def claude(home: Path, url: str, prompt: str, *, resume: bool = False) -> Run:
    """Run one prompt to its end."""
    process = await asyncio.create_subprocess_exec(
        *command(prompt, *(["--continue"] if resume else [])),
        env=environment(home, url),
        cwd=home,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    assert process.stdout is not None
    run = Run(None)
    try:
        async with asyncio.timeout(SECONDS):
            async for line in process.stdout:
                run.events.append(json.loads(line))
            run.code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return run


@asynccontextmanager
async def proxied(upstream: str, database: Path, **options: Any) -> AsyncIterator[str]:
    """Serve a proxy in front of `upstream` with a store of its own, and give its URL."""
    settings = ProxySettings(port=0, anthropic_url=upstream, **options)
    headroom = Headroom(Settings(database_url=f"sqlite:///{database}"))
    try:
        async with serving(App(headroom, settings, exchange=exchange), settings) as url:
            yield url
    finally:
        headroom.close()
