"""The words, phrases and marks that say something went wrong, and how to find them quickly.

Each is a `Sign`: a stem that is quick to find in the lower-case line, and what must stand there for it to count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

PLAIN, WARNING, RED = 0, 1, 2
"""How bad; comparable."""


class Sign(NamedTuple):
    """A sign of trouble: a literal that is quick to find, and what must stand there for it to count."""

    stem: str
    """In lower case."""
    pattern: re.Pattern[str]
    """Matches the lower-case line at the stem."""
    level: int
    words: tuple[str, ...] = ()
    """Runs of letters, one of which is in every line that shows it; none if it has no telling word."""
    loud: bool = False
    """Counts whatever else the line says."""


def _words(level: int, *endings: str) -> list[Sign]:
    """Return signs for words that stand alone: not inside an identifier or a path (error_log, /errors/, -fail).

    Each is spelled "stem|ending|ending"; the stem itself counts when an ending is empty.
    """
    signs = []
    for spelled in endings:
        stem, *rest = spelled.split("|")
        ending = "(?:" + "|".join(rest) + ")" if rest else ""
        pattern = re.compile(rf"(?<![\w/.$-]){stem}{ending}(?![\w/$-]|\.[a-z])")
        signs.append(Sign(stem, pattern, level, tuple(stem + end for end in rest or [""])))
    return signs


def _phrases(level: int, *spelled: str) -> list[Sign]:
    """Return signs for phrases of whole words, to be known by their longest one."""
    signs = []
    for phrase in spelled:
        pattern = re.compile(rf"(?<![a-z]){re.escape(phrase)}" + ("(?![a-z])" if phrase[-1:].isalpha() else ""))
        signs.append(Sign(phrase, pattern, level, (max(_LETTERS.findall(phrase), key=len),)))
    return signs


def _marks(*marks: str) -> list[Sign]:
    return [Sign(mark, re.compile(re.escape(mark)), RED) for mark in marks]


_LETTERS = re.compile("[a-z]+")

_STATUS = r"(?<![a-z])status(?:[_ ]?code)?[\"']?[=: ]{1,2}"
_SIGNS = (
    *_words(
        RED, "err|ors|or|", "fail|ed|ures|ure|ing|s|", "fatal", "panic|ked|", "exception|s|", "traceback", "crit|ical|"
    ),
    *_words(RED, "severe", "emerg|ency|", "alert", "abort|ed|ing|", "crash|ed|loopbackoff|", "killed", "segfault"),
    *_words(RED, "deadlock", "oom|killed|", "uncaught", "unhandled", "corrupt|ed|"),
    *_phrases(RED, "segmentation fault", "core dumped", "out of memory", "no space left", "illegal instruction"),
    *_phrases(RED, "permission denied", "access denied", "connection refused", "no such file or directory"),
    *_phrases(RED, "command not found", "call trace", "returned non-zero", "went wrong", "caused by:", "what():"),
    *_phrases(RED, "undefined reference", "undefined symbol", "undefined symbols", "undefined variable"),
    *_phrases(RED, "undefined name", "undefined: ", "multiple definition", "duplicate symbol", "unresolved "),
    *_phrases(RED, "cannot find", "could not resolve", "terminate called"),
    *_marks("✗", "✘", "✖", "✕", "❌", ": *** "),
    Sign(
        "exit",
        re.compile(r"exit(?:ed)?(?: with)?(?: (?:code|status|value))?[ :=]{1,3}\(?-?[1-9]"),
        RED,
        ("exit", "exited"),
        loud=True,
    ),
    Sign("rc=", re.compile(r"(?<!\w)rc=-?[1-9]"), RED, ("rc",), loud=True),
    Sign("http/", re.compile(r"(?<!\w)http/[0-9.]{1,3}\"? 5[0-9][0-9]\b"), RED, ("http",), loud=True),
    Sign("http/", re.compile(r"(?<!\w)http/[0-9.]{1,3}\"? 4[0-9][0-9]\b"), WARNING, ("http",)),
    Sign("status", re.compile(_STATUS + "5[0-9][0-9]\\b"), RED, ("status", "statuscode"), loud=True),
    Sign("status", re.compile(_STATUS + "4[0-9][0-9]\\b"), WARNING, ("status", "statuscode")),
    *_words(WARNING, "warn|ings|ing|", "deprecat|ed|ion", "timeout|s|", "refused", "denied", "unreachable", "cannot"),
    *_words(WARNING, "invalid", "unexpected|ly|", "missing", "rejected", "mismatch|ed|es|", "conflict|s|ing|ed|"),
    *_words(WARNING, "illegal", "backoff"),
    *_phrases(WARNING, "timed out", "could not", "unable to", "not found", "no such"),
    Sign("not ok", re.compile("not ok(?![a-z])"), RED),
    Sign("can't", re.compile("can't"), WARNING),
)


def _any_of(stems: Iterable[str]) -> str:
    """Return a pattern for any of the stems that looks at each character of a text about once."""
    tails: dict[str, list[str]] = {}
    for stem in stems:
        tails.setdefault(stem[:1], []).append(stem[1:])
    if "" in tails:
        return ""
    return "(?:" + "|".join(re.escape(first) + _any_of(rest) for first, rest in sorted(tails.items())) + ")"


SIGN = re.compile(_any_of(sign.stem for sign in _SIGNS))
"""Where a sign may stand. Of stems that begin alike the shortest, so that no other sign begins inside."""

BY_LETTER = {
    letter: tuple(sign for sign in _SIGNS if sign.stem[0] == letter) for letter in {sign.stem[0] for sign in _SIGNS}
}

_WORDS = frozenset(word.encode() for sign in _SIGNS for word in sign.words)
_WORDLESS = tuple(sign.stem for sign in _SIGNS if not sign.words)
_ASCII_MARKS = tuple(mark for mark in _WORDLESS if mark.isascii())
_TO_WORDS = bytes(code if chr(code).isalpha() and code < 128 else 32 for code in range(256))
"""Leaves the ASCII letters of a lower-case line, and blanks."""


def may_hold(low: str) -> bool:
    """Tell whether a lower-case line may hold a sign: quicker than to look for one."""
    if not _WORDS.isdisjoint(low.encode("utf-8", "surrogatepass").translate(_TO_WORDS).split()):
        return True
    for mark in _ASCII_MARKS if low.isascii() else _WORDLESS:  # noqa: SIM110 - a generator would take twice the time
        if mark in low:
            return True
    return False
