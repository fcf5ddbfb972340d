"""Of requests made one after the other: where one does not begin as the one before did, and who changed that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from langchain_core.messages import BaseMessage
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from headroom.caching.breaks import Cause, Seen, broken
from headroom.context import Headroom
from headroom.errors import ConfigError
from headroom.explain import messages_of, request_of
from headroom.wire import WireRequest
from headroom.wire.langchain import coerce
from headroom.wire.parts import as_parts, without_marks

_BEFORE, _AFTER = 24, 40
"""Characters shown round the first that differs."""

_WHO: dict[Cause, str] = {"client": "the client", "us": "headroom", "expiry": "expiry"}

Part = tuple[str, str]
"""Where a content block stands, and what it says: JSON without cache marks."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one request to the next."""

    number: int
    """Of the later request, from 2 on."""
    whole: bool
    """All of the earlier one, as forwarded, begins the later one: the provider can read it from its cache."""
    cause: Cause | None = None
    where: str = ""
    at: int = 0
    """The first character of the block that differs."""
    was: str = ""
    now: str = ""


def compare(texts: Sequence[str], *, headroom: Headroom, offered: bool) -> list[Step]:
    """Send the requests through headroom and compare each with the one before. Raises ConfigError if one is none."""
    seen = [_seen(text, number, headroom, offered=offered) for number, text in enumerate(texts, 1)]
    return [_step(number, before, after) for number, (before, after) in enumerate(pairwise(seen), 2)]


def table(steps: Sequence[Step]) -> RenderableType:
    """Return one row per step."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("request", "prefix", "changed by", "where", "was", "is"):
        rows.add_column(name, overflow="fold")
    for step in steps:
        who = _WHO[step.cause] if step.cause else ""
        where = f"{step.where}, character {step.at}" if step.cause else ""
        cells = [f"{step.number}", "whole" if step.whole else "broken", who, where, step.was, step.now]
        rows.add_row(*map(Text, cells), style="dim" if step.whole else "bold red")
    breaks = sum(not step.whole for step in steps)
    return Group(rows, Text(""), Text(f"{breaks} of {len(steps)} requests could not read on from the one before."))


def as_json(steps: Sequence[Step]) -> str:
    """Return the steps for programs."""
    names = ("number", "whole", "cause", "where", "at", "was", "now")
    return json.dumps([{name: getattr(step, name) for name in names} for step in steps], indent=2, ensure_ascii=False)


def _step(number: int, before: Seen, after: Seen) -> Step:
    found = broken(before, after, lifetime=1.0)  # files do not say when: nothing expires between them
    if found is None:
        return Step(number, whole=True)
    (where, was), (_, now) = _part(before, found.index), _part(after, found.index)
    at = next(
        (n for n, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), min(len(was), len(now))
    )
    return Step(
        number, whole=False, cause=found.cause, where=where, at=at, was=_excerpt(was, at), now=_excerpt(now, at)
    )


def _part(seen: Seen, index: int) -> Part:
    part = seen.forwarded[index]
    assert isinstance(part, tuple)
    return part


def _excerpt(text: str, at: int) -> str:
    start, end = max(0, at - _BEFORE), at + _AFTER
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _seen(text: str, number: int, headroom: Headroom, *, offered: bool) -> Seen:
    request = request_of(text, offered=False)
    if request is not None:
        forwarded: WireRequest = headroom.invoke(request_of(text, offered=offered))
        return Seen(list(_body(request.raw)), list(_body(forwarded.raw)), at=0)
    messages = messages_of(text)
    if messages is None:
        raise ConfigError(
            f"file {number} is neither a request body nor a list of messages: only those have a prefix", value=number
        )
    return Seen(list(_chat(coerce(messages))), list(_chat(headroom.invoke(messages))), at=0)


def _body(raw: bytes) -> Iterator[Part]:
    """Yield the parts of a Messages body in the order in which the provider reads them."""
    body = without_marks(json.loads(raw))
    yield "model", _dumps(body.get("model"))
    for n, tool in enumerate(body.get("tools") or ()):
        yield f"tools.{n}", _dumps(tool)
    for n, part in enumerate(as_parts(body.get("system"))):
        yield f"system.{n}", _dumps(part)
    yield "parameters", _dumps([body.get(key) for key in ("tool_choice", "thinking", "output_config")])
    for n, message in enumerate(body["messages"]):
        for k, part in enumerate(as_parts(message["content"])):
            yield f"messages.{n}.content.{k}", _dumps([message["role"], part])


def _chat(messages: Sequence[BaseMessage]) -> Iterator[Part]:
    for n, message in enumerate(messages):
        calls = getattr(message, "tool_calls", [])
        yield f"messages.{n}", _dumps([message.type, without_marks(message.content), calls])


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
