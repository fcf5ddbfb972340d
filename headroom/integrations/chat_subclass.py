"""with_headroom: a chat model of its own class, with smaller requests."""

from __future__ import annotations

import types
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel

from headroom.context import Headroom
from headroom.integrations.chat_alias import alias, origin
from headroom.integrations.chat_call import Wrapping
from headroom.integrations.chat_model import check
from headroom.integrations.chat_wrapped import Wrapped
from headroom.integrations.defaults import default_headroom
from headroom.memo import Memo

Model = TypeVar("Model", bound=BaseChatModel)


def with_headroom(model: Model, *, headroom: Headroom | None = None) -> Model:
    """Return a copy of a model whose requests go out smaller, and which is an instance of the model's own class.

    For code that asks `isinstance`: provider middlewares, deepagents. It does everything that
    `HeadroomChatModel` does. It cannot be serialized or pickled, because its class is made at run time.
    Raises ConfigError for anything that is no chat model, or is wrapped already.
    """
    check(model)
    copy = model.model_copy()
    copy.__dict__.pop("_serialized", None)  # computed once per object, for another class
    wrapped: Model = alias(copy, wrapped_class(type(model), headroom or default_headroom()))
    return wrapped


def wrapped_class(model: type[BaseChatModel], headroom: Headroom) -> type[BaseChatModel]:
    """Return a subclass of a chat model's class whose instances send smaller requests.

    Made once for a class and a Headroom, which it keeps alive.
    """
    key = (model, id(headroom))
    made = _MADE.get(key) or _subclass(model, Wrapping(headroom))
    _MADE.put(key, made, size=1)
    return made


_MADE: Memo[tuple[type[BaseChatModel], int], type[BaseChatModel]] = Memo(64)


def _subclass(model: type[BaseChatModel], shared: Wrapping) -> type[BaseChatModel]:

    def bare(self: Any) -> BaseChatModel:
        twin: BaseChatModel = alias(origin(self), model)
        return twin

    body = {
        "__module__": __name__,
        "__doc__": model.__doc__,
        "is_lc_serializable": classmethod(lambda _: False),
        "_headroom_shared": property(lambda _: shared),
        "_headroom_bare": property(bare),
    }
    return types.new_class(f"Headroom{model.__name__}", (Wrapped, model), exec_body=lambda names: names.update(body))
