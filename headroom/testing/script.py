"""What the fake upstream is told to say: a script of steps, one for each request.

script = [step(text("Let me look."), ours(ref)), step(text("It says 42."))]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from headroom.marker import TOOL

Json = dict[str, Any]

Failure = Literal["error", "eof", "cut"]


@dataclass(frozen=True, slots=True)
class Step:
    """One answer."""

    blocks: tuple[Json, ...] = ()
    """Content blocks; tool calls get their ids when they are sent."""
    stop: str = ""
    """The stop reason; without one "tool_use" if a tool is called, else "end_turn"."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fail: Failure | None = None
    """Break a stream off within its first block: by an error event, a clean end, or a cut connection."""
    hold: bool = False
    """Do not begin to answer until `FakeAnthropic.resume` is set; `FakeAnthropic.paused` is set meanwhile."""
    pause_after: int | None = None
    """Stop after this many blocks until `FakeAnthropic.resume` is set; `FakeAnthropic.paused` is set meanwhile."""
    chunk: int = 0
    """Bytes written at a time; 0: an event at a time."""
    crlf: bool = False
    unspaced: bool = False
    """Write "data:" and "event:" without a space after them."""
    noise: bool = False
    """Pings, comments and events of unknown kinds between all others."""
    cached: int = 100
    """Tokens said to have been read from the cache."""


def step(*blocks: Json, **options: Any) -> Step:
    """Return a step that says these blocks."""
    return Step(blocks, **options)


def refusal(status: int, **headers: str) -> Step:
    """Return a step that answers with an error status; it asks to be tried again at once."""
    return Step(status=status, headers={"retry-after": "0", **headers})


def text(said: str) -> Json:
    """Return a text block."""
    return {"type": "text", "text": said}


def cited(said: str, *citations: Json) -> Json:
    """Return a text block with citations."""
    return {"type": "text", "text": said, "citations": list(citations)}


def thinking(thought: str) -> Json:
    """Return a thinking block; its signature is made from the thought."""
    return {"type": "thinking", "thinking": thought, "signature": f"signed:{thought}"}


def redacted(data: str) -> Json:
    """Return a redacted_thinking block."""
    return {"type": "redacted_thinking", "data": data}


def ours(ref: str, **arguments: str) -> Json:
    """Return a call of headroom_retrieve."""
    return {"type": "tool_use", "name": TOOL, "input": {"ref": ref, **arguments}}


def call(name: str, **arguments: Any) -> Json:
    """Return a call of one of the client's tools."""
    return {"type": "tool_use", "name": name, "input": arguments}
