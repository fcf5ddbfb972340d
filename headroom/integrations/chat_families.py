"""Which chat models take cache marks, and how: told by the names of their classes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from langchain_core.language_models import BaseChatModel

from headroom.caching.rules import bare, min_tokens_of, rules_of
from headroom.integrations.chat_marks import Marks
from headroom.integrations.chat_marks_anthropic import AnthropicMarks
from headroom.integrations.chat_marks_bedrock import BedrockMarks
from headroom.integrations.chat_marks_openai import OpenAIMarks, is_openai

_FAMILIES = frozenset(
    {
        ("langchain_anthropic", "ChatAnthropic"),
        ("langchain_aws", "ChatBedrockConverse"),
        ("langchain_openai", "BaseChatOpenAI"),
    }
)
"""Package and class, subclasses included: ChatAnthropicBedrock, ChatAnthropicMantle, ChatOpenAI."""


def marks_of(model: BaseChatModel, arguments: Mapping[str, Any]) -> Marks | None:
    """Return how a call of a model takes cache marks, None if it takes none or nobody knows."""
    match _family(type(model)):
        case "ChatAnthropic":
            return _anthropic(model, _name(model, arguments, "model"))
        case "ChatBedrockConverse":
            return _bedrock(model, arguments)
        case "BaseChatOpenAI" if is_openai(model):
            return _openai(model, _name(model, arguments, "model_name"))
    return None


def may_take_marks(model: BaseChatModel) -> bool:
    """Return whether a model is of a family that takes cache marks, if not in every call."""
    return bool(_family(type(model)))


@lru_cache(maxsize=256)
def _family(kind: type[BaseChatModel]) -> str:
    return next(
        (each.__name__ for each in kind.__mro__ if (each.__module__.split(".")[0], each.__name__) in _FAMILIES), ""
    )


def _anthropic(model: BaseChatModel, name: str) -> Marks | None:
    """Return the marks of every Claude at Anthropic; elsewhere old models refuse them, and none is taken for a new one."""
    known = model._llm_type == "anthropic-chat" or min_tokens_of(name) is not None
    return AnthropicMarks(rules_of("anthropic", name)) if known else None


def _bedrock(model: object, arguments: Mapping[str, Any]) -> Marks | None:
    """Return the marks of the models that are known to take points: the others refuse a request that has one."""
    name = _name(model, arguments, "base_model_id") or _name(model, arguments, "model_id")
    shown = getattr(model, "raw_blocks", None) is None and not getattr(model, "guard_last_turn_only", False)
    if not shown or min_tokens_of(name) is None or not bare(name).startswith(("claude", "nova")):
        return None
    return BedrockMarks(rules_of("bedrock", name), nova=bare(name).startswith("nova"))


def _openai(model: object, name: str) -> Marks:
    """Return the marks of OpenAI's models; breakpoints where the package writes them, and the whole history is sent."""
    writes = "prompt_cache_options" in getattr(type(model), "model_fields", ())
    whole = not getattr(model, "use_previous_response_id", False)
    return OpenAIMarks(rules_of("openai", name), breakpoints=writes and whole)


def _name(model: object, arguments: Mapping[str, Any], field: str) -> str:
    name = arguments.get("model") or getattr(model, field, None)
    return name if isinstance(name, str) else ""
