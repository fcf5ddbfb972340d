"""`axtree`: accessibility trees, which are nearly all that a browsing agent reads.

Nodes that can be acted on or have something of their own to say stand as they are, with their ids. Containers and
images without a word go, and text that a node around it says already.
"""

from __future__ import annotations

import re
from operator import eq
from typing import ClassVar

from headroom import tokens
from headroom.compressors.axtree_nodes import parse
from headroom.compressors.axtree_notation import cut, declare, flat, fold, is_cut_of, unfold
from headroom.compressors.axtree_select import select
from headroom.compressors.base import Compressor
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError

_SAMPLE = 12_000
_MIN_NODES = 5
_LONGEST = 16
"""Characters per token beyond which no text is, even in its lossless form."""

_WORD = re.compile("[A-Za-z0-9]+")


class AxtreeCompressor(Compressor):
    """Shows the nodes of a page that matter; see the notation in `axtree_notation`."""

    id: ClassVar[str] = "axtree"
    surest: ClassVar[float] = 0.96

    def detect(self, block: Block) -> float:
        """Return how much the text looks like a tree: most lines are nodes with an id, a quoted name or a reference."""
        lines = [line for line in block.text[:_SAMPLE].split("\n")[:-1] if line.strip()]
        nodes = others = 0
        for line in lines:
            node = parse(line)
            if node is not None and node.marked:
                nodes += 1
            else:
                others += 1
                if others * 5 > len(lines) * 2:
                    return -1.0
        return 0.96 if nodes >= _MIN_NODES else -1.0

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:  # noqa: ARG002 - what goes says nothing that could be asked for
        """Return the lossless form, or, towards a target that it does not meet, the nodes that matter."""
        text = block.text
        if target_tokens is None or len(text) <= target_tokens * _LONGEST:
            lossless = self._lossless(text)
            if target_tokens is None or (lossless and tokens.count(lossless.text) <= target_tokens):
                return lossless
        selection = self._selection(text.split("\n"))
        return selection if selection and len(selection.text) < len(text) else self._lossless(text)

    def _lossless(self, text: str) -> Shrunk | None:
        folded = fold(text)
        return Shrunk(folded, self.recipe) if folded is not None and len(folded) < len(text) else None

    def _selection(self, lines: list[str]) -> Shrunk | None:
        gone, depth = select(lines)
        whole = [flat(line, deep) for line, role, deep in zip(lines, gone, depth, strict=True) if not role]
        shown = [cut(line) for line in whole]
        left = len(lines) - sum(map(eq, whole, shown))
        if not left:
            return None
        return Shrunk("\n".join([declare(gone), *shown]), self.recipe, LeftOut(left, len(lines), "lines"))

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Read the notation back; of a selection, every line must be the source's next one, whole or cut as declared."""
        if shrunk.left_out:
            complaint = _complaint(block.text.split("\n"), shrunk)
        else:
            complaint = "" if unfold(shrunk.text) == block.text else "the output does not read back to the source"
        if complaint:
            raise CompressionError(complaint, recipe=shrunk.recipe)


def _complaint(lines: list[str], shrunk: Shrunk) -> str:
    """Return what is wrong with the accounts of a selection; empty when they are right."""
    first, *shown = shrunk.text.split("\n")
    said = frozenset(_WORD.findall(shrunk.text))
    gone: list[str] = []
    at = whole = 0
    for number, line in enumerate(lines):
        bare, output = line.lstrip(" \t"), shown[at].lstrip(" \t") if at < len(shown) else None
        if output is not None and (output == bare or is_cut_of(output, bare)):
            at += 1
            whole += output == bare
            gone.append("")
            continue
        node = parse(line)
        if node is None or not said.issuperset(_WORD.findall(node.name)):
            return f"line {number + 1} is neither there nor said elsewhere"
        gone.append(node.role)
    if at < len(shown):
        return f"no line of the source reads {shown[at][:80]!r} here"
    if first != declare(gone):
        return f"{first[:200]} is not what is left out"
    if shrunk.left_out != LeftOut(len(lines) - whole, len(lines), "lines"):
        return f"{whole} of {len(lines)} lines stand whole, but it says {shrunk.left_out}"
    return ""
