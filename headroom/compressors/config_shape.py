"""Whether a text is a configuration file, and of which kind: by the look of its first lines, then by its parser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import config_sections, config_xml, config_yaml
from headroom.compressors.config_tree import Part

_SAMPLE_LINES = 200
_SAMPLE_CHARS = 16_000
_PARSED_LINES = 60
"""Lines of a sample that the parser has to read, once it looks like YAML."""

_MIN_LINES = 8
_WRAPPED = 4
"""Lines before and after a file that may be somebody else's: a tag round a command's output, blank ones."""

_WRAPPER = re.compile(r"(?:</?[A-Za-z_]{1,40}>[^<]{0,20}(?:</[A-Za-z_]{1,40}>)?)?")
_HTML = re.compile(r"\s*(?:<!--.{0,400}-->\s*)?<(?:!doctype\s+html|html|head|body|div)\b", re.IGNORECASE)
_ELEMENT = re.compile(r"\s*<(?:\?xml\s|!--|!DOCTYPE\s|/?[A-Za-z_])")
_HEADER = re.compile(r"\s*\[{1,2}[^\[\]\"{},()]{1,100}\]{1,2}\s*(?:[#;].*)?")
_SETTING = re.compile(r"[\w.\"'/ -]{1,80}[=:]")
_ENTRY = re.compile(
    r"\s*(?:- +){0,3}(?:\"[^\"]{1,200}\"|'[^']{1,200}'|[^\s\"'#:\[\]{},&*!|>%@`-][^:#\n]{0,120}?):(?:\s|$)"
)
_ITEM = re.compile(r"\s*-(?:\s|$)")
_OPENS = re.compile(r"\s*(?:- +){0,3}[^\s:#][^:#\n]{0,120}:\s*(?:[|>&!].{0,40})?$")
_ASIDE = re.compile(r"\s*(?:[#;].*|---.*|\.\.\.\s*)?$")


def sureness(text: str) -> float:
    """Return how surely a text is a configuration file, 0 to 1, or -1. Looks at a sample from its start only."""
    sample = text[:_SAMPLE_CHARS].split("\n")[:_SAMPLE_LINES]
    start, end = _body(sample)
    lines = [line for line in sample[start:end] if not _ASIDE.match(line)]
    if is_dense(text):
        return 0.7 if lines and _ELEMENT.match(lines[0]) and not _HTML.match(lines[0]) else -1.0
    if len(lines) < _MIN_LINES or _HTML.match("\n".join(lines[:3])):
        return -1.0
    if _ELEMENT.match(lines[0]):
        return 0.7 if sum(_ELEMENT.match(line) is not None for line in lines) * 2 > len(lines) else -1.0
    if any(_HEADER.fullmatch(line) for line in lines if "[" in line):
        known = sum(
            bool(_HEADER.fullmatch(line) or _SETTING.match(line.strip()) or line[0] in " \t]") for line in lines
        )
        return 0.7 if known * 10 >= len(lines) * 9 else -1.0
    return 0.7 if _looks_like_yaml(lines) and _begins_as_yaml(sample[start:end]) else -1.0


def is_dense(text: str) -> bool:
    """Tell whether a text has many tags on few lines."""
    return "><" in text[:_SAMPLE_CHARS] and text.count("\n") < _MIN_LINES <= text.count("><", 0, _SAMPLE_CHARS)


def _begins_as_yaml(lines: Sequence[str]) -> bool:
    """Tell whether the parser reads the first lines, up to one that begins a part of its own."""
    cut = min(len(lines), _PARSED_LINES)
    while cut < len(lines) and cut > 1 and lines[cut][:1] in " -#\r":
        cut -= 1
    root = config_yaml.parse(lines[: cut if cut > 1 else _PARSED_LINES])
    return root is not None and any(part.parts for part in root.parts)


def _looks_like_yaml(lines: Sequence[str]) -> bool:
    """Tell whether most lines are entries or items, and many stand under others."""
    if sum(line[0] in " -" for line in lines) * 3 < len(lines):
        return False
    entries = sum(":" in line and _ENTRY.match(line) is not None for line in lines)
    if entries * 3 < len(lines):
        return False
    items = sum("-" in line and _ITEM.match(line) is not None and not _ENTRY.match(line) for line in lines)
    return (entries + items) * 10 >= len(lines) * 7 and any(":" in line and _OPENS.match(line) for line in lines)


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file among the lines of a text: those from `start` to before `end`, and their parts."""

    start: int
    end: int
    root: Part


def read(lines: Sequence[str]) -> File | None:
    """Return the file that makes up a text; None if no parser reads it, or it has no parts."""
    for start, end in dict.fromkeys([(0, len(lines)), _unwrapped(lines), _body(lines)]):
        root = _parse(lines[start:end])
        if root is not None and root.parts:
            return File(start, end, root)
    return None


def _body(lines: Sequence[str]) -> tuple[int, int]:
    """Return where a file begins and ends among lines that may wrap it."""
    start, end = 0, len(lines)
    while start < min(_WRAPPED, end) and _WRAPPER.fullmatch(lines[start].strip()):
        start += 1
    while end > start and len(lines) - end < _WRAPPED and _WRAPPER.fullmatch(lines[end - 1].strip()):
        end -= 1
    return start, end


def _unwrapped(lines: Sequence[str]) -> tuple[int, int]:
    """Return where a file begins and ends, if no more tags close behind it than open before it: XML ends in one of its own."""
    start, end = _body(lines)[0], len(lines)
    left = sum(1 for line in lines[:start] if line.strip() and "</" not in line)
    while end > start and len(lines) - end < _WRAPPED and (left or not lines[end - 1].strip()):
        if not _WRAPPER.fullmatch(lines[end - 1].strip()):
            break
        left -= bool(lines[end - 1].strip())
        end -= 1
    return start, end


def _parse(lines: Sequence[str]) -> Part | None:
    first = next((line for line in lines if not _ASIDE.match(line)), "")
    if _ELEMENT.match(first):
        return config_xml.parse(lines)
    if any(_HEADER.fullmatch(line) for line in lines[:_SAMPLE_LINES]):
        return config_sections.parse_toml(lines) or config_sections.parse_ini(lines)
    return config_yaml.parse(lines)
