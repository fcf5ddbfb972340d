"""Speed of the compressors that work by lines: megabytes a second on one core, tokens not counted.

    python benchmarks/speed.py [--megabytes 2] [--only listing]

Processor time, the best of three runs on generated texts: the lossless form, and a selection towards 2,000 tokens.
The last column says how long the selection takes beside splitting the text into lines and counting equal ones.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from unittest import mock

import speed_texts
from speed_texts import Lines, text_of

from headroom import tokens
from headroom.compressors import built_in, takers
from headroom.content import Block

TARGET = 2_000
RUNS = 3
KINDS: dict[str, Lines] = {
    "search: grep -rn": speed_texts.grep,
    "search: grep -rn, in no order": speed_texts.grep_unordered,
    "search: grep -r": speed_texts.grep_bare,
    "search: grep -rn -C1": speed_texts.grep_context,
    "search: rg --heading": speed_texts.ripgrep,
    "listing: find": speed_texts.find,
    "listing: find, in no order": speed_texts.find_unordered,
    "listing: ls -lR": speed_texts.ls,
    "listing: tree": speed_texts.tree,
    "listing: du -a": speed_texts.du,
    "listing: git status": speed_texts.git_status,
    "diff: git diff": speed_texts.diff,
    "log: a service": speed_texts.service,
    "log: records all different": speed_texts.unlike,
    "log: a web server": speed_texts.access,
    "log: JSON lines": speed_texts.json_lines,
    "log: a CI job": speed_texts.ci,
    "output: pytest -v": speed_texts.pytest,
    "output: make": speed_texts.build,
}


def best(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest run."""
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def row(name: str, text: str) -> str:
    """Return a row of the table: how fast the compressor is that takes the text."""
    block = Block(text, kind="tool_result", tool="bash")
    compressor = next(takers(block, built_in()))
    lines = best(lambda: Counter(text.split("\n")))
    whole = best(lambda: compressor.shrink(block, target_tokens=None))
    some = best(lambda: compressor.shrink(block, target_tokens=TARGET))
    size = len(text) / 1e6
    form = "" if compressor.shrink(block, target_tokens=None) else " (no such form)"
    return f"| {name} | {compressor.id} | {size / whole:.1f}{form} | {size / some:.1f} | {some / lines:.0f} |"


def table(megabytes: float, *, only: str) -> Iterator[str]:
    """Yield the lines of the table; of the kinds alone whose names hold `only`."""
    yield "| text | compressor | lossless MB/s | selecting MB/s | selecting / counting lines |"
    yield "|---|---|---:|---:|---:|"
    for name, lines in KINDS.items():
        if only in name:
            yield row(name, text_of(lines, characters=int(megabytes * 1e6)))


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--megabytes", type=float, default=2.0)
    options.add_argument("--only", default="", help="of the kinds with this in their names alone")
    given = options.parse_args()
    with mock.patch.object(tokens, "count", lambda text: len(text) // 4):
        for line in table(given.megabytes, only=given.only):
            print(line, flush=True)


if __name__ == "__main__":
    main()
