"""TOML and INI as parts: sections, and the statements in them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence

from headroom.compressors.config_tree import Part, settled

_PROVEN = 40_000
"""Characters of a TOML document that its parser has to read: all tables that begin within them."""

_TOML_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""(?:"{1,2})?|' + r"'''(?:[^']|'(?!''))*'''(?:'{1,2})?"
    r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'|\#[^\n]*|[\[\]{}]|\n",
    re.DOTALL,
)
_HEADER = re.compile(r"\s*\[{1,2}([^\[\]\n]{1,200})\]{1,2}\s*(?:[#;].*)?")
_NAME = re.compile(r"([^=:]{1,200})[=:]")
_INI_HEADER = re.compile(r"\[[^\n]*[^\n\]][^\n]*\]")


def parse_toml(lines: Sequence[str]) -> Part | None:
    """Return the tables of a TOML document as parts; None if its parser does not read how it begins."""
    statements = list(_toml_statements("\n".join(lines)))
    try:
        tomllib.loads("\n".join(lines[: _proven(lines, statements)]))
    except (ValueError, RecursionError):
        return None
    return settled(_sections(lines, statements), lines, comments="#")


def parse_ini(lines: Sequence[str]) -> Part | None:
    """Return the sections of an INI file as parts; None if it is none.

    It is one if the first statement is a section's header and each of the others has a name or is a header: what
    `configparser` asks of a file whose options need no value.
    """
    statements = list(_ini_statements(lines))
    first = next((line for number in statements if (line := lines[number].strip()) and line[0] not in "#;"), "")
    if not _INI_HEADER.match(first) or any(lines[number].lstrip()[:1] in ("=", ":") for number in statements):
        return None
    return settled(_sections(lines, statements), lines, comments="#;")


def _proven(lines: Sequence[str], statements: Iterable[int]) -> int:
    """Return the line before which a document's beginning ends: a table's header beyond what has to be read."""
    size = at = 0
    for number in statements:
        size += sum(map(len, lines[at:number]))
        at = number
        if size > _PROVEN and lines[number].lstrip()[:1] == "[":
            return number
    return len(lines)


def _toml_statements(text: str) -> Iterator[int]:
    """Yield the lines on which statements begin: not those inside a string or a list."""
    depth = line = 0
    yield 0
    for sign in _TOML_TOKEN.findall(text):
        if sign == "\n":
            line += 1
            if depth == 0:
                yield line
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        elif sign[:3] in ('"""', "'''"):
            line += sign.count("\n")


def _ini_statements(lines: Sequence[str]) -> Iterator[int]:
    for number, line in enumerate(lines):
        if not line[:1].isspace() or ("[" in line and _HEADER.fullmatch(line)):
            yield number


def _sections(lines: Sequence[str], statements: Iterable[int]) -> Part:
    """Return the sections, one whose name begins with another's inside it, runs of one name as a list."""
    root = Part("", 0, len(lines))
    open_: list[tuple[str, Part]] = [("", root)]
    for number in statements:
        line = lines[number].strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and (header := _HEADER.fullmatch(line)):
            name = header[1].strip()
            while len(open_) > 1 and not name.startswith(open_[-1][0] + "."):
                open_.pop()
            part = Part(name, number, number + 1)
            open_[-1][1].parts.append(part)
            open_.append((name, part))
        elif setting := _NAME.match(line):
            open_[-1][1].parts.append(Part(setting[1].strip(), number, number + 1, line[setting.end() :]))
    return _with_lists(root)


def _with_lists(root: Part) -> Part:
    """Put runs of parts with one name ([[package]]) into a list of that name."""
    todo = [root]
    while todo:
        part = todo.pop()
        if part.listed:
            todo += [child for child in part.parts if child.parts]
            continue
        gathered: list[Part] = []
        for child in part.parts:
            last = gathered[-1] if gathered else None
            if last is not None and last.listed and last.name == child.name:
                last.parts.append(child)
            elif last is not None and last.name == child.name and child.parts:
                gathered[-1] = Part(child.name, last.start, child.end, parts=[last, child], listed=True)
            else:
                gathered.append(child)
        part.parts = gathered
        todo += [child for child in gathered if child.parts]
    return root
