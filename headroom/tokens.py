"""The ruler: how many tokens a text has, offline and the same everywhere.

`count` is o200k_base and the only ruler for decisions (law 2). `estimate` is for reports and for the
window's limit: the model's own tokenizer where it is public, else o200k_base with its known bias.

Importing this module also teaches tiktoken itself to work offline (`register`). That costs no more than
importing tiktoken: a vocabulary is unpacked, in a fraction of a second, when somebody first counts with it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import pairwise

import tiktoken

from headroom import data


def count(text: str) -> int:
    """Count the tokens of a text in o200k_base.

    Text that spells a special token ("<|endoftext|>") is ordinary text, and a lone surrogate counts as
    U+FFFD. Linear in the length of the text: one longer than 65,536 characters is counted in pieces. They
    meet where o200k_base never joins tokens, so the sum is exact; only a run of 65,536 characters with no
    such place (one endless word) is cut anyway, which can change the count by a token or two per cut.

    ConfigError when the shipped vocabulary is missing or damaged.
    """
    return _count(text, "o200k_base")


@lru_cache(maxsize=64)
def count_head(text: str) -> int:
    """Count what stands before the messages, tools and system prompt: the same in every request, so counted once."""
    return count(text)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number of tokens, and what it is worth."""

    tokens: int
    family: str
    exact: bool
    """Counted with the model's own tokenizer. What a provider adds around the text is never included."""
    bias: str = ""
    """How far off an estimate is known to be, for people; empty when exact."""


def estimate(text: str, *, model: str) -> Estimate:
    """Count the tokens that a model makes of a text, as well as can be done offline.

    `model` is spelled in any of the ways providers and gateways spell it ("anthropic/claude-opus-4-8[1m]",
    "openai:gpt-4o", "us.anthropic.claude-…-v1:0", an ARN). An unknown name is no error: o200k_base, labelled as an estimate.
    """
    family = _family(model)
    return Estimate(_count(text, family.encoding), family.name, family.exact, family.bias)


def register() -> None:
    """Teach tiktoken the shipped vocabularies, for everyone in this process; idempotent.

    `tiktoken.get_encoding("o200k_base")` and all that builds on it (langchain-openai, llmlingua) then work
    offline. Only the two shipped files are answered for, and only to a request for their exact sha256; all
    other vocabularies are fetched as before. Nothing is unpacked until somebody asks.
    """
    public = import_module("tiktoken_ext.openai_public")
    # Not an API of tiktoken: should a release lack it, our own counting does not depend on it.
    fetch = getattr(public, "load_tiktoken_bpe", None)
    if fetch is not None and not isinstance(fetch, _ShippedFirst):
        public.load_tiktoken_bpe = _ShippedFirst(fetch)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class _ShippedFirst:
    """tiktoken's loader, asked only for what is not shipped."""

    fetch: Callable[[str, str | None], dict[bytes, int]]

    def __call__(self, tiktoken_bpe_file: str, expected_hash: str | None = None) -> dict[bytes, int]:
        for name, sha256 in data.SHA256.items():
            if sha256 == expected_hash:
                return data.load(name)
        return self.fetch(tiktoken_bpe_file, expected_hash)


# The patterns and special tokens are part of each encoding's definition. They stand here, and are not taken
# from the installed tiktoken, so that the ruler reads the same whatever its version.
_PATTERNS = {
    "o200k_base": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "cl100k_base": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
}
# o200k_base looks ahead in one place only: of blanks before a word the last is the word's. With that look ahead the
# search backtracks, without it it runs through an automaton, 2 to 3 times faster. So texts are cut there instead.
_LOOKING_AHEAD = r"|\s+(?!\S)|\s+"
_OTHER_BLANKS = "\t\r\x0b\x0c\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_LAST_SPACE = re.compile(r" (?<=[ \n] )(?=[^ \n])")
_LAST_BLANK = re.compile(rf"(?<=[ \n{_OTHER_BLANKS}])[ {_OTHER_BLANKS.replace(chr(13), '')}](?=[^ \n{_OTHER_BLANKS}])")
_loaded: dict[str, tiktoken.Encoding] = {}
_loading = threading.Lock()


def _encoding(name: str) -> tiktoken.Encoding:
    encoding = _loaded.get(name)
    if encoding is None:
        with _loading:
            encoding = _loaded.get(name)
            if encoding is None:
                ranks, pattern = data.load(name), _PATTERNS[name].replace(_LOOKING_AHEAD, r"|\s+")
                encoding = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
                ranks.clear()  # tiktoken counts with a copy of its own, and keeps these 25 MB for what we never ask
                _loaded[name] = encoding
    return encoding


_PIECE = 65_536
# Between an ASCII letter or digit and an ASCII character that is neither (nor the apostrophe of "don't"):
# no token of either encoding spans it, and neither pattern looks across it.
_SEAM = re.compile(r"[A-Za-z0-9](?=[\x00-&(-/:-@\[-`{-\x7f])")


def _count(text: str, name: str) -> int:
    encode = _encoding(name).encode_ordinary
    if len(text) > _PIECE:
        return sum(_count(piece, name) for piece in _pieces(text))
    cuts = [match.start() for match in _last_blanks(text)] if _LOOKING_AHEAD in _PATTERNS[name] else []
    return sum(len(encode(text[start:end])) for start, end in pairwise([0, *cuts, len(text)]))


def _last_blanks(text: str) -> Iterable[re.Match[str]]:
    """Return where a word follows more than one blank: each time the last of them, if it ends no line."""
    if any(map(text.__contains__, _OTHER_BLANKS[:4] if text.isascii() else _OTHER_BLANKS)):
        return _LAST_BLANK.finditer(text)
    return _LAST_SPACE.finditer(text) if "  " in text or "\n " in text else ()


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        seam = _SEAM.search(text, start + _PIECE // 2, start + _PIECE)
        end = seam.end() if seam else start + _PIECE
        yield text[start:end]
        start = end


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    encoding: str = "o200k_base"
    exact: bool = False
    bias: str = ""


_O200K = _Family("o200k", exact=True)
_CL100K = _Family("cl100k", "cl100k_base", exact=True)
_CLAUDE = _Family("claude", bias="o200k_base counts 1.4 to 1.55 times too few tokens for Claude on code")
_GEMINI = _Family("gemini", bias="o200k_base stands in for Gemini's tokenizer; how far off it is was not measured")
_UNKNOWN = _Family("unknown", bias="o200k_base stands in for a tokenizer that headroom does not know")

_FAMILIES = {
    "gpt-4o": _O200K,
    "chatgpt-4o": _O200K,
    "gpt-4.1": _O200K,
    "gpt-4.5": _O200K,
    "gpt-5": _O200K,
    "gpt-6": _O200K,
    "gpt-oss": _O200K,
    "o1": _O200K,
    "o3": _O200K,
    "o4": _O200K,
    "gpt-4": _CL100K,
    "gpt-3.5": _CL100K,
    "gpt-35": _CL100K,  # Azure's spelling
    "text-embedding-3": _CL100K,
    "text-embedding-ada-002": _CL100K,
    "claude": _CLAUDE,
    "gemini": _GEMINI,
}
_DECORATION = re.compile(r"(?s)(?:.*/)?(?:[a-z_-]+[.:])*")


def _family(model: str) -> _Family:
    """Find the family with the longest prefix that ends where a word of the model's name ends."""
    name = _DECORATION.sub("", model.lower(), count=1)
    ends = (end for end in range(len(name), 0, -1) if not name[end : end + 1].isalnum())
    return next((_FAMILIES[name[:end]] for end in ends if name[:end] in _FAMILIES), _UNKNOWN)


register()
