"""The notation: parts as they stand, and above each smaller form what it stands for.

    $ curl localhost/orders
    [lines 2-1431 in 14 lines, json/1: 230 of 240 rows left out]
    ...

Gaps within a form count the lines of the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headroom.compressors import gaps
from headroom.content import LeftOut, Shrunk
from headroom.errors import CompressionError

_HEAD = re.compile(
    r"\[lines? ([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?(?: from character ([1-9][0-9]{0,8}))? in ([1-9][0-9]{0,8}) lines?, "
    r"([a-z][a-z0-9_]{0,30}/[0-9a-z.+/-]{1,80})(?:: ([0-9,]{1,13}) of ([0-9,]{1,13}) (lines|rows|items|bytes|characters) left out)?\]"
)


@dataclass(frozen=True, slots=True)
class Form:
    """A smaller form of a part, and where the part stands."""

    line: int
    """The line it begins in, counted from 0."""
    end: int
    """The line behind its last."""
    column: int
    """Characters of its first line that stand before it."""
    shrunk: Shrunk

    def written(self) -> str:
        """Return the form under the line that says what it stands for."""
        span = f"line {self.end}" if self.end == self.line + 1 else f"lines {self.line + 1}-{self.end}"
        place = f"{span} from character {self.column + 1}" if self.column else span
        height = self.shrunk.text.count("\n") + 1
        left_out = f": {self.shrunk.left_out}" if self.shrunk.left_out else ""
        head = f"[{place} in {height} line{'s' * (height > 1)}, {self.shrunk.recipe}{left_out}]"
        return f"{head}\n{shifted(self.shrunk.text, self.line)}"

    def source(self, lines: Sequence[str]) -> str:
        """Return the part of the text that the form stands for."""
        return "\n".join([lines[self.line][self.column :], *lines[self.line + 1 : self.end]])


def ambiguous(lines: Sequence[str]) -> bool:
    """Tell whether a source line already reads like the notation, so that it could not be read back."""
    return gaps.ambiguous(lines) or any(_HEAD.fullmatch(line) for line in lines if line[:5] == "[line")


def write(lines: Sequence[str], forms: Sequence[Form]) -> tuple[str, tuple[int, ...]]:
    """Return the text with its forms in their places, and the source lines that stand verbatim in it."""
    out: list[str] = []
    stand: list[int] = []
    line = 0
    for form in forms:
        out += lines[line : form.line]
        stand += range(line, form.line)
        out += [lines[form.line][: form.column]] if form.column else []
        out.append(form.written())
        stand += [form.line + number for number in form.shrunk.kept_lines or () if number or not form.column]
        line = form.end
    out += lines[line:]
    stand += range(line, len(lines))
    return "\n".join(out), tuple(stand)


def read(shrunk: Shrunk, lines: Sequence[str]) -> Iterator[Form]:
    """Yield the forms in an output; raise CompressionError unless all else in it is the source's, in its place."""
    out = shrunk.text.split("\n")
    kept = shrunk.kept_lines or ()
    line = column = at = 0
    while at < len(out):
        head = _HEAD.fullmatch(out[at])
        if head is not None and (int(head[1]) - 1, int(head[3] or 1) - 1) == (line, column):
            form = _form(head, out[at + 1 : at + 1 + int(head[4])], kept)
            if not line < form.end <= len(lines):
                break
            yield form
            at += 1 + int(head[4])
            line, column = form.end, 0
        elif line < len(lines) and not column and out[at] == lines[line]:
            at += 1
            line += 1
        elif line < len(lines) and not column and out[at] and lines[line].startswith(out[at]):
            column = len(out[at])
            at += 1
        else:
            break
    if at != len(out) or line != len(lines) or column:
        raise CompressionError(f"the output does not say what becomes of line {line + 1}", recipe=shrunk.recipe)


def _form(head: re.Match[str], said: Sequence[str], kept: tuple[int, ...]) -> Form:
    line, end = int(head[1]) - 1, int(head[2] or head[1])
    left_out = LeftOut(_number(head[6]), _number(head[7]), head[8]) if head[6] else None  # type: ignore[arg-type] # one of the units
    stand = tuple(number - line for number in kept if line <= number < end)
    shrunk = Shrunk(shifted("\n".join(said), -line), head[5], left_out, stand)
    return Form(line, end, int(head[3] or 1) - 1, shrunk)


def _number(written: str) -> int:
    return int(written.replace(",", ""))


def shifted(text: str, by: int) -> str:
    """Return a form with all its gaps counted from `by` lines further on."""
    return "\n".join(gaps.moved(line, by) for line in text.split("\n")) if by and " left out" in text else text
