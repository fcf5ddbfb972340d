"""headroom_retrieve as an Agno Function."""

from __future__ import annotations

import json
from typing import Any

from agno.run.base import RunContext
from agno.tools.function import Function

from headroom import tools
from headroom.context import Headroom
from headroom.marker import TOOL
from headroom.scope import scope_of


def retrieve_function(headroom: Headroom, *, scope: str | None = None) -> Function:
    """Return the tool with which an agent's model fetches what was left out.

    Without `scope` it answers within the session of its run. Whatever the model writes, it gets words back.
    """

    def headroom_retrieve(
        ref: Any = None,
        lines: Any = None,
        query: Any = None,
        path: Any = None,
        run_context: RunContext | None = None,
    ) -> str:
        asked = {"ref": ref, "lines": lines, "query": query, "path": path}
        return tools.answer(headroom, asked, scope=scope or session_scope(headroom, run_context)).text

    return Function(
        name=TOOL,
        description=tools.DESCRIPTION,
        parameters=json.loads(tools.ANTHROPIC_DEFINITION)["input_schema"],
        entrypoint=headroom_retrieve,
        skip_entrypoint_processing=True,  # it would demand of the model that it writes every type as declared
    )


def session_scope(headroom: Headroom, run: Any) -> str:
    """Return whose originals a run may touch: its session's. `run` is a RunContext, a RunOutput or None."""
    session = getattr(run, "session_id", None)
    tenant = headroom.settings.tenant
    return scope_of(tenant) if session is None else scope_of(tenant, str(session))
