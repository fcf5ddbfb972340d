"""headroom_retrieve: the tool with which a model fetches what was left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field

from headroom import marker
from headroom.context import Headroom
from headroom.errors import ConfigError, RefNotFound, StoreError

DESCRIPTION = "Return what a [headroom: …] marker left out: lines (10-40, -20, all), query or path ($.items[3], 8)."

ANTHROPIC_DEFINITION = (
    '{"name":"'
    + marker.TOOL
    + '","description":"'
    + DESCRIPTION.replace('"', '\\"')
    + '","input_schema":{"type":"object","properties":{'
    '"ref":{"type":"string"},"lines":{"type":"string"},"query":{"type":"string"},"path":{"type":"string"}},"required":["ref"]}}'
)
"""The tool as the Messages API takes it: at most 90 tokens, and constant, since tools head the cached prefix."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What a call of the tool gives back."""

    text: str
    is_error: bool = False


def answer(
    headroom: Headroom, arguments: Mapping[str, Any], *, scope: str, refs: Collection[str] | None = None
) -> Retrieved:
    """Answer one call. Never raises for what the model wrote: a bad call gets words that say how to go on.

    With `refs` given, any other ref is unknown, whatever the store holds (law 8).
    """
    written = arguments.get("ref")
    if not isinstance(written, str) or not marker.normal_ref(written):
        return Retrieved("Give the ref of a marker, 24 hex digits, e.g. ref=9f86d081884c7d659a2feaa0.", is_error=True)
    ref = marker.normal_ref(written)
    if refs is not None and not any(known.startswith(ref) for known in refs):
        return Retrieved(str(RefNotFound(ref)), is_error=True)
    asked = {
        name: str(value) for name in ("lines", "query", "path") if (value := arguments.get(name)) not in (None, "")
    }
    try:
        return Retrieved(headroom.retrieve(ref, scope=scope, **asked) if asked else headroom.outline(ref, scope=scope))
    except (RefNotFound, ConfigError, StoreError) as error:
        return Retrieved(str(error), is_error=True)


class _Arguments(BaseModel):
    """Arguments of headroom_retrieve, as the model sees them."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)  # models write path=8

    ref: str
    lines: str | None = Field(default=None)
    query: str | None = Field(default=None)
    path: str | None = Field(default=None)


class HeadroomRetrieve(BaseTool):
    """The tool for whoever owns the tool loop: give it to the model and run it like any other."""

    name: str = marker.TOOL
    description: str = DESCRIPTION
    args_schema: type[BaseModel] = _Arguments
    headroom: Headroom = Field(exclude=True)

    def _run(
        self,
        ref: str,
        lines: str | None = None,
        query: str | None = None,
        path: str | None = None,
        *,
        config: RunnableConfig,
    ) -> str:
        asked = {"ref": ref, "lines": lines, "query": query, "path": path}
        return answer(self.headroom, asked, scope=self.headroom.scope(config)).text
