"""Transcripts: several texts of a conversation kept as one original, each of which comes back by its name.

    [2 parts of the conversation: ask for one with path="8", its own lines as well]
    8 in lines 5-7: bash {"command":"cat notes.txt"}
    10 in lines 8-30: human

    first line of part 8

The names count messages from 1; "8.2" is the second block of a message. Parts stand as they came, so that a reader gets
the exact text of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from headroom.content import Block

_HEAD = re.compile(
    r'\[([1-9][0-9]{0,5}) parts of the conversation: ask for one with path="[^"\n]*", its own lines as well\]'
)
_PART = re.compile(r"([0-9][0-9.]{0,15}) in lines ([0-9]{1,9})-([0-9]{1,9}): .*")


@dataclass(frozen=True, slots=True)
class Part:
    """One text, and what to call it."""

    name: str
    label: str
    text: str


def part_of(message: int, block: Block, *, number: int = 0) -> Part:
    """Return block `number` of a message, both counted from 0, as a part; `number` stands in its name unless it is the first."""
    label = f"{block.tool} {block.arguments}" if block.kind == "tool_result" else block.role
    return Part(name_of(message, number), " ".join(label.split("\n")).strip(), block.text)


def name_of(message: int, number: int = 0) -> str:
    """Return what a part is called."""
    return f"{message + 1}.{number + 1}" if number else f"{message + 1}"


def transcript(parts: Iterable[Part]) -> str:
    """Return the texts of all parts in one, behind a table of them."""
    told = list(parts)
    first = told[0].name if told else ""
    lines = [f'[{len(told)} parts of the conversation: ask for one with path="{first}", its own lines as well]']
    at = len(told) + 3
    for each in told:
        end = at + each.text.count("\n")
        lines.append(f"{each.name} in lines {at}-{end}: {each.label}")
        at = end + 1
    return "\n".join([*lines, "", *(each.text for each in told)])


def read(text: str, name: str) -> str | None:
    """Return the exact text of a part; None where the text is no transcript, or has no such part."""
    wanted = name.strip().lower().removeprefix("message").strip(" #$")
    for found, start, end in _table(text):
        if found == wanted:
            return "\n".join(text.split("\n")[start - 1 : end])
    return None


def names(text: str) -> list[str]:
    """Return the names of all parts; empty where the text is no transcript."""
    return [name for name, _, _ in _table(text)]


def _table(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, first and last line of each part."""
    head = _HEAD.match(text)
    if head is None:
        return
    for line in text.split("\n", int(head[1]) + 1)[1 : int(head[1]) + 1]:
        if (part := _PART.fullmatch(line)) is not None:
            yield part[1], int(part[2]), int(part[3])
