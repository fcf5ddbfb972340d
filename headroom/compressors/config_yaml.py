"""YAML as parts, told from the events of its parser: nothing is constructed, no alias is followed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml  # type: ignore[import-untyped]

from headroom.compressors.config_tree import MAX_DEPTH, Part, settled

_C = bool(yaml.__with_libyaml__)
_LOADER = yaml.CLoader if _C else yaml.Loader
LIBRARY = yaml.__version__ + "+c" * _C
"""What a recipe must name: another parser may read other lines."""

MAX_CHARS = 8_000_000 if _C else 200_000
"""The parser written in Python takes some 15 seconds for a million."""

_OTHER_LINE_ENDS = ("\x85", "\u2028", "\u2029")


def parse(lines: Sequence[str]) -> Part | None:
    """Return the parts of YAML documents; None if it is no YAML, or none whose lines can be told."""
    text = "\n".join(lines)
    if len(text) > MAX_CHARS or any(end in text for end in _OTHER_LINE_ENDS) or "\r" in text.replace("\r\n", "\n"):
        return None
    root = Part("", 0, len(lines), listed=True)
    try:
        _Reading(root).take(iter(_LOADER(text).get_event, None))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if len(root.parts) == 1:
        root.parts, root.listed = root.parts[0].parts, root.parts[0].listed
    return settled(root, lines, comments="#")


@dataclass(slots=True)
class _Open:
    """A collection whose events are being read."""

    part: Part
    kind: Literal["root", "map", "list", "flow"]
    entry: Part | None = None
    """Of a mapping: the entry whose key was read, but not its value."""
    is_key: bool = False
    """The collection is itself the key of an entry."""


class _Reading:
    """Builds parts from events."""

    def __init__(self, root: Part) -> None:
        self.open = [_Open(root, "root")]
        self.document = 0

    def take(self, events: Iterable[yaml.Event]) -> None:
        """Read all events. ValueError if nested too deep."""
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._leaf(event, event.value)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._start(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                closed = self.open.pop()
                self.open[-1].entry = closed.part if closed.is_key else None
            elif isinstance(event, yaml.DocumentStartEvent):
                self.document = event.start_mark.line
            elif isinstance(event, yaml.AliasEvent):
                self._leaf(event, f"*{event.anchor}")

    def _leaf(self, event: yaml.Event, text: str) -> None:
        inside = self.open[-1]
        if inside.kind == "flow":
            return
        if inside.kind == "map" and inside.entry is None:
            inside.entry = self._add(event, text)
            return
        (inside.entry or self._add(event)).text = text
        inside.entry = None

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        inside = self.open[-1]
        if len(self.open) > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        is_key = inside.kind == "map" and inside.entry is None
        if inside.kind == "flow" or event.flow_style or is_key:
            # What stands in braces, or as a key that is no word, is read as one value.
            part = inside.part if inside.kind == "flow" else inside.entry or self._add(event)
            self.open.append(_Open(part, "flow", is_key=is_key))
            return
        part = inside.entry or self._add(event)
        part.listed = isinstance(event, yaml.SequenceStartEvent)
        self.open.append(_Open(part, "list" if part.listed else "map"))

    def _add(self, event: yaml.Event, name: str = "") -> Part:
        """Hang a part into the collection that is open; a document begins where its own line says so."""
        inside = self.open[-1]
        start = self.document if inside.kind == "root" else event.start_mark.line
        part = Part(name, start, start + 1)
        inside.part.parts.append(part)
        return part
