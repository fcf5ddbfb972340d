"""Finding, in a message that a client sends back, the rounds that it was spliced from.

What upstream produced is known exactly; what the client kept of it is not: some drop thinking, some
stop listening half way, some edit. The rule is to restore what surely fits and to leave the rest alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from headroom.wire.parts import THINKING, Json, calls_client, identity, is_blank, is_ours, no_final_thinking


@dataclass(frozen=True, slots=True)
class Round:
    """One message of the provider and what headroom answered to the calls of its own in it."""

    content: list[Json]
    """The parts as upstream produced them, blank texts aside."""
    results: list[Json] = field(default_factory=list)
    """A tool_result for each call of ours."""


def align(shown: Sequence[Json], rounds: Sequence[Round]) -> list[Round] | None:
    """Return the parts that a client sent back as the rounds they came from; None if they do not fit.

    Each round is what upstream produced, with the client's cache marks. Thinking stays out if the client
    left out all of its kind; where the client stopped listening, the rest is cut and later calls of ours go with it.
    """
    shown = [part for part in shown if not is_blank(part)]
    found: list[Round] = []
    at = 0
    for each in rounds:
        took = _take(each.content, shown, at)
        if took is None:
            return None
        if took.cut:
            return found + _cut(took.parts)
        found += [Round(took.parts, each.results)] if took.parts else []
        at = took.at
    if at == len(shown):
        return found
    # More than was recorded: a round that was broken off before its end, if one was still to come.
    awaited = at > 0 and bool(rounds[-1].results) and not calls_client(rounds[-1].content)
    return found + _cut(shown[at:]) if awaited else None


@dataclass(frozen=True, slots=True)
class _Took:
    parts: list[Json]
    at: int
    """Where in the shown parts the next round begins."""
    cut: bool = False
    """The client's parts ended within this round."""


def _take(content: Sequence[Json], shown: Sequence[Json], at: int) -> _Took | None:
    """Match one round's content against what is shown from `at` on; None if the client changed something."""
    left_out = THINKING - {part.get("type") for part in shown}
    parts: list[Json] = []
    for part in content:
        if at < len(shown) and identity(shown[at]) == identity(part):
            mark = shown[at].get("cache_control")
            parts.append({**part, "cache_control": mark} if mark else part)
            at += 1
        elif is_ours(part):
            parts.append(part)
        elif at == len(shown):
            return _Took(parts, at, cut=True)
        elif part.get("type") not in left_out:
            return None
    return _Took(parts, at)


def _cut(parts: Sequence[Json]) -> list[Round]:
    """Return a broken-off round: without calls of ours, which nobody answered, and without thinking at its end."""
    kept = no_final_thinking([part for part in parts if not is_ours(part)])
    return [Round(kept)] if kept else []
