"""How any str and any key become bytes in a store, whichever it is."""

from __future__ import annotations

from hashlib import blake2b


def digest(name: str) -> bytes:
    """Return the 16 bytes by which a scope or a journal key is kept.

    Names come from clients, so they may be of any length and hold anything, lone surrogates
    included; and a file that somebody reads need not say whose data it holds.
    """
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def encode(text: str) -> bytes:
    """Return any str as bytes, lone surrogates as they are."""
    return text.encode("utf-8", "surrogatepass")


def decode(stored: bytes) -> str:
    """Undo `encode`. Raises UnicodeDecodeError on what it cannot have made."""
    return stored.decode("utf-8", "surrogatepass")
