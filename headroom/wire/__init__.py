"""Wires: lenses on providers' request formats.

A wire reads a request into a `Conversation` and writes changed texts back where they stood.
It translates nothing: whatever it does not read, it does not touch (law 6). Two laws hold for
every wire (`headroom.testing.WireTests`): writing no change returns the same object, and reading
back what was written gives the changed blocks and no other difference.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from headroom.content import Block, Conversation

R = TypeVar("R")


class Wire(Protocol[R]):
    """How one kind of request is read and written."""

    @property
    def name(self) -> str:
        """The wire's name, e.g. "anthropic"."""
        ...

    def read(self, request: R) -> Conversation:
        """Return what the request says. Raises WireError when it is not of this wire's form."""
        ...

    def write(self, request: R, changes: Sequence[tuple[Block, str]]) -> R:
        """Return the request with new text where each block stood; the same object if `changes` is empty.

        The blocks must come from `read(request)` of this very request.
        """
        ...

    def drop(self, request: R, numbers: Collection[int]) -> R:
        """Return the request without the messages of these numbers; the same object if `numbers` is empty."""
        ...


class HttpWire(Wire[bytes], Protocol):
    """A wire whose requests are HTTP bodies."""

    def offer(self, request: bytes, definition: str) -> bytes:
        """Return the request with one more tool, the last: `definition` is its JSON text as this wire writes tools.

        Returns the same object when the request has no tools, or has one of that name already.
        """
        ...


@dataclass(frozen=True)
class WireRequest:
    """A provider's HTTP body together with the wire that reads it."""

    raw: bytes
    wire: HttpWire

    @cached_property
    def conversation(self) -> Conversation:
        """What the request says, read once. Raises WireError."""
        return self.wire.read(self.raw)
