"""A recorded request as a provider's cache would see it: content blocks, their tokens, and where marks stand."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from headroom import tokens
from headroom.caching.align import Spot, places
from headroom.caching.rules import Rules, Section
from headroom.caching.simulate import Part, Request
from headroom.content import Role

PART_TOKENS = 4
"""What a provider adds round each content block, about; the same on both sides of a comparison."""

_ROLES: dict[str, Role] = {"system": "system", "human": "human", "ai": "assistant"}


def parts_of(message: BaseMessage) -> Iterator[tuple[str, str]]:
    """Yield what stands for each content block a provider counts: who or what it is, and its text."""
    content = message.content
    pieces = [content] if isinstance(content, str) else [_text(part) for part in content]
    if isinstance(message, ToolMessage):
        yield f"tool:{message.tool_call_id}", "\n".join(pieces)
        return
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    for piece in pieces:
        if piece or not calls:
            yield message.type, piece
    for call in calls:
        yield f"call:{call['id']}", f"{call['name']}\n{json.dumps(call['args'], ensure_ascii=False)}"


def said(message: BaseMessage) -> str:
    """Return everything a message says: its texts, and the names and arguments of its calls."""
    return "\n".join(text for _, text in parts_of(message))


class Ruler:
    """Makes requests of messages, as callers make them who set the right marks. Counts each text once."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._counts: dict[str, int] = {}

    def request(self, messages: Sequence[BaseMessage], *, tools: Part | None, at: float) -> Request:
        """Return the messages as a request that starts at `at`, `tools` standing for the tools it has."""
        parts: list[Part] = []
        spots: list[Spot] = []
        if tools:
            parts.append(tools)
            spots.append(Spot("tools"))
        for message in messages:
            role = _ROLES.get(message.type, "tool")
            section: Section = "system" if role == "system" else "messages"
            for key in parts_of(message):
                parts.append(Part(key, self.count(key[1]) + PART_TOKENS, section))
                spots.append(Spot(section, role, markable=bool(key[1])))
            if role in ("system", "human"):
                parts[-1] = parts[-1]._replace(ends=True)
        for n in places(spots, rules=self._rules):
            parts[n] = parts[n]._replace(mark="5m")
        return Request(at, parts)

    def count(self, text: str) -> int:
        """Return the tokens of a text."""
        if text not in self._counts:
            self._counts[text] = tokens.count(text)
        return self._counts[text]


def shared(one: Hashable, other: Hashable) -> int:
    """Return the leading tokens that two parts of the same kind have in common."""
    match one, other:
        case (str(tag), str(text)), (str(other_tag), str(other_text)) if tag == other_tag:
            ends = (n for n, (a, b) in enumerate(zip(text, other_text, strict=False)) if a != b)
            return tokens.count(text[: next(ends, min(len(text), len(other_text)))])
    return 0


def _text(part: object) -> str:
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""
