"""What callers say about the provider's cache themselves: whoever says one thing is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = frozenset(
    {"cache_control", "cachePoint"}
    | {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "prompt_cache_breakpoint"}
)
"""By these names callers steer the cache, in blocks, tools, arguments and settings."""

_INSIDE = ("content", "extras", "metadata", "value", "extra_body")
"""Where in a content block another may stand, or what a package keeps of a block for its provider."""


def holds_mark(value: Any) -> bool:
    """Return whether a block, or any in a list of them, says something about the cache, even if that is empty."""
    if isinstance(value, list | tuple):
        return any(map(holds_mark, value))
    if isinstance(value, str) or not isinstance(value, Mapping):  # most are texts, and abstract classes are slow to ask
        return False
    return not NAMES.isdisjoint(value) or any(holds_mark(value[name]) for name in _INSIDE if name in value)
