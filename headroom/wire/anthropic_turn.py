"""One message of the Messages API: what it says, what it calls and where its strings stand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from headroom.content import Kind, Role
from headroom.wire.anthropic_marks import Markable, by_code, in_content, is_marked
from headroom.wire.anthropic_parts import Part, parts_of
from headroom.wire.splice import Value, members, value_of

_ROLES: Mapping[str, Role] = {"user": "human", "assistant": "assistant", "system": "system"}
_in_order = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_sorted = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Piece:
    """A string that headroom reads; its span is relative to its message."""

    text: str
    kind: Kind
    role: Role
    start: int
    end: int
    call: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message says, wherever it stands."""

    role: Role
    digest: bytes
    pieces: tuple[Piece, ...]
    calls: tuple[tuple[str, tuple[str, str]], ...]
    """Id, and tool name with arguments, of each call the message makes."""
    markables: tuple[Markable, ...]
    marked: bool
    """Its client set a cache mark in it."""
    by_code: frozenset[str] = frozenset()
    """Ids of its calls that the provider's code execution made."""


def scan_turn(text: str, start: int) -> tuple[Turn, int]:
    """Scan one message. A role that does not exist yet is taken for the system's, and nothing of it is read."""
    found, end = members(text, start)
    spoken = value_of(found, "role")
    role = _ROLES.get(spoken) if isinstance(spoken, str) else None
    content = found.get("content")
    parts = parts_of(text, content) if content else []
    turn = Turn(
        role=role or "system",
        digest=digest_of(spoken, content.value if content else None),
        pieces=tuple(_pieces(text, content, parts, role, origin=start)) if role and content else (),
        calls=tuple(_calls(content.value)) if role == "assistant" and content else (),
        markables=tuple(in_content(content, parts, origin=start)) if content else (),
        marked=content is not None and is_marked(content.value),
        by_code=frozenset(by_code(content.value)) if role == "assistant" and content else frozenset(),
    )
    return turn, end


def digest_of(said: object, content: object) -> bytes:
    """Return 16 bytes that name a content in any of its spellings, and what is said of it."""
    text = _in_order([said, _content(content)])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _pieces(text: str, content: Value, parts: Iterable[Part], role: Role, *, origin: int) -> Iterator[Piece]:
    if isinstance(content.value, str):
        yield Piece(content.value, "text", role, content.start - origin, content.end - origin)
    for part in parts:
        match part.value:
            case {"type": "text", "text": str(said)}:
                start, end, _ = part.members["text"]
                yield Piece(said, "text", role, start - origin, end - origin)
            case {"type": "tool_result", "content": _} if role == "human":
                yield from _results(text, part, origin=origin)


def _results(text: str, part: Part, *, origin: int) -> Iterator[Piece]:
    """Yield the text content of one tool_result: a string, or the text parts of a list."""
    result = part.value
    start, end, _ = part.members["content"]
    content = Value(start, end, result["content"])
    strings = [content] if isinstance(content.value, str) else []
    for inner in parts_of(text, content):
        match inner.value:
            case {"type": "text", "text": str(said)}:
                start, end, _ = inner.members["text"]
                strings.append(Value(start, end, said))
    call = result.get("tool_use_id")
    for start, end, said in strings:
        yield Piece(
            text=said,
            kind="tool_result",
            role="tool",
            start=start - origin,
            end=end - origin,
            call=call if isinstance(call, str) else "",
            is_error=result.get("is_error") is True,
        )


def _calls(content: object) -> Iterator[tuple[str, tuple[str, str]]]:
    for part in content if isinstance(content, list) else ():
        match part:
            case {"type": "tool_use", "id": str(call), "name": str(name)}:
                yield call, (name, _sorted(part.get("input", {})))


def _content(value: object) -> object:
    """Return content in the one form that all its spellings share, for digests.

    A string says the same as one text block, and clients change between the two as their cache marks
    move on; the marks themselves say nothing. They can stand on blocks at any level of content and
    of a document's source; a key of that name in a tool's input is the tool's own.
    """
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [_part(part) for part in value]
    return _part(value)


def _part(value: object) -> object:
    if not isinstance(value, dict):
        return value
    said = {key: _FORMS[key](part) if key in _FORMS else part for key, part in value.items() if key != "cache_control"}
    return said["text"] if said.keys() == {"type", "text"} and said["type"] == "text" else said


_FORMS = {"content": _content, "source": _part}
