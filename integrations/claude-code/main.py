"""Claude Code through the proxy, offline: python main.py"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from headroom import Headroom, Settings, tokens
from headroom.proxy.app import App
from headroom.proxy.exchange import exchange
from headroom.proxy.serve import serving
from headroom.proxy.settings import ProxySettings
from headroom.testing.script import call, text
from headroom.testing.upstream import FakeAnthropic

PRINT_LOG = f"{sys.executable} -c \"[print(f'2026-11-22 10:{{n//60:02d}}:{{n%60:02d}} INFO job {{n}} done') for n in range(500)]\""


def model(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Play the model: run one command, then answer."""
    if "tool_result" in json.dumps(body["messages"]):
        return [text("All 500 jobs are done.")]
    return [text("Let me look."), call("Bash", command=PRINT_LOG, description="print the log")]


async def run(claude: str, home: Path, url: str) -> str:
    """Run one prompt as a user would."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "sk-offline",
    }
    process = await asyncio.create_subprocess_exec(
        claude, "-p", "Are the jobs done?", "--allowedTools", "Bash",
        env=environment, cwd=home, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return out.decode().strip()


async def main() -> None:
    """Run Claude Code, and say what the provider saw."""
    claude = os.environ.get("HEADROOM_CLAUDE") or shutil.which("claude")
    if claude is None:
        print("Claude Code is not installed: npm install -g @anthropic-ai/claude-code")
        return
    with tempfile.TemporaryDirectory() as folder:
        headroom = Headroom(Settings(database_url=f"sqlite:///{folder}/originals.db"))
        async with FakeAnthropic(model, side=True) as upstream:
            settings = ProxySettings(port=0, anthropic_url=upstream.url)
            async with serving(App(headroom, settings, exchange=exchange), settings) as url:
                print("claude:", await run(claude, Path(folder), url))
        headroom.close()
    history = upstream.messages[-1].body["messages"][1:]
    print(f"tokens of the history that the provider saw: {tokens.count(json.dumps(history)):,}")


if __name__ == "__main__":
    asyncio.run(main())
