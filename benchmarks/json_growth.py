"""JSON: the CPU time of one document of rows, from small tool results to 50 MB, each size twice the one before.

    python benchmarks/json_growth.py [--quick]

Milliseconds of processor time, the best of some runs, tokens not counted: `shrink` towards 2,000 tokens, `verify`
(which parses the original once more), and `json.loads` of the same text to compare machines by.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from unittest import mock

from headroom import tokens
from headroom.compressors.json import JsonCompressor
from headroom.content import Block

ROWS = 20, 5_000
LARGEST = 52_000_000
QUICK = 3_000_000
TARGET = 2_000


def rows(number: int) -> list[dict[str, object]]:
    """Return log entries of some 140 characters."""
    dice = random.Random(7)
    return [
        {
            "id": n,
            "at": f"2024-12-{1 + n // 86_400 % 28:02d}T{n // 3_600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z",
            "level": "INFO" if n % 997 else "WARN",
            "service": dice.choice(["api", "users", "inventory", "auth"]),
            "ms": dice.randint(20, 900),
            "message": f"served /items/{dice.randint(1, 9_999)} in {dice.randint(20, 90)} ms",
            "host": f"ip-10-0-{dice.randint(0, 9)}-{dice.randint(1, 200)}",
        }
        for n in range(number)
    ]


class Clock:
    """Measures processor time without what counting tokens takes."""

    def __init__(self) -> None:
        self.counting = 0.0
        self.count = tokens.count

    def counted(self, text: str) -> int:
        """Count the tokens of a text and remember how long that took."""
        started = time.process_time()
        number = self.count(text)
        self.counting += time.process_time() - started
        return number

    def best(self, work: Callable[[], object], *, runs: int) -> float:
        """Return the milliseconds of the fastest run."""
        times = []
        for _ in range(runs):
            self.counting = 0.0
            started = time.process_time()
            work()
            times.append(time.process_time() - started - self.counting)
        return 1_000 * min(times)


def line(number: int, clock: Clock) -> tuple[int, str]:
    """Measure one size; return its characters and its row of the table."""
    text = json.dumps(rows(number))
    block = Block(text)
    compressor = JsonCompressor()
    runs = 7 if len(text) < 1_000_000 else 3 if len(text) < 10_000_000 else 1
    loads = clock.best(lambda: json.loads(text), runs=runs)
    shrink = clock.best(lambda: compressor.shrink(block, target_tokens=TARGET, query="latency of items"), runs=runs)
    shrunk = compressor.shrink(block, target_tokens=TARGET, query="latency of items")
    verify = clock.best(lambda: compressor.verify(block, shrunk), runs=runs) if shrunk else 0.0
    size = len(text) / 1e6
    cells = f"{number:,} | {size:.3f} | {loads:.1f} | {shrink:.1f} | {verify:.1f} | {shrink / size:.0f} | {shrink / loads:.1f}"
    return len(text), f"| {cells} |"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help=f"stop at {QUICK:,} characters")
    largest = QUICK if options.parse_args().quick else LARGEST
    clock = Clock()
    clock.count("the vocabulary is loaded by the first count")
    print("| rows | MB | json.loads ms | shrink ms | verify ms | shrink ms/MB | shrink / json.loads |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    with mock.patch.object(tokens, "count", clock.counted):
        small, number = ROWS
        for count in (small, 10 * small):
            print(line(count, clock)[1], flush=True)
        size = 0
        while 2 * size <= largest:
            size, shown = line(number, clock)
            print(shown, flush=True)
            number *= 2


if __name__ == "__main__":
    main()
