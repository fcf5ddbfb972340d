"""`code`: the outline of a file, parsed by the grammars of the extra `code`.

Imports, signatures, types, decorators, fields and the first line of what documents them stay; of bodies those that the
query names or that are short. Each stretch left out is a comment that names its lines, so that what is left parses.
"""

from __future__ import annotations

from typing import ClassVar

from headroom import tokens
from headroom.compressors import code_grammars, code_languages, gaps
from headroom.compressors.base import Compressor
from headroom.compressors.code_leads import Leads
from headroom.compressors.code_listing import read
from headroom.compressors.code_reading import outline
from headroom.compressors.code_select import select
from headroom.content import Block, Shrunk


class CodeCompressor(Compressor):
    """Outlines source code: Python, JavaScript, TypeScript, Go, Rust, Java, C and C++."""

    id: ClassVar[str] = "code"
    surest: ClassVar[float] = 0.9
    version: ClassVar[int] = 2
    outlines: ClassVar[bool] = True

    @property
    def recipe(self) -> str:
        """Id and version, and the version of parser and grammars where they are installed."""
        found = code_grammars.versions()
        return f"{self.id}/{self.version}/{found}" if found else f"{self.id}/{self.version}"

    def detect(self, block: Block) -> float:
        """Return how much the text looks like code in one of the languages; -1 when none of them is installed."""
        return code_languages.sureness(block)

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the outline, with as many bodies as the target holds. Nothing of code goes without a loss."""
        if target_tokens is None or (before := tokens.count(block.text)) <= target_tokens:
            return None
        grammars = code_languages.guess(block).grammars
        listing = read(block.text)
        if not grammars or gaps.ambiguous(listing.lines) or (block.kind == "tool_result" and listing.part):
            return None
        found = outline(listing, grammars)
        if found is None:
            return None
        budget = target_tokens * len(block.text) // before
        chosen = select(listing, found, budget=budget, query=query)
        if all(chosen.kept):
            return None
        leads = Leads(listing, found, chosen.closers)
        return gaps.select(listing.lines, chosen.kept, recipe=self.recipe, lead=leads.lead, say=leads.say, brief=True)

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Check that lines and gaps account for every source line, in its place."""
        gaps.check(block.text.split("\n"), shrunk)
