"""What the Messages API refuses, and one thing more: assistant messages that it never wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from headroom.testing.script import Json
from headroom.wire.parts import THINKING, as_parts, is_blank, without_marks

MAX_MARKS = 4


@dataclass(slots=True)
class Produced:
    """One assistant message that was sent."""

    blocks: list[Json]
    broken: bool = False
    """It did not reach its client whole, so its beginning may come back."""

    def admits(self, blocks: Sequence[Json], *, dropped_thinking: bool) -> bool:
        """Return whether `blocks` is this message as a client may send it back."""
        forms = [self.blocks]
        if dropped_thinking:
            forms.append([block for block in self.blocks if block["type"] not in THINKING])
        if self.broken:
            forms = [form[: len(blocks)] for form in forms]
        return bool(blocks) and list(blocks) in forms


def problems(body: Json, produced: Sequence[Produced], *, dropped_thinking: bool = False) -> Iterator[str]:
    """Yield what the API would refuse in a request, in words.

    `dropped_thinking` admits messages that come back without any of their thinking, as some clients send them.
    """
    messages = [message for message in body["messages"] if message["role"] != "system"]
    before: set[str] = set()
    for number, message in enumerate(messages):
        blocks = as_parts(message["content"])
        found = (
            _of_assistant(blocks, produced, dropped_thinking)
            if message["role"] == "assistant"
            else _of_user(blocks, before)
        )
        for problem in [*_of_any(blocks), *found]:
            yield f"messages.{number}: {problem}"
        before = (
            {block["id"] for block in blocks if block["type"] == "tool_use"}
            if message["role"] == "assistant"
            else set()
        )
    if before:
        yield f"`tool_use` ids were found without `tool_result` blocks at the end: {sorted(before)}"
    yield from _of_marks(body)


def _of_any(blocks: Sequence[Json]) -> Iterator[str]:
    if not blocks:
        yield "content is empty"
    if any(map(is_blank, blocks)):
        yield "text content blocks must be non-empty"


def _of_user(blocks: Sequence[Json], called: set[str]) -> Iterator[str]:
    answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    if sorted(answered) != sorted(called):
        yield f"tool_results {sorted(answered)} for tool_uses {sorted(called)}"
    if any(block["type"] == "tool_result" for block in blocks[len(answered) :]):
        yield "a tool_result stands after other content"


def _of_assistant(blocks: Sequence[Json], produced: Sequence[Produced], dropped_thinking: bool) -> Iterator[str]:
    if blocks and blocks[-1]["type"] in THINKING:
        yield "the final block cannot be thinking"
    bare = without_marks(list(blocks))
    if not any(each.admits(bare, dropped_thinking=dropped_thinking) for each in produced):
        yield f"never produced here: {bare}"


def _of_marks(body: Json) -> Iterator[str]:
    marks = list(_marks([body.get("tools"), body.get("system"), *(message["content"] for message in body["messages"])]))
    if len(marks) > MAX_MARKS:
        yield f"{len(marks)} blocks with cache_control, at most {MAX_MARKS} are allowed"
    lives = [mark.get("ttl", "5m") for mark in marks]
    if "5m" in lives and "1h" in lives[lives.index("5m") :]:
        yield "a ttl='1h' cache_control block comes after a ttl='5m' one"


def _marks(value: Any) -> Iterator[Json]:
    """Yield the cache marks of blocks, in order; a tool's schema and a call's input are not looked into."""
    if isinstance(value, list):
        for item in value:
            yield from _marks(item)
    elif isinstance(value, dict):
        yield from _marks(value.get("content"))
        if isinstance(value.get("cache_control"), dict):
            yield value["cache_control"]
