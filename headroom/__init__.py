"""headroom: the context optimization layer for LLM applications.

Importing this package is cheap: names are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headroom.compressors.base import Compressor as Compressor
    from headroom.content import Block as Block
    from headroom.content import Compressed as Compressed
    from headroom.content import Decision as Decision
    from headroom.content import Plan as Plan
    from headroom.content import Shrunk as Shrunk
    from headroom.context import Headroom as Headroom
    from headroom.errors import CompressionError as CompressionError
    from headroom.errors import ConfigError as ConfigError
    from headroom.errors import HeadroomError as HeadroomError
    from headroom.errors import RefNotFound as RefNotFound
    from headroom.errors import StoreError as StoreError
    from headroom.errors import WireError as WireError
    from headroom.settings import Settings as Settings
    from headroom.wire import WireRequest as WireRequest

_HOMES = {
    "Block": "headroom.content",
    "Compressed": "headroom.content",
    "CompressionError": "headroom.errors",
    "Compressor": "headroom.compressors.base",
    "ConfigError": "headroom.errors",
    "Decision": "headroom.content",
    "Headroom": "headroom.context",
    "HeadroomError": "headroom.errors",
    "Plan": "headroom.content",
    "RefNotFound": "headroom.errors",
    "Settings": "headroom.settings",
    "Shrunk": "headroom.content",
    "StoreError": "headroom.errors",
    "WireError": "headroom.errors",
    "WireRequest": "headroom.wire",
}

__all__ = list(_HOMES)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headroom' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
