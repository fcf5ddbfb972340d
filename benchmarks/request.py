"""One request more: what a long conversation costs when something new comes, and how that grows with what is old.

    python benchmarks/request.py [--requests 100]

A conversation of the Messages API is read, planned and written, in this process, with a store in memory. Each request
brings a call and a result that were never seen; everything before it was sent once. Milliseconds of processor time,
counting tokens of what is new included, once.

Now and then Python's garbage collector walks every object of the process, most of them libraries'. The last column leaves
that out, as an application does that calls `gc.freeze()` when it has started.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable

from proxy_bodies import Json, dump, log, rows, with_result

from headroom import Headroom, Settings
from headroom.marker import TOOL
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from headroom.work import warm_up

RESULT = 4_000
"""Characters of each result that is old already."""


def conversation(messages: int) -> Json:
    """Return a conversation of so many messages: 200 of them are 400 KB."""
    body: Json = {
        "model": "claude-opus-4-8",
        "max_tokens": 1_000,
        "tools": [{"name": name, "input_schema": {"type": "object"}} for name in ("Bash", TOOL)],
        "messages": [{"role": "user", "content": "Which orders failed, and why?"}],
    }
    for number in range((messages - 1) // 2):
        make = (rows, log)[number % 2]
        body = with_result(body, make(10_000 + number, RESULT), command=f"show {number}", number=number)
    return body


class FullCollections:
    """How long the collector's full collections have taken, in seconds of processor time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started = 0.0
        gc.callbacks.append(self._took)

    def _took(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] == 2 and phase == "start":
            self._started = time.process_time()
        elif info["generation"] == 2:
            self.seconds += time.process_time() - self._started


def measured(
    old: Json, new: Callable[[int], str], *, requests: int, full: FullCollections
) -> tuple[list[float], list[float]]:
    """Return the milliseconds of the requests in order, as they were and without full collections."""
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    took, without = [], []
    for seed in range(requests + 5):
        before = with_result(old, log(seed, 1_000), command=f"before {seed}", number=1_000)
        headroom.invoke(WireRequest(dump(before), ANTHROPIC))  # what was sent last is what goes on
        request = WireRequest(dump(with_result(before, new(seed), command=f"fresh {seed}")), ANTHROPIC)
        collecting, started = full.seconds, time.process_time()
        headroom.invoke(request)
        took.append(1_000 * (time.process_time() - started))
        without.append(took[-1] - 1_000 * (full.seconds - collecting))
    headroom.close()
    return sorted(took[5:]), sorted(without[5:])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100)
    requests = parser.parse_args().requests
    warm_up()
    news: dict[str, Callable[[int], str]] = {
        "2 KB of JSON": lambda seed: rows(seed, 2_000),
        "2 KB of a log": lambda seed: log(seed, 2_000),
        "100 KB of JSON": rows,
        "100 KB of a log": log,
    }
    full = FullCollections()
    print("| messages | KB | new | p50 ms | p99 ms | p99 ms but for full collections |\n|---:|---:|---|---:|---:|---:|")
    for messages in (50, 200, 800):
        old = conversation(messages)
        size = len(dump(old)) // 1_000
        for name, new in news.items():
            took, without = measured(old, new, requests=requests, full=full)
            at = int(len(took) * 0.99) - 1
            p50, p99, still = took[len(took) // 2], took[at], without[at]
            print(f"| {messages} | {size:,} | {name} | {p50:.1f} | {p99:.1f} | {still:.1f} |", flush=True)


if __name__ == "__main__":
    main()
