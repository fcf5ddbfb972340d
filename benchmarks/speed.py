"""Speed of the compressors that work by lines: megabytes a second on one core, tokens not counted.

    python benchmarks/speed.py [--megabytes 2]

Processor time, the best of three runs on generated texts: the lossless form, and a selection towards 2,000 tokens.
The last column says how long the selection takes beside splitting the text into lines and counting equal ones.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from unittest import mock

from headroom import tokens
from headroom.compressors import built_in, takers
from headroom.content import Block

TARGET = 2_000
RUNS = 3
WORDS = [
    "cache",
    "index",
    "parse",
    "stream",
    "token",
    "buffer",
    "writer",
    "reader",
    "config",
    "session",
    "worker",
    "queue",
    "lease",
    "shard",
    "replica",
]


def grep(dice: random.Random) -> str:
    """Return one hit of `grep -rn`."""
    path = f"src/{dice.choice(WORDS)}/{dice.choice(WORDS)}_{dice.randrange(40)}.py"
    return f"{path}:{dice.randrange(1, 900)}:    {dice.choice(WORDS)} = self.{dice.choice(WORDS)}({dice.randrange(99)})"


def find(dice: random.Random) -> str:
    """Return one path of `find`."""
    return (
        "./"
        + "/".join(dice.choice(WORDS) for _ in range(dice.randrange(2, 6)))
        + f"/{dice.choice(WORDS)}_{dice.randrange(999)}.py"
    )


def service(dice: random.Random) -> str:
    """Return one record of a service's log."""
    level = "ERROR" if dice.random() < 0.001 else "INFO"
    said = f"{dice.choice(WORDS)} {dice.randrange(9_999)} served by {dice.choice(WORDS)}-{dice.randrange(9)}"
    return (
        f"2026-03-01T10:{dice.randrange(60):02d}:{dice.randrange(60):02d}Z {level} {said} in {dice.randrange(900)} ms"
    )


def pytest(dice: random.Random) -> str:
    """Return one line of `pytest -v`."""
    told = "FAILED" if dice.random() < 0.001 else "PASSED"
    return f"tests/test_{dice.choice(WORDS)}.py::test_{dice.choice(WORDS)}_{dice.randrange(999)} {told} [{dice.randrange(100):3d}%]"


KINDS: dict[str, Callable[[random.Random], str]] = {
    "search: grep -rn": grep,
    "listing: find": find,
    "log: a service": service,
    "output: pytest -v": pytest,
}


def text_of(line: Callable[[random.Random], str], *, characters: int) -> str:
    """Return lines of one kind, the same at every run."""
    dice = random.Random(7)
    lines: list[str] = []
    size = 0
    while size < characters:
        lines.append(line(dice))
        size += len(lines[-1]) + 1
    return "\n".join(sorted(lines) if line is grep else lines)


def best(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest run."""
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def table(megabytes: float) -> Iterator[str]:
    """Yield the rows of the table."""
    yield "| text | compressor | lossless MB/s | selecting MB/s | selecting / counting lines |"
    yield "|---|---|---:|---:|---:|"
    for name, line in KINDS.items():
        text = text_of(line, characters=int(megabytes * 1e6))
        block = Block(text, kind="tool_result", tool="bash")
        compressor = next(takers(block, built_in()))
        lines = best(lambda text=text: Counter(text.split("\n")))  # type: ignore[misc]
        whole = best(lambda take=compressor, block=block: take.shrink(block, target_tokens=None))  # type: ignore[misc]
        some = best(lambda take=compressor, block=block: take.shrink(block, target_tokens=TARGET))  # type: ignore[misc]
        size = len(text) / 1e6
        lossless = f"{size / whole:.1f}" if compressor.shrink(block, target_tokens=None) else "no such form"
        yield f"| {name} | {compressor.id} | {lossless} | {size / some:.1f} | {some / lines:.0f} |"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--megabytes", type=float, default=2.0)
    with mock.patch.object(tokens, "count", lambda text: len(text) // 4):
        for row in table(options.parse_args().megabytes):
            print(row, flush=True)


if __name__ == "__main__":
    main()
