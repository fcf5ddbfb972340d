"""The visible list of compressors, and who takes a block."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from heapq import heappop, heappush

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
    from headroom.compressors.numbered import NumberedCompressor
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
        NumberedCompressor(),
        CleanCompressor(),
    )


def pick(block: Block, compressors: tuple[Compressor, ...]) -> tuple[Compressor, ...]:
    """Return the compressors that take the block, the surest first; a last resort only where nobody else is as sure."""
    return tuple(takers(block, compressors))


def takers(block: Block, compressors: tuple[Compressor, ...]) -> Iterator[Compressor]:
    """Yield what `pick` returns one by one: none is asked before its turn may have come."""
    unasked = sorted((-compressor.surest, place, compressor) for place, compressor in enumerate(compressors))[::-1]
    sure: list[tuple[float, int, Compressor]] = []
    known = False
    while unasked or sure:
        if unasked and (not sure or unasked[-1][:2] < sure[0][:2]):
            _, place, compressor = unasked.pop()
            sureness = -1.0 if known and compressor.last_resort else compressor.detect(block)
            if sureness >= 0:
                heappush(sure, (-sureness, place, compressor))
            continue
        *_, compressor = heappop(sure)
        if not (known and compressor.last_resort):
            known = known or not compressor.last_resort
            yield compressor
