"""What a fold knows besides the messages before a block: what was recorded of the conversation and, up to a re-pack, what came later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate

from headroom.content import Message
from headroom.epochs import epoch_of
from headroom.fit import dropped_in, spans_of
from headroom.outcomes import RAW, Recorded, raw_block
from headroom.terms import Place, uses
from headroom.transcript import name_of
from headroom.work import Old

_SINCE = 2
"""Turns that count as passed since the newest of those that a re-pack knows of."""


class Later:
    """What came after each block, up to a re-pack; looked up when first asked for."""

    def __init__(self, messages: Sequence[Message], *, named: bool) -> None:
        self._messages = messages
        self._named = named

    @cached_property
    def _used(self) -> Mapping[Place, tuple[str, ...]]:
        return uses(self._messages)

    @cached_property
    def _answers(self) -> list[int]:
        return list(accumulate(message.role == "assistant" for message in self._messages))

    def on(self, message: int, block: int) -> Old:
        """Return what is known of a block; a re-pack is recorded some turns after the last that it knows of."""
        turns = _SINCE + self._answers[-1] - self._answers[message]
        name = name_of(message, block) if self._named else ""
        return Old(turns, self._used.get((message, block), ()), name)


class Past:
    """What was recorded of a conversation so far; without `repacks` as if nothing were old."""

    def __init__(self, outcomes: Recorded, lineages: Sequence[bytes], *, repacks: bool = True) -> None:
        self._outcomes = outcomes
        self.epoch = epoch_of(outcomes)
        self.cut = self.epoch.cut if repacks else 0
        """The messages before this one are old."""
        self._epoch = lineages[self.epoch.at] if self.epoch.at >= 0 else b""
        self.dropped = dropped_in(outcomes)
        fit = spans_of(self.dropped.messages).encode() if self.dropped else b""  # one message may be fitted twice
        dropped = lineages[self.dropped.at] + fit if self.dropped else b""
        self.name = self._epoch + dropped + (b"" if repacks else b"whole")
        """Names the re-pack and the fit: every message's form may depend on them."""
        whole = (n for n, outcome in enumerate(outcomes) if RAW in outcome and n > self.epoch.at)
        self._raw_until = max(whole, default=-1)

    def raw(self, message: Message, number: int) -> dict[int, str]:
        """Return the blocks that stay as they are, each with what was recorded."""
        outcome = self._outcomes[number]
        everything = self._outcomes[self._raw_until][RAW] if number <= self._raw_until else None
        raw: dict[int, str] = {}
        if everything is None and not outcome:
            return raw
        epoch = self._epoch if number <= self.epoch.at else b""
        for at, block in enumerate(message.blocks):
            why = everything if everything is not None else outcome.get(raw_block(at, epoch=epoch))
            if why is not None and block.kind in {"tool_result", "document"}:
                raw[at] = why
        return raw


def named_after(recorded: bytes, lineage: bytes, raw: Mapping[int, str]) -> bytes:
    """Return a name for everything that was recorded up to a lineage: what is in view depends on it."""
    return blake2b(repr((recorded, lineage, sorted(raw.items()))).encode(), digest_size=16).digest()
