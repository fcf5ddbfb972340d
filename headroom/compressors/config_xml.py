"""XML as parts, told from the events of expat. A document that declares entities is refused: nothing is ever expanded."""

from __future__ import annotations

from collections.abc import Sequence
from xml.parsers import expat

from headroom.compressors.config_tree import MAX_DEPTH, Part, settled

_KEPT_TEXT = 200
"""Characters of an element's text that are kept for statistics."""


def parse(lines: Sequence[str]) -> Part | None:
    """Return the elements of an XML document as parts; None if it is none, or one whose lines cannot be told."""
    text = "\n".join(lines)
    if "\r" in text.replace("\r\n", "\n"):
        return None
    reading = _Reading(Part("", 0, len(lines)))
    parser = expat.ParserCreate(encoding="utf-8")
    parser.StartElementHandler = lambda name, attributes: reading.start(name, attributes, parser.CurrentLineNumber - 1)
    parser.EndElementHandler = lambda _: reading.end(parser.CurrentLineNumber - 1)
    parser.CharacterDataHandler = reading.characters
    parser.EntityDeclHandler = _refuse
    parser.buffer_text = True
    try:
        parser.Parse(text.encode(), True)
    except (expat.ExpatError, ValueError):
        return None
    return settled(reading.open[0], lines)


def _refuse(*_: object) -> None:
    raise ValueError("a document that declares entities")


class _Reading:
    """Builds parts from events."""

    def __init__(self, root: Part) -> None:
        self.open = [root]

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        if len(self.open) > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        part = Part(name, line, line + 1, attributes=attributes)
        self.open[-1].parts.append(part)
        self.open.append(part)

    def end(self, line: int) -> None:
        part = self.open.pop()
        last = part.parts[-1].end if part.parts else part.start + 1
        part.end = max(last, line + 1)
        part.tail = int(line >= last and line > part.start)

    def characters(self, text: str) -> None:
        part = self.open[-1]
        if len(part.text) < _KEPT_TEXT:
            part.text += text[:_KEPT_TEXT]
