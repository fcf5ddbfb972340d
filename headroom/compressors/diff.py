"""`diff`: what git diff, git show, git log -p, diff -u and svn diff print.

File names, hunk headers and changed lines always stand. Files that nobody reads line by line are folded to a count;
of a long diff the context farther from a change goes. What is left then says that it is no patch any more.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import compress
from typing import ClassVar

from headroom import tokens
from headroom.compressors import gaps
from headroom.compressors.base import Compressor
from headroom.compressors.clean import strip_presentation
from headroom.compressors.diff_lines import OTHER, Diff, parse
from headroom.compressors.diff_select import folded, trim, without, worth
from headroom.content import Block, Shrunk

_NO_PATCH = "this diff no longer applies"

_NEAR = (3, 1)
"""Lines of context next to a change that stay: as many as git shows, then as few as locate it."""

_GAP_COST = 40
"""Characters of code that cost as many tokens as declaring a gap."""

_WORTH = 10
"""Context goes only if that saves one part in so many: an agent that wants to apply the diff must fetch it then."""

_SAMPLE = 30_000


class DiffCompressor(Compressor):
    """Folds generated files to a count and trims the context of diffs longer than `trim_over` tokens.

    There is no lossless form: an agent applies a diff, or edits by it, so its bytes stay or are declared.
    """

    id: ClassVar[str] = "diff"
    version: ClassVar[int] = 2
    surest: ClassVar[float] = 0.97
    verbatim: ClassVar[bool] = True

    trim_over: int = 2_000
    """Tokens of the largest diff whose context is left alone, whatever the target."""

    def detect(self, block: Block) -> float:
        """Return how much the text looks like a diff: it has hunks, and most lines are of files or of commits."""
        if "\n@@" not in block.text and not block.text.startswith("@@"):
            return -1.0
        lines = block.text[:_SAMPLE].split("\n")
        diff = parse(lines)
        said = sum(1 for line in lines if line)
        others = sum(1 for line, role in zip(lines, diff.roles, strict=True) if role == OTHER and _is_foreign(line))
        return 0.97 if any(file.hunks for file in diff.files) and others * 5 <= said else -1.0

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return a selection towards the target; None without one, and for what is short already."""
        lines = block.text.split("\n")
        if target_tokens is None or gaps.ambiguous(lines):
            return None
        before = tokens.count(block.text)
        if before <= target_tokens:
            return None
        shown = strip_presentation(block.text).split("\n") if "\x1b" in block.text else lines
        diff = parse(shown)
        said = folded(diff, shown, query=query)
        kept = without(diff, said)
        if before > self.trim_over:
            kept = self._trimmed(diff, shown, kept, room=target_tokens * len(block.text) // before, query=query)
        if all(kept):
            return None
        return _selection(lines, kept, said, self.recipe)

    def _trimmed(self, diff: Diff, shown: list[str], kept: list[bool], *, room: int, query: str) -> list[bool]:
        """Return the lines that stand with just so much context that they meet the room, or with the least."""
        costs = [len(line) + 1 for line in shown]
        for near in _NEAR:
            length = sum(compress(costs, kept))
            if length <= room:
                break
            trimmed = trim(diff, kept, near=near)
            if trimmed == kept:
                continue
            gone = [number for number, (keep, stay) in enumerate(zip(kept, trimmed, strict=True)) if keep and not stay]
            for number in worth(gone, shown, query=query):
                trimmed[number] = True
            gaps.fill(shown, trimmed, cost=_GAP_COST)
            if (length - sum(compress(costs, trimmed))) * _WORTH >= length:
                kept = trimmed
        return kept

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Check that lines that stand and gaps account for every line."""
        gaps.check(block.text.split("\n"), shrunk)


def _selection(lines: list[str], kept: list[bool], said: dict[int, str], recipe: str) -> Shrunk:
    first, folds = kept.index(False), sorted(said)

    def words(start: int, end: int) -> str:
        told = [said[number] for number in folds[bisect_left(folds, start) : bisect_left(folds, end)]]
        return "; ".join([*told, _NO_PATCH] if start == first else told)

    return gaps.select(lines, kept, recipe=recipe, say=words)


def _is_foreign(line: str) -> bool:
    """Tell whether a line outside of all files is none of a commit's or a mail's either."""
    return bool(line) and not line.startswith(
        ("    ", "commit ", "Author: ", "Date: ", "Merge: ", "From ", "Subject: ", " ", "Property changes")
    )
