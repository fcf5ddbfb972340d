"""The outline of a listing: which lines its tree says may be left out, and which stay within those."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headroom.compressors.code_grammars import Captures, Grammar, parse
from headroom.compressors.code_listing import Listing

if TYPE_CHECKING:
    from tree_sitter import Node

_DATA_LINES = 3
"""Lines of a long literal that stay at its beginning."""

_LONG_DATA = 12
"""A literal of fewer lines stays whole."""

_LONG_COMMENT = 4
"""A comment of fewer lines stays whole."""

_ERRORS = 5
"""A text of which more than one line in so many is no code has no outline."""

_JUDGED = 400
"""Lines by which one of several grammars is chosen."""

_LICENCE_LINES = 12
_LICENCE = re.compile(r"licen[cs]ed?\b|copyright", re.IGNORECASE | re.ASCII)
_NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_TEXT = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Lines from `start` up to `end`, not in it, that are left out unless something within them stays."""

    start: int
    end: int
    name: str = ""
    """Name of the definition whose body they are."""
    suite: bool = False
    """Whether something must stand in their place for the code to parse."""


@dataclass(slots=True)
class Outline:
    """What the tree says of the lines."""

    grammar: Grammar
    folds: dict[tuple[int, int], Span] = field(default_factory=dict)
    """What may be left out, by its lines."""
    stays: list[tuple[int, int]] = field(default_factory=list)
    """What stays even within a fold, unless a fold within it says otherwise."""
    licences: list[tuple[int, int]] = field(default_factory=list)
    """What is left out in any case."""
    notes: list[tuple[int, int]] = field(default_factory=list)
    """Comments that document no type: what goes first."""
    docs: list[tuple[int, int, str]] = field(default_factory=list)
    """First and last line of each docstring of several lines, and what closes it."""

    def fold(self, start: int, end: int, name: str = "", *, suite: bool = False) -> None:
        """Add a fold; of two of the same lines the one with a name counts."""
        if start < end and (name or (start, end) not in self.folds):
            self.folds[start, end] = Span(start, end, name, suite)

    def kept(self, *, lines: int, notes: bool) -> list[bool]:
        """Return for each line whether it stays: the innermost of the folds and stays round it decides."""
        gone = [*self.folds, *self.licences, *([] if notes else self.notes)]
        spans = [(start, -end, False) for start, end in gone] + [(start, -end, True) for start, end in self.stays]
        kept = [True] * lines
        open_: list[tuple[int, bool]] = []
        at = 0
        for start, negative, stays in [*sorted(spans), (lines, -lines, True)]:
            while at < start:
                while open_ and open_[-1][0] <= at:
                    open_.pop()
                stop = min(start, open_[-1][0]) if open_ else start
                kept[at:stop] = [open_[-1][1] if open_ else True] * (stop - at)
                at = stop
            open_.append((-negative, stays))
        return kept


def outline(listing: Listing, grammars: Sequence[Grammar]) -> Outline | None:
    """Return the outline under the grammar that reads the listing's beginning best, the first among equals.

    None when no grammar is installed, or when too much of it is no code in any of them.
    """
    code = listing.code
    ranked = []
    for at, grammar in enumerate(grammars if len(grammars) > 1 else ()):
        if (found := parse("\n".join(code[:_JUDGED]), grammar)) is not None:
            ranked.append((len(_error_lines(found)), at, grammar))
    best = min(ranked)[2] if ranked else grammars[0]
    if (found := parse("\n".join(code), best)) is None:
        return None
    errors = _error_lines(found)
    if len(errors) * _ERRORS > sum(1 for line in code if line.strip()):
        return None
    result = Outline(best)
    _read(result, listing, found)
    result.stays += [(line, line + 1) for line in sorted(errors | listing.frame)]
    return result


def _error_lines(found: Sequence[Captures]) -> set[int]:
    """Return the lines of what the parser could not place: the leaves right under its errors."""
    lines: set[int] = set()
    for captures in found:
        for node in captures.get("error", ()):
            for leaf in [child for child in node.children if not child.child_count] or [node]:
                lines.update(range(leaf.start_point.row, leaf.end_point.row + 1))
    return lines


def _read(result: Outline, listing: Listing, found: Sequence[Captures]) -> None:
    comments: list[Node] = []
    types: set[int] = set()
    blocks = {node.id for captures in found for kind in ("body", "inside") for node in captures.get(kind, ())}
    for captures in found:
        if "body" in captures or "inside" in captures:
            _definition(result, captures, blocks)
            types.update(node.start_point.row for node in captures.get("def", ()) if "inside" in captures)
        elif "data" in captures:
            _data(result, captures["data"][0])
        elif "doc" in captures:
            _doc(result, captures["doc"][0])
        elif "keep" in captures:
            node = captures["keep"][0]
            result.stays.append((node.start_point.row, node.end_point.row + 1))
        elif "comment" in captures:
            comments.append(captures["comment"][0])
    for start, end in _blocks(comments, listing.code):
        _comment(result, listing.code, start, end, documents=end + 1 in types)


def _definition(result: Outline, captures: Captures, blocks: set[int]) -> None:
    """Let what is round a body stay, and fold the body, if it is one that may be left out."""
    body = captures["body"][0] if "body" in captures else captures["inside"][0]
    braces = result.grammar.braces
    start = body.start_point.row + 1 if braces else _below_head(body)
    end = body.end_point.row if braces else body.end_point.row + 1
    for whole in captures.get("def", ()):
        if braces:
            result.stays += [(whole.start_point.row, start), (end, whole.end_point.row + 1)]
        elif (first := _indented_by(whole, blocks)) is not None:
            result.stays.append((first.start_point.row, start))
    if "body" in captures:
        name = _name(captures["name"][0]) if "name" in captures else ""
        result.fold(start, end, name, suite=not braces)


def _indented_by(whole: Node, blocks: set[int]) -> Node | None:
    """Return the definition with its decorators if it stands right in one of the blocks: else its indentation misleads."""
    if whole.parent is not None and whole.parent.type == "decorated_definition":
        whole = whole.parent
    return whole if whole.parent is not None and whole.parent.id in blocks else None


def _below_head(body: Node) -> int:
    """Return the line below the colon before a body; comments may stand between."""
    before = body.prev_sibling
    while before is not None and before.type == "comment":
        before = before.prev_sibling
    return (body if before is None else before).end_point.row + 1


def _name(node: Node) -> str:
    words = _NAME.findall((node.text or b"").decode("utf-8", "replace").split("(")[0])
    return words[-1] if words else ""


def _data(result: Outline, node: Node) -> None:
    start, end = node.start_point.row, node.end_point.row
    if end - start >= _LONG_DATA:
        result.fold(start + 1 + _DATA_LINES, end)


def _doc(result: Outline, node: Node) -> None:
    start, end = node.start_point.row, node.end_point.row
    said = (node.text or b"").decode("utf-8", "replace")
    first = said.split("\n", 1)[0].strip("rRbBuU \t\r\"'")
    shown = min(start + (1 if first else 2), end + 1)
    result.stays.append((start, shown))
    if end > start:
        result.docs.append((start, end, said[-3:]))
        result.fold(shown, end + 1)


def _blocks(comments: Sequence[Node], code: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of lines, first and last, that comments alone fill."""
    start, end = -1, -2
    for node in sorted(comments, key=lambda node: node.start_byte):
        first, last = node.start_point.row, node.end_point.row
        last -= node.end_point.column == 0 and last > first  # some grammars count the line's end to the comment
        if code[first][: node.start_point.column].strip():
            continue
        if first != end + 1:
            if start >= 0:
                yield start, end
            start = first
        end = last
    if start >= 0:
        yield start, end


def _comment(result: Outline, code: Sequence[str], start: int, end: int, *, documents: bool) -> None:
    said = code[start : end + 1]
    if start < _LICENCE_LINES and any(_LICENCE.search(line) for line in said):
        result.licences.append((start, end + 1))
        return
    if not documents:
        result.notes.append((start, end + 1))
    if len(said) >= _LONG_COMMENT:
        first = next((at for at, line in enumerate(said) if _TEXT.search(line)), 0)
        result.fold(start + first + 1, end + (not said[0].lstrip().startswith("/*")))
