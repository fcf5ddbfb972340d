"""What the lines of a command's output are, by their shape alone, judged once for all that differ in numbers only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from headroom.compressors.red import PLAIN, RED, is_frame, severity, suspects, suspicious

ROUTINE = 8
"""A shape that so many lines have is routine: a test that passed, a file compiled, a step of a shell's trace."""

_JUDGED = 1_000
"""Characters of a line whose shape is looked at."""

_SAME = 4
"""So many lines that differ in numbers only are a shape of their own."""

_REPEATED = 4
"""So many lines that differ in numbers only are routine, too."""

_RULE_COST = 10

_ONE_DIGIT = bytes.maketrans(b"123456789", b"000000000")
_TELLS = re.compile("(?<![0-9])(?:0(?![.0-9])|[45][0-9][0-9](?![0-9]))")
"""A number that a line's severity may depend on: zero, or a status."""

_ASIDES, _ASIDE = 3, 20
"""Bracketed words at the end, as durations and percentages are, that tell no shapes apart; and their longest."""

_OPENERS = "CS.gcTD0123456789|│>+-:"
_REMARK = re.compile("(?:note|help|hint): ")
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

_SAYS_NOTHING = "0.,:;()[]{}<>-+=*/%!?'\"|`$#&\\^~"
"""A word of these alone tells no shape."""

_RULES = "=-_*#~+!"


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


_BLANK = Kind(True, 0, "", "", False, False, False, False, False)


@dataclass(frozen=True, slots=True)
class Judged:
    """A text's lines, and what each is."""

    lines: Sequence[str]
    skeletons: list[int]
    """Equal for lines that differ in numbers only."""
    kinds: list[Kind]
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


def judge(lines: Sequence[str]) -> Judged:
    """Judge lines that are free of terminal escapes. Linear."""
    bare = _without_numbers(lines)
    numbers = {skeleton: number for number, skeleton in enumerate(dict.fromkeys(bare))}
    skeletons = [numbers[skeleton] for skeleton in bare]
    first = dict(zip(reversed(bare), reversed(lines), strict=True))
    firsts = [first[skeleton] for skeleton in numbers]
    suspect = set(suspects(firsts))
    told = [_kind(line, suspect=number in suspect) for number, line in enumerate(firsts)]
    kinds = [told[number] for number in skeletons]
    counts = Counter(skeletons)
    by_skeleton, sizes = _shapes(list(numbers), counts)
    common = [sizes[shape] >= ROUTINE or counts[number] >= _REPEATED for number, shape in enumerate(by_skeleton)]
    often = [common[number] for number in skeletons]
    levels = _levels(lines, skeletons, kinds)
    return Judged(
        lines=lines,
        skeletons=skeletons,
        kinds=kinds,
        levels=levels,
        shapes=[by_skeleton[number] for number in skeletons],
        counts=counts,
        often=often,
        routine=[many and level == PLAIN for many, level in zip(often, levels, strict=True)],
        costs=[
            len(kind.title) + _RULE_COST if kind.rule else len(line) - kind.indent + 1
            for line, kind in zip(lines, kinds, strict=True)
        ],
    )


def _without_numbers(lines: Sequence[str]) -> list[str]:
    """Return the lines with 0 for every number."""
    text = "\n".join(lines).encode("utf-8", "surrogatepass").translate(_ONE_DIGIT).decode("utf-8", "surrogatepass")
    while "00" in text:
        text = text.replace("00", "0")
    return text.split("\n")


def _levels(lines: Sequence[str], skeletons: Sequence[int], kinds: Sequence[Kind]) -> list[int]:
    known: dict[int | str, int] = {}
    levels = [PLAIN] * len(lines)
    judged = [number for number, kind in enumerate(kinds) if kind.suspect]
    shown = {judged[place] for place in suspects([lines[number] for number in judged], sure=True)}
    for number in judged:
        line = lines[number]
        told: int | str = line if _TELLS.search(line) else skeletons[number]
        level = known.get(told)
        if level is None:
            level = known[told] = severity(line) if number in shown else PLAIN
        levels[number] = level
    _calm_headings(kinds, levels)
    return levels


def _calm_headings(kinds: Sequence[Kind], levels: list[int]) -> None:
    """Make headings plain that are red for their looks alone, and under which nothing is: tests that passed have them, too."""
    red = False
    told = [number for number, kind in enumerate(kinds) if kind.title or levels[number] == RED]
    for number in reversed(told):
        kind = kinds[number]
        if kind.title and levels[number] == RED and not red and not suspicious(kind.title):
            levels[number] = PLAIN
        red = levels[number] == RED or (red and not (kind.title and kind.rule != "-"))


def _kind(line: str, *, suspect: bool) -> Kind:
    line = line[:_JUDGED]
    body = line.lstrip()
    first, indent = body[:1], len(line) - len(body)
    if not first:
        return _BLANK
    rule, title = _rule(line) if first in _RULES and not indent else ("", "")
    frame = (indent > 0 or first in _FRAMES) and is_frame(line)
    continues = frame or (first in _OPENERS and _CONTINUES.match(body) is not None) or _REMARK.search(body) is not None
    pointer = first in _POINTS and _POINTER.match(body) is not None
    return Kind(False, indent, rule, title, continues, pointer, line[-1] in ":,", frame, suspect)


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


def _shapes(skeletons: Sequence[str], counts: Counter[int]) -> tuple[list[int], list[int]]:
    """Return the shape of each skeleton, and how many lines have each shape.

    The first of these that enough lines share: the whole skeleton, its last two words, its first two, its last, its first.
    """
    keys = [_keys(skeleton) for skeleton in skeletons]
    tally: dict[str, int] = {}
    for number, candidates in enumerate(keys):
        count = counts[number]
        for key in candidates:
            tally[key] = tally.get(key, 0) + count
    chosen: dict[str, int] = {}
    shapes: list[int] = []
    sizes: list[int] = []
    for number, candidates in enumerate(keys):
        shape = skeletons[number]
        if counts[number] < _SAME:
            for key in candidates:
                if tally[key] >= ROUTINE:
                    shape = key
                    break
        index = chosen.setdefault(shape, len(sizes))
        if index == len(sizes):
            sizes.append(0)
        sizes[index] += counts[number] if shape.strip() else 0
        shapes.append(index)
    return shapes, sizes


def _keys(skeleton: str) -> tuple[str, ...]:
    """Return what a line is known by, less and less; no key is a line."""
    words = _without_asides(skeleton[:_JUDGED]).split() or skeleton[:_JUDGED].split()
    if not words:
        return ()
    first, last = words[0], words[-1]
    says, ends = first.strip(_SAYS_NOTHING), last.strip(_SAYS_NOTHING)
    if len(words) == 1:
        return (f"\n{last}",) if ends else ()
    keys: tuple[str, ...] = (f"\n {words[-2]} {last}",) if ends else ()
    keys += (f"\n{first} {words[1]} ",) if says else ()
    keys += (f"\n{last}",) if ends else ()
    return (*keys, f"{first}\n") if says else keys


def _without_asides(line: str) -> str:
    for _ in range(_ASIDES):
        line = line.rstrip()
        if line[-1:] not in {")", "]"}:
            break
        start = max(line.rfind("(", -_ASIDE), line.rfind("[", -_ASIDE))
        if start < 0:
            break
        line = line[:start]
    return line
