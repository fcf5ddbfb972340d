"""Sentences: where one ends, in any script, told from abbreviations, initials and numbers."""

from __future__ import annotations

import re

_END = re.compile(
    r"[.!?…؟]{1,8}[\"'”’)\]*_]{0,4}(?:\[[0-9]{1,3}\]){0,4}[ \t]{1,8}(?![a-zß-öø-ÿ,;:)\]])"  # a small letter goes on with the sentence
    r"|[。！？｡।۔]{1,8}[」』”’）)\"]{0,3}[ \t\u3000]{0,8}"
)
"""The end of a sentence with the blanks behind it; linear, since all repetition is bounded."""

_LAST_WORD = re.compile(r"(?:^|[\s(\[\"'“‘])([A-Za-z][A-Za-z.]{0,9})\.$")

_ABBREVIATIONS = frozenset(
    [
        *("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "hon", "rev", "gen", "sen", "rep", "gov", "capt", "lt"),
        *("col", "sgt", "vs", "etc", "eg", "ie", "cf", "al", "fig", "figs", "eq", "no", "nos", "vol", "pp", "ch"),
        *("sec", "ed", "eds", "inc", "ltd", "corp", "approx", "dept", "est", "min", "max", "jan", "feb", "mar", "apr"),
        *("jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "usw", "bzw", "ca", "nr", "bspw", "mme", "sra"),
    ]
)


def sentences(line: str) -> list[str]:
    """Return the sentences of one line, each with the blanks behind it: joined, they are the line."""
    out: list[str] = []
    start = 0
    for end in _END.finditer(line):
        if end.end() < len(line) and not _goes_on(line, end):
            out.append(line[start : end.end()])
            start = end.end()
    out.append(line[start:])
    return out


def _goes_on(line: str, end: re.Match[str]) -> bool:
    """Tell whether the stop belongs to an abbreviation, an initial or a dotted name: "Dr. Who", "J. Smith", "U.S. Army"."""
    if end[0].rstrip(" \t") != ".":
        return False
    word = _LAST_WORD.search(line, max(0, end.start() - 12), end.start() + 1)
    if word is None:
        return False
    said = word[1]
    return said.replace(".", "").lower() in _ABBREVIATIONS or "." in said or (len(said) == 1 and said.isupper())
