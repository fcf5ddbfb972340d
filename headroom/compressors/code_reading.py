"""Reading a listing: from what a grammar's query finds in it to its outline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from headroom.compressors.code_grammars import Captures, Grammar, parse
from headroom.compressors.code_listing import Listing
from headroom.compressors.code_outline import Outline

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


def outline(listing: Listing, grammars: Sequence[Grammar]) -> Outline | None:
    """Return the outline under the grammar that reads the listing's beginning best, the first among equals.

    None when no grammar is installed, or when too much of it is no code in any of them.
    """
    best = _best(listing.code, grammars)
    found = parse("\n".join(listing.code), best) if best is not None else None
    if best is None or found is None:
        return None
    errors = error_lines(found)
    if errors and len(errors) * _ERRORS > len(list(filter(str.strip, listing.code))):
        return None
    reading = _Reading(listing, best)
    for captures in found:
        reading.take(captures)
    reading.take_comments()
    result = reading.outline
    result.stays += [(line, line + 1) for line in sorted(errors | listing.frame)]
    return result


def error_lines(found: Sequence[Captures]) -> set[int]:
    """Return the lines of what the parser could not place: the leaves right under its errors."""
    lines: set[int] = set()
    for captures in found:
        for node in captures.get("error", ()):
            for leaf in [child for child in node.children if not child.child_count] or [node]:
                lines.update(range(leaf.start_point.row, leaf.end_point.row + 1))
    return lines


def _best(code: Sequence[str], grammars: Sequence[Grammar]) -> Grammar | None:
    """Return the grammar that finds the fewest errors in the first lines; none when none is installed."""
    if len(grammars) == 1:
        return grammars[0]
    beginning = "\n".join(code[:_JUDGED])
    ranked = []
    for at, grammar in enumerate(grammars):
        if (found := parse(beginning, grammar)) is not None:
            ranked.append((len(error_lines(found)), at))
            if not ranked[-1][0]:
                break  # no other can do better, and a grammar of another language reads slowly
    return grammars[min(ranked)[1]] if ranked else None


class _Reading:
    """What was read of a listing so far; captures come in the order of the source."""

    def __init__(self, listing: Listing, grammar: Grammar) -> None:
        self.outline = Outline(grammar)
        self._code = listing.code
        self._comments: list[Node] = []
        self._types: set[int] = set()
        """Lines on which a type's definition begins."""
        self._folded = 0
        """Line up to which some body reaches that may be left out."""
        self._standing: set[int] = set()
        """Bodies whose indentation is seen, as all heads round them stay."""

    def take(self, captures: Captures) -> None:
        """Read one match."""
        if "body" in captures or "inside" in captures:
            self._definition(captures)
        elif "data" in captures:
            node = captures["data"][0]
            if node.end_point.row - node.start_point.row >= _LONG_DATA:
                self.outline.fold(node.start_point.row + 1 + _DATA_LINES, node.end_point.row)
        elif "doc" in captures:
            self._doc(captures["doc"][0])
        elif "keep" in captures:
            node = captures["keep"][0]
            self.outline.stays.append((node.start_point.row, node.end_point.row + 1))
        else:
            self._comments += captures.get("comment", ())

    def take_comments(self) -> None:
        """Read the comments, once all else is known."""
        for start, end in _blocks(self._comments, self._code):
            said = self._code[start : end + 1]
            if start < _LICENCE_LINES and any(_LICENCE.search(line) for line in said):
                self.outline.licences.append((start, end + 1))
                continue
            if end + 1 not in self._types:
                self.outline.notes.append((start, end + 1))
            if len(said) >= _LONG_COMMENT:
                first = next((at for at, line in enumerate(said) if _TEXT.search(line)), 0)
                self.outline.fold(start + first + 1, end + (not said[0].lstrip().startswith("/*")))

    def _definition(self, captures: Captures) -> None:
        """Let what is round a body stay, and fold the body, if it is one that may be left out."""
        body = captures["body"][0] if "body" in captures else captures["inside"][0]
        braces = self.outline.grammar.braces
        start = body.start_point.row + 1 if braces else _below_head(body)
        end = body.end_point.row if braces else body.end_point.row + 1
        for whole in captures.get("def", ()):
            if braces:
                self.outline.stays += [(whole.start_point.row, start), (end, whole.end_point.row + 1)]
            elif self._stands(first := _decorated(whole)):
                self.outline.stays.append((first.start_point.row, start))
                self._standing.add(body.id)
        if not braces:
            self.outline.suites[start] = end
        if "inside" in captures:
            self._types.update(node.start_point.row for node in captures.get("def", ()))
        else:
            name = _name(captures["name"][0]) if "name" in captures else ""
            self.outline.fold(start, end, name)
            self._folded = max(self._folded, end)

    def _stands(self, node: Node) -> bool:
        """Tell whether a reader will see what the node is indented by: none of it may be left out."""
        return node.start_point.row >= self._folded or (node.parent is not None and node.parent.id in self._standing)

    def _doc(self, node: Node) -> None:
        if node.parent is None or not self._stands(node.parent):
            return
        start, end = node.start_point.row, node.end_point.row
        said = (node.text or b"").decode("utf-8", "replace")
        first = said.split("\n", 1)[0].strip("rRbBuU \t\r\"'")
        shown = min(start + (1 if first else 2), end + 1)
        self.outline.stays.append((start, shown))
        if end > start:
            self.outline.docs.append((start, end, said[-3:]))
            self.outline.fold(shown, end + 1)


def _decorated(whole: Node) -> Node:
    """Return a definition with its decorators."""
    around = whole.parent
    return around if around is not None and around.type == "decorated_definition" else whole


def _below_head(body: Node) -> int:
    """Return the line below the colon before a body; comments may stand between."""
    before = body.prev_sibling
    while before is not None and before.type == "comment":
        before = before.prev_sibling
    return (body if before is None else before).end_point.row + 1


def _name(node: Node) -> str:
    words = _NAME.findall((node.text or b"").decode("utf-8", "replace").split("(")[0])
    return words[-1] if words else ""


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
