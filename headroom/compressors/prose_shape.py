"""Whether a text is prose: most of it is words in sentences, or what Markdown has besides them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from headroom.compressors import prose_markdown

_SAMPLE = 3_000
_MIN_WORDS = 60
_OTHER, _OTHER_IN_MARKDOWN = 20, 40
"""Per cent of the text that may be no prose; of a document's, fenced code and tables aside."""

_MARKDOWN = 0.6
"""Below JSON in a text, which goes without a loss; above what else has fences."""

_WORDS = re.compile(r"[A-Za-z\u00c0-\u1fff'’-]+[,.;:!?)\"”’]{0,3}")
_CODE = re.compile(
    r"\s*(?:[<>$%/@|&]|\"[^\"]*\":|(?:import|from|def|class|function|const|let|var|return|if|for|while|package|public|private|"
    r"#include|use|fn)\b.*[;:{(,)]\s*$|[-\w./]+\()"
)
_IN_CODE = ("=>", "::", "()", "==", "!=", "+=", "-=", " = ", "</", "/>")
_CODE_LAST = (";", "{", "}", "\\")
_NOISE = re.compile(r"[{\[(<][A-Za-z_ ]{1,24}[}\])>]|(?<!\S)[-,.;:!?…–—*•\"]{1,3}(?!\S)")
"""What transcripts note in brackets, and signs that stand alone."""

_STAMP = re.compile(
    r"\s{0,8}[0-9]{1,6}[\t→|:](?![0-9])|\W{0,2}[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:|\W{0,2}[0-9]{2}:[0-9]{2}:[0-9]{2}|[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:"
)
_STOP = re.compile(r"[a-z\u00c0-\u1fff'\")] ?[.!?](?:[\"'”’)]*(?:\s|$))|[。！？]")
_LINK = re.compile(r"(?:[a-z]{2,6}:)?//[^\s)\]>\"]{8,}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def sureness(text: str) -> float:
    """Return how surely a text is prose, 0 to 1, or -1. Looks at samples from both ends and the middle only."""
    sure = _sureness(_sample(text), _OTHER)
    if sure >= 0 or "# " not in text:
        return sure
    document = _sample(prose_markdown.outside(text))
    headed = prose_markdown.is_headed(document)
    return min(_MARKDOWN, _sureness(prose_markdown.plain(document), _OTHER_IN_MARKDOWN)) if headed else -1.0


def _sureness(said: Iterable[str], most: int) -> float:
    """Return how surely lines are prose of which at most `most` per cent are something else."""
    lines = [line[:2_000] for line in said if line.strip()]
    size = sum(map(len, lines))
    words = other = stops = 0
    for line in lines:
        if (found := _words(line)) >= 0:
            words += found
            stops += len(_STOP.findall(line))
        else:
            other += len(line)
            if other * 100 > size * most:
                return -1.0
    if words < _MIN_WORDS or stops * 60 < words:
        return -1.0
    return 0.8 if other * 10 <= size else 0.55


def _words(line: str) -> int:
    """Return how many words of prose a line holds, -1 if it is no prose."""
    line = _NOISE.sub(" ", line)
    if _is_code(line) or _STAMP.match(line) or ("//" in line and sum(map(len, _LINK.findall(line))) * 3 > len(line)):
        return -1
    if not line.isascii() and (cjk := len(_CJK.findall(line))) * 2 >= len(line):
        return cjk // 2
    split = line.split()
    words = sum(1 for word in split if (word.isascii() and word.isalpha()) or _WORDS.fullmatch(word))
    return words if words * 4 >= len(split) * 3 else -1


def _is_code(line: str) -> bool:
    for sign in _IN_CODE:
        if sign in line:
            return True
    return line.count("\t") > 1 or line.rstrip().endswith(_CODE_LAST) or _CODE.match(line) is not None


def _sample(text: str) -> list[str]:
    if len(text) <= _SAMPLE * 3:
        return text.split("\n")
    middle = len(text) // 2
    parts = (text[:_SAMPLE], text[middle : middle + _SAMPLE], text[-_SAMPLE:])
    return [line for part in parts for line in part.split("\n")]
