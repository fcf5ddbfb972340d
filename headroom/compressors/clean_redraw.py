r"""Redraws of several lines: progress that moves the cursor up and writes over itself.

What the terminal shows at the end stays, and the states it overwrote are counted in place:

    [312 earlier states of the 4 lines above were overwritten]
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from headroom.compressors.clean_presentation import strip_presentation
from headroom.compressors.red import red_among

_VERTICAL = re.compile(r"\x1b\[(?P<count>[0-9]{0,6})(?P<move>[ABEFJ])")
"""Cursor up, down, and erasing what is below."""

NOTE = re.compile(
    r"\[[1-9][0-9]{0,8} earlier states? of the (?:line|[1-9][0-9]{0,8} lines) above (?:was|were) overwritten\]"
)
"""A whole line of the notation."""


class _Screen:
    """The rows a terminal would hold, with endless height, and how many written rows each has lost."""

    def __init__(self) -> None:
        self.rows: list[str] = [""]
        self.lost: list[int] = [0]
        self.overwritten: list[str] = []
        self.row = 0

    def write(self, text: str) -> None:
        if text:
            self._lose(self.row)
            self.rows[self.row] = text

    def move(self, move: str, count: int) -> None:
        if move in "AF":
            self.row = max(0, self.row - count)
        elif move in "BE":
            self.row = min(len(self.rows) - 1, self.row + count)
        elif count == 0:  # erasing above, or the whole screen, loses more than a redraw does: not played
            self._erase_below()

    def newline(self) -> None:
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append("")
            self.lost.append(0)

    def _erase_below(self) -> None:
        for row in range(self.row, len(self.rows)):
            self._lose(row)
        self.lost[self.row] = sum(self.lost[self.row :])
        del self.rows[self.row + 1 :], self.lost[self.row + 1 :]
        self.rows[self.row] = ""

    def _lose(self, row: int) -> None:
        text = self.rows[row].strip()
        if text:
            self.lost[row] += 1
            self.overwritten.append(text)


def settle(text: str) -> str:
    """Return the text as the terminal finally shows it, overwritten states counted; the same object if it never moves up.

    Left as it is where an overwritten line is red and does not show any more (law 5).
    """
    if _VERTICAL.search(text) is None:
        return text
    screen = _Screen()
    for number, line in enumerate(text.split("\n")):
        if number:
            screen.newline()
        _play(screen, line)
    shown = {row.strip() for row in screen.rows}
    if any(row not in shown for row in red_among(screen.overwritten)):
        return text
    return "\n".join(_told(screen))


def _play(screen: _Screen, line: str) -> None:
    done = 0
    for match in _VERTICAL.finditer(line):
        screen.write(strip_presentation(line[done : match.start()]))
        screen.move(match["move"], int(match["count"] or (match["move"] != "J")))
        done = match.end()
    screen.write(strip_presentation(line[done:]))


def _told(screen: _Screen) -> Iterator[str]:
    """Yield the rows, each stretch of redrawn ones closed by the count of what it overwrote."""
    lost = height = 0
    for row, states in zip(screen.rows, screen.lost, strict=True):
        if not states and lost:
            yield _note(lost, height)
            lost = height = 0
        yield row
        lost += states
        height += bool(states)
    if lost:
        yield _note(lost, height)


def _note(lost: int, height: int) -> str:
    what = "the line" if height == 1 else f"the {height} lines"
    return f"[{lost} earlier state{'s' * (lost > 1)} of {what} above {'were' if lost > 1 else 'was'} overwritten]"
