"""headroom inside LangChain and the frameworks round it.

    from headroom.integrations import HeadroomChatModel

    model = HeadroomChatModel(ChatOpenAI(model="gpt-4o"))

Every integration takes the keyword `headroom`; without it they share one that is made from the
environment. Importing this package loads nothing of any framework: names are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headroom.integrations.chat_model import HeadroomChatModel as HeadroomChatModel
    from headroom.integrations.chat_subclass import with_headroom as with_headroom
    from headroom.integrations.documents import HeadroomDocumentCompressor as HeadroomDocumentCompressor
    from headroom.integrations.fit import Fit as Fit
    from headroom.integrations.middleware import HeadroomMiddleware as HeadroomMiddleware
    from headroom.integrations.nodes import ContextNode as ContextNode
    from headroom.integrations.nodes import ScoreNode as ScoreNode
    from headroom.integrations.store import LangGraphStore as LangGraphStore
    from headroom.integrations.tool_node import HeadroomToolNode as HeadroomToolNode
    from headroom.integrations.tools import compressed as compressed

_HOMES = {
    "Fit": "headroom.integrations.fit",
    "HeadroomChatModel": "headroom.integrations.chat_model",
    "ContextNode": "headroom.integrations.nodes",
    "HeadroomDocumentCompressor": "headroom.integrations.documents",
    "HeadroomMiddleware": "headroom.integrations.middleware",
    "HeadroomToolNode": "headroom.integrations.tool_node",
    "LangGraphStore": "headroom.integrations.store",
    "ScoreNode": "headroom.integrations.nodes",
    "compressed": "headroom.integrations.tools",
    "with_headroom": "headroom.integrations.chat_subclass",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headroom.integrations' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
