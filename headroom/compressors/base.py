"""What a compressor is: a pure function from a block and a target to a smaller text.

It knows no store, no ref, no marker, no I/O and no clock. The same block, target and query give the
same bytes in every process (law 2).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from langchain_core.runnables import RunnableConfig, RunnableSerializable

from headroom.content import Block, Shrunk
from headroom.errors import CompressionError

DECLARING_TOKENS = 50
"""What a marker costs at most: leaving something out must save more than this over the lossless form."""


class Compressor(RunnableSerializable[Block, Shrunk | None]):
    """Base class of all compressors; subclass it, and inherit `headroom.testing.CompressorTests` for its laws.

    A compressor answers three questions: is this block mine (`detect`), what is its smaller form
    (`shrink`), and does that form account for every unit of the source (`verify`).
    """

    id: ClassVar[str]
    """Short name, unique in the list, e.g. "json"."""

    version: ClassVar[int] = 1
    """Bumped on any change of output bytes."""

    surest: ClassVar[float] = 1.0
    """The most that `detect` returns: it is not asked while somebody else is surer."""

    verbatim: ClassVar[bool] = False
    """Whether it wants command output with its presentation bytes, to give lines back as they stand."""

    outlines: ClassVar[bool] = False
    """Whether it shows the outline of a file in place of its text: an agent's file views only when they are long."""

    whole: ClassVar[bool] = False
    """Whether its form shows every line of a file in its place: such may stand even for what agents edit."""

    last_resort: ClassVar[bool] = False
    """Whether it takes only what nobody knows: asked where all others are no surer than it is."""

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Return True: a compressor has no state."""
        return True

    @property
    def recipe(self) -> str:
        """Id and version, e.g. "json/1"; compressors whose bytes depend on a library add its version."""
        return f"{self.id}/{self.version}"

    @abstractmethod
    def detect(self, block: Block) -> float:
        """Return how sure this compressor is that the block is its kind: 0 to 1, negative for "not mine".

        Must be much cheaper than `shrink` and linear in the text. The tool's name and arguments are
        hints: a wrong hint must break nothing.
        """

    @abstractmethod
    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return a smaller form of the block's text, or None if there is none; the text itself if it had better stay whole.

        With `target_tokens` None the form must be lossless. With a number, a lossless form that
        meets it is preferred; else rows or lines are selected towards it (a wish, not a limit:
        errors, outliers and boundaries stay whatever they cost).
        """

    @abstractmethod
    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Raise CompressionError unless kept and declared add up to the original (law 3)."""

    def invoke(self, input: Block, config: RunnableConfig | None = None, **kwargs: Any) -> Shrunk | None:  # noqa: ARG002 - the framework's signature
        """Shrink and verify. Keyword arguments are those of `shrink`."""
        shrunk = self.shrink(input, **kwargs)
        if shrunk is None:
            return None
        if not shrunk.text.strip() and input.text.strip():
            raise CompressionError("nothing is left of a text that says something", recipe=self.recipe)
        self.verify(input, shrunk)
        return shrunk


def verify_lines(source: list[str], shrunk: Shrunk) -> None:
    """Raise CompressionError unless every line in `shrunk.kept_lines` stands verbatim, in order, in `shrunk.text`.

    For compressors whose kept lines stand alone on their output lines.
    """
    output = iter(shrunk.text.split("\n"))
    for number in shrunk.kept_lines or ():
        if not any(line == source[number] for line in output):
            raise CompressionError(f"line {number + 1} is said to be kept but is not there", recipe=shrunk.recipe)
