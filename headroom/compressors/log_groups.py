"""Groups: the records whose heads are of one template and that are equally severe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors.log_columns import Column, columns
from headroom.compressors.log_records import Record
from headroom.compressors.log_templates import Masks, Template, mine
from headroom.compressors.red import PLAIN, RED, WARNING

_MAX_RED_TEMPLATES = 400


@dataclass(slots=True)
class Group:
    """Records of one template and severity, in order."""

    template: Template
    """Its members are the lines that tell what the records are."""
    records: tuple[Record, ...]
    severity: int
    lines: Sequence[str]
    """All lines of the text."""
    _columns: list[Column] | None = None

    def columns(self) -> list[Column]:
        """Return the values of its lines, by the template's holes; remembered."""
        if self._columns is None:
            self._columns = list(columns(self.template, self.lines))
        return self._columns


def groups(found: Sequence[Record], masks: Masks, lines: Sequence[str]) -> list[Group]:
    """Group records by severity and template, in order of first appearance."""
    by_line = {record.says: record for record in found}
    out: list[Group] = []
    for severity in (PLAIN, WARNING, RED):
        numbers = [record.says for record in found if record.severity == severity]
        templates = _names_apart(numbers, masks) if severity == RED else mine(numbers, masks)
        out += [Group(each, tuple([by_line[line] for line in each.members]), severity, lines) for each in templates]
    return sorted(out, key=lambda group: group.template.members[0])


def _names_apart(lines: Sequence[int], masks: Masks) -> list[Template]:
    """Return templates that differ in values only, for the words of red lines name what failed, unless they are very many."""
    exact = mine(lines, masks, widen=False)
    return exact if len(exact) <= _MAX_RED_TEMPLATES else mine(lines, masks)
