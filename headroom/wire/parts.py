"""The content blocks of the Messages API, as parsed JSON: what can be told from one of them.

They are called parts here, because a `Block` is what may shrink and most of these may not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from headroom.marker import TOOL

Json = dict[str, Any]

THINKING = frozenset({"thinking", "redacted_thinking"})

_NAMED_BY = {
    "thinking": "signature",
    "redacted_thinking": "data",
    "tool_use": "id",
    "server_tool_use": "id",
    "text": "text",
}


def dumps(value: object) -> bytes:
    """Return compact JSON in ASCII, which every string survives, lone surrogates included."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def loads(raw: bytes) -> Json:
    """Return the JSON object in `raw`; an empty one when it is anything else."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def is_ours(part: Json) -> bool:
    """Whether the part is a call of headroom_retrieve."""
    return part.get("type") == "tool_use" and part.get("name") == TOOL


def is_blank(part: Json) -> bool:
    """Whether the part is a text that says nothing; the API refuses those when they come back."""
    return part.get("type") == "text" and not str(part.get("text") or "").strip()


def calls_client(parts: Iterable[Json]) -> bool:
    """Whether one of the parts calls a tool that the client must run."""
    return any(part.get("type") == "tool_use" and not is_ours(part) for part in parts)


def as_parts(content: object) -> list[Json]:
    """Return a message's content as a list of parts; a plain string is one text part."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def without_marks(value: Any) -> Any:
    """Return `value` without its cache marks, which clients move from turn to turn."""
    if isinstance(value, dict):
        return {key: without_marks(inner) for key, inner in value.items() if key != "cache_control"}
    return [without_marks(inner) for inner in value] if isinstance(value, list) else value


def identity(part: Json) -> tuple[str, str]:
    """Return what survives of a part when a client sends it back: its type and its id, signature or stripped text."""
    kind = str(part.get("type"))
    key = _NAMED_BY.get(kind)
    return kind, str(part.get(key) or "").strip() if key else json.dumps(without_marks(part), sort_keys=True)


def is_telling(part: Json) -> bool:
    """Whether a part's identity names one reply and no other: ids, signatures and opaque data do, words do not."""
    return part.get("type") in {"tool_use", *THINKING} and not is_ours(part) and bool(identity(part)[1])


def no_final_thinking(parts: Sequence[Json]) -> list[Json]:
    """Return the parts without thinking at the end, which the API refuses in a message that was cut short."""
    end = len(parts)
    while end and parts[end - 1].get("type") in THINKING:
        end -= 1
    return list(parts[:end])


def tool_result(call_id: str, text: str, *, is_error: bool) -> Json:
    """Return the part that answers a call."""
    flag = {"is_error": True} if is_error else {}
    return {"type": "tool_result", "tool_use_id": call_id, "content": text, **flag}
