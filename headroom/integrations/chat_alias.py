"""A model for one call of it: the same state, and the config of the call.

The framework takes a call's config apart before it comes to the methods that do the work, and streams
may begin long after the call. So what does the work is an alias of the model that knows its config.
"""

from __future__ import annotations

from typing import Any, TypeVar

from langchain_core.callbacks import CallbackManager
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig, ensure_config
from langchain_core.utils.uuid import uuid7

_CALL = "_headroom_call"

M = TypeVar("M", bound=BaseChatModel)


def alias(model: BaseChatModel, as_class: type[Any]) -> Any:
    """Return an object of another class that shares all state with a model: clients and caches above all."""
    twin = object.__new__(as_class)
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        object.__setattr__(twin, slot, getattr(model, slot))
    return twin


def at_call(model: M, config: RunnableConfig | None) -> tuple[M, RunnableConfig]:
    """Return the model for one call, and the call's config, with its run's id decided and its callbacks shared."""
    config = ensure_config(config)
    config["run_id"] = config.get("run_id") or uuid7()
    config["callbacks"] = CallbackManager.configure(config.get("callbacks"))
    at: M = alias(model, type(model))
    private = {**(model.__pydantic_private__ or {}), _CALL: (origin(model), config)}
    object.__setattr__(at, "__pydantic_private__", private)
    return at, config


def origin(model: M) -> M:
    """Return the model that stands for itself, for one that stands for a call of it."""
    known = (model.__pydantic_private__ or {}).get(_CALL)
    return known[0] if known else model


def config_of(model: BaseChatModel) -> RunnableConfig:
    """Return the config of the call that a model stands for; for one that stands for itself, what surrounds it."""
    known = (model.__pydantic_private__ or {}).get(_CALL)
    return known[1] if known else ensure_config()
