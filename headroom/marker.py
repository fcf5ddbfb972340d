"""The marker: the one line that declares what was left out and how to get it back.

    [headroom: 180 of 240 lines left out; source intact, headroom_retrieve ref=9f86d081884c7d659a2feaa0 #1a2b3c4d]

Nothing else in the package knows this text. A marker closes the text it belongs to and ends in a
checksum over that text and its own words, so that a line which merely looks like one is nobody's
marker: it resolves to nothing and protects nothing (law 8).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

TOOL = "headroom_retrieve"
"""Name of the tool that redeems a marker."""

REF_CHARS = 24
"""A ref is written as the first 24 hex digits (96 bits) of the original's sha256: 12 tokens."""

_MARKER = re.compile(
    r"\[headroom: (?P<what>[^\[\]\n]{1,200}); source intact, "
    + TOOL
    + r" ref=(?P<ref>[0-9a-f]{24}) #(?P<sum>[0-9a-f]{8})\]"
)
_REF = re.compile(r"[0-9a-f]{12,64}")


def ref_of(original: str) -> str:
    """Return the content address of an original text.

    Lone surrogates are encoded as they are (surrogatepass), so every str has a ref.
    """
    return hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:REF_CHARS]


def attach(text: str, *, what: str, ref: str) -> str:
    """Return `text` closed by the marker that declares `what` was left out of the original `ref`.

    `what` is one line without brackets, e.g. "180 of 240 lines left out".
    """
    head = f"[headroom: {what}; source intact, {TOOL} ref={ref} #"
    return f"{text}\n{head}{_checksum(text, head)}]"


def note(text: str, *, what: str) -> str:
    """Return `text` closed by a line that declares `what` was left out, for a reader who could not redeem a ref."""
    return f"{text}\n[headroom: {what}]"


def genuine(text: str) -> str | None:
    """Return the ref of the marker that closes `text`, if it is one of ours, else None."""
    start = text.rfind("\n[headroom: ")
    if start < 0:
        return None
    match = _MARKER.fullmatch(text, start + 1)
    if match is None:
        return None
    head = text[start + 1 : match.start("sum")]
    return match["ref"] if _checksum(text[:start], head) == match["sum"] else None


def refs_in(text: str) -> Iterator[str]:
    """Yield the ref of everything in `text` that has the form of a marker, genuine or not."""
    for match in _MARKER.finditer(text):
        yield match["ref"]


def normal_ref(written: str) -> str:
    """Return the ref that `written` means, as models write refs: any case, 12 digits or more, words around it.

    Returns "" when nothing in it can be a ref.
    """
    match = _REF.search(written[:4096].lower())
    return match[0][:REF_CHARS] if match else ""


def _checksum(text: str, head: str) -> str:
    return hashlib.blake2b((text + head).encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
