"""A page's tree: what in it is text to read, and what is chrome around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree  # type: ignore[import-untyped]

Element: TypeAlias = Any
"""An element of lxml's tree, which comes without types."""

UNSEEN = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "iframe",
        "object",
        "head",
        "link",
        "meta",
        "canvas",
        "audio",
        "video",
        "map",
        "datalist",
    ]
)
_CHROME = frozenset({"nav", "footer"})
_CHROME_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search"})
_CHROME_NAMES = frozenset(
    [
        "ad",
        "ads",
        "advert",
        "advertisement",
        "banner",
        "breadcrumb",
        "breadcrumbs",
        "cookie",
        "cookies",
        "consent",
        "footer",
        "masthead",
        "menu",
        "menubar",
        "nav",
        "navbar",
        "navigation",
        "newsletter",
        "pagination",
        "promo",
        "related",
        "share",
        "sharing",
        "sidebar",
        "skip",
        "social",
        "sponsor",
        "subscribe",
        "toc",
        "toolbar",
    ]
)
_CONTAINERS = frozenset({"div", "section", "ul", "ol", "table", "aside", "p"})
_LARGEST = 3
"""Chrome is no more than one part in so many of the text that a page has."""

_MAIN_CHARS = 200
_HIDDEN = re.compile(r"display:\s*none|visibility:\s*hidden", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A tree, and where in it the reading starts."""

    title: str
    main: Element
    chrome: frozenset[Element]
    """What is left out of `main`."""


def parse(source: str) -> Page | None:
    """Return the page that a source describes; None for one without text."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(source.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError, ValueError):
        return None
    if root is None:
        return None
    body = root.find(".//body")
    body = root if body is None else body
    sizes = _sizes(body)
    main = _main(body, sizes)
    title = root.findtext("head/title") or ""
    return Page(" ".join(title.split()), main, frozenset(_chrome(main, body, sizes)))


def hidden(element: Element) -> bool:
    """Tell whether an element says itself that it is not shown."""
    if element.get("hidden") is not None:
        return True
    return (style := element.get("style")) is not None and _HIDDEN.search(style) is not None


def _sizes(body: Element) -> dict[Element, int]:
    """Return how many characters of text stand in each element."""
    sizes: dict[Element, int] = {}
    for element in body.iter():
        sizes[element] = len((element.text or "").strip())
    for element in reversed(list(sizes)):
        if element.tag in UNSEEN:
            sizes[element] = 0
        parent = element.getparent()
        if parent is not None and element is not body:
            sizes[parent] += sizes[element] + len((element.tail or "").strip())
    return sizes


def _main(body: Element, sizes: dict[Element, int]) -> Element:
    """Return what the page itself calls its main part; else the one article with most of the text; else all."""
    for path in (".//main", ".//*[@role='main']"):
        for element in body.iterfind(path):
            if sizes[element] >= min(_MAIN_CHARS, sizes[body] // 2):
                return element
    return next((element for element in body.iterfind(".//article") if sizes[element] * 2 > sizes[body]), body)


def _chrome(main: Element, body: Element, sizes: dict[Element, int]) -> Iterator[Element]:
    most = sizes[main] // _LARGEST
    for element in main.iterdescendants():
        if sizes[element] <= most and (_is_chrome(element) or (main is body and _is_margin(element))):
            yield element


def _is_margin(element: Element) -> bool:
    """Tell whether an element frames a page, where nothing says which part of it is the main one."""
    return element.tag == "aside" or (element.tag == "header" and element.find(".//h1") is None)


def _is_chrome(element: Element) -> bool:
    if element.tag in _CHROME or element.get("role") in _CHROME_ROLES:
        return True
    if element.tag not in _CONTAINERS:
        return False
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return names != " " and not _CHROME_NAMES.isdisjoint(names.lower().split())
