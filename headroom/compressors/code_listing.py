"""The listing of a file: its lines as a tool shows them, and the code in them.

Editors and `cat -n` print a number before every line, shells and agents put a frame round the whole. The parser gets
the code alone, line by line in place; what is shown stays as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r" {0,8}([0-9]{1,7})[\t→|:]")
_NUMBERED_SHARE = 0.8
_MIN_NUMBERED = 3

_FRAME_LINES = 12
"""Lines at either end among which a frame is looked for."""

_FRAME = re.compile(
    r"</?[a-z][a-z_-]*(?: [^<>]*)?>(?:[^<>]*</?[a-z][a-z_-]*>)*"  # <output>, <returncode>0</returncode>
    r"|\[[A-Z][^\[\]]{2,}\]"  # [File: /a/b.py (90 lines total)]
    r"|\([0-9]+ (?:more )?lines? .*\)"
    r"|(?:Here's|Here is) .*:"
    r"|```[a-z+]*"
)
_TAG = re.compile(r"</?[a-z]+_[a-z_]+>|</[a-z]+><[a-z_]+>")
"""A tag alone on its line that is no element of a page: what an agent puts round parts of an output."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of a text, and what stands on each of them in the file."""

    lines: Sequence[str]
    code: Sequence[str]
    """As many lines: without number, empty where the frame is."""
    frame: frozenset[int]
    numbers: Sequence[int]
    """The number before each line, -1 where there is none; empty when the lines have none."""

    @property
    def part(self) -> bool:
        """Whether the numbers say that the file begins above: someone asked for these very lines."""
        return next((number for number in self.numbers if number > 0), 1) > 1


def read(text: str) -> Listing:
    """Return the text as a listing; takes numbers for such only where nearly all lines have one, each one more."""
    lines = text.split("\n")
    numbered = _without_numbers(lines)
    if numbered is not None:
        code, numbers = numbered
        frame = frozenset(at for at, number in enumerate(numbers) if number < 0)
        return Listing(lines, ["" if at in frame else line for at, line in enumerate(code)], frame, numbers)
    frame = frozenset(_frame(lines, tagged=text[:1] == "<" or "\n<" in text))
    if not frame:
        return Listing(lines, lines, frame, ())
    code = list(lines)
    for at in frame:
        code[at] = ""
    return Listing(lines, code, frame, ())


def _without_numbers(lines: Sequence[str]) -> tuple[list[str], list[int]] | None:
    if not any(_NUMBER.match(line) for line in lines[:_FRAME_LINES]):
        return None
    code, numbers, last, consecutive = [], [], -1, 0
    for line in lines:
        match = _NUMBER.match(line)
        number = int(match[1]) if match else -1
        consecutive += number > 0 and (last < 0 or number == last + 1)
        code.append(line[match.end() :] if match else line)
        numbers.append(number)
        last = number
    if consecutive < max(_MIN_NUMBERED, _NUMBERED_SHARE * len(lines)):
        return None
    if all(line[:1] in ("", " ") for line, number in zip(code, numbers, strict=True) if number > 0):
        code = [line[1:] for line in code]  # "12: code", or a part of a file that is all indented
    return code, numbers


def _frame(lines: Sequence[str], *, tagged: bool) -> list[int]:
    """Return which lines are no code: a frame at either end, and tags round parts; `tagged` if any line may be a tag."""
    found: list[int] = []
    if tagged:
        found = [at for at, line in enumerate(lines) if line[:1] == "<" and len(line) < 80 and _TAG.fullmatch(line)]
    head = range(min(_FRAME_LINES, len(lines)))
    tail = range(max(0, len(lines) - _FRAME_LINES), len(lines))
    for side in (head, tail):
        found += [at for at in side if lines[at] and len(lines[at]) < 200 and _FRAME.fullmatch(lines[at])]
    return found
