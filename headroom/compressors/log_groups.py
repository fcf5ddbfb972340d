"""Groups: the records whose heads are of one template and that are equally severe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors.log_records import Record
from headroom.compressors.log_templates import Masks, Template, mine
from headroom.compressors.red import PLAIN, RED, WARNING


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one template and severity, in order."""

    template: Template
    """Its members are the records' head lines."""
    records: tuple[Record, ...]
    severity: int


def groups(found: Sequence[Record], masks: Masks) -> list[Group]:
    """Group records by severity and template, in order of first appearance."""
    by_start = {record.start: record for record in found}
    out = [
        Group(template, tuple(by_start[start] for start in template.members), severity)
        for severity in (PLAIN, WARNING, RED)
        for template in mine([record.start for record in found if record.severity == severity], masks)
    ]
    return sorted(out, key=lambda group: group.template.members[0])
