"""Steps of a call: in an event loop they run in place where all they need is in memory, else in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from headroom.context import Headroom
from headroom.errors import WireError

INLINE_CHARACTERS = 1 << 20
"""Messages up to this size are read in place, under 10 ms if all of them are new: to send them takes longer."""

T = TypeVar("T")


async def step(do: Callable[[], T], *, away: bool) -> T:
    """Run a step, in a thread where it would wait for the store or has much to do."""
    return await asyncio.to_thread(do) if away else do()


def away(headroom: Headroom, request: Any, messages: Sequence[Any], *, scope: str) -> bool:
    """Return whether deciding about a request belongs into a thread; `messages` are what it says, of any framework."""
    if sum(_characters(message.content) for message in messages) > INLINE_CHARACTERS:
        return True
    try:
        return not headroom.at_hand(request, scope=scope)
    except WireError:  # there is nothing to decide then
        return False


def _characters(content: object) -> int:
    if isinstance(content, str):
        return len(content)
    parts = content if isinstance(content, list) else ()
    return sum(len(part.get("text") or "") if isinstance(part, dict) else len(str(part)) for part in parts)
