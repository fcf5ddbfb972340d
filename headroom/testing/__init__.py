"""Law suites for whoever extends headroom: inherit one, and your compressor, store or wire keeps the laws.

    from headroom.testing import CompressorTests

    class TestMine(CompressorTests):
        compressor = MyCompressor()

Needs pytest and hypothesis, which headroom itself does not depend on.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "CompressorTests": "headroom.testing.compressors",
    "FakeAnthropic": "headroom.testing.upstream",
    "FakeOpenAI": "headroom.testing.openai",
    "HttpWireTests": "headroom.testing.wires",
    "StoreTests": "headroom.testing.stores",
    "WireTests": "headroom.testing.wires",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headroom.testing' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
