"""Writing: a plan's texts are put in the place of what they stand for, whatever form the request has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from headroom.content import Plan
from headroom.wire import WireRequest
from headroom.wire.chat import ChatRequest
from headroom.wire.langchain import LANGCHAIN, coerce


def written(input: Any, plan: Plan) -> Any:
    """Return the request as a kept plan says: a form of its own, messages as messages; the same object if nothing changes.

    Raises WireError when the input is nothing that headroom reads.
    """
    changes = [(decision.block, decision.text) for decision in plan.changed]
    if isinstance(input, WireRequest):
        raw = input.wire.drop(input.wire.write(input.raw, changes), plan.dropped)
        return input if raw is input.raw else replace(input, raw=raw)
    if isinstance(input, ChatRequest):
        messages = LANGCHAIN.drop(LANGCHAIN.write(input.messages, changes), plan.dropped)
        return input if messages is input.messages else replace(input, messages=messages)
    return LANGCHAIN.drop(LANGCHAIN.write(coerce(input), changes), plan.dropped)
