"""Which language a text is code in: told by its lines, with the name of a file in the call's arguments as a hint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from headroom import calls
from headroom.compressors import code_grammars, code_listing, prose_markdown
from headroom.compressors.code_grammars import CPP, GO, JAVA, JAVASCRIPT, PYTHON, RUST, TSX, TYPESCRIPT, C, Grammar
from headroom.compressors.telltale import holding
from headroom.content import Block

_PLACES, _SAMPLE = 5, 2_400
"""A text is told by so many places in it, and so many characters from each."""

_LONGEST = 400
"""A text whose lines are longer than this on average is minified, or no code at all."""

_HINTED, _BARE = 12, 6
"""One line in so many has to tell the language: of a view of a file that is named so, where others are told more
often, and of any text."""

_RIVAL = 3, 2
"""A family counts when the one that is told most often is told at most so many times as often."""

_MIN_TOLD = 3
_JUDGED = 160
_LINES = 150
"""Lines that are judged, at most about twice as many, and how much of each."""

_ARGUMENTS = 2_000


@dataclass(frozen=True, slots=True)
class Family:
    """Languages that are told by the same lines, and the grammars to try, in order."""

    grammars: tuple[Grammar, ...]
    suffixes: frozenset[str]
    heads: re.Pattern[str]
    """A line that begins a definition."""
    tells: re.Pattern[str]
    """Any line of its kind, heads aside."""


def _family(grammars: tuple[Grammar, ...], suffixes: str, heads: str, *tells: str) -> Family:
    return Family(
        grammars, frozenset(suffixes.split()), re.compile(heads, re.ASCII), re.compile("|".join(tells), re.ASCII)
    )


_FAMILIES = (
    _family(
        (PYTHON,),
        "py pyi pyw",
        r"(?:async )?def \w+\(|class \w+[(:]",
        r"from [\w.]+ import ",
        r"import [\w.]+(?:, [\w.]+)*(?: as \w+)?$",
        r"@\w[\w.]*(?:\(.*)?$",
        r"(?:if|elif|for|while|with|except|try|else|finally)\b[^{};]*:(?:\s*#.*)?$",
        r"self\.\w+[^;]*$",
        r"(?:return|raise|assert|yield|del)\b[^;{}]*$",
        r"\w+(?:\.\w+)* = [^;]+$",
    ),
    _family(
        (JAVASCRIPT, TSX, TYPESCRIPT),
        "js mjs cjs jsx ts mts cts tsx",
        r"(?:export |default |async |declare |abstract ){0,3}(?:function|class|interface|type|enum|module|namespace)\b.*[{(=]$|.*=> ?\{$|.*\bfunction ?\w*\(.*\{$|(?:async |static |get |set )?\w+\(.*\).* \{$",
        r"(?:export )?(?:const|let|var) [\w{\[]",
        r"(?:import|export)\b.*['\"];?$",
        r"export \w",
        r"(?:module\.)?exports\b",
        r".*=> ?\($",
        r"(?:this|self)\.\w+.*;$",
        r"[\w$]+\??: [\w<>\[\]{}|&., ]+;$",
        r"(?:declare|abstract|readonly|enum) \w",
        r"(?:return|throw|await)\b.*;$",
        r"(?:if|for|while|switch) ?\(.*\) ?\{$",
        r"\w[\w$.]*\(.*\);$",
    ),
    _family(
        (GO,),
        "go",
        r"func (?:\([^)]*\) )?\w+[\[(]|type \w+ (?:struct|interface|func)\b",
        r"package \w+$",
        r"(?:import|var|const|type) \($",
        r"[\w, ]+ := ",
        r"(?:if|for|switch|select)\b[^;]*[^;)] \{$",
        r"(?:defer|go) \w",
        r"if .*; .* \{$",
        r"(?:return|case)\b[^;{]*$",
        r"\w+(?:\.\w+)*\([^;{]*\)$",
    ),
    _family(
        (RUST,),
        "rs",
        r"(?:pub(?:\([a-z ]+\))? )?(?:(?:const |async |unsafe )*fn \w|(?:struct|enum|trait|union) \w)|impl\b.*\{?$",
        r"(?:pub(?:\([a-z ]+\))? )?(?:mod|type|use|static|const)\b[^()]*[{;<(]",
        r"#!?\[\w.*\]$",
        r"let (?:mut )?\w+.*;$",
        r"(?:match|if let|while let|loop)\b.*\{$",
        r".* => .*[,{]$",
        r".*\) -> .* \{$",
        r"self\.\w+.*;$",
        r"\w+!\(.*\);$",
        r"\.\w+\(.*\)[?;]*$",
    ),
    _family(
        (JAVA,),
        "java",
        r"(?:public|private|protected|abstract|final|static|sealed| )*(?:class|interface|enum|record|@interface) \w+.*\{$|(?:public|private|protected)\b.*\).*\{$",
        r"package [\w.]+;$",
        r"import (?:static )?[\w.*]+;$",
        r"(?:public|private|protected)\b.*[{;,(]$",
        r"@[A-Z]\w*",
        r"(?:return|throw)\b.*;$",
        r"(?:final )?[A-Z]\w*(?:<[\w<>?, ]*>)? \w+ (?:=|:).*$",
        r"(?:this|super)\.\w+.*;$",
        r"(?:if|for|while|switch|catch) ?\(.*\) ?\{$",
    ),
    _family(
        (CPP, C),
        "c h cc cpp cxx c++ hh hpp hxx inl ipp",
        r"(?:typedef |enum )?(?:struct|union|class|enum|namespace)\b[^.]*\{?$|template ?<|\w[\w:<>,*& ]*[ *&]\w+(?:::~?\w+)?\(.*\)[ \w]*\{$|\{$",
        r"# *(?:include|define|ifn?def|if|endif|else|undef|pragma)\b",
        r"(?:typedef|struct|union|enum|class|namespace|template|using|extern|static|inline|const|virtual|unsigned|void|int|char|bool|auto|size_t|explicit|constexpr)\b.*[({;,&*>)]$",
        r"(?:public|private|protected):$",
        r"std::",
        r"\w[\w:<>,*& ]* [*&]?\w+(?:::~?\w+)? ?\(.*[{,)]$",
        r"\w+(?:->|\.|::)\w+.*;$",
        r"(?:return|throw|case|break|goto)\b.*[;:]$",
        r"(?:if|for|while|switch) ?\(.*\) ?\{?$",
    ),
)
_HEADS = (
    *("{", "def ", "class", "function", "interface", "type", "enum", "module", "namespace", "func", "fn ", "struct"),
    *("trait", "union", "impl", "record", "template"),
)
"""One of these is in every line that begins a definition."""

_BY_SUFFIX = {suffix: family for family in _FAMILIES for suffix in family.suffixes}
_BY_GRAMMAR = {"ts": TYPESCRIPT, "mts": TYPESCRIPT, "cts": TYPESCRIPT, "tsx": TSX, "c": C}
_SUFFIX = re.compile(r"[\w\])]\.([A-Za-z+]{1,4})(?![\w.+-])", re.ASCII)
_DIFF = re.compile(r"(?m)^(?:@@ -[0-9]|diff --git |--- a/)")
_COMMENT = ("#", "//", "*", "/*")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text's lines tell."""

    grammars: tuple[Grammar, ...] = ()
    sureness: float = -1.0


def guess(block: Block) -> Guess:
    """Return the grammars to try, in order, and how sure it is that one of them reads the text. Looks at a sample only."""
    view = calls.is_file_view(block.tool, block.arguments)
    suffixes = (found.lower() for found in _SUFFIX.findall(block.arguments[:_ARGUMENTS])) if view else ()
    suffix = next((suffix for suffix in suffixes if suffix in _BY_SUFFIX), "")
    return _guess(_sample(block.text if suffix else prose_markdown.outside(block.text)), suffix)


@lru_cache(maxsize=32)
def _guess(sample: str, suffix: str) -> Guess:
    lines = _lines(sample)
    hinted = _BY_SUFFIX.get(suffix)
    heads = {lines[number] for number in holding(lines, _HEADS, text=sample)}
    if hinted is None and not any(family.heads.match(line) for family in _FAMILIES for line in heads):
        return Guess()
    counts = [_count(family, lines, heads) for family in _FAMILIES]
    told = [count for count, _ in counts]
    count = 0 if hinted is None else told[_FAMILIES.index(hinted)]
    if hinted is not None and count and (count == max(told) or count * _HINTED >= len(lines)):
        first = _BY_GRAMMAR.get(suffix)
        return Guess(tuple(sorted(hinted.grammars, key=lambda grammar: grammar is not first)), 0.9)
    most = max(count if heads else 0 for count, heads in counts)
    if most < _MIN_TOLD or most * _BARE < len(lines):
        return Guess()
    rivals = [(-count, at) for at, count in enumerate(told) if count * _RIVAL[0] >= most * _RIVAL[1]]
    grammars = tuple(grammar for _, at in sorted(rivals) for grammar in _FAMILIES[at].grammars)
    return Guess(grammars, min(0.9, 0.4 + most / len(lines)))


def _count(family: Family, lines: Sequence[str], may_be_heads: set[str]) -> tuple[int, int]:
    """Return how many lines tell the family, and how many of them begin a definition."""
    heads = tells = 0
    for line in lines:
        if line in may_be_heads and family.heads.match(line):
            heads += 1
        elif family.tells.match(line):
            tells += 1
    return heads + tells, heads


def _sample(text: str) -> str:
    """Return text from a few places; nothing of what is surely no code."""
    sample = text
    if len(text) > _PLACES * _SAMPLE:
        starts = (len(text) * place // _PLACES for place in range(_PLACES))
        sample = "\n".join(text[start : start + _SAMPLE] for start in starts)
    dense = len(sample) > _LONGEST * (sample.count("\n") + 1)
    return "" if dense or _DIFF.search(sample) else sample


def _lines(sample: str) -> list[str]:
    """Return lines of code without blanks round them; no comments."""
    code = code_listing.read(sample).code
    lines = [line for row in code if (line := row.strip()[:_JUDGED]) and not line.startswith(_COMMENT)]
    return lines[:: len(lines) // _LINES + 1]


def sureness(block: Block) -> float:
    """Return how sure it is that the text is code in a language whose grammar is installed, 0 to 1, or -1."""
    found = guess(block)
    return found.sureness if any(code_grammars.load(grammar) for grammar in found.grammars) else -1.0
