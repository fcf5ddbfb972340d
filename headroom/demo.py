"""The headline, run offline: 100 log entries, one of them FATAL, made small, read, and fetched back.

Nothing is sent anywhere, and nothing is kept when the store is in memory.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from headroom.content import Compressed
from headroom.context import Headroom

QUERY = "What caused the outage? Give the error code, the resolution and the number of affected requests."

FATAL: Mapping[str, Any] = {
    "level": "FATAL",
    "service": "payments",
    "message": "Connection pool exhausted",
    "status_code": 500,
    "error_code": "PG-5523",
    "resolution": "Increase max_connections to 500 in config/database.yml",
    "affected": 1847,
}
"""What the one entry says that matters."""

QUESTIONS = {
    "How bad is it?": "level",
    "What is the error code?": "error_code",
    "What resolves it?": "resolution",
    "How many requests were affected?": "affected",
}
"""What a reader asks, and the field of `FATAL` that answers it."""

_SERVICES = ("api-gateway", "user-service", "inventory", "auth", "payments")
_POSITION = 67


def entries(count: int = 100, *, needle: Mapping[str, Any] = FATAL, at: int = _POSITION) -> list[dict[str, Any]]:
    """Return service log records, the same every time; record `at` (from 1) carries the needle's fields."""
    dice = random.Random(20260922)  # noqa: S311 - made-up data, no secret
    found = []
    for n in range(count):
        record: dict[str, Any] = {
            "timestamp": f"2024-12-15T{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z",
            "level": "INFO",
            "service": dice.choice(_SERVICES),
            "message": f"Request processed successfully - latency={dice.randint(20, 90)}ms",
            "request_id": f"req-{n:06d}",
            "status_code": 200,
            "trace_id": f"{dice.getrandbits(64):016x}",
            "host": f"ip-10-0-{n % 8}-{n % 5}",
            "region": "us-east-1",
            "env": "production",
        }
        found.append({**record, **needle} if n == at - 1 else record)
    return found


def find(answer: str, text: str) -> int | None:
    """Return the last line (from 1) on which the answer stands as a whole word: rows come after their summaries."""
    word = re.compile(rf"(?<![0-9A-Za-z]){re.escape(answer)}(?![0-9A-Za-z])")
    return max((number for number, line in enumerate(text.split("\n"), 1) if word.search(line)), default=None)


def report(headroom: Headroom) -> Iterator[Text]:
    """Yield what there is to show, line by line: tokens, the text, the answers found in it, what can be fetched."""
    original = json.dumps(entries(), indent=2)
    small = headroom.compress(original, query=QUERY)
    yield Text(f"100 log entries as JSON, entry {_POSITION} is FATAL. A model is asked:", style="bold")
    yield Text(f"{QUERY}\n", style="italic")
    yield _totals(small)
    yield Text(f"\n{small}\n", style="cyan")
    yield Text("The answers, as that text shows them:", style="bold")
    for question, field in QUESTIONS.items():
        answer = str(FATAL[field])
        yield _answered(question, answer, find(answer, small))
    exact = headroom.retrieve(small) == original
    yield Text("\nWhat was left out can be fetched:", style="bold")
    yield Text(f"the original, byte for byte: {'yes' if exact else 'NO'}", style="green" if exact else "bold red")
    path = f"$[{_POSITION - 1}]"
    yield Text(f"the slice {path}:\n{headroom.retrieve(small, path=path)}")


def _totals(small: Compressed) -> Text:
    before, after = small.tokens_before, small.tokens_after
    saved = f"{100 * (before - after) / before:.1f} % saved"
    return Text.assemble(f"{before:,} → {after:,} tokens: ", (saved, "bold green"), ". What the model reads instead:")


def _answered(question: str, answer: str, line: int | None) -> Text:
    found = ("not inline", "bold red") if line is None else (answer, "bold green")
    return Text.assemble(f"{question:<34}", found, ("" if line is None else f"  (line {line})", "dim"))
