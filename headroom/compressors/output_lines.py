"""What the lines of a command's output are, by their shape alone, judged once for all that differ in numbers only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import sub
from typing import NamedTuple

from headroom.compressors import output_skeletons
from headroom.compressors.red import PLAIN, RED, is_frame, severity, suspects, suspicious
from headroom.compressors.red_suspects import numbers, places

ROUTINE = 8
"""A shape that so many lines have is routine: a test that passed, a file compiled, a step of a shell's trace."""

_JUDGED = 1_000
"""Characters of a line whose shape is looked at."""

_REPEATED = 4
"""So many lines that differ in numbers only are routine, too."""

_RULE_COST = 10

_TELLS = re.compile("[045](?<![0-9].)(?:(?<=0)(?![.0-9])|(?<!0)[0-9][0-9](?![0-9]))")
"""A number that a line's severity may depend on: zero, or a status."""

_OPENERS = "CS.gcTD0123456789|│>+-:"
_REMARKS = ("note: ", "help: ", "hint: ")
_CONTINUES = re.compile(
    r"Caused by: |Suppressed: |\.\.\. [0-9]+ more|goroutine [0-9]+ \[|created by |The above exception|During handling of the above"
    r"|[0-9]{0,6} {0,8}[|│]|[0-9]{0,6} {0,4}(?:-->|:::) |[>+-] "
)
"""Opens a line that goes on with the one above: a cause, a remark, a source line in a gutter, a line of a diff."""

_POINTS = "^~|-"
_POINTER = re.compile(r"[\s|-]*[\^~][\s|^~+-]*$")
"""Points at a column of the line above."""

_FRAMES = "#0123456789"
"""What an unindented frame of a stack begins with."""

_RULES = "=-_*#~+!"
_LEADS = ":,"
_LAST_ASCII = "\x7f"
_TELLING = frozenset((*_OPENERS, *_POINTS, *_FRAMES, *_RULES, *" \t\r\v\f\x1c\x1d\x1e\x1f", ""))
"""What a line begins with, up to the last of ASCII, that may be of a kind of its own."""


class Kind(NamedTuple):
    """What lines that differ in numbers only have in common."""

    blank: bool
    indent: int
    rule: str
    """The character a rule is drawn with; empty for other lines."""
    title: str
    """What stands in the middle of a rule."""
    continues: bool
    pointer: bool
    leads: bool
    """Introduces what follows."""
    frame: bool
    suspect: bool
    """Its severity may depend on its numbers: every line is judged."""


_PLAIN_KINDS = {
    (leads, suspect): Kind(False, 0, "", "", False, False, leads, False, suspect)
    for leads in (False, True)
    for suspect in (False, True)
}
"""Of lines that begin with nothing that tells more: most are of these."""

_BLANK = Kind(True, 0, "", "", False, False, False, False, False)


@dataclass(frozen=True, slots=True)
class Judged:
    """A text's lines, and what each is."""

    lines: Sequence[str]
    skeletons: list[int]
    """Equal for lines that differ in numbers only."""
    kinds: list[Kind]
    told: list[Kind]
    """The kind of each skeleton."""
    levels: list[int]
    """PLAIN, WARNING or RED."""
    shapes: list[int]
    """Equal for lines that begin or end alike."""
    counts: Counter[int]
    """How many lines have a skeleton."""
    often: list[bool]
    """Whether a line is one of many."""
    routine: list[bool]
    """Whether a line is one of many, and says of nothing that it went wrong."""
    costs: list[int]
    """The characters that a line is worth: what repeats a blank or a rule's character costs next to none."""

    def at(self, level: int) -> list[int]:
        """Return the lines of a level."""
        return [number for number, other in enumerate(self.levels) if other == level]

    def which(self, is_so: Callable[[Kind], object]) -> list[int]:
        """Return the lines whose kind is so."""
        return _of(self.skeletons, {number for number, kind in enumerate(self.told) if is_so(kind)})


def judge(lines: Sequence[str]) -> Judged:
    """Judge lines that are free of terminal escapes. Linear."""
    skeletons, texts = output_skeletons.skeletons(lines)
    counts = Counter(skeletons)
    first = dict(zip(reversed(skeletons), reversed(lines), strict=True))
    told = _kinds([first[number] for number in range(len(texts))])
    by_skeleton, sizes = output_skeletons.shapes(texts, counts)
    common = [sizes[shape] >= ROUTINE or counts[number] >= _REPEATED for number, shape in enumerate(by_skeleton)]
    kinds = list(map(told.__getitem__, skeletons))
    often = list(map(common.__getitem__, skeletons))
    levels = _levels(lines, skeletons, {number for number, kind in enumerate(told) if kind.suspect})
    if titled := _of(skeletons, {number for number, kind in enumerate(told) if kind.title}):
        _calm_headings(titled, kinds, levels)
    costs = list(map(sub, map(len, lines), map([kind.indent - 1 for kind in told].__getitem__, skeletons)))
    for number in _of(skeletons, {number for number, kind in enumerate(told) if kind.rule}):
        costs[number] = len(kinds[number].title) + _RULE_COST
    return Judged(
        lines=lines,
        skeletons=skeletons,
        kinds=kinds,
        told=told,
        levels=levels,
        shapes=list(map(by_skeleton.__getitem__, skeletons)),
        counts=counts,
        often=often,
        routine=[many and level == PLAIN for many, level in zip(often, levels, strict=True)],
        costs=costs,
    )


def _of(skeletons: Sequence[int], wanted: AbstractSet[int]) -> list[int]:
    """Return the lines of these skeletons."""
    return [number for number, skeleton in enumerate(skeletons) if skeleton in wanted] if wanted else []


def _levels(lines: Sequence[str], skeletons: Sequence[int], suspect: AbstractSet[int]) -> list[int]:
    """Return the level of each line; only those of these skeletons may be other than plain."""
    levels = [PLAIN] * len(lines)
    judged = _of(skeletons, suspect)
    shown = {judged[place] for place in suspects([lines[number] for number in judged], sure=True)}
    telling = {skeletons[number] for number in shown}
    known: dict[int | str, int] = {}
    for number in judged:
        if skeletons[number] in telling:
            line = lines[number]
            told: int | str = line if _TELLS.search(line) else skeletons[number]
            level = known.get(told)
            if level is None:
                level = known[told] = severity(line) if number in shown else PLAIN
            levels[number] = level
    return levels


def _calm_headings(titled: Sequence[int], kinds: Sequence[Kind], levels: list[int]) -> None:
    """Make headings plain that are red for their looks alone, and under which nothing is: tests that passed have them, too."""
    red = False
    for number in sorted({*titled, *(number for number, level in enumerate(levels) if level == RED)}, reverse=True):
        kind = kinds[number]
        if kind.title and levels[number] == RED and not red and not suspicious(kind.title):
            levels[number] = PLAIN
        red = levels[number] == RED or (red and not (kind.title and kind.rule != "-"))


def _kinds(lines: Sequence[str]) -> list[Kind]:
    """Return what each line is."""
    suspect = set(suspects(lines))
    if max(map(len, lines), default=0) > _JUDGED:
        lines = [line[:_JUDGED] for line in lines]
    text = "\n".join(lines)
    remarks = set(numbers([place for remark in _REMARKS for place in places(text, remark)], text))
    return [
        _kind(line, suspect=number in suspect, remark=number in remarks)
        if (first := line[:1]) in _TELLING or first > _LAST_ASCII or number in remarks
        else _PLAIN_KINDS[line[-1] in _LEADS, number in suspect]
        for number, line in enumerate(lines)
    ]


def _kind(line: str, *, suspect: bool, remark: bool) -> Kind:
    body = line.lstrip()
    first, indent = body[:1], len(line) - len(body)
    if not first:
        return _BLANK
    rule, title = _rule(line) if first in _RULES and not indent else ("", "")
    frame = (indent > 0 or first in _FRAMES) and is_frame(line)
    continues = frame or (first in _OPENERS and _CONTINUES.match(body) is not None) or remark
    pointer = first in _POINTS and _POINTER.match(body) is not None
    return Kind(False, indent, rule, title, continues, pointer, line[-1] in _LEADS, frame, suspect)


def _rule(line: str) -> tuple[str, str]:
    """Return the character and the title of a rule: `=====`, `--- title ---`; empty for other lines."""
    drawn = line[:1]
    if not drawn or drawn not in _RULES:
        return "", ""
    line = line.rstrip()
    inner = line.strip(drawn)
    if not inner:
        return (drawn, "") if len(line) > 4 else ("", "")
    ahead = len(line) - len(line.lstrip(drawn))
    behind = len(line) - len(line.rstrip(drawn))
    title = inner.strip()
    if behind == 0 or not inner[0] == inner[-1] == " " or not title.replace(drawn, "").strip():
        return "", ""
    return (drawn, title) if (ahead > 2 and behind > 2) or len(line) > 60 else ("", "")
