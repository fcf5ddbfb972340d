"""The text of a page, line by line, in a Markdown-like notation: its own words, in its own order.

    # Installing
    - Download the archive[^1]
    Name | Size
    [^input type=text id=q name=q placeholder=Search]
    [^nav: 412 characters left out]

What stands in `[^...]` is a link's number, a control with its attributes, or what is left out there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]

from headroom.compressors.html_page import UNSEEN, Element, Page, hidden
from headroom.compressors.html_visible import bare

SEPARATOR = " | "
FENCE = "```"

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "label",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_PREFIX = {"li": "- ", "dd": "- ", **{f"h{level}": "#" * level + " " for level in range(1, 7)}}
_SAID = ("type", "role", "id", "bid", "name", "value", "placeholder", "aria-label", "data-testid")
_SET = ("checked", "disabled", "required", "multiple", "readonly")
_ACTING = frozenset(
    {"button", "checkbox", "combobox", "link", "menuitem", "option", "radio", "searchbox", "slider", "switch", "tab"}
    | {"textbox"}
)
"""Roles of elements that a browsing agent acts on, whatever their tag."""

_LONGEST_VALUE = 100
_OPTIONS = 20
"""Options shown of a list to choose from."""

_LARGE_CELL = 12
"""Elements in a cell from which on it is layout, not data."""

LINK, NOTE, END = "\x00", "\x01", "\x02"
"""What notes and the numbers of links stand between, until it is settled how they are written."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where words lead to."""

    url: str
    words: str
    heading: bool


@dataclass(slots=True)
class Text:
    """What is read from a page."""

    lines: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


def read(page: Page) -> Text:
    """Return the text of a page's main part, chrome declared where it stood."""
    writer = _Writer()
    if page.title:
        writer.line.append(page.title)
        writer.end_line()
    skipped: Element | None = None
    walker = etree.iterwalk(page.main, events=("start", "end"))
    for event, element in walker:
        if event == "start":
            if element in page.chrome:
                writer.leave_out(element)
            elif element.tag == "select":
                writer.choice(element)
            elif element.tag not in UNSEEN and not hidden(element):
                writer.begin(element)
                writer.words(element.text)
                continue
            skipped = element
            walker.skip_subtree()
        else:
            if element is not skipped:
                writer.end(element)
            if element is not page.main:
                writer.words(element.tail)
    writer.end_line()
    return writer.text


class _Writer:
    """Puts words on lines, as elements begin and end."""

    def __init__(self) -> None:
        self.text = Text()
        self.line: list[str] = []
        self._prefix = ""
        self._verbatim = 0
        self._cells = 0
        self._columns = 0
        self._data: list[bool] = []
        self._anchors: list[tuple[int, int]] = []
        self._numbers: dict[str, int] = {}

    def words(self, text: str | None) -> None:
        """Add text; inside `pre` its lines stay lines."""
        if not text:
            return
        first, *rest = text.split("\n") if self._verbatim else (text,)
        self.line.append(first)
        for line in rest:
            self.end_line()
            self.line.append(line)

    def end_line(self) -> None:
        """Write the line, unless it is empty."""
        line = "".join(self.line)
        self.line.clear()
        if not line.strip(" \t\r\n|"):
            return
        said = line.rstrip() if self._verbatim else " ".join(line.split())
        self.text.lines.append(self._prefix + said)
        self._prefix = ""

    def begin(self, element: Element) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._break()
            self._prefix = _PREFIX.get(tag, self._prefix)
        if tag == "tr":
            self._columns = 0
        elif tag in ("td", "th"):
            self._begin_cell(element)
        elif tag == "pre" and not self._cells:
            self.text.lines.append(FENCE)
            self._verbatim += 1
        elif tag == "a":
            self._anchors.append((len(self.text.lines), len(self.line)))
            if element.get("bid"):
                self.note(_control(element))
        elif _acts(element):
            self.note(_control(element))

    def end(self, element: Element) -> None:
        tag = element.tag
        if tag == "a":
            self._end_link(element)
        elif tag in ("td", "th"):
            self._cells -= self._data.pop()
        elif tag == "pre" and self._verbatim:
            self.end_line()
            self._verbatim -= 1
            self.text.lines.append(FENCE)
        elif tag in _BLOCKS:
            self._break()
            if tag in _PREFIX:
                self._prefix = ""

    def note(self, text: str) -> None:
        self.line.append(f"{NOTE}{text}{END}")

    def leave_out(self, element: Element) -> None:
        """Declare an element that is left out."""
        size = len(bare("".join(element.itertext())))
        if size:
            self._break()
            self.note(f"{element.tag}: {size:,} characters left out")
            self._break()

    def choice(self, element: Element) -> None:
        """Show what a list offers, as far as it is short."""
        options = [" ".join("".join(option.itertext()).split()) for option in element.iter("option")]
        self.note(_control(element))
        self.words(SEPARATOR.join(options[:_OPTIONS]))
        if len(options) > _OPTIONS:
            self.note(f"{len(options) - _OPTIONS} more options")

    def _break(self) -> None:
        if self._cells:
            self.line.append(" ")
        else:
            self.end_line()

    def _begin_cell(self, element: Element) -> None:
        if self._columns and not self._verbatim:
            self.line.append(SEPARATOR)
        self._columns += 1
        self._data.append(not _is_layout(element))
        self._cells += self._data[-1]

    def _end_link(self, element: Element) -> None:
        line, start = self._anchors.pop()
        url = (element.get("href") or "").strip()
        if not url or url[0] == "#" or url.lower().startswith(("javascript:", "data:")):
            return
        words = " ".join("".join(self.line[start:]).split()) if line == len(self.text.lines) else ""
        if url not in self._numbers:
            self._numbers[url] = len(self.text.links)
            self.text.links.append(Link(url, words, self._prefix.startswith("#")))
        self.line.append(f"{LINK}{self._numbers[url]}{END}")


def _acts(element: Element) -> bool:
    """Tell whether an agent could act on an element."""
    if element.tag in ("input", "textarea", "button"):
        return bool(element.get("type") != "hidden")
    return element.get("role") in _ACTING


def _is_layout(cell: Element) -> bool:
    """Tell whether a cell holds a part of the page, not a value."""
    return sum(1 for _ in zip(cell.iterdescendants(), range(_LARGE_CELL), strict=False)) == _LARGE_CELL


def _control(element: Element) -> str:
    """Return what an agent needs to act on a control: its kind, its names, its state."""
    said = [element.tag]
    for name in _SAID[element.tag != "input" :]:
        value = " ".join((element.get(name) or "").split())
        if value and len(value) <= _LONGEST_VALUE and "]" not in value:
            said.append(f'{name}="{value}"' if " " in value else f"{name}={value}")
    return " ".join([*said, *(name for name in _SET if element.get(name) is not None)])
