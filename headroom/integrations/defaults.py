"""The Headroom that integrations share when they are given none."""

from __future__ import annotations

from functools import cache

from headroom.context import Headroom


@cache
def default_headroom() -> Headroom:
    """Return the one Headroom of this process that is made from the environment. Raises ConfigError."""
    return Headroom()
