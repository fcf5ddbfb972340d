"""Law 2 across processes: other hash seeds, other workers, restarts, real sessions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import convert_to_messages

from headroom.context import Headroom
from headroom.settings import Settings
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC

PROGRAM = """
import sys
from headroom.context import Headroom
from headroom.settings import Settings
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
hr = Headroom(Settings(database_url="sqlite:///:memory:"))
sys.stdout.buffer.write(hr.invoke(WireRequest(sys.stdin.buffer.read(), ANTHROPIC)).raw)
"""


@pytest.mark.parametrize("seed", ["4242", *(pytest.param(seed, marks=pytest.mark.slow) for seed in "01")])
def test_e2_another_process_with_another_hash_seed_sends_the_same_bytes(seed: str) -> None:
    from tests.laws.conversations import body, log, rows, tool_run

    request = body([*tool_run(rows(70)), *tool_run(log(150))])
    here = Headroom(Settings(database_url="sqlite:///:memory:")).invoke(WireRequest(request, ANTHROPIC)).raw
    elsewhere = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=request,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    ).stdout
    assert here == elsewhere
    assert len(here) < len(request)


def sessions(shared: Path, limit: int) -> list[list[dict[str, Any]]]:
    found = []
    for file in sorted((shared / "data" / "A" / "dev").glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            found += [json.loads(line)["messages"] for line, _ in zip(lines, range(limit), strict=False)]
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_e1_real_sessions_are_forwarded_as_byte_prefixes_also_after_a_restart(shared: Path) -> None:
    for session in sessions(shared, 1):
        messages = convert_to_messages(session)
        settings = Settings(database_url="sqlite:///:memory:", retrieval="tool")
        hr, last = Headroom(settings), []
        for end in (end for end, message in enumerate(messages) if message.type == "ai" and end):
            if end == len(messages) // 2:
                hr = Headroom(settings, store=hr.store)
            sent = [message.content for message in hr.invoke(messages[:end])]
            assert sent[: len(last)] == last
            last = sent
