"""Paths into JSON text, answered with the source's own characters.

    $.items[3].name     $['odd key'][0]     $.items[-1]     $.items[10:20]     $.items[*].name

Values are never parsed and dumped: what comes back is the verbatim span, so numbers keep their spelling.
"""

from __future__ import annotations

import json
import re

from headroom.errors import ConfigError

_decode = json.JSONDecoder().raw_decode
_space = re.compile(r"[ \t\n\r]*").match
_STEP = re.compile(
    r"\.?(?:\[(?P<index>-?[0-9]{1,12})\]|\[(?P<from>(?:-?[0-9]{1,12})?):(?P<to>(?:-?[0-9]{1,12})?)\]|(?P<all>\[\*\]|\*)"
    r"|\[(?P<quote>['\"])(?P<quoted>.*?)(?P=quote)\]|(?P<name>[^.\[\]\s'\"]+))"
)
_MAX_STEPS = 64

Span = tuple[int, int]


def select(text: str, path: str) -> str:
    """Return the value at `path`; several values stand on lines of their own. JSON lines are a list of their values.

    Raises ConfigError that says how far the path leads and what stands there.
    """
    spans = _documents(text, path)
    lines = len(spans) > 1
    for number, (step, seen) in enumerate(_steps(path)):
        if lines and number == 0:
            spans = _pick(spans, step)
        else:
            spans = [found for span in spans for found in _follow(text, span, step)]
        if not spans:
            raise ConfigError(f"path {path[:80]!r} leads nowhere at {seen[:80]!r}. {shape(text)}".strip(), value=path)
    return "\n".join(text[start:end] for start, end in spans)


def parts(text: str) -> list[tuple[str, str]] | None:
    """Return path and verbatim text of each part of a JSON document, or None if the text is none.

    Parts are the items of its one large list, or the members of its one large object, wherever that stands.
    """
    try:
        roots = _documents(text, "$")
        if any(text[start] not in "[{" for start, _ in roots):
            return None
        if len(roots) > 1:
            return [(f"$[{number}]", text[start:end]) for number, (start, end) in enumerate(roots)]
        return _parts(text, *roots[0], path="$")
    except (ConfigError, ValueError, RecursionError, IndexError):
        return None


def _parts(text: str, start: int, end: int, *, path: str) -> list[tuple[str, str]]:
    found = _children(text, start, path)
    _, large = max(((last - first, place) for place, (_, (first, last)) in enumerate(found)), default=(0, -1))
    if large >= 0:
        below, (first, last) = found[large]
        if text[first] in "[{" and 2 * (last - first) >= end - start:
            return _parts(text, first, last, path=below)
    return [(name, text[first:last]) for name, (first, last) in found]


def _children(text: str, start: int, path: str) -> list[tuple[str, Span]]:
    if text[start] == "[":
        return [(f"{path}[{number}]", span) for number, span in enumerate(_elements(text, start))]
    return [(f"{path}{_step(key)}", span) for key, span in _members(text, start).items()]


def _step(key: str) -> str:
    return f".{key}" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", key) else f"[{key!r}]"


def shape(text: str) -> str:
    """Return one line that says what a JSON text is made of; empty if it is no JSON object or array."""
    try:
        roots = _documents(text, "$")
        start = roots[0][0]
        if len(roots) > 1:
            return (
                f"{len(roots):,} JSON lines, the first with keys {_names(text[start:])}" if text[start] == "{" else ""
            )
        if text[start] == "[":
            spans = _elements(text, start)
            first = text[slice(*spans[0])] if spans else ""
            inner = f", the first with keys {_names(first)}" if first.startswith("{") else ""
            return f"JSON array of {len(spans):,} items{inner}"
        return f"JSON object with {_names(text[start:])}" if text[start] == "{" else ""
    except (ConfigError, ValueError, RecursionError, IndexError):
        return ""


def _names(text: str) -> str:
    members = _members(text, 0)
    listed = ", ".join(
        f"{key}[{len(_elements(text, start)):,}]" if text[start] == "[" else key
        for key, (start, _) in list(members.items())[:40]
    )
    return listed + (f" and {len(members) - 40} more" if len(members) > 40 else "")


def _documents(text: str, path: str) -> list[Span]:
    """Return the span of each JSON value in the text: one, or several if these are JSON lines."""
    found: list[Span] = []
    at = _skip(text, 0)
    try:
        while at < len(text) or not found:
            _, end = _decode(text, at)
            found.append((at, end))
            at = _skip(text, end)
    except (ValueError, RecursionError) as error:
        advice = "but the original is not JSON: ask for lines or query."
        raise ConfigError(f"path {path[:80]!r} asks for JSON, {advice}", value=path) from error
    return found


def _steps(path: str) -> list[tuple[re.Match[str], str]]:
    rest = path.strip()
    at = 1 if rest.startswith("$") else 0
    steps: list[tuple[re.Match[str], str]] = []
    while at < len(rest):
        match = _STEP.match(rest, at)
        if match is None or len(steps) >= _MAX_STEPS:
            raise ConfigError(
                f"path {path[:80]!r} cannot be read at {rest[at:][:20]!r}: write $.items[3].name", value=path
            )
        at = match.end()
        steps.append((match, rest[:at]))
    return steps


def _follow(text: str, span: Span, step: re.Match[str]) -> list[Span]:
    start = span[0]
    if text[start] == "[":
        return _pick(_elements(text, start), step)
    if text[start] == "{":
        members = _members(text, start)
        if step["all"]:
            return list(members.values())
        key = step["quoted"] if step["quoted"] is not None else step["name"] or step["index"] or ""
        return [members[key]] if key in members else []
    return []


def _pick(elements: list[Span], step: re.Match[str]) -> list[Span]:
    if step["all"]:
        return elements
    if step["from"] is not None:
        return elements[int(step["from"]) if step["from"] else None : int(step["to"]) if step["to"] else None]
    number = step["index"] or step["name"] or ""
    place = int(number) if re.fullmatch(r"-?[0-9]{1,12}", number) else len(elements)
    return [elements[place]] if -len(elements) <= place < len(elements) else []


def _members(text: str, start: int) -> dict[str, Span]:
    """Return key and span of each member of the object at `start`; of duplicate keys the last."""
    found: dict[str, Span] = {}
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, at = _decode(text, at)
        value = _skip(text, _skip(text, at) + 1)
        _, end = _decode(text, value)
        found[key] = (value, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _elements(text: str, start: int) -> list[Span]:
    found = []
    at = _skip(text, start + 1)
    while text[at] != "]":
        _, end = _decode(text, at)
        found.append((at, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    match = _space(text, at)
    return match.end() if match else at
