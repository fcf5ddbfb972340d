"""TOML and INI as parts: sections, and the statements in them. The parsers of the standard library judge the text."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator, Sequence

from headroom.compressors.config_tree import Part, settled

_MAX_CHARS = 8_000_000

_TOML_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""(?:"{1,2})?|' + r"'''(?:[^']|'(?!''))*'''(?:'{1,2})?"
    r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'|\#[^\n]*|[\[\]{}]|\n",
    re.DOTALL,
)
_HEADER = re.compile(r"\s*\[{1,2}([^\[\]\n]{1,200})\]{1,2}\s*(?:[#;].*)?")
_SETTING = re.compile(r"([^=:]{1,200})[=:](.*)", re.DOTALL)


def parse_toml(lines: Sequence[str]) -> Part | None:
    """Return the tables of a TOML document as parts; None if it is none."""
    text = "\n".join(lines)
    if len(text) > _MAX_CHARS:
        return None
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    return settled(_sections(lines, _toml_statements(text)), lines, comments="#")


def parse_ini(lines: Sequence[str]) -> Part | None:
    """Return the sections of an INI file as parts; None if it is none."""
    text = "\n".join(lines)
    reader = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters=("=", ":"))
    try:
        if len(text) > _MAX_CHARS:
            return None
        reader.read_string(text)
    except (configparser.Error, ValueError):
        return None
    return settled(_sections(lines, _ini_statements(lines)), lines, comments="#;") if reader.sections() else None


def _toml_statements(text: str) -> Iterator[int]:
    """Yield the lines on which statements begin: not those inside a string or a list."""
    depth = line = 0
    yield 0
    for token in _TOML_TOKEN.finditer(text):
        char = token[0]
        if char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
        line += char.count("\n")
        if char == "\n" and depth == 0:
            yield line


def _ini_statements(lines: Sequence[str]) -> Iterator[int]:
    for number, line in enumerate(lines):
        if not line[:1].isspace() or _HEADER.fullmatch(line):
            yield number


def _sections(lines: Sequence[str], statements: Iterator[int]) -> Part:
    """Return the sections, one whose name begins with another's inside it, runs of one name as a list."""
    root = Part("", 0, len(lines))
    open_: list[tuple[str, Part]] = [("", root)]
    for number in statements:
        line = lines[number]
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        if header := _HEADER.fullmatch(line):
            name = header[1].strip()
            while len(open_) > 1 and not name.startswith(open_[-1][0] + "."):
                open_.pop()
            part = Part(name, number, number + 1)
            open_[-1][1].parts.append(part)
            open_.append((name, part))
        elif setting := _SETTING.fullmatch(line.strip()):
            open_[-1][1].parts.append(Part(setting[1].strip(), number, number + 1, text=setting[2]))
    return _with_lists(root)


def _with_lists(root: Part) -> Part:
    """Put runs of parts with one name ([[package]]) into a list of that name."""
    todo = [root]
    while todo:
        part = todo.pop()
        if part.listed:
            todo += part.parts
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
        todo += gathered
    return root
