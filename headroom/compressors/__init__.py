"""The visible list of compressors, and who takes a block."""

from __future__ import annotations

from functools import lru_cache

from headroom.compressors.base import Compressor
from headroom.content import Block


@lru_cache(maxsize=1)
def built_in() -> tuple[Compressor, ...]:
    """Return the compressors that come with the package, in order of precedence among equals."""
    from headroom.compressors.clean import CleanCompressor
    from headroom.compressors.json import JsonCompressor
    from headroom.compressors.log import LogCompressor
    from headroom.compressors.search import SearchCompressor

    return (JsonCompressor(), SearchCompressor(), LogCompressor(), CleanCompressor())


def pick(block: Block, compressors: tuple[Compressor, ...]) -> tuple[Compressor, ...]:
    """Return the compressors that take the block, the surest first; none if nobody does."""
    sure = [(compressor.detect(block), -position, compressor) for position, compressor in enumerate(compressors)]
    return tuple(
        compressor for sureness, _, compressor in sorted(sure, key=lambda s: s[:2], reverse=True) if sureness >= 0
    )
