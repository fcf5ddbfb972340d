"""`log` on every kind of log that users send: what went wrong, what is odd and what changed stays, whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from headroom import tokens
from headroom.compressors.log import LogCompressor
from headroom.compressors.log_stamps import silences
from headroom.content import Block, Shrunk

LOG = LogCompressor()
COUNT = 600

JAVA = [
    "java.lang.IllegalStateException: pool closed",
    "\tat com.acme.Pool.take(Pool.java:55)",
    "\tat com.acme.Orders.place(Orders.java:91)",
    "Caused by: java.net.SocketException: Connection reset",
    "\tat java.base/sun.nio.ch.Net.poll(Net.java:12)",
    "\t... 12 more",
]
PYTHON = [
    "Traceback (most recent call last):",
    '  File "/app/orders.py", line 91, in place',
    "    pool.take()",
    '  File "/app/pool.py", line 55, in take',
    "    raise PoolClosed(self.name)",
    "acme.errors.PoolClosed: orders",
]
GO = [
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a2b3c]",
    "",
    "goroutine 17 [running]:",
    "main.(*Pool).Take(0x0)",
    "\t/app/pool.go:55 +0x1d",
    "created by main.serve",
    "\t/app/main.go:91 +0x8f",
]
RUST = [
    "thread 'orders' panicked at src/pool.rs:55:9:",
    "called `Result::unwrap()` on an `Err` value: Closed",
    "stack backtrace:",
    "   0: rust_begin_unwind",
    "   1: core::panicking::panic_fmt",
    "   2: acme::pool::take",
    "             at ./src/pool.rs:55:9",
]
NODE = [
    "TypeError: Cannot read properties of undefined (reading 'take')",
    "    at Orders.place (/app/orders.js:91:14)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
]


def clock(n: int) -> str:
    return f"{10 + n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}"


def syslog(n: int) -> str:
    return f"Dec 15 {clock(n)} web1 sshd[{2000 + n % 7}]: Accepted publickey for deploy from 10.0.0.{n % 9} port {40000 + n}"


def journal(n: int) -> str:
    return json.dumps(
        {"level": "info", "ts": f"2024-12-15T{clock(n)}Z", "msg": "request done", "ms": 20 + n % 7, "id": f"r{n:05d}"}
    )


def logfmt(n: int) -> str:
    return f'ts=2024-12-15T{clock(n)}Z level=info msg="request done" path=/api/orders/{n} status=200 dur={20 + n % 7}ms'


def access(n: int) -> str:
    return f'10.0.{n % 5}.{n % 90} - - [15/Dec/2024:{clock(n)} +0000] "GET /api/orders/{n} HTTP/1.1" 200 {500 + n % 70} "-" "curl/8.5"'


def service(n: int) -> str:
    return (
        f"2024-12-15 {clock(n)},{n % 997:03d} INFO  [http-{n % 8}] c.acme.Orders - placed order {n} in {20 + n % 7} ms"
    )


def github(n: int) -> str:
    return f"2024-12-15T{clock(n)}.1234567Z Downloading package {n} of {COUNT} ({n % 90} kB)"


def compose(n: int) -> str:
    return f"{('web-1', 'db-1 ')[n % 2]}  | 2024-12-15 {clock(n)} INFO handled job {n} in {20 + n % 7} ms"


def kubectl(n: int) -> str:
    return f"[pod/orders-7d9f-{'ab'[n % 2]}xk2/app] {clock(n)} INFO handled job {n} in {20 + n % 7} ms"


def runtime(n: int) -> str:
    return f"2024-12-15T{clock(n)}.123456789Z stdout F handled job {n} in {20 + n % 7} ms"


def shrunk(lines: list[str], *, target: int = 600, query: str = "") -> Shrunk:
    found = LOG.invoke(Block("\n".join(lines)), target_tokens=target, query=query)
    assert found is not None
    assert found.left_out is not None
    return found


def kept(lines: list[str], *, target: int = 600, query: str = "") -> list[str]:
    return shrunk(lines, target=target, query=query).text.split("\n")


@pytest.mark.parametrize(
    ("line", "needles"),
    [
        pytest.param(syslog, ["Dec 15 10:05:00 web1 kernel: Out of memory: Killed process 4242 (java)"], id="syslog"),
        pytest.param(
            journal,
            [
                '{"level": "error", "ts": "2024-12-15T10:05:00Z", "msg": "pool closed", "code": "PG-5523", "id": "r00300"}'
            ],
            id="JSON lines",
        ),
        pytest.param(
            logfmt, ['ts=2024-12-15T10:05:00Z level=error msg="pool closed" code=PG-5523 path=/api/pay'], id="logfmt"
        ),
        pytest.param(
            access,
            ['10.0.0.3 - - [15/Dec/2024:10:05:00 +0000] "POST /api/pay HTTP/1.1" 503 19 "-" "curl/8.5"'],
            id="access, server error",
        ),
        pytest.param(service, ["2024-12-15 10:05:00,001 ERROR [http-1] c.acme.Pay - failed", *JAVA], id="Java"),
        pytest.param(service, ["2024-12-15 10:05:00,001 ERROR [http-1] c.acme.Pay - failed", *PYTHON], id="Python"),
        pytest.param(service, GO, id="Go"),
        pytest.param(service, RUST, id="Rust"),
        pytest.param(service, NODE, id="Node"),
        pytest.param(
            github,
            [
                "2024-12-15T10:05:00.0000000Z ##[group]Run npm ci",
                "2024-12-15T10:05:01.0000000Z npm ERR! code ELIFECYCLE",
                "2024-12-15T10:05:02.0000000Z ##[error]Process completed with exit code 1.",
                "2024-12-15T10:05:02.0000000Z ##[endgroup]",
            ],
            id="CI with groups",
        ),
        pytest.param(compose, [f"web-1  | {line}" for line in PYTHON], id="docker compose"),
        pytest.param(kubectl, [f"[pod/orders-7d9f-axk2/app] {line}" for line in NODE], id="kubectl"),
        pytest.param(
            runtime, [f"2024-12-15T10:05:00.123456789Z stderr F {line}" for line in JAVA], id="container runtime"
        ),
    ],
)
def test_what_went_wrong_stays_in_every_kind_of_log(line: Callable[[int], str], needles: list[str]) -> None:
    lines = [line(n) for n in range(COUNT)]
    lines[300:300] = needles
    found = shrunk(lines)
    assert "\n".join(needles) in found.text
    assert tokens.count(found.text) * 10 <= tokens.count("\n".join(lines))


@pytest.mark.parametrize("line", [syslog, logfmt, access, service, github, compose, kubectl, runtime])
def test_every_kind_of_log_is_taken(line: Callable[[int], str]) -> None:
    assert LOG.detect(Block("\n".join(line(n) for n in range(60)))) > 0.5


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        pytest.param(journal, '"ms": 26', '"ms": 9000', id="JSON lines"),
        pytest.param(logfmt, "dur=26ms", "dur=9000ms", id="logfmt"),
        pytest.param(access, '1.1" 200', '1.1" 404', id="access"),
        pytest.param(service, "in 26 ms", "in 9000 ms", id="service"),
        pytest.param(service, "placed", "cancelled", id="a word"),
        pytest.param(compose, "in 26 ms", "in 9000 ms", id="docker compose"),
    ],
)
def test_the_one_line_that_differs_stays(line: Callable[[int], str], old: str, new: str) -> None:
    lines = [line(n) for n in range(COUNT)]
    lines[306] = lines[next(n for n in range(300, 320) if old in lines[n])].replace(old, new)
    assert [x for x in lines if new in x] == [x for x in kept(lines) if new in x and x[:7] != "[1 line"]


def test_frames_of_a_trace_stay_between_lines_of_another_process() -> None:
    lines = [compose(n) for n in range(COUNT)]
    other = [f"db-1   | 2024-12-15 10:05:00 INFO checkpoint {n} complete" for n in range(len(JAVA))]
    mixed = [line for pair in zip((f"web-1  | {line}" for line in JAVA), other, strict=True) for line in pair]
    lines[300:300] = mixed
    assert "\n".join(mixed[:-1]) in shrunk(lines).text


def test_a_long_silence_is_shown_by_the_lines_around_it() -> None:
    lines = [service(n + 900 * (n >= 300)) for n in range(COUNT)]
    assert f"{lines[299]}\n{lines[300]}" in shrunk(lines).text


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(list(range(100)), [], id="even"),
        pytest.param([*range(50), *range(120, 170)], [49], id="one silence"),
        pytest.param([*range(86_360, 86_400), *range(40)], [], id="midnight"),
        pytest.param([n - n % 3 * 2 for n in range(10, 110)], [], id="a little out of order"),
        pytest.param([*range(0, 3000, 60)], [], id="slow all along"),
        pytest.param([1, 900], [], id="too few"),
    ],
)
def test_silences(seconds: list[int], expected: list[int]) -> None:
    lines = [f"2024-12-15T{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z INFO x" for at in seconds]
    assert expected == silences(lines)


def test_silences_of_lines_without_a_clock_are_none() -> None:
    assert silences([f"step {n}" for n in range(99)]) == []


def test_a_change_of_state_is_shown() -> None:
    lines = [service(n) + f" mode={'normal' if n < 250 else 'degraded'}" for n in range(COUNT)]
    assert lines[250] in kept(lines)


def test_different_warnings_in_a_cluster_stay() -> None:
    lines = [service(n) for n in range(COUNT)]
    cluster = [
        "2024-12-15 10:05:00,001 WARN  [pool] c.acme.Pool - 9 of 10 connections taken",
        "2024-12-15 10:05:00,007 WARN  [pool] c.acme.Pool - waited 800 ms for a connection",
        "2024-12-15 10:05:00,040 WARN  [disk] c.acme.Disk - 91% of /var is full",
    ]
    lines[300:300] = cluster
    assert "\n".join(cluster) in shrunk(lines).text


def test_what_was_done_before_an_error_stays_with_it() -> None:
    lines = [service(n) for n in range(COUNT)]
    lines[301] = "2024-12-15 10:05:01,001 ERROR [http-1] c.acme.Pay - no route to bank"
    assert f"{lines[300]}\n{lines[301]}" in shrunk(lines).text


def test_states_of_progress_bars_between_lines_are_counted() -> None:
    lines = [
        service(n) if n % 3 else f" {n * 100 // COUNT:3d}% |{'█' * (n // 30):20}| {n}/{COUNT}" for n in range(COUNT)
    ]
    lines[300] = "2024-12-15 10:05:00,001 ERROR [http-1] c.acme.Pay - no route to bank"
    out = kept(lines)
    assert lines[300] in out
    assert len(out) < 60


def test_redraws_on_one_line_do_not_hide_what_the_log_says() -> None:
    bar = "\r".join(f"Downloading {n}%" for n in range(101))
    lines = [
        *(service(n) for n in range(300)),
        bar,
        "ERROR checksum mismatch in base.tar",
        *(service(n) for n in range(300)),
    ]
    found = shrunk(lines)
    assert "ERROR checksum mismatch in base.tar" in found.text
    assert len(found.text) < 6_000


def test_shapes_tell_counts_and_ranges_in_the_order_of_time() -> None:
    lines = [service(n) if n < 300 else access(n) for n in range(COUNT)]
    shapes = [line for line in kept(lines) if " lines: " in line]
    assert len(shapes) >= 2
    assert "placed order" in shapes[0]
    assert "ms]" in shapes[0]
    assert "HTTP/1.1" in shapes[1]


def test_traces_that_end_in_frames_shown_before_keep_what_is_new_in_them() -> None:
    shared = [f"\tat org.framework.Runner.step{n}(Runner.java:{n})" for n in range(30)]
    first = ["2024-12-15 10:00:00,001 ERROR a failed", "a.AException: one", "\tat a.A.go(A.java:1)", *shared]
    second = ["2024-12-15 10:09:00,001 ERROR b failed", "b.BException: two", "\tat b.B.go(B.java:2)", *shared]
    lines = [*first, *(service(n) for n in range(300)), *second, *(service(n) for n in range(300))]
    text = shrunk(lines, target=2_000).text
    assert "\n".join(first) in text
    assert "\n".join(second[:4]) + "\n[29 lines left out: all stand above]" in text


@pytest.mark.parametrize(
    ("line", "query"),
    [
        (syslog, "40444"),
        (journal, "r00444"),
        (logfmt, "/api/orders/444"),
        (access, "orders/444"),
        (service, "order 444"),
    ],
)
def test_the_line_that_the_query_names_stays(line: Callable[[int], str], query: str) -> None:
    lines = [line(n) for n in range(COUNT)]
    assert lines[444] in kept(lines, query=f"what became of {query}?")


PINNED = [
    "2024-12-15 10:00:00,000 INFO  [main] started",
    *(f"2024-12-15 10:00:{n:02d},000 INFO  [http-{n % 3}] placed order {n} in {20 + n % 7} ms" for n in range(1, 50)),
    "2024-12-15 10:00:50,000 WARN  [pool] slow",
    "2024-12-15 10:00:51,000 ERROR [pool] closed: PG-5523",
    "java.lang.IllegalStateException: closed",
    "\tat com.acme.Pool.take(Pool.java:55)",
    *(f"2024-12-15 10:01:{n:02d},000 INFO  [http-{n % 3}] placed order {n} in {20 + n % 7} ms" for n in range(49)),
    "2024-12-15 10:02:00,000 INFO  [main] stopped",
]


PINNED_TEXT = """\
2024-12-15 10:00:00,000 INFO  [main] started
2024-12-15 10:00:01,000 INFO  [http-1] placed order 1 in 21 ms
2024-12-15 10:00:02,000 INFO  [http-2] placed order 2 in 22 ms
[47 lines left out]
2024-12-15 10:00:50,000 WARN  [pool] slow
2024-12-15 10:00:51,000 ERROR [pool] closed: PG-5523
java.lang.IllegalStateException: closed
\tat com.acme.Pool.take(Pool.java:55)
[45 lines left out]
2024-12-15 10:01:45,000 INFO  [http-0] placed order 45 in 23 ms
2024-12-15 10:01:46,000 INFO  [http-1] placed order 46 in 24 ms
2024-12-15 10:01:47,000 INFO  [http-2] placed order 47 in 25 ms
2024-12-15 10:01:48,000 INFO  [http-0] placed order 48 in 26 ms
2024-12-15 10:02:00,000 INFO  [main] stopped
[the 92 lines left out, by shape; a..b is a range:]
[92 lines: 2024-12-15 10:00:03,000..01:44,000 INFO  [http-0..2] placed order 0..49 in 20..26 ms]"""


def test_pinned_output() -> None:
    """A change of these bytes is a change of the recipe's version."""
    found = shrunk(PINNED, target=200)
    assert found.recipe == "log/3"
    assert found.text == PINNED_TEXT
