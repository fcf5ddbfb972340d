"""Selection: which lines of a tree a reader could not do without, and how deep they stand without the others.

Everything that can be acted on, has a state or a name of its own stays. What goes is *unnamed* (a container, an
image without a word) or an *echo*: text that a node around it has in its own name, as the words of a link have, or
a container of one node with the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from headroom.compressors.axtree_nodes import INTERACTIVE, STRUCTURE, TEXT, Node, parse
from headroom.compressors.red import RED, severity, suspects

_CELLS = frozenset({"cell", "gridcell", "LayoutTableCell"})
_ECHOING = TEXT | {"LabelText", "code", "emphasis", "generic", "image", "img", "mark", "paragraph", "strong"}
_NAMED_BY_CONTENT = INTERACTIVE | _CELLS | {"columnheader", "heading", "image", "img", "listitem", "row", "rowheader"}
"""Roles whose name is made of the words inside them."""

_WRAPPING = _CELLS | {"generic", "group", "listitem", "none", "paragraph", "strong"}

_AROUND = 3
"""How many named nodes around a text are looked at."""

_LONGEST_NAME = 2_000
"""Characters of a name, and of properties, that are searched for a text inside."""

_POINTER = " [cursor=pointer]"


class Selection(NamedTuple):
    """What becomes of each line."""

    gone: list[str]
    """The role of the node that is left out; empty where the line stays."""
    depth: list[int]
    """How many lines that stay the line stands under; -1 for one that is no part of the tree."""


class _Branch:
    """Where in the tree a line stands."""

    def __init__(self) -> None:
        self.above: list[int] = []
        """Indentations of the nodes around that stay."""
        self.around: list[Node] = []
        """Those of them that are named by what is inside them."""

    def enter(self, node: Node) -> int:
        """Leave what the node does not stand under; return how deep it stands."""
        while self.around and self.around[-1].indent >= node.indent:
            self.around.pop()
        while self.above and self.above[-1] >= node.indent:
            self.above.pop()
        return len(self.above)

    def stay(self, node: Node) -> None:
        """Go on under a node that stays."""
        self.above.append(node.indent)
        if node.name and node.role in _NAMED_BY_CONTENT:
            self.around.append(node)


def select(lines: Sequence[str]) -> Selection:
    """Return what stays. Linear."""
    gone, depth = [""] * len(lines), [-1] * len(lines)
    branch = _Branch()
    nodes = [parse(line) for line in lines]
    red = _red(list(dict.fromkeys(node.name.strip() for node in nodes if node and node.role in _ECHOING)))
    outer: tuple[int, Node] | None = None  # the last node that stays
    empty: tuple[int, Node] | None = None  # a cell that went, with nothing in it so far
    for number, node in enumerate(nodes):
        if node is None:
            continue
        if empty and node.indent <= empty[1].indent:
            gone[empty[0]] = ""  # without it the next cell would seem to stand in its column
        empty = None
        depth[number] = branch.enter(node)
        if _dispensable(node, branch.around, red):
            gone[number] = node.role
            empty = (number, node) if node.role in _CELLS else None
            continue
        if outer and _wraps(outer[1], node):
            gone[outer[0]] = outer[1].role
        outer = (number, node)
        branch.stay(node)
    if empty:
        gone[empty[0]] = ""
    return Selection(gone, depth)


def _wraps(outer: Node, inner: Node) -> bool:
    """Tell whether a node is nothing but the container of one of the same name."""
    return outer.name == inner.name != "" and outer.role in _WRAPPING and outer.indent < inner.indent and outer.plain


def _red(texts: Sequence[str]) -> frozenset[str]:
    """Return those of the texts that are red."""
    return frozenset(texts[place] for place in suspects(texts) if severity(texts[place]) == RED)


def _dispensable(node: Node, around: Sequence[Node], red: AbstractSet[str]) -> bool:
    """Tell whether a node says nothing that its reader needs, given the named nodes around it, outermost first."""
    if not (node.role in STRUCTURE or node.role in _ECHOING) or not _plain(node, around):
        return False
    text = node.name.strip()
    if not text:
        return node.marked or node.properties == ":"
    return node.role in _ECHOING and text not in red and any(_says(above, text) for above in around[-_AROUND:])


def _plain(node: Node, around: Sequence[Node]) -> bool:
    if around and around[-1].role in INTERACTIVE and _POINTER in node.properties:  # inherited from the link around it
        node = node._replace(properties=node.properties.replace(_POINTER, "", 1))
    return node.plain


def _says(node: Node, text: str) -> bool:
    """Tell whether a node's own line has a text: as whole words of its name, or as a property."""
    name = node.name[:_LONGEST_NAME]
    at = name.find(text)
    while at >= 0:
        end = at + len(text)
        within = (at > 0 and (name[at - 1] + text[0]).isalnum()) or (
            end < len(name) and (text[-1] + name[end]).isalnum()
        )
        if not within:
            return True
        at = name.find(text, at + 1)
    properties = node.properties[:_LONGEST_NAME]
    return f"'{text}'" in properties or f'"{text}"' in properties
