"""Messages bodies as no tidy client would write them.

Hypothesis chooses the structure, a seed the words and the spelling: that keeps an example under a millisecond.
"""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

MARK = {"type": "ephemeral", "ttl": "1h"}
TEXTS = (
    "",
    " ",
    "plain words",
    "two\nlines\r\n\tand a tab",
    'quotes " and \\ and / and \\u0041 and \\" at the end \\',
    "é 中 😀 \u2028 \x00 \x1f \x7f",
    "\ud800 stands alone, \udc80 too",
    '{"type": "text", "text": "not a block", "cache_control": {}}',
    "line of output, 0123456789\n" * 12,
)
LONELY = frozenset(text for text in TEXTS if "\ud800" in text)
HUMAN = ("text", "text", "marked", "image", "document", "search_result", "unknown")
ASSISTANT = ("text", "thinking", "redacted", "tool_use", "tool_use", "server", "mcp", "unknown")
RESULT = ("text", "text", "image", "document", "search_result", "unknown")
ODD_NUMBERS = ("1.0", "-0", "1E5", "9007199254740993", "123456789012345678901234567890", "1e400", "0.1000")


class Number(str):
    """A JSON number spelt as it stands."""

    __slots__ = ()


def bodies() -> st.SearchStrategy[bytes]:
    """Return a strategy of raw bodies."""
    return st.builds(_raw, _conversations, st.integers(0, 2**32))


def alike() -> st.SearchStrategy[tuple[bytes, bytes]]:
    """Return a strategy of two raw bodies that say the same with other cache marks, other forms and another spelling."""
    return st.builds(_alike, _conversations, st.integers(0, 2**32))


_conversations = st.tuples(
    st.lists(st.lists(st.sampled_from(HUMAN), max_size=3), min_size=1, max_size=3),
    st.lists(st.lists(st.sampled_from(ASSISTANT), max_size=3), min_size=3, max_size=3),
    st.sampled_from(["tools", "no tools", "empty tools"]),
)
Structure = tuple[list[list[str]], list[list[str]], str]


def _raw(structure: Structure, seed: int) -> bytes:
    rng = Random(seed)
    return spelt(body(structure, rng), rng)


def _alike(structure: Structure, seed: int) -> tuple[bytes, bytes]:
    rng = Random(seed)
    said = body(structure, rng)
    return spelt(said, rng), spelt(respoken(said, rng), rng)


def body(structure: Structure, rng: Random) -> Json:
    """Return a body: turns of a human and an assistant, every call answered in the next human message."""
    human, assistant, tools = structure
    messages: list[Json] = []
    calls: list[str] = []
    for turn, kinds in enumerate(human):
        results = [_tool_result(call, rng) for call in calls]
        parts = results + [_part(kind, rng, turn) for kind in kinds]
        messages.append(
            {"role": "user", "content": _content(parts, rng), **({"x-unknown": 1} if rng.random() < 0.1 else {})}
        )
        if rng.random() < 0.2:
            messages.append({"role": "system", "content": rng.choice(TEXTS)})
        parts = [_part(kind, rng, f"{turn}-{number}") for number, kind in enumerate(assistant[turn])]
        messages.append({"role": "assistant", "content": _content(parts, rng)})
        calls = [part["id"] for part in parts if part["type"] == "tool_use"]
    fields: Json = {
        "model": rng.choice(["claude-opus-4-8[1m]", "claude-sonnet-4-5"]),
        "messages": messages,
        "system": rng.choice(["be brief", [{"type": "text", "text": "be brief é", "cache_control": MARK}]]),
        "max_tokens": Number(rng.choice(ODD_NUMBERS)),
        "metadata": {"user_id": rng.choice(TEXTS), "odd": [Number(number) for number in ODD_NUMBERS], "messages": []},
        "stream": True,
    }
    if tools != "no tools":
        fields["tools"] = [_tool(name) for name in ("Bash", "web_search")] if tools == "tools" else []
        fields["tool_choice"] = {"type": rng.choice(["auto", "any", "none"])}
    keys = list(fields)
    rng.shuffle(keys)
    return {key: fields[key] for key in keys}


def respoken(said: Json, rng: Random) -> Json:
    """Return a body that says the same: marks moved, one text block written as a string or the other way round."""
    said = copy.deepcopy(said)
    for message in said["messages"]:
        message["content"] = _respoken(message["content"], rng)
    return said


def spelt(value: object, rng: Random) -> bytes:
    """Return JSON in one of its many spellings: odd spacing, needless escapes, numbers as given."""
    return _spelt(value, rng, rng.random() < 0.5).encode()


def _respoken(content: Any, rng: Random) -> Any:
    if isinstance(content, str):
        return [_marked({"type": "text", "text": content}, rng)] if rng.random() < 0.5 else content
    if not isinstance(content, list):
        return content
    parts = [_marked(part, rng) for part in content]
    for part in parts:
        if part["type"] in ("tool_result", "search_result"):
            part["content"] = _respoken(part["content"], rng)
        if part["type"] == "document":
            part["source"]["content"] = _respoken(part["source"]["content"], rng)
    plain = len(parts) == 1 and parts[0].keys() == {"type", "text"}
    return parts[0]["text"] if plain and rng.random() < 0.5 else parts


def _marked(part: Json, rng: Random) -> Json:
    bare = {key: value for key, value in part.items() if key != "cache_control"}
    return {**bare, "cache_control": rng.choice([MARK, None])} if rng.random() < 0.4 else bare


def _content(parts: list[Json], rng: Random) -> object:
    if not parts:
        return rng.choice(["", "hello", [], None])
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" and rng.random() < 0.5 else parts


def _tool_result(call: str, rng: Random) -> Json:
    content: object = rng.choice(TEXTS)
    if rng.random() < 0.5:
        content = [_part(rng.choice(RESULT), rng, "r") for _ in range(rng.randrange(3))]
    flag = {"is_error": rng.choice([True, False, None])} if rng.random() < 0.5 else {}
    return _marked({"tool_use_id": call, "type": "tool_result", "content": content, **flag}, rng)


def _part(kind: str, rng: Random, number: object) -> Json:
    text = rng.choice(TEXTS)
    parts: dict[str, Json] = {
        "text": {"type": "text", "text": text},
        "marked": {"text": text, "cache_control": MARK, "type": "text"},
        "image": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
        "document": {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": text}]}},
        "search_result": {
            "type": "search_result",
            "source": "https://a",
            "title": "t",
            "content": [{"type": "text", "text": text}],
        },
        "unknown": {"type": "block_of_2030", "text": {"text": text}, "content": text, "input": Number("1.0")},
        "thinking": {"type": "thinking", "thinking": text, "signature": "EqQBCkYIBxgC" + str(number)},
        "redacted": {"type": "redacted_thinking", "data": "EmwKAhgB" + str(number)},
        "tool_use": {"type": "tool_use", "id": f"toolu_{number}", "name": "Bash", "input": _input(text)},
        "server": {
            "type": "server_tool_use",
            "id": f"srvtoolu_{number}",
            "name": "web_search",
            "input": {"query": text},
        },
        "mcp": {"type": "mcp_tool_result", "tool_use_id": "m", "content": [{"type": "text", "text": text}]},
    }
    return copy.deepcopy(parts[kind])


def _input(text: str) -> Json:
    return {"command": text, "b": Number("1.0"), "a": {"cache_control": text, "messages": None}}


def _tool(name: str) -> Json:
    properties = {
        key: {"type": "string"} for key in ("title", "deprecated", "readOnly", "description", "cache_control")
    }
    return {
        "name": name,
        "input_schema": {"type": "object", "properties": properties, "required": ["title", "cache_control"]},
    }


def _spelt(value: object, rng: Random, ascii_only: bool) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return _string(value, rng, ascii_only)
    if isinstance(value, dict):
        pairs = (
            f"{_string(k, rng, True)}{_gap(rng)}:{_gap(rng)}{_spelt(v, rng, ascii_only)}" for k, v in value.items()
        )
        return "{" + _gap(rng) + f"{_gap(rng)},{_gap(rng)}".join(pairs) + _gap(rng) + "}"
    if isinstance(value, list):
        return (
            "["
            + _gap(rng)
            + f"{_gap(rng)},{_gap(rng)}".join(_spelt(v, rng, ascii_only) for v in value)
            + _gap(rng)
            + "]"
        )
    return json.dumps(value)


def _string(text: str, rng: Random, ascii_only: bool) -> str:
    written = json.dumps(text, ensure_ascii=ascii_only or text in LONELY)
    if rng.random() < 0.2:
        written = (
            written.replace("/", "\\/").replace("a", "\\u0061").replace("t", "\\u0074")
            if "\\" not in written
            else written
        )
    return written


def _gap(rng: Random) -> str:
    return rng.choice(("", "", "", "", " ", "\n", "\t\r\n "))
