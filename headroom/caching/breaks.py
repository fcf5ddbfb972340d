"""Which part of a request broke the prefix that a provider's cache held, and who changed it.

A request is any sequence of values that are equal where the provider reads the same: digests, texts,
parts. It is looked at twice, as the client sent it and as it was forwarded.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

Cause = Literal["client", "us", "expiry"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request."""

    original: Sequence[Hashable]
    forwarded: Sequence[Hashable]
    at: float
    """When it started, in seconds."""


@dataclass(frozen=True, slots=True)
class Break:
    """Why a request could not read all that the one before it had written."""

    cause: Cause
    index: int
    """The first part, as forwarded, that was in the cache and is not read; 0 for an expiry."""


def broken(before: Seen, after: Seen, *, lifetime: float) -> Break | None:
    """Return what is lost of `before` in `after`, None if all of it can be read.

    Who changed the earlier part is the cause: a client that edits its history breaks the prefix there,
    whatever we do behind it and however late it comes. Of a prefix that has expired we break nothing.
    """
    expired = after.at - before.at >= lifetime
    forwarded = first_difference(before.forwarded, after.forwarded)
    if forwarded is None:
        return Break("expiry", 0) if expired else None
    original = first_difference(before.original, after.original)
    if original is not None and original <= forwarded:
        return Break("client", forwarded)
    return Break("expiry", 0) if expired else Break("us", forwarded)


def first_difference(before: Sequence[Hashable], after: Sequence[Hashable]) -> int | None:
    """Return where two requests first differ, None if one begins with the other."""
    return next((n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)


def common(before: Sequence[Hashable], after: Sequence[Hashable]) -> int:
    """Return how many parts two requests have in common from their beginning on."""
    difference = first_difference(before, after)
    return min(len(before), len(after)) if difference is None else difference
