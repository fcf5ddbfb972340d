"""`html`: pages, of which a reader needs the text.

The main text stays, with its headings, lists, tables, links and controls; markup, scripts, styles and what frames the
text go. Needs lxml, the extra "html": without it no page is taken.

Why not an extractor: measured on forms and documentation, trafilatura 2.3 lost a third of the words that a reader of
a form needs, at 1-3 MB/s, and rewrites what it keeps; a selection over a parser's tree keeps words, and can be checked.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from typing import ClassVar

from headroom.compressors.base import Compressor
from headroom.compressors.html_visible import visible
from headroom.content import Block, LeftOut, Shrunk
from headroom.errors import CompressionError

_SAMPLE = 20_000
_PREAMBLE = 2_000
_START = re.compile(
    r"\s*<(?:!doctype html|html|head|body|div|table|section|main|article|form|ul|nav|meta)\b", re.IGNORECASE
)
_DOCUMENT = re.compile(r"^[ \t]*<(?:!doctype html|html)\b", re.IGNORECASE | re.MULTILINE)
_TAG = re.compile(
    r"</?(?:a|article|b|body|br|button|code|div|em|form|footer|h[1-6]|head|header|html|i|img|input|label|li|link|main|meta|"
    r"nav|ol|option|p|pre|script|section|select|span|strong|style|svg|table|tbody|td|th|title|tr|ul)(?=[\s/>])",
    re.IGNORECASE,
)
_MIN_TAGS, _CHARS_PER_TAG = 8, 400


class HtmlCompressor(Compressor):
    """Shows the text of a page; see the notation in `html_text`."""

    id: ClassVar[str] = "html"
    surest: ClassVar[float] = 0.96
    outlines: ClassVar[bool] = True

    @property
    def recipe(self) -> str:
        """Id, version and those of the parser."""
        return f"{super().recipe}/{_parser()}"

    def detect(self, block: Block) -> float:
        """Return how much the text is a page: it begins like one, perhaps behind the headers of an answer."""
        start = _start(block.text)
        if start < 0 or not _parser():
            return -1.0
        sample = block.text[start : start + _SAMPLE]
        tags = sum(1 for _ in _TAG.finditer(sample))
        document = _DOCUMENT.match(sample) is not None
        return 0.96 if tags >= _MIN_TAGS and (document or tags * _CHARS_PER_TAG >= len(sample)) else -1.0

    def shrink(self, block: Block, *, target_tokens: int | None = None, query: str = "") -> Shrunk | None:
        """Return the page's text; None without a target, since markup cannot be read back from it."""
        start = _start(block.text)
        if target_tokens is None or start < 0 or not _parser() or any(sign in block.text for sign in "\x00\x01\x02"):
            return None
        from headroom.compressors import html_notation, html_page, html_text

        source = block.text[start:]
        seen = visible(source)
        sign = html_notation.opening(seen)
        page = html_page.parse(source)
        if page is None or sign is None:
            return None
        lines = html_notation.write(html_text.read(page), sign=sign, query=query)
        account = html_notation.audit(source, lines, seen=seen, sign=sign)
        if account is None or not account.shown:
            return None
        text = block.text[:start] + "\n".join([html_notation.declare(account, sign=sign), *lines])
        left = len(source) - account.shown - account.attributes
        return Shrunk(text, self.recipe, LeftOut(left, len(block.text), "characters")) if left > 0 else None

    def verify(self, block: Block, shrunk: Shrunk) -> None:
        """Find every run of words in the page's visible text, in order, and count what is left out."""
        from headroom.compressors import html_notation

        start = max(0, _start(block.text))
        source = block.text[start:]
        seen = visible(source)
        sign = html_notation.opening(seen) or ""
        first, *lines = shrunk.text[start:].split("\n")
        account = html_notation.audit(source, lines, seen=seen, sign=sign)
        if account is None or not shrunk.text.startswith(block.text[:start]):
            raise CompressionError("the output says what the page does not say there", recipe=shrunk.recipe)
        left = len(source) - account.shown - account.attributes
        if first != html_notation.declare(account, sign=sign) or shrunk.left_out != LeftOut(
            left, len(block.text), "characters"
        ):
            raise CompressionError(f"{left} characters are left out, but it says {first}", recipe=shrunk.recipe)


@cache
def _parser() -> str:
    """Return the versions of the parser; empty if it is not installed."""
    if find_spec("lxml") is None:
        return ""
    from lxml import etree  # type: ignore[import-untyped]

    return ".".join(map(str, etree.LXML_VERSION[:3])) + "+" + ".".join(map(str, etree.LIBXML_VERSION))


def _start(text: str) -> int:
    """Return where the page begins: at once, or at its doctype behind a short preamble; -1 if it does not."""
    if _START.match(text):
        return 0
    document = _DOCUMENT.search(text, 0, _PREAMBLE)
    return document.start() if document else -1
