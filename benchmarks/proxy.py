"""What the proxy costs: added latency, throughput, memory, and whether its event loop ever stalls.

    python benchmarks/proxy.py [--quick]        # under 4 minutes; --quick: under 1 minute

One run starts a fake upstream, a bare relay (the same server and client libraries, no headroom code)
and the real `headroom proxy` (SQLite in a temporary folder), and sends every request to each of them in
turn, so that whatever else the machine does hits all three. Printed are medians over the rounds.

Throughput is measured with `wrk` where it is installed (Debian: apt-get install wrk), else with a client
of our own. The request of Claude Code comes from $HEADROOM_SHARED (default: ../shared), else it is made up.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import proxy_bodies as bodies
from proxy_load import in_turn, post, pulse, throughput

CONNECTIONS = 64
SERVERS = Path(__file__).with_name("proxy_servers.py")


@dataclass(frozen=True)
class Servers:
    upstream: str
    relay: str
    headroom: str
    pid: int

    @property
    def urls(self) -> tuple[str, str, str]:
        return self.upstream, self.relay, self.headroom


@dataclass(frozen=True)
class Size:
    rounds: int
    requests: int
    new_results: int
    seconds: int


FULL = Size(rounds=5, requests=300, new_results=50, seconds=2)
QUICK = Size(rounds=3, requests=100, new_results=15, seconds=1)


@contextmanager
def started(command: Sequence[str | Path], **environment: str) -> Iterator[tuple[str, int]]:
    """Run a server that says its URL on its first line; give URL and process id."""
    process = subprocess.Popen(
        [str(part) for part in (sys.executable, *command)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    try:
        assert process.stdout
        yield process.stdout.readline().split()[-1], process.pid
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def all_servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        upstream, _ = stack.enter_context(started([SERVERS, "upstream"]))
        relay, _ = stack.enter_context(started([SERVERS, "relay", upstream]))
        command = ["-c", "from headroom.cli import main; main()", "proxy", "--port", "0", "--upstream", upstream]
        database = f"sqlite:///{folder}/originals.db"
        headroom, pid = stack.enter_context(started(command, HEADROOM_DATABASE_URL=database))
        yield Servers(upstream, relay, headroom, pid)


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def latency(servers: Servers, size: Size, requests: Callable[[int], list[bytes]]) -> list[str]:
    """Return, as table cells, p50 and p99 of each server and what headroom adds to direct."""
    cells = []
    found = [in_turn(servers.urls, requests(number)) for number in range(size.rounds)]
    for share in (0.5, 0.99):
        direct, relay, headroom = (
            statistics.median(percentile(each[server], share) for each in found) for server in range(3)
        )
        cells += [f"{direct:.2f}", f"{relay:.2f}", f"{headroom:.2f}", f"**{headroom - direct:.2f}**"]
    return cells


def rates(servers: Servers, size: Size, body: bytes) -> list[str]:
    found = [
        [throughput(url, body, connections=CONNECTIONS, seconds=size.seconds) for url in servers.urls]
        for _ in range(size.rounds)
    ]
    middle = [statistics.median(each[server] for each in found) for server in range(3)]
    ratio = statistics.median(each[2] / each[1] for each in found)
    return [*(f"{rate:,.0f}" for rate in middle), f"**{ratio:.2f}**"]


def stalls(servers: Servers, requests: Sequence[bytes]) -> list[str]:
    """Return the pulse of the proxy while it works, and of the fake upstream, which the machine alone disturbs."""
    with pulse(servers.upstream) as control, pulse(servers.headroom) as beats:
        in_turn([servers.headroom], requests)
    return [f"{share(each):.1f}" for each in (control, beats) for share in (median, p99, max)]


def median(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


def p99(values: Sequence[float]) -> float:
    return percentile(values, 0.99)


def failures(url: str) -> str:
    """Return what failed in the proxy; figures of a proxy that only forwards would be worth nothing."""
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        said = answer.read().decode()
    return ", ".join(line for line in said.split("\n") if line.startswith("headroom_failures_total"))


def memory(pid: int) -> tuple[float, list[float]]:
    """Return the resident megabytes of a process, and of each of its children."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    found = [tuple(map(int, line.split())) for line in listed.splitlines()]
    own = next(rss / 1024 for each, _, rss in found if each == pid)
    return own, [rss / 1024 for _, parent, rss in found if parent == pid]


def table(title: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    print(f"\n{title}\n\n| {' | '.join(head)} |\n|{'|'.join('---' for _ in head)}|")
    for line in lines:
        print(f"| {' | '.join(line)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    size = QUICK if parser.parse_args().quick else FULL
    began = time.perf_counter()
    body, headers, origin = bodies.recorded()
    seeds = iter(range(1, 1_000_000))

    def fresh(made: Callable[..., str], *, of_bytes: int = bodies.RESULT_BYTES) -> bytes:
        result = made(next(seeds), of_bytes)
        return post(bodies.dump(bodies.with_result(body, result, command="show-orders")), headers)

    with all_servers() as servers:
        idle = memory(servers.pid)[0]
        same = post(bodies.dump(body), headers)
        in_turn(servers.urls, [post(bodies.small())] * 20 + [same] * 5 + [fresh(bodies.rows) for _ in range(3)])
        kinds: list[tuple[str, Callable[[int], list[bytes]]]] = [
            ("1 KB", lambda _: [post(bodies.small())] * size.requests),
            (f"{len(same) / 1e3:.0f} KB, {origin}, nothing new", lambda _: [same] * size.requests),
            ("the same + 100 KB of new JSON", lambda _: [fresh(bodies.rows) for _ in range(size.new_results)]),
            ("the same + 100 KB of new log", lambda _: [fresh(bodies.log) for _ in range(size.new_results)]),
        ]
        head = ["direct", "relay", "headroom", "added"]
        columns = ["one connection", *(f"p50 {each}" for each in head), *(f"p99 {each}" for each in head)]
        table("Latency, ms", columns, [[kind, *latency(servers, size, requests)] for kind, requests in kinds])

        kept = [("JSON", bodies.small()), ("SSE", bodies.small(stream=True))]
        columns = [f"{CONNECTIONS} connections, 1 KB", "direct", "bare relay", "headroom", "headroom / relay"]
        table("Requests per second", columns, [[kind, *rates(servers, size, each)] for kind, each in kept])

        works = [
            ("100 KB of new JSON", [fresh(bodies.rows) for _ in range(2 * size.new_results)]),
            ("100 KB of new log", [fresh(bodies.log) for _ in range(2 * size.new_results)]),
            ("1 MB of new JSON", [fresh(bodies.rows, of_bytes=1 << 20) for _ in range(size.rounds)]),
        ]
        columns = [
            "/healthz every 5 ms during",
            *(f"{which} {what}" for which in ("control", "headroom") for what in ("p50", "p99", "max")),
        ]
        table("Event loop, ms", columns, [[kind, *stalls(servers, requests)] for kind, requests in works])
        after, workers = memory(servers.pid)
        columns = ["memory, MB", "idle", "after all this", "workers, each"]
        table("Resident", columns, [["", f"{idle:.0f}", f"{after:.0f}", ", ".join(f"{each:.0f}" for each in workers)]])
        print(f"\nFailures: {failures(servers.headroom) or 'none'}")
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
