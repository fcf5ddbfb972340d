"""Answering our own tool for callers that know nothing of it.

The model's reply is one *round*. When it calls headroom_retrieve, whoever stands in for the caller
(the proxy, a bare `HeadroomChatModel`) answers and asks the model to go on, which makes the next
round. This file says when to answer, when to refuse and when to stop; it knows no wire and does no I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from headroom.marker import TOOL

MAX_ANSWERED = 3
"""Rounds of one reply whose calls are answered; the calls of the next one are refused, after that it is an error."""

REFUSAL = f"Not run: at most {MAX_ANSWERED} retrievals in one turn. Go on with what you have."
LOOP = f"{TOOL} was called more than {MAX_ANSWERED} times in one turn, the last time after it had been refused."

How = Literal["done", "more", "loop"]


class Answer(Protocol):
    """What a retrieval gives: see `headroom.tools.Retrieved`."""

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def is_error(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Call:
    """One call of our tool."""

    id: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What the model is told about one call."""

    id: str
    text: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Next:
    """What follows a round."""

    how: How
    """"done": the reply is complete. "more": send the results and ask again. "loop": the guard tripped, tell the caller."""
    results: tuple[Result, ...] = ()
    """One for each call, in order; with "done" they are kept until the caller speaks again."""


def after(
    calls: Sequence[Call],
    *,
    wants_tools: bool,
    others: bool,
    rounds: int,
    answer: Callable[[Mapping[str, Any]], Answer],
) -> Next:
    """Return what follows a round that made these calls of ours.

    `wants_tools` is whether the round ended because the model waits for tools (a call that was cut
    off by a length limit never happened), `others` whether it calls the caller's own tools as well
    (then the caller must speak next), `rounds` how many rounds of this reply came before it.
    """
    if not calls or not wants_tools:
        return Next("done")
    refused = rounds >= MAX_ANSWERED and not others
    results = tuple(_refuse(call) if refused else _run(call, answer) for call in calls)
    if others:
        return Next("done", results)
    return Next("more" if rounds <= MAX_ANSWERED else "loop", results)


def _run(call: Call, answer: Callable[[Mapping[str, Any]], Answer]) -> Result:
    given = answer(call.arguments)
    return Result(call.id, given.text, given.is_error)


def _refuse(call: Call) -> Result:
    return Result(call.id, REFUSAL, is_error=True)
