"""The nodes of an accessibility tree, as browsing agents are shown them: one line each, indented by depth.

[55] button 'Sign in', clickable, visible          BrowserGym and its kin
[1121] tab 'Bestsellers' expanded: True            WebArena
- link "Docs" [ref=e12] [cursor=pointer]:          Playwright
uid=1_5 button "Sign in" haspopup="menu"           Chrome DevTools
[0-12] link: Sign in                               Stagehand
"""

from __future__ import annotations

import re
from typing import NamedTuple


def _roles(spelled: str) -> frozenset[str]:
    return frozenset(spelled.split())


TEXT = frozenset({"StaticText", "InlineTextBox", "text"})
"""Roles of bare text."""

INTERACTIVE = _roles(
    "button checkbox combobox link listbox menuitem menuitemcheckbox menuitemradio option radio searchbox slider "
    "spinbutton switch tab textbox treeitem DisclosureTriangle"
)
"""Roles that a browsing agent acts on."""

STRUCTURE = _roles(
    "Abbr DescriptionList DescriptionListDetail DescriptionListTerm Figcaption FooterAsNonLandmark HeaderAsNonLandmark "
    "LabelText LayoutTable LayoutTableCell LayoutTableRow LineBreak ListMarker Pre Section SvgRoot article banner "
    "blockquote caption cell code complementary contentinfo definition deletion emphasis figure form generic "
    "graphics-document graphics-object graphics-symbol grid gridcell group heading image img insertion list listitem "
    "main mark menu menubar navigation none paragraph presentation region rowgroup search section sectionfooter "
    "sectionheader separator strong subscript superscript table tablist tabpanel term time toolbar tree"
)
"""Roles that say how a page is built: without a name, nothing that a reader could act on or read."""

_TELLING = _roles(
    "Iframe RootWebArea WebArea alert alertdialog columnheader dialog document iframe log marquee meter progressbar row "
    "rowheader scrollbar status timer /children /placeholder /url"
)
_ROLES = TEXT | INTERACTIVE | STRUCTURE | _TELLING

_NODE = re.compile(
    r"([ \t]*)(?:- )?['\"]?"  # Playwright's trees are YAML
    r"(\[[A-Za-z0-9_-]{1,24}\] ?|uid=[A-Za-z0-9_]{1,24} )?"
    r"(/?[A-Za-z][A-Za-z-]{1,30})(?![A-Za-z_.(/])"
    r"(?: ?('[^'\\]*(?:\\.[^'\\]*)*'|\"[^\"\\]*(?:\\.[^\"\\]*)*\"))?"
    r"(.*)",
    re.DOTALL,
)
_INLINE = re.compile(r"(?: \[[a-z]{1,20}(?:=[^\]\s]{1,40})?\])*['\"]?:(?: (.*))?", re.DOTALL)
"""Properties, and the text that stands behind them on the same line."""

_MARKED = re.compile(r" \[ref=[a-z0-9]{1,16}\]| \[(?:level|cursor|active|checked|disabled|expanded|selected)\b")
_NOISE = re.compile(
    r"(?:[ ,]{1,2}(?:visible|atomic|(?:[a-z_]{0,20}id|url|src|orientation|level|live|relevant|owns|multiselectable|required|controls)"
    r"(?:=|: )(?:'[^']*'|\"[^\"]*\"|[^\s,'\"]+)|\[(?:ref|level)=[^\]\s]*\]))*['\"]?:?"
)
"""Properties that nobody acts on."""

_USUAL = frozenset({"", ", visible"})


class Node(NamedTuple):
    """One line of a tree."""

    indent: int
    """Characters of indentation: deeper nodes have more."""
    role: str
    name: str
    """As it is written, without its quotes; or the text that stands behind the node on its line."""
    properties: str
    marked: bool
    """It has an id, a quoted name or a reference: no other kind of line looks so."""

    @property
    def plain(self) -> bool:
        """Whether nothing but noise is said about it: it cannot be acted on and has no state."""
        if self.role in INTERACTIVE:
            return False
        return self.properties in _USUAL or _NOISE.fullmatch(self.properties) is not None


def parse(line: str) -> Node | None:
    """Return the node that a line shows, or None for any other line."""
    match = _NODE.fullmatch(line)
    if match is None or match[3] not in _ROLES:
        return None
    indent, ident, role, quoted, rest = match.groups()
    marked = bool(ident or quoted)
    if quoted:
        return Node(len(indent), role, quoted[1:-1], rest, marked)
    inline = _INLINE.fullmatch(rest)
    name = inline[1] or "" if inline else ""
    properties = rest[: inline.start(1)].rstrip() if inline and name else rest
    return Node(len(indent), role, name, properties, marked or _MARKED.match(rest) is not None)
