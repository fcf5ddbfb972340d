"""The visible text of a page, read from its source alone, without a tree: what `html` is checked against."""

from __future__ import annotations

import html
import re

_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|noscript|template|svg|iframe|object)(?=[\s/>]).*?(?:</\1(?=[\s/>])[^>]*(?:>|\Z)|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"<[!?/]?[A-Za-z][^\s/>=]*(?:[^>=]|=\s*(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^\s>\"']?))*+(?:>|\Z)")


def visible(source: str) -> str:
    """Return the characters that a browser could show, without blanks: comments, scripts, styles and tags are gone.

    Linear. Text that only a style sheet hides is still in it.
    """
    return bare(html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", source))))


def bare(text: str) -> str:
    """Return a text without its blanks."""
    return "".join(text.split())
