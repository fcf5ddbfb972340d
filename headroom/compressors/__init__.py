"""The visible list of compressors, and who takes a block."""

from __future__ import annotations

from functools import lru_cache

from headroom.compressors.base import Compressor
from headroom.content import Block


@lru_cache(maxsize=1)
def built_in() -> tuple[Compressor, ...]:
    """Return the compressors that come with the package, in order of precedence among equals."""
    from headroom.compressors.axtree import AxtreeCompressor
    from headroom.compressors.clean import CleanCompressor
    from headroom.compressors.code import CodeCompressor
    from headroom.compressors.config import ConfigCompressor
    from headroom.compressors.diff import DiffCompressor
    from headroom.compressors.html import HtmlCompressor
    from headroom.compressors.json import JsonCompressor
    from headroom.compressors.listing import ListingCompressor
    from headroom.compressors.log import LogCompressor
    from headroom.compressors.mixed import MixedCompressor
    from headroom.compressors.output import OutputCompressor
    from headroom.compressors.prose import ProseCompressor
    from headroom.compressors.search import SearchCompressor
    from headroom.compressors.table import TableCompressor
    from headroom.compressors.unknown import UnknownCompressor

    return (
        JsonCompressor(),
        AxtreeCompressor(),
        HtmlCompressor(),
        DiffCompressor(),
        ListingCompressor(),
        SearchCompressor(),
        TableCompressor(),
        ConfigCompressor(),
        CodeCompressor(),
        OutputCompressor(),
        LogCompressor(),
        ProseCompressor(),
        MixedCompressor(),
        UnknownCompressor(),
        CleanCompressor(),
    )


def pick(block: Block, compressors: tuple[Compressor, ...]) -> tuple[Compressor, ...]:
    """Return the compressors that take the block, the surest first; a last resort only where nobody else is as sure."""
    sure = [(compressor.detect(block), -position, compressor) for position, compressor in enumerate(compressors)]
    takers = [s[2] for s in sorted(sure, key=lambda s: s[:2], reverse=True) if s[0] >= 0]
    known = next((n for n, taker in enumerate(takers) if not taker.last_resort), len(takers))
    return tuple(taker for n, taker in enumerate(takers) if n < known or not taker.last_resort)
