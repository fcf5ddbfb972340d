"""Generated conversations of an agent: what the laws are tried on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom.context import Headroom
from headroom.settings import Settings


def rows(count: int, *, seed: int = 0) -> str:
    """Return a JSON array as an API would print it, one row in error."""
    return json.dumps(
        [
            {
                "id": seed * 1000 + n,
                "level": "ERROR" if n == count // 2 else "INFO",
                "message": f"request {(n * 7919 + seed) % 100_003} served by worker {n % 5}",
                "latency_ms": 20 + (n * n + seed) % 13,
                "region": "eu-west-1",
            }
            for n in range(count)
        ],
        indent=2,
    )


def log(count: int, *, seed: int = 0) -> str:
    """Return a log with one error in it."""
    lines = [
        f"2026-11-22T10:{n // 60 % 60:02d}:{n % 60:02d}Z INFO worker-{(n + seed) % 4} processed job {seed + n} in {10 + n % 7}ms"
        for n in range(count)
    ]
    lines[count // 3] = f"2026-11-22T10:00:00Z ERROR worker-1 job {seed} failed: connection refused to db-{seed}:5432"
    return "\n".join(lines)


def headroom(retrieval: str = "tool", **options: Any) -> Headroom:
    """Return a Headroom that keeps nothing on disk and whose clock stands still."""
    return Headroom(
        Settings(database_url="sqlite:///:memory:", retrieval=retrieval, **options), clock=lambda: 1_700_000_000.0
    )


def tool_run(
    text: str, *, name: str = "bash", args: dict[str, Any] | None = None, failed: bool = False
) -> list[BaseMessage]:
    """Return a question, a call and its result."""
    call = {"name": name, "args": args or {"command": "make"}, "id": "c1", "type": "tool_call"}
    return [
        HumanMessage("What failed?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage(text, tool_call_id="c1", name=name, status="error" if failed else "success"),
    ]


texts = st.one_of(
    st.builds(rows, st.integers(1, 60), seed=st.integers(0, 3)),
    st.builds(log, st.integers(1, 90), seed=st.integers(0, 3)),
    st.text(max_size=300),
    st.sampled_from(["", " ", "ok", "\x1b[31mred\x1b[0m\n" * 200, "same line\n" * 300, "{" * 500, "\ud800 lone " * 80]),
)
calls = st.sampled_from(
    [
        ("bash", {"command": "make test"}),
        ("bash", {"command": "cat app.log"}),
        ("Read", {"file_path": "/src/app.py"}),
        ("query", {"sql": "select * from t", "limit": 10}),
        ("headroom_retrieve", {"ref": "0" * 24}),
        ("Read", {"file_path": "/repo/AGENTS.md"}),
    ]
)
results = st.tuples(calls, texts, st.sampled_from([False, False, False, True]))
turns = st.one_of(
    st.tuples(st.just("human"), st.sampled_from(["why did it fail?", "continue", "find worker-3", ""])),
    st.tuples(st.just("tools"), st.lists(results, min_size=1, max_size=3)),
)


@st.composite
def conversations(draw: st.DrawFn, *, max_turns: int = 5) -> list[BaseMessage]:
    """Draw the messages of an agent's session."""
    messages: list[BaseMessage] = [SystemMessage("You are an agent."), HumanMessage("Find the cause of the outage.")]
    for number, (kind, content) in enumerate(draw(st.lists(turns, max_size=max_turns))):
        if kind == "human":
            messages += [AIMessage(f"Answer {number}."), HumanMessage(content or "go on")]
            continue
        ids = [f"call_{number}_{k}" for k in range(len(content))]
        made = [
            {"name": c[0], "args": c[1], "id": i, "type": "tool_call"}
            for i, (c, _, _) in zip(ids, content, strict=True)
        ]
        messages.append(AIMessage("Let me look.", tool_calls=made))
        messages += [
            ToolMessage(text, tool_call_id=i, name=call[0], status="error" if failed else "success")
            for i, (call, text, failed) in zip(ids, content, strict=True)
        ]
    return messages


def body(messages: Sequence[BaseMessage], *, offered: bool = True, tools: bool = True) -> bytes:
    """Return the same conversation as the body of a Messages request."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if isinstance(message, SystemMessage):
            continue
        if isinstance(message, AIMessage):
            made = [
                {"type": "tool_use", "id": c["id"], "name": c["name"], "input": c["args"]} for c in message.tool_calls
            ]
            turns.append({"role": "assistant", "content": [{"type": "text", "text": message.content}, *made]})
        elif isinstance(message, ToolMessage):
            result = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content}
            if message.status == "error":
                result["is_error"] = True
            if turns and turns[-1]["role"] == "user" and turns[-1]["content"][0]["type"] == "tool_result":
                turns[-1]["content"].append(result)
            else:
                turns.append({"role": "user", "content": [result]})
        else:
            turns.append({"role": "user", "content": [{"type": "text", "text": message.content}]})
    names = ["bash", *(["headroom_retrieve"] if offered else [])]
    offer = {"tools": [{"name": name, "input_schema": {"type": "object"}} for name in names]} if tools else {}
    return json.dumps(
        {"model": "claude-x", "max_tokens": 9, **offer, "system": "You are an agent.", "messages": turns}
    ).encode()
