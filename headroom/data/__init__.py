"""The vocabularies that tokens are counted with, shipped so that counting needs no network.

`NAME.xz` holds, compressed by lzma: the number of tokens (4 bytes, big-endian), the length of each
token in rank order (1 byte each), then all tokens end to end. README.md tells where they come from.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from importlib.resources import files
from itertools import accumulate, pairwise

from headroom.errors import ConfigError

SHA256 = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
"""Of each vocabulary's original text, as tiktoken pins it in its own source."""


def load(name: str) -> dict[bytes, int]:
    """Return the tokens of a shipped vocabulary, each with its rank.

    ConfigError when the file is missing or damaged: decisions need this ruler and no other, so there
    is nothing to fall back to, and nothing is ever downloaded.
    """
    try:
        import lzma
    except ImportError as error:
        raise ConfigError("This Python was built without the lzma module: use a build that has it.") from error
    try:
        return unpack(lzma.decompress((files(__name__) / f"{name}.xz").read_bytes()))
    except (OSError, lzma.LZMAError, ValueError) as error:
        raise ConfigError(
            f"The {name} vocabulary inside the headroom package is missing or damaged ({error}): "
            "reinstall it with `pip install --force-reinstall --no-deps headroom-ai`.",
            value=name,
        ) from error


def pack(tokens: list[bytes]) -> bytes:
    """Lay tokens out, in rank order, as the compact form before compression."""
    return len(tokens).to_bytes(4, "big") + bytes(map(len, tokens)) + b"".join(tokens)


def unpack(packed: bytes) -> dict[bytes, int]:
    """Read what `pack` wrote; ValueError when the lengths do not add up."""
    count = int.from_bytes(packed[:4], "big")
    bounds = list(accumulate(packed[4 : 4 + count], initial=4 + count))
    if len(bounds) != count + 1 or bounds[-1] != len(packed):
        raise ValueError("the lengths of its tokens do not add up")
    return {packed[start:end]: rank for rank, (start, end) in enumerate(pairwise(bounds))}


def from_text(text: bytes) -> list[bytes]:
    """Read tiktoken's own text form: one line per token, base64 and rank, in rank order."""
    return [b64decode(line.split(b" ")[0]) for line in text.split(b"\n") if line]


def to_text(tokens: list[bytes]) -> bytes:
    """Write tiktoken's own text form."""
    return b"".join(b"%b %d\n" % (b64encode(token), rank) for rank, token in enumerate(tokens))
