"""`config`: YAML, TOML, INI and XML files. Their parsers tell the structure; what stands are lines of the source.

Of XML on one line, spans of it stand; see `config_dense`.

Nothing of such a file is mere presentation, so there is no lossless form: `shrink` selects, or leaves it alone.
"""

from __future__ import annotations

from typing import ClassVar

from headroom.compressors import config_dense, config_shape, config_yaml, excerpt, gaps
from headroom.compressors.base import Compressor
from headroom.compressors.config_select import select
from headroom.compressors.config_words import gap_words
from headroom.compressors.json_costs import exceeds
from headroom.content import Block, Shrunk

_GAIN = 10
"""One part in so many must be left out, or nothing need be."""


class ConfigCompressor(Compressor):
    """Shows a long configuration file by its structure: keys stay, of what repeats a choice."""

    id: ClassVar[str] = "config"
    version: ClassVar[int] = 3
    surest: ClassVar[float] = 0.7

    select_over: int = 4_000
    """Tokens that a selection has room for at least: what is shorter stands whole, whatever the target."""

    @property
    def recipe(self) -> str:
        """Id and version, and the version of the YAML parser, which decides what is an entry."""
        return f"{super().recipe}/{config_yaml.LIBRARY}"

    def detect(self, block: Block) -> float:
        """Return how surely the text is a configuration file, from the look of its first lines."""
        return config_shape.sureness(block.text)

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return a selection of lines towards the target, or all where that is room enough; None without a target.

        None also for a text that no parser reads.
        """
        if target_tokens is None:
            return None
        if config_shape.is_dense(block.text):
            return self._dense(block.text, budget=max(target_tokens, self.select_over), query=query)
        lines = block.text.split("\n")
        file = config_shape.read(lines)
        if file is None:
            return None
        whole = gaps.select(lines, [True] * len(lines), recipe=self.recipe)
        budget = max(target_tokens, self.select_over)
        if gaps.ambiguous(lines) or not exceeds(block.text, budget):
            return whole
        kept = [True] * len(lines)
        kept[file.start : file.end] = select(lines[file.start : file.end], file.root, budget=budget, query=query)
        gaps.fill(lines, kept)
        if sum(kept) * _GAIN > len(lines) * (_GAIN - 1):
            return whole
        return gaps.select(
            lines,
            kept,
            recipe=self.recipe,
            say=lambda start, end: gap_words(file.root, start - file.start, end - file.start),
        )

    def _dense(self, text: str, *, budget: int, query: str) -> Shrunk | None:
        document = config_dense.read(text)
        if document is None:
            return None
        whole = gaps.select(document.lines, [True] * len(document.lines), recipe=self.recipe)
        if not exceeds(text, budget):
            return whole
        selection = document.select(budget=budget, query=query, recipe=self.recipe)
        return selection if len(selection.text) * _GAIN <= len(text) * (_GAIN - 1) else whole

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Account for every line of the source by what stands and gaps; on few long lines, for every character."""
        lines = block.text.split("\n")
        if config_shape.is_dense(block.text):
            excerpt.check(lines, shrunk, read=config_dense.shown)
        else:
            gaps.check(lines, shrunk)
