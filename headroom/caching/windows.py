"""How much a model can read, and how much of that is sure to fit when our ruler measures it.

The windows are those that the models.dev project lists (`build_windows.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from headroom.caching.rules import bare, longest

UNDERCOUNT = 1.55
"""How many tokens of a model one of ours (o200k_base) may turn out to be: the most that was measured, with Claude."""


@dataclass(frozen=True, slots=True)
class Window:
    """A model's context window."""

    max_tokens: int
    """In the model's own tokens."""
    undercount: float = UNDERCOUNT
    """How many of the model's tokens one of ours may turn out to be."""

    @property
    def room(self) -> int:
        """Tokens by our ruler that are sure to fit."""
        return int(self.max_tokens / self.undercount)


def window_of(model: str) -> Window | None:
    """Return the window of a model, None if it is not known. "[1m]" in a Claude's name asks for the large one."""
    name = bare(model)
    known = longest(name, _known())
    if known is None:
        return None
    large = name.startswith("claude") and "[1m]" in name
    return Window(1_000_000 if large else known, longest(name, _UNDERCOUNT) or UNDERCOUNT)


@cache
def _known() -> Mapping[str, int]:
    """Return the windows of all models that are known by name, and of families for names that are not."""
    listed = json.loads(files("headroom.caching").joinpath("windows.json").read_text(encoding="utf-8"))
    return {**_FAMILIES, **listed}


_FAMILIES = {
    # The least that any of a family reads, of those that are sold today: for models newer than the list.
    "claude": 200_000,
    "gpt-3-5": 16_385,
    "gpt-4": 8_192,
    "gpt-4o": 128_000,
    "gpt-4-1": 1_047_576,
    "gpt-5": 272_000,
    "gpt-6": 272_000,
    "gpt-oss": 128_000,
    "o1": 200_000,
    "o3": 200_000,
    "o4": 200_000,
    "gemini": 1_048_576,
    "deepseek": 128_000,
    "nova": 300_000,
    "nova-micro": 128_000,
}

_UNDERCOUNT = {
    # Ours is the ruler of these, or nearly so.
    "gpt": 1.0,
    "gpt-3-5": 1.2,
    "gpt-4": 1.2,
    "gpt-4o": 1.0,
    "gpt-4-1": 1.0,
    "o1": 1.0,
    "o3": 1.0,
    "o4": 1.0,
}
