"""Cache marks of the Messages API: what takes one, and how it is put there without touching another byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from headroom.wire.anthropic_parts import Part
from headroom.wire.parts import is_blank
from headroom.wire.splice import Edit, Value

_MEMBER = ',"cache_control":{"type":"ephemeral"}'
_OPEN, _CLOSE = '[{"type":"text","text":', _MEMBER + "}]"

_PARTS = frozenset({"text", "image", "document", "search_result", "tool_use", "tool_result"})
"""Parts that are known to take a mark: thinking does not, and of others nobody knows."""


@dataclass(frozen=True, slots=True)
class Markable:
    """A part of a content, a tool or a content that is one string; its span is relative to its value's start."""

    start: int
    end: int
    takes: bool
    """Whether the API takes a mark there."""
    bare: bool = False
    """It is a string, which a mark makes a list of one text."""
    answers: str = ""
    """Id of the call whose result it is."""


def in_content(content: Value, parts: Iterable[Part], *, origin: int) -> Iterator[Markable]:
    """Yield every part of a content, a message's or the system's; `parts` are those of it that is a list."""
    if isinstance(content.value, str):
        takes = bool(content.value.strip())
        yield Markable(content.start - origin, content.end - origin, takes=takes, bare=True)
    for part in parts:
        answers = part.value.get("tool_use_id", "") if isinstance(part.value, dict) else ""
        yield Markable(part.start - origin, part.end - origin, takes=_takes(part.value), answers=str(answers))


def in_tools(tools: Iterable[Value], *, origin: int) -> Iterator[Markable]:
    """Yield every tool. Tools of the provider's own are left alone, and those it loads when asked refuse marks."""
    for tool in tools:
        own = isinstance(tool.value, dict) and tool.value.get("type", "custom") == "custom"
        takes = own and not tool.value.get("defer_loading")
        yield Markable(tool.start - origin, tool.end - origin, takes=takes)


def by_code(content: object) -> Iterator[str]:
    """Yield the ids of the calls in a content that the provider's code execution made: their results refuse marks."""
    for part in content if isinstance(content, list) else ():
        if _is_by_code(part):
            yield str(part.get("id"))


def is_marked(value: Any) -> bool:
    """Whether a content block, a tool, or anything in a list of them carries a mark, even an empty one."""
    if isinstance(value, list):
        return any(map(is_marked, value))
    if not isinstance(value, dict):
        return False
    return "cache_control" in value or is_marked(value.get("content")) or is_marked(value.get("source"))


def marking(place: object) -> Iterator[Edit]:
    """Yield the edits that put a mark at a place that `placed` named."""
    match place:
        case (int(start), int(end), True):
            yield start, start, _OPEN
            yield end, end, _CLOSE
        case (int(), int(end), False):
            yield end - 1, end - 1, _MEMBER
        case _:
            raise ValueError(f"no mark can stand at {place!r}")


def placed(at: int, markable: Markable) -> tuple[int, int, bool]:
    """Return the place of a markable in a request in which its value starts at `at`."""
    return at + markable.start, at + markable.end, markable.bare


def _takes(part: Any) -> bool:
    return isinstance(part, dict) and str(part.get("type")) in _PARTS and not is_blank(part) and not _is_by_code(part)


def _is_by_code(part: Any) -> bool:
    match part:
        case {"type": "tool_use", "caller": {"type": caller}}:
            return bool(caller != "direct")
    return False
