"""What would be done to a file, block by block, and why: the plan made visible."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from headroom import marker
from headroom.compressors import json_explain
from headroom.compressors.clean import strip_presentation
from headroom.content import FAILURES, Block, Conversation, Decision, Plan
from headroom.context import Headroom
from headroom.errors import WireError
from headroom.plan import spoken
from headroom.tools import ANTHROPIC_DEFINITION
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC

_UNCHANGED = "dim"
_CHANGED = "green"
_FAILED = "bold red"


def plan_of(text: str, *, headroom: Headroom, offered: bool = True) -> Plan:
    """Return the plan for a request body, a list of messages, or any other text (a document).

    With `offered`, a request body is planned as if headroom_retrieve stood among its tools.
    """
    request = request_of(text, offered=offered)
    if request is not None:
        return headroom.plan(request)
    messages = messages_of(text)
    if messages is not None:
        return headroom.plan(messages)
    return Plan((headroom.decide(text, declared=offered),), capability=offered)


def table(plan: Plan) -> RenderableType:
    """Return the plan as a table with one row per block and a line of totals."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (
        ("#", "right"),
        ("who", "left"),
        ("decision", "left"),
        ("recipe", "left"),
        ("before", "right"),
    ):
        rows.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    rows.add_column("after", justify="right", no_wrap=True)
    rows.add_column("what")
    for number, decision in enumerate(plan.decisions):
        rows.add_row(
            str(number),
            _who(decision.block),
            decision.reason,
            decision.recipe,
            f"{decision.tokens_before:,}",
            f"{decision.tokens_after:,}",
            _what(decision),
            style=_style(decision),
        )
    return Group(rows, Text(""), Text(totals(plan), style="bold"))


def totals(plan: Plan) -> str:
    """Return one line: how many blocks change, and the tokens before and after."""
    before, after = plan.tokens_before, plan.tokens_after
    share = f" ({100 * (before - after) / before:.1f} % saved)" if before else ""
    redeem = "markers can be redeemed" if plan.capability else "lossless forms only: nobody here could redeem a marker"
    return (
        f"{len(plan.changed)} of {len(plan.decisions)} blocks change: {before:,} → {after:,} tokens{share}; {redeem}."
    )


def rows(plan: Plan) -> Iterator[str]:
    """Yield lines about each block of which rows were left out: its columns, and why each row that is shown stands."""
    human = ""
    for number, decision in enumerate(plan.decisions):
        block = decision.block
        human = spoken(block) or human
        if decision.ref and decision.recipe.startswith("json/"):
            query = "\n".join((block.tool, block.arguments, human))
            source = replace(block, text=strip_presentation(block.text))
            yield f"block {number}:"
            yield from json_explain.explain(source, decision.text.rsplit("\n", 1)[0], query=query)


def as_json(plan: Plan) -> str:
    """Return the plan for programs."""
    return json.dumps(
        {
            "tokens_before": plan.tokens_before,
            "tokens_after": plan.tokens_after,
            "capability": plan.capability,
            "decisions": [
                {
                    "message": decision.where[0],
                    "role": decision.block.role,
                    "tool": decision.block.tool,
                    "reason": decision.reason,
                    "recipe": decision.recipe,
                    "ref": decision.ref,
                    "tokens_before": decision.tokens_before,
                    "tokens_after": decision.tokens_after,
                    "detail": decision.detail or str(decision.left_out or ""),
                }
                for decision in plan.decisions
            ],
        },
        indent=2,
    )


def request_of(text: str, *, offered: bool) -> WireRequest | None:
    """Return a text as a request body, with our tool among its tools if it is `offered`; None if it is none."""
    request = WireRequest(text.encode("utf-8", "surrogateescape"), ANTHROPIC)
    try:
        conversation: Conversation = request.conversation
    except WireError:
        return None
    if offered and conversation.tools and marker.TOOL not in conversation.tools:
        return replace(request, raw=ANTHROPIC.offer(request.raw, ANTHROPIC_DEFINITION))
    return request


def messages_of(text: str) -> list[dict[str, object]] | None:
    """Return a text as a list of messages; None if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_chat = isinstance(value, list) and value and all(isinstance(item, dict) and "role" in item for item in value)
    return value if is_chat else None


def _who(block: Block) -> str:
    return f"{block.role} {block.tool}".strip()


def _what(decision: Decision) -> str:
    if decision.left_out or decision.detail:
        return decision.detail or str(decision.left_out)
    if decision.changed:
        return "nothing left out"
    return " ".join(decision.block.text[:300].split())[:60]


def _style(decision: Decision) -> str:
    return _FAILED if decision.reason in FAILURES else _CHANGED if decision.changed else _UNCHANGED
