"""Groups: the records whose heads are of one template and that are equally severe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from headroom.compressors.log_columns import Column, columns
from headroom.compressors.log_records import Records
from headroom.compressors.log_templates import Masks, Template, mine
from headroom.compressors.red import PLAIN, RED, WARNING

_MAX_RED_TEMPLATES = 400


@dataclass(slots=True)
class Group:
    """Records of one template and severity, in order."""

    template: Template
    """Its members are the lines that tell what the records are."""
    numbers: Sequence[int]
    """Which of the text's records these are."""
    severity: int
    found: Records
    lines: Sequence[str]
    """All lines of the text."""
    _columns: list[Column] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def columns(self) -> list[Column]:
        """Return the values of its lines, by the template's holes; remembered."""
        if self._columns is None:
            self._columns = list(columns(self.template, self.lines))
        return self._columns


@dataclass(frozen=True, slots=True)
class Grouped:
    """All records of a text."""

    groups: list[Group]
    """In order of first appearance."""
    lone: list[int]
    """The numbers of those that are plain and like no other: they are many in some texts, and no groups."""
    found: Records


def groups(found: Records, masks: Masks, lines: Sequence[str]) -> Grouped:
    """Group records by severity and template."""
    number_of = dict(zip(found.says, range(len(found)), strict=True))
    out: list[Group] = []
    lone: list[int] = []
    for severity in (PLAIN, WARNING, RED):
        says = [line for line, level in zip(found.says, found.severities, strict=True) if level == severity]
        templates = _names_apart(says, masks) if severity == RED else mine(says, masks, least=1 + (severity == PLAIN))
        numbers = (list(map(number_of.__getitem__, each.members)) for each in templates)
        out += [Group(each, own, severity, found, lines) for each, own in zip(templates, numbers, strict=True)]
        if severity == PLAIN:
            several = set(chain.from_iterable(each.members for each in templates))
            lone = [number_of[line] for line in says if line not in several]
    return Grouped(sorted(out, key=lambda group: group.template.members[0]), lone, found)


def _names_apart(lines: Sequence[int], masks: Masks) -> list[Template]:
    """Return templates that differ in values only, for the words of red lines name what failed, unless they are very many."""
    exact = mine(lines, masks, widen=False)
    return exact if len(exact) <= _MAX_RED_TEMPLATES else mine(lines, masks)
