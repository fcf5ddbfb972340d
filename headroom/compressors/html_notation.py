"""How a page's text is written, and how it is accounted for: every word must be the page's own, in its place.

Notes stand in `[^...]`, or in `[~...]` where a page's own text has `[^`. The addresses of links stand at the end:

    [^links: 2 of 41]
    1 /download/latest
    2 https://example.org/faq
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headroom.compressors.html_text import END, FENCE, LINK, NOTE, SEPARATOR, Link, Text
from headroom.compressors.html_visible import bare

_OPENINGS = ("[^", "[~", "[%")
_PREFIX = re.compile(r"\A(?:#{1,6}|-) ")
_VALUE = re.compile(r"=(\"[^\"]*\"|\S+)")
_BETWEEN = re.compile(r"(?:^|(?<=\s))\|(?=\s|$)")
_SETTLED = re.compile(f"{NOTE}([^{END}]*){END}|{LINK}([0-9]+){END}")
_LISTED = 3
"""Addresses of links take up to one part in so many of the text."""

_LONGEST_URL = 300
_IN_HEADING, _ASKED = 1, 2
_QUERY_WORD = re.compile(r"[A-Za-z0-9_]{3,40}")


@dataclass(frozen=True, slots=True)
class Account:
    """What an output shows of a page, in characters without blanks."""

    shown: int
    """Of the visible text."""
    total: int
    attributes: int
    """Of addresses and controls."""


def opening(seen: str) -> str | None:
    """Return how notes begin so that no words of the page read like one."""
    return next((sign for sign in _OPENINGS if sign not in seen), None)


def write(text: Text, *, sign: str, query: str) -> list[str]:
    """Return the lines with their notes; the links that are listed stand at the end, under their numbers."""
    listed = _choose(text, query)
    numbers = {link: number for number, link in enumerate(listed, start=1)}

    def settle(match: re.Match[str]) -> str:
        if match[1] is not None:
            return f"{sign}{match[1]}]"
        number = numbers.get(int(match[2]))
        return f"{sign}{number}]" if number else ""

    lines = [_SETTLED.sub(settle, line) for line in text.lines]
    if text.links:
        lines.append(f"{sign}links: {len(listed)} of {len(text.links)}]")
        lines += [f"{number} {text.links[link].url}" for link, number in numbers.items()]
    return lines


def _choose(text: Text, query: str) -> list[int]:
    """Return the links worth their addresses, in order: those in headings and those that were asked for first."""
    asked = set(_QUERY_WORD.findall(query[:4_000].lower()))

    def worth(link: Link) -> int:
        words = _QUERY_WORD.findall(link.words.lower())
        return _IN_HEADING * link.heading + _ASKED * (not asked.isdisjoint(words))

    budget = sum(map(len, text.lines)) // _LISTED
    chosen = []
    for number in sorted(range(len(text.links)), key=lambda n: (-worth(text.links[n]), n)):
        url = text.links[number].url
        if len(url) <= min(budget, _LONGEST_URL) and not any(sign in url for sign in " \n\t]"):
            budget -= len(url)
            chosen.append(number)
    return sorted(chosen)


def declare(account: Account, *, sign: str) -> str:
    """Return the line that says what of the page the text is."""
    return f"{sign}page: {account.shown:,} of {account.total:,} characters of its text, no markup, scripts or styles]"


def audit(source: str, lines: Sequence[str], *, seen: str, sign: str) -> Account | None:
    """Return what the lines show; None unless their words stand in the page's visible text, in order."""
    known = set(_words(html.unescape(source)))
    known |= {word.partition("=")[2] for word in known if "=" in word}  # values without quotes
    note = re.compile(re.escape(sign) + r"([^\]\n]*)\]")
    links = re.compile(re.escape(sign) + r"links: [0-9]+ of [0-9]+\]")
    at = shown = attributes = 0
    listing = False
    for line in lines:
        if links.fullmatch(line):
            listing = True
            continue
        said = note.findall(line) if sign in line else ()
        for value in [line.partition(" ")[2]] if listing else [v for words in said for v in _VALUE.findall(words)]:
            words = _words(value)
            if not known.issuperset(words):
                return None
            attributes += sum(map(len, words))
        for run in () if listing or line == FENCE else _runs(line, note):
            at = seen.find(run, at)
            if at < 0:
                return None
            at += len(run)
            shown += len(run)
    return Account(shown, len(seen), attributes)


def _words(text: str) -> list[str]:
    """Return what stands between blanks, quotes and angle brackets."""
    for sign in "\"'<>":
        text = text.replace(sign, " ")
    return text.split()


def _runs(line: str, note: re.Pattern[str]) -> Iterator[str]:
    """Yield what a line says in the page's own words, without blanks."""
    line = _PREFIX.sub("", line, count=1)
    line = note.sub(SEPARATOR, line) if "]" in line else line
    for stretch in _BETWEEN.split(line) if "|" in line else (line,):
        if run := bare(stretch):
            yield run
