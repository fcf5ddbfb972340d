"""Pages that browsing agents were shown: tokens kept, and elements that can be acted on whose ids are still there.

    python benchmarks/axtree.py [FOLDER]

Reads the tool results of every web trajectory in FOLDER (default: $HEADROOM_SHARED/data/A, $HEADROOM_SHARED being
../shared by default) that are accessibility trees, and shrinks each one alone. An element can be acted on when its
line has an id and says a role that agents act on, or that it is clickable; its id is kept when a line of the new
text begins with it.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from headroom import tokens
from headroom.compressors.axtree import AxtreeCompressor
from headroom.content import Block

_ROLES = "(?:button|checkbox|combobox|link|menuitem|option|radio|searchbox|slider|spinbutton|switch|tab|textbox|treeitem) ?['\"]"
ACTED_ON = re.compile(
    rf"^[\t ]*(?:\[(?P<front>[0-9a-z_-]+)\] |uid=(?P<uid>[0-9a-z_]+) )(?:{_ROLES}|.*, clickable)"
    rf"|^[\t ]*{_ROLES}.*browsergym_id='(?P<back>[0-9a-z]+)'"
    rf"|^[\t ]*- (?:{_ROLES}.*\[ref=(?P<ref>[a-z0-9]+)\]|.*\[ref=(?P<pointer>[a-z0-9]+)\] \[cursor=pointer\])",
    re.MULTILINE,
)


def acted_on(tree: str) -> set[str]:
    """Return the ids of the elements of a tree that an agent can act on."""
    return {next(filter(None, match.groups())) for match in ACTED_ON.finditer(tree)}


def trees(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the file and the text of every tool result that is a tree."""
    compressor = AxtreeCompressor()
    for path in sorted(folder.glob("*/*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for message in (message for line in lines for message in json.loads(line)["messages"]):
                text = message.get("content")
                if message.get("role") == "tool" and isinstance(text, str) and compressor.detect(Block(text)) > 0:
                    yield path.stem, text


def main() -> None:
    """Print one line per file."""
    default = Path(os.environ.get("HEADROOM_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "A"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if not folder.is_dir():
        raise SystemExit(f"no trajectories at {folder}: set HEADROOM_SHARED, or name their folder")
    rows: dict[str, list[tuple[float, ...]]] = {}
    for name, text in trees(folder):
        started = time.process_time()
        made = AxtreeCompressor().shrink(Block(text), target_tokens=400)
        spent = time.process_time() - started
        lossless = AxtreeCompressor().shrink(Block(text))
        after, ids = (made.text if made else text), acted_on(text)
        counted = [tokens.count(one) for one in (text, after, lossless.text if lossless else text)]
        rows.setdefault(name, []).append((*counted, len(ids), len(ids & acted_on(after)), len(text), spent))
    print("| file | trees | tokens kept | lossless | ids | ids kept | MB/s |\n|---|---|---|---|---|---|---|")
    for name, found in rows.items():
        before, after_, without, ids_, kept, size, spent = (sum(column) for column in zip(*found, strict=True))
        share = f"{after_ / before:.3f} | {without / before:.3f} | {ids_} | {kept / max(1, ids_):.4f}"
        print(f"| {name} | {len(found)} | {share} | {size / spent / 1e6:.1f} |")


if __name__ == "__main__":
    main()
