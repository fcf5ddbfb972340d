"""Raw JSON, read one level at a time and changed in place.

A body is never parsed whole and dumped again: its values are walked level by level, each with its
span, and new JSON is spliced in where an old value stood. Numbers, escapes, key order, spacing and
odd bytes elsewhere stay the client's own (law 6).

The walk goes over the body as Latin-1, one character a byte: JSON's structure is ASCII, so every
offset is an offset into the bytes, and one emoji does not make the text four times as large. Values
are decoded as the UTF-8 they are.

Whatever is no valid JSON raises ValueError (mostly json.JSONDecodeError, which names the place), and
what is nested too deeply RecursionError; wires turn both into WireError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from json import JSONDecodeError
from typing import Any, NamedTuple

Scan = Callable[[str, int], tuple[Any, int]]
"""Reads the value that starts at an offset of a walked text: what it is, and the offset just after it."""

Edit = tuple[int, int, str]
"""Start, end, and the JSON text that takes the place of the bytes between them."""


class Value(NamedTuple):
    """A value and where it stands."""

    start: int
    end: int
    value: Any


skip_value: Scan = json.JSONDecoder().raw_decode
"""Finds the end of the value at an offset; the value it returns is true only where it is ASCII."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NO_SCANS: Mapping[str, Scan] = {}
_SPACE = re.compile(r"[ \t\n\r]*").match
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*").match
_PLAIN_KEY = re.compile(r'"([ !#-\[\]-~]*)"[ \t\n\r]*:[ \t\n\r]*').match
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*").match


def walked(raw: bytes) -> str:
    """Return the body as the text that the functions below walk: one character a byte."""
    return raw.decode("latin-1")


def literal(text: str, start: int, end: int) -> str:
    """Return the true text of a span; bytes that are no UTF-8 become lone surrogates, which `splice` turns back."""
    piece = text[start:end]
    return piece if piece.isascii() else piece.encode("latin-1").decode("utf-8", "surrogateescape")


def decode_value(text: str, start: int) -> tuple[Any, int]:
    """Return the whole value at `start` and the offset after it: the plain scan."""
    value, end = skip_value(text, start)
    piece = literal(text, start, end)
    return (value if piece.isascii() else json.loads(piece)), end


def dumps(value: object) -> str:
    """Return compact JSON whose UTF-8 is valid: lone surrogates are escaped, all else stands as itself."""
    text = _encode(value)
    return text if text.isascii() else _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def members(
    text: str, start: int, scan: Scan = decode_value, scans: Mapping[str, Scan] = _NO_SCANS
) -> tuple[dict[str, Value], int]:
    """Return the members of the object at `start` by key, and the offset after it.

    Values are read by the scan of their key, if `scans` has one, else by `scan`. A key that stands
    twice raises: two readers could take the object for two different things.
    """
    found: dict[str, Value] = {}
    position = _open(text, start, "{")
    if text.startswith("}", position):
        return found, position + 1
    while True:
        key, at = _key(text, position)
        if key in found:
            raise JSONDecodeError(f"Key {key[:80]!r} stands twice in one object", text, position)
        value, end = scans.get(key, scan)(text, at)
        found[key] = Value(at, end, value)
        comma = _COMMA(text, end)
        if comma is None:
            return found, _close(text, end, "}")
        position = comma.end()


def items(text: str, start: int, scan: Scan = decode_value) -> tuple[list[Value], int]:
    """Return the items of the array at `start`, each read by `scan`, and the offset after it."""
    found: list[Value] = []
    position = _open(text, start, "[")
    if text.startswith("]", position):
        return found, position + 1
    while True:
        value, end = scan(text, position)
        found.append(Value(position, end, value))
        comma = _COMMA(text, end)
        if comma is None:
            return found, _close(text, end, "]")
        position = comma.end()


def document(text: str, scans: Mapping[str, Scan] = _NO_SCANS) -> dict[str, Value]:
    """Return the members of a text that is one object and nothing else."""
    found, end = members(text, _skip(text, 0), scans=scans)
    if _skip(text, end) != len(text):
        raise JSONDecodeError("Extra data after the object", text, end)
    return found


def value_of(found: Mapping[str, Value], key: str) -> Any:
    """Return what a member says, None if there is no such member."""
    return found[key].value if key in found else None


def splice(raw: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the body with each edit's JSON in place of what stood there; edits may come in any order."""
    pieces: list[bytes] = []
    last = 0
    for start, end, replacement in sorted(edits, key=lambda edit: edit[:2]):
        if start < last:
            raise ValueError(f"two edits overlap at byte {start}")
        pieces += (raw[last:start], replacement.encode("utf-8", "surrogateescape"))
        last = end
    pieces.append(raw[last:])
    return b"".join(pieces)


def appended(array: Value, texts: Sequence[str]) -> list[Edit]:
    """Return the edits that put JSON texts at the end of an array read by `items`."""
    if not texts:
        return []
    if not array.value:
        return [(array.start + 1, array.start + 1, ",".join(texts))]
    end = array.value[-1].end
    return [(end, end, "".join("," + text for text in texts))]


def replaced(array: Value, replacements: Mapping[int, Sequence[str]]) -> list[Edit]:
    """Return the edits that put any number of JSON texts where items of an array stood; none takes the item out."""
    edits: list[Edit] = []
    kept_before = False
    for index, item in enumerate(array.value):
        texts = replacements.get(index)
        if texts:
            edits.append((item.start, item.end, ",".join(texts)))
        elif texts is not None and kept_before:
            edits.append((array.value[index - 1].end, item.end, ""))
        elif texts is not None:
            following = array.value[index + 1].start if index + 1 < len(array.value) else item.end
            edits.append((item.start, following, ""))
        kept_before = kept_before or texts is None or bool(texts)
    return edits


def _key(text: str, position: int) -> tuple[str, int]:
    """Return the key at a position and the offset of its value."""
    if (plain := _PLAIN_KEY(text, position)) is not None:
        return plain[1], plain.end()
    if not text.startswith('"', position):
        raise JSONDecodeError("Expecting a key in double quotes", text, position)
    key, after = decode_value(text, position)
    colon = _COLON(text, after)
    if colon is None:
        raise JSONDecodeError("Expecting ':'", text, after)
    return key, colon.end()


def _open(text: str, start: int, bracket: str) -> int:
    if not text.startswith(bracket, start):
        raise JSONDecodeError("Expecting an object" if bracket == "{" else "Expecting an array", text, start)
    return _skip(text, start + 1)


def _close(text: str, end: int, bracket: str) -> int:
    position = _skip(text, end)
    if not text.startswith(bracket, position):
        raise JSONDecodeError(f"Expecting ',' or '{bracket}'", text, position)
    return position + 1


def _skip(text: str, position: int) -> int:
    match = _SPACE(text, position)
    return match.end() if match else position
