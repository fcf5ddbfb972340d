"""What an answer took from the results of tools, and whether it could still see it.

A reference is a path, an id, an identifier or a number that first stood in the result of a tool and that the
model used later, in a call or in its words. It was inline if it stands as a whole word in the request.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from headroom.replay_parts import said

FAR_MESSAGES = 6
BIG_CHARACTERS = 2_000

_PATH = re.compile(r"[A-Za-z0-9_.~-]*(?:/[A-Za-z0-9_.@+-]*[A-Za-z0-9_])+")
_WORD = re.compile(r"[A-Za-z0-9_]{3,64}")
_HUMP = re.compile(r"[a-z][A-Z]")
_DIGIT, _LETTER = re.compile(r"[0-9]"), re.compile(r"[A-Za-z]")
_LEAST_PATH, _LEAST_ID = 4, 5


@dataclass(frozen=True, slots=True)
class Reference:
    """A word that an answer took from a result."""

    word: str
    source: int
    """Index of the result it first stood in."""
    far: bool
    """More than six messages before the answer."""
    big: bool
    """The result had 2,000 characters or more."""


class References:
    """Follows one conversation as it grows."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self._used: set[str] = set()
        self._history: Sequence[BaseMessage] = ()
        self._read = 0

    def of(self, history: Sequence[BaseMessage], answer: int) -> Iterator[Reference]:
        """Yield what the answer at this index was the first to use of the results before it."""
        if history is not self._history:
            # another history: the client compacted it, or the user went back
            self._first, self._used, self._history, self._read = {}, set(), history, 0
        for index in range(self._read, answer):
            self._note(index, history[index])
        self._read = answer
        for word in sorted(words(said(history[answer])) - self._used):
            source = self._first.get(word)
            self._used.add(word)
            if source is not None and isinstance(history[source], ToolMessage):
                big = len(said(history[source])) >= BIG_CHARACTERS
                yield Reference(word, source, far=answer - source > FAR_MESSAGES, big=big)

    def _note(self, index: int, message: BaseMessage) -> None:
        found = words(said(message))
        for word in found:
            self._first.setdefault(word, index)
        if isinstance(message, AIMessage):
            self._used |= found


@dataclass(frozen=True, slots=True)
class Recall:
    """How many references there were, and how many of them were inline."""

    seen: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Recall) -> Recall:
        return Recall(self.seen + other.seen, self.hits + other.hits)

    def share(self, kind: str = "all") -> float | None:
        """Return the share that was inline, None if there was nothing to see."""
        return self.hits[kind] / self.seen[kind] if self.seen[kind] else None


def recall(references: Sequence[Reference], forwarded: Sequence[BaseMessage]) -> Recall:
    """Look each reference up in a request as it was forwarded, its source first."""
    seen, hits = Counter[str](), Counter[str]()
    for each in references:
        kinds = ["all", *(["far"] if each.far else []), *(["big"] if each.big else [])]
        seen.update(kinds)
        if _inline(each, forwarded):
            hits.update(kinds)
    return Recall(seen, hits)


def words(text: str) -> set[str]:
    """Return the paths, ids, identifiers and numbers in a text."""
    return {path for path in _PATH.findall(text) if len(path) >= _LEAST_PATH} | set(
        filter(_telling, _WORD.findall(text))
    )


def _telling(word: str) -> bool:
    digits, letters = bool(_DIGIT.search(word)), bool(_LETTER.search(word))
    if digits:
        return not letters or len(word) >= _LEAST_ID
    return "_" in word.strip("_") or bool(_HUMP.search(word))


def _inline(reference: Reference, forwarded: Sequence[BaseMessage]) -> bool:
    first = forwarded[reference.source : reference.source + 1]
    return any(_stands(reference.word, said(message)) for message in (*first, *forwarded))


def _stands(word: str, text: str) -> bool:
    """Return whether a text has the word as a whole one; an escaped line break before it is a boundary too."""
    at = text.find(word)
    while at >= 0:
        before, after = text[max(0, at - 2) : at], text[at + len(word) : at + len(word) + 1]
        ends = not (after.isalnum() or after == "_") or not (word[-1].isalnum() or word[-1] == "_")
        begins = not (before[-1:].isalnum() or before[-1:] == "_") or word[0] in "/.~-"
        if ends and (begins or before in ("\\n", "\\t", "\\r")):
            return True
        at = text.find(word, at + 1)
    return False
