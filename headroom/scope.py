"""Whose originals these are."""

from __future__ import annotations

from urllib.parse import quote


def scope_of(tenant: str, *parts: str) -> str:
    """Return the scope of a tenant, narrowed by project or thread where there is one.

    Distinct inputs give distinct scopes. Neither part may ever come from the model (law 8).
    """
    return "/".join(quote(part, safe="") for part in (tenant, *parts))
