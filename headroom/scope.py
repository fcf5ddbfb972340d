"""Whose originals these are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_RUNTIME = "__pregel_runtime"
"""Where LangGraph keeps a run's context in its config."""


def scope_of(tenant: str, *parts: str) -> str:
    """Return the scope of a tenant, narrowed by project or thread where there is one.

    Distinct inputs give distinct scopes. Neither part may ever come from the model (law 8).
    """
    return "/".join(quote(part, safe="") for part in (tenant, *parts))


def scope_in(config: Mapping[str, Any] | None, *, tenant: str) -> str:
    """Return the scope that a run's config names, by `tenant` and `thread_id` among its configurable values.

    The tenant may stand in LangGraph's context instead, as a key or an attribute; where it is nowhere, it is
    `tenant`. A sub-agent has the scope of its parent, which redeems its refs: `checkpoint_ns` does not count.
    """
    configurable = (config or {}).get("configurable") or {}
    named = str(configurable.get("tenant") or _in_context(configurable.get(_RUNTIME)) or tenant)
    thread = configurable.get("thread_id")
    return scope_of(named) if thread is None else scope_of(named, str(thread))


def _in_context(runtime: object) -> object:
    context = getattr(runtime, "context", None)
    return context.get("tenant") if isinstance(context, Mapping) else getattr(context, "tenant", None)
