"""The words, phrases and marks that say something went wrong, and how to find them quickly.

Each is a `Sign`: a stem that is quick to find in the lower-case line, and what must stand there for it to count.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

PLAIN, WARNING, RED = 0, 1, 2
"""How bad; comparable."""


class Sign(NamedTuple):
    """A sign of trouble: a literal that is quick to find, and what must stand there for it to count."""

    stem: str
    """In lower case."""
    spelled: str
    """The pattern that matches the lower-case line at the stem."""
    level: int
    words: tuple[str, ...] = ()
    """Runs of letters, one of which is in every line that shows it; none if it has no telling word."""
    loud: bool = False
    """Counts whatever else the line says."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled when a line first needs it: importing headroom need not wait for all of them."""
        return _compiled(self.spelled)


@cache
def _compiled(spelled: str) -> re.Pattern[str]:
    return re.compile(spelled)


def _words(level: int, *endings: str) -> list[Sign]:
    """Return signs for words that stand alone: not inside an identifier or a path (error_log, /errors/, -fail).

    Each is spelled "stem|ending|ending"; the stem itself counts when an ending is empty.
    """
    signs = []
    for spelled in endings:
        stem, *rest = spelled.split("|")
        ending = "(?:" + "|".join(rest) + ")" if rest else ""
        pattern = rf"(?<![\w/.$-]){stem}{ending}(?![\w/$-]|\.[a-z])"
        signs.append(Sign(stem, pattern, level, tuple(stem + end for end in rest or [""])))
    return signs


def _phrases(level: int, *spelled: str) -> list[Sign]:
    """Return signs for phrases of whole words, to be known by their longest one."""
    signs = []
    for phrase in spelled:
        pattern = rf"(?<![a-z]){re.escape(phrase)}" + ("(?![a-z])" if phrase[-1:].isalpha() else "")
        signs.append(Sign(phrase, pattern, level, (max(_LETTERS.findall(phrase), key=len),)))
    return signs


def _marks(*marks: str) -> list[Sign]:
    return [Sign(mark, re.escape(mark), RED) for mark in marks]


def _answers(stem: str, before: str, *words: str) -> list[Sign]:
    """Return signs for a server's answers: it failed (5xx), or would not (4xx)."""
    return [
        Sign(stem, before + r"5[0-9][0-9]\b", RED, words, loud=True),
        Sign(stem, before + r"4[0-9][0-9]\b", WARNING, words),
    ]


_LETTERS = re.compile("[a-z]+")

_SIGNS = (
    *_words(
        RED, "err|ors|or|", "fail|ed|ures|ure|ing|s|", "fatal", "panic|ked|", "exception|s|", "traceback", "crit|ical|"
    ),
    *_words(RED, "severe", "emerg|ency|", "alert", "abort|ed|ing|", "crash|ed|loopbackoff|", "killed", "segfault"),
    *_words(RED, "deadlock", "oom|killed|", "uncaught", "unhandled", "corrupt|ed|", "imagepullbackoff", "errimagepull"),
    *_words(RED, "sigsegv", "sigabrt", "sigbus", "sigill", "sigkill", "accessdenied", "deadlineexceeded"),
    *_words(RED, "econnrefused", "econnreset", "etimedout", "enotfound", "ehostunreach", "eaddrinuse", "epipe"),
    *_words(RED, "enoent", "eacces", "eperm", "eexist", "enospc", "enomem", "emfile", "eresolve"),
    *_phrases(RED, "segmentation fault", "core dumped", "out of memory", "no space left", "illegal instruction"),
    *_phrases(RED, "stack smashing", "double free", "invalid read of size", "invalid write of size", "oom-kill"),
    *_phrases(RED, "permission denied", "access denied", "connection refused", "no such file or directory"),
    *_phrases(RED, "too many open files", "read-only file system", "quota exceeded", "deadline exceeded"),
    *_phrases(RED, "certificate has expired", "unknown authority", "certificate_verify_failed", "conflict ("),
    *_phrases(RED, "command not found", "is not recognized as", "call trace", "returned non-zero", "went wrong"),
    *_phrases(RED, "caused by:", "what():"),
    *_phrases(RED, "undefined reference", "undefined symbol", "undefined symbols", "undefined variable"),
    *_phrases(RED, "undefined name", "undefined: ", "multiple definition", "duplicate symbol", "unresolved "),
    *_phrases(RED, "cannot find", "could not resolve", "terminate called", "err_pnpm_"),
    *_marks("✗", "✘", "✖", "✕", "❌", ": *** "),
    Sign(": not found", ": not found(?!.)", RED, ("found",)),
    Sign("ora-", r"(?<![\w-])ora-[0-9]{5}\b", RED, ("ora",)),
    Sign("sqlstate", r"sqlstate[\[: =]{1,2}(?!00000)[0-9a-z]{5}\b", RED, ("sqlstate",)),
    Sign("success", r"success[\"']?[:=] ?false\b", RED, ("success",)),
    Sign("[e] ", r"(?<!\S)\[e\] ", RED, ("e",)),
    Sign('"level":', '"level":[56]0,', RED, ("level",), loud=True),
    Sign(
        "exit",
        r"exit(?:ed)?(?: with)?(?:[ _]?(?:code|status|value))?[\"']?[ :=]{1,3}\(?-?[1-9]",
        RED,
        ("exit", "exited", "exitcode", "exitstatus"),
        loud=True,
    ),
    Sign(
        "code",
        r"(?:(?<=ret)|(?<=return)|(?<=return[ _]))code[\"']?[ :=]{1,3}-?[1-9]",
        RED,
        ("code", "returncode", "retcode"),
        loud=True,
    ),
    Sign("rc=", r"(?<!\w)rc=-?[1-9]", RED, ("rc",), loud=True),
    *_answers("http/", r"(?<!\w)http/[0-9.]{1,3}\"? ", "http"),
    *_answers("http ", r"(?<!\w)http (?:status |error )?(?:code )?", "http"),
    *_answers("response ", r"(?<!\w)response (?:code|status)[\"']?[:= ]{1,2}", "response"),
    *_answers("status", r"(?<![a-z])status(?:[_ ]?code)?[\"']?[=: ]{1,2}", "status", "statuscode"),
    *_words(WARNING, "warn|ings|ing|", "deprecat|ed|ion", "timeout|s|", "refused", "denied", "unreachable", "cannot"),
    *_words(WARNING, "invalid", "unexpected|ly|", "missing", "rejected", "mismatch|ed|es|", "conflict|s|ing|ed|"),
    *_words(WARNING, "illegal", "backoff"),
    *_phrases(WARNING, "timed out", "could not", "unable to", "not found", "no such"),
    Sign("not ok", "not ok(?![a-z])", RED),
    Sign("can't", "can't", WARNING),
)


_BY_WORD: dict[bytes, tuple[Sign, ...]] = {
    word.encode(): tuple(sign for sign in _SIGNS if word in sign.words) for sign in _SIGNS for word in sign.words
}
_WORDS = frozenset(_BY_WORD)
_MARKS = tuple(sign for sign in _SIGNS if not sign.words)
_ASCII_MARKS = tuple(mark for mark in _MARKS if mark.stem.isascii())
_TO_WORDS = bytes(code if chr(code).isalpha() and code < 128 else 32 for code in range(256))
"""Leaves the ASCII letters of a lower-case line, and blanks."""
_TO_LINES = _TO_WORDS[:10] + b"\n" + _TO_WORDS[11:]
"""The same, and leaves the ends of lines."""


def may_hold(low: str) -> bool:
    """Tell whether a lower-case line may hold a sign: quicker than to look for one."""
    if not _WORDS.isdisjoint(_words_of(low)):
        return True
    for mark in _ASCII_MARKS if low.isascii() else _MARKS:  # noqa: SIM110 - a generator would take twice the time
        if mark.stem in low:
            return True
    return False


def holders(low: str) -> list[int]:
    """Return the numbers of the lines of a lower-case text that may hold a sign, in order."""
    lines = low.encode("utf-8", "surrogatepass").translate(_TO_LINES).split(b"\n")
    found = [number for number, line in enumerate(lines) if not _WORDS.isdisjoint(line.split())]
    marks = [mark.stem for mark in _MARKS if mark.stem in low]
    if not marks:
        return found
    marked = (number for number, line in enumerate(low.split("\n")) if any(mark in line for mark in marks))
    return sorted({*found, *marked})


def signs_in(low: str) -> list[Sign]:
    """Return the signs that a lower-case text may show, in no certain order; a sign of several words may stand twice."""
    signs = [sign for word in _WORDS.intersection(_words_of(low)) for sign in _BY_WORD[word]]
    signs += [mark for mark in (_ASCII_MARKS if low.isascii() else _MARKS) if mark.stem in low]
    return signs


def _words_of(low: str) -> list[bytes]:
    return low.encode("utf-8", "surrogatepass").translate(_TO_WORDS).split()
