"""What stands in view: the texts that a conversation forwards, indexed by their lines.

A repeat may only point at text that the model itself can see, verbatim, above it. So what is indexed is
what was forwarded, never what came in: of a form whose lines mean something under
a header of their own only the whole is known.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from headroom.compressors.numbered import expand
from headroom.content import Block
from headroom.objects import Objects

LINE_CHARS = 120
"""A line of this length is looked up alone; shorter ones in pairs, since a lone `return None` names no place."""

MAX_CHARACTERS = 2_000_000
"""Texts above this are known as a whole only, and a view holds the lines of so much text at most."""

_PLACES = 8
"""Places remembered per pair of lines: the latest."""

_LINE = MAX_CHARACTERS + 1
"""A place is one number, text times this plus line: a view has as many as lines, and most keys have a single one."""

_TEXT_BYTES, _LINE_BYTES = 600, 220
"""What one text and one line cost besides their characters."""

_NUMBERED = re.compile(r" {0,8}([0-9]{1,7})([\t→:|-])")
_NUMBERED_SHARE = 0.8
_MAY_BE_SPACED = frozenset(":|")
"""What editors set a space behind; after a tab, an arrow or grep's dash every space is the line's own."""

_LABEL_CHARS = 48
"""Enough to tell one call from others above it; each character is paid for at every reference."""

_DIRECTORY = re.compile(r"^cd [^ ]+ && ")
"""Where a command is run stands in view with it, and is the same in most."""

_NUMBERED_RECIPE = "numbered/"
"""Shows every line: only numbers are left out, which follow from those that stand."""

_JSON = "json/"
"""Without anything left out, it tells all members of an object."""

_VERBATIM = ("clean/", "repeat/", "repack/", "axtree/", "unknown/", "code/", "config/", "diff/")
"""Recipes whose lines mean the same wherever they stand; the others' stand under a heading or a header of their own.

Their gaps are lines like any other: what is pointed at is text, and reads the same in both places.
"""


@dataclass(frozen=True, slots=True)
class Numbering:
    """Lines without the numbers in front of them, as editors and `cat -n` print files."""

    keys: Sequence[str]
    numbers: Sequence[int]
    """-1 for a line without one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One text in view, and what to call it."""

    label: str
    lines: Sequence[str]
    keys: Sequence[str]
    """The lines by which it is found: without their numbers."""
    numbers: Sequence[int]
    """Empty when the lines have none."""


class View:
    """The texts in view up to some message. Grows; nothing is ever taken out."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.objects = Objects()
        self.characters = 0
        self._bytes = 0
        self._wholes: dict[str, int] = {}
        self._places: dict[str | tuple[str, str], int | list[int]] = {}
        self._calls: set[tuple[str, str]] = set()

    @property
    def size(self) -> int:
        """About how many bytes the view takes."""
        return 2_000 + self._bytes + self.objects.size

    def add(self, block: Block, text: str, *, recipe: str = "", partial: bool = False) -> None:
        """Add what was forwarded for a block, and the arguments of the call that it answers.

        `partial` when something was left out of it.
        """
        if block.kind == "other" or block.role in ("system", "assistant"):
            return
        if block.tool and (block.tool, block.arguments) not in self._calls:
            self._calls.add((block.tool, block.arguments))
            for value in _long_values(block.arguments):
                self._index(f"the call {label_of(block)}", value)
        label = label_of(block)
        if block.tool:
            in_full = not partial and (not recipe or recipe.startswith(_JSON))
            self.objects.add(label, block.text, in_full=in_full)
        if recipe.startswith(_NUMBERED_RECIPE):
            self._index(label, expand(text))
        elif is_verbatim(recipe):
            self._index(label, text)
        elif len(text) <= MAX_CHARACTERS:
            self._know_whole(label, text)

    def whole(self, text: str) -> Shown | None:
        """Return what stands in view with exactly this text."""
        at = self._wholes.get(text)
        return None if at is None else self.shown[at]

    def starts(self, keys: Sequence[str]) -> list[int]:
        """Return the lines at which a run may begin that stands in view."""
        known = self._places
        pairs = zip(keys, [*keys[1:], None], strict=True)
        return [at for at, (key, below) in enumerate(pairs) if key in known or (key, below) in known]

    def places(self, keys: Sequence[str], at: int) -> Sequence[tuple[int, int]]:
        """Return where a run that begins with line `at` may begin in view: (text, line), the earlier first."""
        found = self._places.get(keys[at]) if len(keys[at]) >= LINE_CHARS else None
        if found is None and at + 1 < len(keys):
            found = self._places.get((keys[at], keys[at + 1]))
        if found is None:
            return ()
        return [divmod(place, _LINE) for place in (found if isinstance(found, list) else (found,))]

    def _index(self, label: str, text: str) -> None:
        if len(text) > MAX_CHARACTERS or not text:
            return
        if self.characters + len(text) > MAX_CHARACTERS:
            self._know_whole(label, text)
            return
        self.characters += len(text)
        shown = shown_of(label, text)
        number = len(self.shown)
        self._wholes.setdefault(text, number)
        self.shown.append(shown)
        keys = shown.keys
        copies = 2 if keys is shown.lines else 3
        self._bytes += _TEXT_BYTES + copies * sys.getsizeof(text) + _LINE_BYTES * len(keys)
        for at, key in enumerate(keys):
            if len(key) >= LINE_CHARS:
                self._remember(key, number, at)
            if at + 1 < len(keys) and (key or keys[at + 1]):
                self._remember((key, keys[at + 1]), number, at)

    def _know_whole(self, label: str, text: str) -> None:
        self._wholes.setdefault(text, len(self.shown))
        self.shown.append(Shown(label, text.split("\n", 1)[:1], (), ()))
        self._bytes += _TEXT_BYTES + sys.getsizeof(text)

    def _remember(self, key: str | tuple[str, str], text: int, line: int) -> None:
        place = text * _LINE + line
        known = self._places.setdefault(key, place)
        if isinstance(known, list):
            known.append(place)
            if len(known) > _PLACES:
                del known[0]
        elif known != place:
            self._places[key] = [known, place]


def is_verbatim(recipe: str) -> bool:
    """Return whether the lines of a text of this recipe, or of none, may be pointed at one by one."""
    return not recipe or recipe.startswith(_VERBATIM)


def shown_of(label: str, text: str) -> Shown:
    """Return a text with its lines, and their numbers aside where it has such."""
    lines = text.split("\n")
    numbering = _numbering(lines)
    return Shown(label, lines, numbering.keys, numbering.numbers) if numbering else Shown(label, lines, lines, ())


def label_of(block: Block) -> str:
    """Return what to call a block: its tool, and the words of the call that stands in view."""
    if not block.tool:
        return "the human's message" if block.role == "human" else "an earlier result"
    said = _DIRECTORY.sub("", _only_value(block.arguments) or block.arguments, count=1)
    said = said if len(said) <= _LABEL_CHARS else said[: _LABEL_CHARS - 1] + "…"
    return f"{block.tool} {said}".rstrip()


def _only_value(arguments: str) -> str:
    """Return the first line of a call's only argument, a command say; empty when it has others."""
    try:
        values = json.loads(arguments) if len(arguments) <= MAX_CHARACTERS else None
    except (ValueError, RecursionError):
        return ""
    value = next(iter(values.values())) if isinstance(values, dict) and len(values) == 1 else None
    return value.split("\n", 1)[0] + "…" * ("\n" in value) if isinstance(value, str) else ""


def _numbering(lines: Sequence[str]) -> Numbering | None:
    """Return the lines without numbers if nearly all of them have one, each one more than the line above it."""
    if len(lines) < 3 or not any(_NUMBERED.match(line) for line in lines[:4]):
        return None
    keys, numbers, separators, last = [], [], set(), -1
    left = len(lines) - ceil(_NUMBERED_SHARE * len(lines))  # so many may be out of order
    for line in lines:
        match = _NUMBERED.match(line)
        number = int(match[1]) if match else -1
        keys.append(line[match.end() :] if match else line)
        numbers.append(number)
        separators |= {match[2]} if match else set()
        if number <= 0 or 0 <= last != number - 1:
            left -= 1
            if left < 0:
                return None
        last = number
    if separators <= _MAY_BE_SPACED and _spaced(keys, numbers):
        keys = [key[1:] if number >= 0 else key for key, number in zip(keys, numbers, strict=True)]
    return Numbering(keys, numbers)


def _spaced(keys: Sequence[str], numbers: Sequence[int]) -> bool:
    """Tell whether one space belongs to the number: every line has it, and most are indented by an odd number of them."""
    if any(key[:1] not in ("", " ") for key, number in zip(keys, numbers, strict=True) if number >= 0):
        return False
    indents = [
        len(key) - len(key.lstrip(" ")) for key, number in zip(keys, numbers, strict=True) if number >= 0 and key
    ]
    return bool(indents) and sum(indent % 2 for indent in indents) >= _NUMBERED_SHARE * len(indents)


def _long_values(arguments: str) -> Iterator[str]:
    """Yield the texts of several lines among a call's arguments: what it wrote into a file, say."""
    if "\\n" not in arguments:
        return
    try:
        values = json.loads(arguments)
    except (ValueError, RecursionError):
        return
    for value in values.values() if isinstance(values, dict) else ():
        if isinstance(value, str) and value.count("\n") >= 2:
            yield value
