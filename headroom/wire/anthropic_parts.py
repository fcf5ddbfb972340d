"""The parts of a content of the Messages API, and where each stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from headroom.wire.splice import Scan, Value, items, members, skip_value

_READ = frozenset({"text", "tool_result"})
"""Parts with members that are looked at; of all others the end is enough."""

_NO_MEMBERS: Mapping[str, Value] = {}


class Part(NamedTuple):
    """A part of a content, and its members by key where they may be asked for; of those only the spans are true."""

    start: int
    end: int
    value: Any
    members: Mapping[str, Value]


def parts_of(text: str, content: Value) -> list[Part]:
    """Return the parts of a content that is a list, in one walk over it."""
    if not isinstance(content.value, list):
        return []
    found, _ = items(text, content.start, _spans(content.value))
    return [Part(item.start, item.end, part, item.value) for item, part in zip(found, content.value, strict=True)]


def _spans(parts: list[Any]) -> Scan:
    coming = iter(parts)

    def scan(text: str, at: int) -> tuple[Mapping[str, Value], int]:
        part = next(coming)
        if isinstance(part, dict) and str(part.get("type")) in _READ:
            return members(text, at, skip_value)
        return _NO_MEMBERS, skip_value(text, at)[1]

    return scan
