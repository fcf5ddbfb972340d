"""The requests that are sent: small ones, the recorded one of Claude Code, and ones with a large new result."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

Json = dict[str, Any]

RECORDED = "wire/claude-code-2.1.197/tools/005.json"
RESULT_BYTES = 100_000
MODEL = "claude-opus-4-8"


def small(*, stream: bool = False) -> bytes:
    """Return a request of about 1 KB without tools."""
    said = "Say in one sentence what a reverse proxy is good for, and when it is better to do without one. " * 9
    body = {"model": MODEL, "max_tokens": 200, "messages": [{"role": "user", "content": said}]}
    return dump({**body, "stream": True} if stream else body)


def recorded() -> tuple[Json, list[tuple[str, str]], str]:
    """Return a Claude Code request of over 100 KB, its headers, and where it is from."""
    shared = Path(os.environ.get("HEADROOM_SHARED", Path(__file__).parents[2] / "shared"))
    if (shared / RECORDED).is_file():
        found = json.loads((shared / RECORDED).read_text())
        headers = [item for item in found["headers"].items() if item[0].lower() not in ("host", "content-length")]
        return found["body"], headers, "recorded"
    return generated(), [("anthropic-version", "2023-06-01"), ("user-agent", "claude-cli")], "generated"


def generated() -> Json:
    """Return a request of the recorded one's shape: 70 KB of tools, 6 KB of system prompt, two results of 8 KB."""
    prose = "Runs what it is given and says what came of it; quote paths that hold spaces, and prefer absolute ones. "
    parameters = {"type": "object", "properties": {"command": {"type": "string", "description": prose * 4}}}
    tools = [
        {"name": name, "description": prose * 28, "input_schema": parameters}
        for name in ["Bash", "Read", *(f"Tool{n}" for n in range(21))]
    ]
    body: Json = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "List the items, then read the file."}],
        "system": [{"type": "text", "text": prose * 58, "cache_control": {"type": "ephemeral"}}],
        "tools": tools,
        "max_tokens": 32_000,
        "stream": True,
    }
    for number, command in enumerate(["list-items", "print-numbers"]):
        rows = "\n".join(f"line {n} value {n * n}" for n in range(400))
        body = with_result(body, rows, command=command, number=number)
    return body


def with_result(body: Json, result: str, *, command: str, number: int = 99) -> Json:
    """Return the conversation with one more call and its result."""
    call = {"type": "tool_use", "id": f"toolu_n{number}", "name": "Bash", "input": {"command": command}}
    answer = {"type": "tool_result", "tool_use_id": call["id"], "content": result}
    turns = [{"role": "assistant", "content": [call]}, {"role": "user", "content": [answer]}]
    return {**body, "messages": [*body["messages"], *turns]}


def rows(seed: int, size: int = RESULT_BYTES) -> str:
    """Return a JSON array of orders, as an API prints it."""
    rng = random.Random(seed)
    return _filled(
        size, lambda n: json.dumps(
            {
                "id": seed * 100_000 + n,
                "customer": f"customer-{rng.randrange(5_000)}",
                "status": rng.choice(["paid", "paid", "paid", "open", "refunded"]),
                "total": round(rng.uniform(5, 900), 2),
                "items": rng.randrange(1, 9),
                "created": f"2026-11-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:00Z",
                "note": None,
            }
        ), ("[", ",\n", "]"),
    )  # fmt: skip


def log(seed: int, size: int = RESULT_BYTES) -> str:
    """Return a service's log with a few errors in it."""
    rng = random.Random(seed)

    def line(n: int) -> str:
        stamp = (
            f"2026-11-{seed % 28 + 1:02} {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02},{rng.randrange(1_000):03}"
        )
        if rng.random() < 0.004:
            return f"{stamp} ERROR worker-{rng.randrange(8)} cannot reach db-{rng.randrange(3)}: timeout after 5000 ms"
        said = [
            f"INFO  worker-{rng.randrange(8)} GET /v1/items/{rng.randrange(9_999)} 200 {rng.randrange(90)} ms",
            f"INFO  worker-{rng.randrange(8)} cache hit for key item:{rng.randrange(9_999)}",
            f"DEBUG pool size {rng.randrange(20)} of 20, waiting {rng.randrange(4)}",
        ]
        return f"{stamp} {rng.choice(said)}"

    return _filled(size, line, ("", "\n", ""))


def _filled(size: int, line: Callable[[int], str], frame: tuple[str, str, str]) -> str:
    lines: list[str] = []
    length = 0
    while length < size:
        lines.append(line(len(lines)))
        length += len(lines[-1]) + len(frame[1])
    return frame[0] + frame[1].join(lines) + frame[2]


def dump(body: Json) -> bytes:
    """Return a body as JavaScript clients write it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
