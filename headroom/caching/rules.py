"""What each provider's prompt cache does, as data: what it finds again, for how long, at what price.

Prices are in units of one input token at its base price, times in seconds. What a provider does not
document is not guessed: such a lifetime is infinite, since nobody can say that the cache is cold.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

Provider = Literal["anthropic", "bedrock", "openai", "gemini", "deepseek"]
Section = Literal["tools", "system", "messages"]
T = TypeVar("T")
Matching = Literal["marks", "prefix", "breakpoints", "units", "none"]

ORDER: tuple[Section, ...] = ("tools", "system", "messages")
"""A prompt is read in this order, so what changes in one section is gone from all that follow."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How one family of models caches prompts, and what that costs."""

    matching: Matching
    """What is found again.

    marks: a prefix that ended at a mark before, if a mark of this request looks back that far.
    breakpoints: a prefix that ended at a breakpoint before, and nothing shorter.
    prefix: the longest common beginning, rounded down to `step`.
    units: a whole unit that was written before, never a part of one.
    none: nothing is ever cheaper.
    """
    min_tokens: int = 0
    """A shorter prefix is neither written nor read."""
    read: float = 1.0
    write: float = 1.0
    write_long: float = 1.0
    """Price of what is written for `long_lifetime`."""
    lifetime: float = math.inf
    """Since the start of the request that last wrote or read it; reading refreshes it, free of charge."""
    long_lifetime: float = math.inf
    """The longest documented: of 1h marks, of OpenAI's extended retention."""
    lookback: int = 1
    """Blocks a mark looks back over, itself included."""
    max_marks: int = 0
    """Marks a request may carry; of OpenAI's breakpoints, how many are written."""
    step: int = 1
    invalidates: tuple[tuple[str, Section], ...] = (("model", "tools"),)
    """Parameters of a request that are part of the prefix, each from the section on that it stands before."""

    def cold_after(self, *, long_marks: bool = False) -> float:
        """Return the seconds after which nothing of a request can be cached any more: the longest that is documented."""
        return self.lifetime if self.matching == "marks" and not long_marks else self.long_lifetime


_CLAUDE = Rules(
    "marks",
    min_tokens=4096,  # the largest of any model: an unknown one is promised nothing
    read=0.1,
    write=1.25,
    write_long=2.0,
    lifetime=300,
    long_lifetime=3_600,
    lookback=20,
    max_marks=4,
    invalidates=(
        ("model", "tools"),
        ("web_search", "system"),
        ("citations", "system"),
        ("speed", "system"),
        ("tool_choice", "messages"),
        ("images", "messages"),
        ("thinking", "messages"),
        ("effort", "messages"),
    ),
)

_CLAUDE_MIN_TOKENS = {
    "claude-opus-5": 512,
    "claude-fable-5-1": 512,
    "claude-mythos-5-1": 512,
    "claude-opus-4-8": 1024,
    "claude-sonnet-5": 1024,
    "claude-sonnet-4-6": 1024,
    "claude-sonnet-4-5": 1024,
    "claude-sonnet-4": 1024,
    "claude-opus-4-1": 1024,
    "claude-opus-4": 1024,
    "claude-opus-4-7": 2048,
    "claude-mythos-preview": 2048,
    "claude-3-5-haiku": 2048,
    "claude-haiku-3-5": 2048,
    "claude-opus-4-6": 4096,
    "claude-opus-4-5": 4096,
    "claude-haiku-4-5": 4096,
}

_NOVA = replace(_CLAUDE, min_tokens=1024, write=1.0, write_long=1.0, long_lifetime=300)

_OPENAI = Rules(
    "prefix",
    min_tokens=1024,
    read=0.5,  # the dearest of those that have a discount, for models not listed
    lifetime=600,  # "5 to 10 minutes" in memory
    long_lifetime=86_400,
    step=128,
    invalidates=tuple(
        (name, "tools")
        for name in (
            "model",
            "prompt_cache_key",
            "parallel_tool_calls",
            "text_format",
            "effort",
            "verbosity",
            "service_tier",
        )
    ),
)
_OPENAI_BREAKPOINTS = replace(
    _OPENAI,
    matching="breakpoints",
    read=0.1,
    write=1.25,
    write_long=1.25,
    lifetime=1_800,  # documented as a minimum: when it is certainly gone is not said
    long_lifetime=math.inf,
    max_marks=4,
    step=1,
)
_BREAKPOINTS_SINCE = (5, 6)
_OPENAI_FAMILIES = {
    "gpt-4o": _OPENAI,
    "gpt-4-1": replace(_OPENAI, read=0.25),
    "gpt-5": replace(_OPENAI, read=0.1),
    "gpt-5-pro": replace(_OPENAI, matching="none", read=1.0),
    "gpt-5-5": replace(_OPENAI, read=0.1, step=2048),
    "gpt-5-5-pro": replace(_OPENAI, matching="none", read=1.0),
}

_GEMINI = Rules("prefix", min_tokens=4096, read=0.1)
_GEMINI_FAMILIES = {"gemini-2-5": replace(_GEMINI, min_tokens=2048)}

_DEEPSEEK = Rules("units", read=0.033)
_DEEPSEEK_FAMILIES = {"deepseek-v4-flash": replace(_DEEPSEEK, read=0.02)}

_FAMILIES: Mapping[str, Provider] = {
    "nova": "bedrock",
    "gpt": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "gemini": "gemini",
    "deepseek": "deepseek",
}

_DECORATION = re.compile(r"(?s)(?:.*/)?(?:[a-z_-]+[.:])*")
_GPT = re.compile(r"gpt-(?!35)([0-9]{1,3})(?:-([0-9]{1,2}))?(?![0-9])")


def rules_of(provider: Provider, model: str = "") -> Rules:
    """Return the rules for a model, spelled in any of the ways providers and gateways spell it.

    A model that is not known gets the family's most cautious rules: the highest minimum, the smallest discount.
    """
    name = bare(model)
    match provider:
        case "anthropic":
            return _claude(name)
        case "bedrock":
            return _NOVA if name.startswith("nova") else _claude(name)
        case "openai":
            found = _GPT.match(name)
            if found and (int(found[1]), int(found[2] or 0)) >= _BREAKPOINTS_SINCE:
                return _OPENAI_BREAKPOINTS
            return longest(name, _OPENAI_FAMILIES) or _OPENAI
        case "gemini":
            return longest(name, _GEMINI_FAMILIES) or _GEMINI
        case "deepseek":
            return longest(name, _DEEPSEEK_FAMILIES) or _DEEPSEEK


def min_tokens_of(model: str) -> int | None:
    """Return the fewest tokens that are cached for a model, told by its name alone; None for a name nobody knows."""
    name = bare(model)
    if name.startswith("claude"):
        return longest(name, _CLAUDE_MIN_TOKENS)
    family = next((family for start, family in _FAMILIES.items() if name.startswith(start)), None)
    return rules_of(family, model).min_tokens if family else None


def bare(model: str) -> str:
    """Return a model's own name: no gateway, region or vendor before it, one spelling of its version."""
    return _DECORATION.sub("", model.lower(), count=1).replace(".", "-")


def longest(name: str, table: Mapping[str, T]) -> T | None:
    """Return what stands under the longest beginning of a name that ends where one of its words ends."""
    ends = (end for end in range(len(name), 0, -1) if not name[end : end + 1].isalnum())
    return next((table[name[:end]] for end in ends if name[:end] in table), None)


def _claude(name: str) -> Rules:
    least = longest(name, _CLAUDE_MIN_TOKENS)
    return replace(_CLAUDE, min_tokens=least) if least else _CLAUDE
