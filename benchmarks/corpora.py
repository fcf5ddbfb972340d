"""Documents that tools return, made by seeded code, each with the facts that were planted in it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """One tool result, and what a reader must find in it."""

    name: str
    text: str
    tool: str = "bash"
    arguments: Json = field(default_factory=lambda: {"command": "make test"})
    facts: tuple[tuple[str, str], ...] = ()
    """(kind, verbatim text) of what must be kept; none: facts are sampled from the document's own leaves."""
    question: str = ""
    """What the user asked, where that says what is wanted of the document."""


Maker = Callable[[random.Random, int], Document]


def documents(maker: Maker, *, count: int) -> Iterator[Document]:
    """Yield `count` documents of a kind, of growing size."""
    for number in range(count):
        dice = random.Random(f"{maker.__name__}:{number}")
        yield maker(dice, 120 + 60 * number)


def service_log(dice: random.Random, size: int) -> Document:
    """Make a service's log as text: routine lines, a burst of errors, one line that says something else."""
    burst, odd = dice.randrange(size // 4, size - 12), dice.randrange(5, size // 5)
    code, shard, order = (
        f"E{dice.randrange(1000, 9999)}",
        f"shard-{dice.randrange(60, 99)}",
        dice.randrange(10**6, 10**7),
    )
    lines = []
    for n in range(size):
        said = dice.choice(
            [
                f"INFO  worker-{dice.randrange(8)} GET /v1/items/{dice.randrange(9_999)} 200 {dice.randrange(90)} ms",
                f"INFO  worker-{dice.randrange(8)} cache hit for key item:{dice.randrange(9_999)}",
                f"DEBUG pool size {dice.randrange(20)} of 20, waiting {dice.randrange(4)}",
            ]
        )
        if n == odd:
            said = f"INFO  worker-3 leader moved to {shard} after election"
        elif n == burst:
            said = f"ERROR worker-5 payment for order {order} refused: {code} ledger is read-only"
        lines.append(f"{_clock(n, '2026-11-20 ')},{dice.randrange(1_000):03} {said}")
        if n == burst:
            lines.extend(_traceback(code))
    trace = [("error", _traceback(code)[-1]), ("error", f"order {order} refused: {code} ledger is read-only")]
    return Document(f"service log {size}", "\n".join(lines), facts=(*trace, ("rare line", f"leader moved to {shard}")))


def json_log(dice: random.Random, size: int) -> Document:
    """Make a log of JSON lines: one FATAL with a reason, one slow request, one host that nobody else names."""
    fatal, slow, odd = dice.sample(range(2, size - 2), 3)
    reason, latency, host = (
        f"quota {dice.randrange(10**5, 10**6)} exceeded",
        dice.randrange(40_000, 90_000),
        "db-legacy-7",
    )
    lines = []
    for n in range(size):
        record: Json = {
            "ts": _clock(n, "2026-11-20T") + "Z",
            "level": dice.choices(["info", "warn"], [50, 1])[0],
            "msg": "request done",
            "route": dice.choice(["/cart", "/login", "/search", "/items"]),
            "ms": dice.randrange(8, 140),
            "host": f"web-{dice.randrange(6)}",
            "trace": f"{dice.getrandbits(64):016x}",
        }
        if n == fatal:
            record |= {"level": "fatal", "msg": f"write refused: {reason}"}
        record |= {"ms": latency} if n == slow else {"host": host} if n == odd else {}
        lines.append(json.dumps(record))
    facts = (("error", reason), ("outlier", str(latency)), ("rare category", host))
    return Document(f"JSON log {size}", "\n".join(lines), "get_logs", {}, facts)


def orders(dice: random.Random, size: int) -> Document:
    """Make the rows of an API: one amount far out, one status nobody else has, one failure, one change of price level."""
    far, rare, failed = dice.sample(range(2, size - 2), 3)
    change = dice.randrange(size // 3, 2 * size // 3)
    amount, status = f"{dice.randrange(80_000, 99_000)}.5", "chargeback"
    note, stamp = f"card declined: insufficient funds ({dice.randrange(1000, 9999)})", ""
    rows: list[Json] = []
    for n in range(size):
        row: Json = {
            "id": 40_000 + n,
            "customer": f"customer-{dice.randrange(5_000)}",
            "status": dice.choice(["paid", "paid", "paid", "open", "refunded"]),
            "total": round(dice.uniform(20, 400), 2),
            "unit_price": 12.5 if n < change else 31.75,
            "created": _clock(n * 37, "2026-11-02T") + "Z",
            "error": None,
        }
        row |= {"total": float(amount)} if n == far else {"status": status} if n == rare else {}
        row |= {"error": note} if n == failed else {}
        stamp = row["created"] if n == change else stamp
        rows.append(row)
    facts = (("outlier", amount), ("rare category", status), ("error", note), ("change point", stamp))
    return Document(f"orders {size}", json.dumps(rows), "list_orders", {"status": "all"}, facts)


def nested_answer(dice: random.Random, size: int) -> Document:
    """Make an answer with objects in objects, as Kubernetes gives them: one pod that fails, one on a node of its own."""
    failed, odd = dice.sample(range(size // 6), 2)
    restarts, node = dice.randrange(1_200, 9_000), f"gpu-node-{dice.randrange(10, 99)}"
    message = f"back-off 5m0s restarting failed container=app pod=checkout-{failed}"
    pods: list[Json] = []
    for n in range(size // 6):
        state: Json = {"running": {"startedAt": _clock(n, "2026-11-20T") + "Z"}}
        if n == failed:
            state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        where = node if n == odd else f"node-{dice.randrange(5)}"
        pods.append(_pod(dice, n, state=state, node=where, restarts=restarts if n == failed else n % 2))
    answer = {"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "771"}, "items": pods}
    facts = (("error", "CrashLoopBackOff"), ("error", message), ("outlier", str(restarts)), ("rare category", node))
    return Document(f"nested answer {size}", json.dumps(answer, indent=4), "kubectl_get", {"kind": "pods"}, facts)


def pytest_output(dice: random.Random, size: int) -> Document:
    """Make the output of pytest with two failures among hundreds of passes."""
    one, two = sorted(dice.sample(range(size), 2))
    got = {n: dice.randrange(10**4, 10**5) for n in (one, two)}
    lines = [
        "=" * 28 + " test session starts " + "=" * 28,
        "platform linux -- Python 3.12.3, pytest-8.3.4",
        f"collected {size} items",
        "",
    ]
    for n in range(size):
        verdict = "FAILED" if n in got else "PASSED"
        lines.append(f"tests/test_area_{n // 25}.py::test_case_{n} {verdict} [{100 * (n + 1) // size:3d}%]")
    lines += ["", "=" * 35 + " FAILURES " + "=" * 35]
    for n, value in got.items():
        lines += [f"_____ test_case_{n} _____", "", f"    def test_case_{n}():", f"        answer = compute({n})"]
        lines += [
            f">       assert answer == {n}",
            f"E       assert {value} == {n}",
            "",
            f"tests/test_area_{n // 25}.py:{n + 7}: AssertionError",
        ]
    lines += ["=" * 30 + " short test summary info " + "=" * 30]
    lines += [f"FAILED tests/test_area_{n // 25}.py::test_case_{n} - assert {value} == {n}" for n, value in got.items()]
    lines.append(f"===== 2 failed, {size - 2} passed in {dice.randrange(10, 90)}.31s =====")
    heads = [
        ("error", f"FAILED tests/test_area_{n // 25}.py::test_case_{n} - assert {value} == {n}")
        for n, value in got.items()
    ]
    wheres = [("error", f"tests/test_area_{n // 25}.py:{n + 7}: AssertionError") for n in got]
    return Document(
        f"test run {size}", "\n".join(lines), facts=(*heads, *wheres, ("summary", f"2 failed, {size - 2} passed"))
    )


def command_output(dice: random.Random, size: int) -> Document:
    """Make an installation on a terminal: colours, progress drawn over itself, one warning, one error at the end."""
    odd, version = dice.randrange(size // 12), f"{dice.randrange(2, 9)}.{dice.randrange(10, 60)}.1"
    lines = []
    for n in range(size // 12):
        name = f"package-{dice.choice('abcdefgh')}{n}"
        lines.append(f"\x1b[1mCollecting\x1b[0m {name}>={dice.randrange(9)}.{dice.randrange(20)}")
        drawn = "".join(
            f"\r\x1b[2K  {'━' * (step // 5):<20} {step}% {dice.randrange(1, 9)}.2 MB/s" for step in range(0, 101, 4)
        )
        lines.append(f"{drawn}\r\x1b[2K  Downloaded {name} ({dice.randrange(100, 900)} kB)")
        if n == odd:
            lines.append(f"\x1b[33mWARNING: {name} {version} is yanked: breaks on Python 3.13\x1b[0m")
    lines.append(f"\x1b[31mERROR: Could not build wheels for legacy-lib=={version}\x1b[0m")
    said = (
        ("error", f"Could not build wheels for legacy-lib=={version}"),
        ("warning", f"{version} is yanked: breaks on Python 3.13"),
    )
    return Document(
        f"command output {size}", "\n".join(lines), "bash", {"command": "pip install -r requirements.txt"}, said
    )


GENERATED: dict[str, Maker] = {
    "service logs, text": service_log,
    "service logs, JSON lines": json_log,
    "order rows": orders,
    "nested API answers": nested_answer,
    "test runs": pytest_output,
    "command output": command_output,
}


def _clock(seconds: int, day: str) -> str:
    return f"{day}{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _traceback(code: str) -> list[str]:
    return [
        "Traceback (most recent call last):",
        '  File "/srv/pay/worker.py", line 88, in settle',
        "    ledger.append(entry)",
        '  File "/srv/pay/ledger.py", line 213, in append',
        f"ledger.ReadOnlyLedger: {code}",
    ]


def _pod(dice: random.Random, n: int, *, state: Json, node: str, restarts: int) -> Json:
    labels = {"app": "checkout", "pod-template-hash": "6d4cf56db6", "tier": dice.choice(["web", "web", "batch"])}
    limits = {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "250m", "memory": "128Mi"}}
    container = {
        "name": "app",
        "image": "registry/checkout:1.42.0",
        "resources": limits,
        "ports": [{"containerPort": 8080}],
    }
    running = {"name": "app", "ready": "running" in state, "restartCount": restarts, "state": state}
    status = {"podIP": f"10.2.{n % 7}.{dice.randrange(255)}", "containerStatuses": [running]}
    metadata = {"name": f"checkout-{n}", "namespace": "shop", "uid": f"{dice.getrandbits(96):024x}", "labels": labels}
    return {"metadata": metadata, "spec": {"nodeName": node, "containers": [container]}, "status": status}
