"""Make the shipped vocabularies from tiktoken's own files: `python -m headroom.data.build DIR`.

DIR is a tiktoken cache folder: what TIKTOKEN_CACHE_DIR points at once tiktoken has downloaded there.
Files are found by their sha256, so their names do not matter, and nothing else is accepted.
"""

from __future__ import annotations

import hashlib
import lzma
import sys
from pathlib import Path

from headroom.data import SHA256, from_text, pack, to_text


def build(source: Path, target: Path) -> list[Path]:
    """Write `NAME.xz` for every vocabulary into `target`; return what was written."""
    texts = {
        hashlib.sha256(text).hexdigest(): text for text in (p.read_bytes() for p in source.iterdir() if p.is_file())
    }
    missing = [name for name, digest in SHA256.items() if digest not in texts]
    if missing:
        raise SystemExit(f"no file in {source} has the sha256 of {' or '.join(missing)}")
    return [_write(target / f"{name}.xz", texts[digest]) for name, digest in SHA256.items()]


def _write(path: Path, text: bytes) -> Path:
    tokens = from_text(text)
    if to_text(tokens) != text:
        raise SystemExit(f"{path.stem}: the compact form does not give back the original text")
    path.write_bytes(lzma.compress(pack(tokens), preset=9 | lzma.PRESET_EXTREME))
    return path


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    for written in build(Path(sys.argv[1]), Path(__file__).parent):
        print(f"{written.name}: {written.stat().st_size:,} bytes")  # noqa: T201
