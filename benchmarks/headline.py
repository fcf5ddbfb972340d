"""The headline: many log entries as indented JSON, one of them FATAL with four facts.

    python benchmarks/headline.py

Prints, per number of entries, needle and position: tokens before and after (marker included), how many of the four
facts stand inline, and whether the original comes back byte for byte. Everything is seeded; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headroom import Headroom, Settings
from headroom.demo import FATAL, QUERY, QUESTIONS, entries


@dataclass(frozen=True)
class Needle:
    """What is hidden among the entries, and the facts a reader must find."""

    name: str
    fields: dict[str, Any]
    facts: tuple[str, ...]


NEEDLES = (
    Needle(
        "new keys",
        dict(FATAL),
        tuple(str(FATAL[field]) for field in QUESTIONS.values()),
    ),
    Needle(
        "message only",
        {"message": "Disk /dev/sdb1 is full: 0 bytes left, code ENOSPC-28, free /var/spool first, 912 writes lost"},
        ("/dev/sdb1", "ENOSPC-28", "free /var/spool first", "912"),
    ),
    Needle(
        "outlier",
        {
            "message": "Request processed successfully - latency=98231ms",
            "status_code": 504,
            "host": "ip-10-9-9-9",
            "region": "eu-south-2",
        },
        ("98231", "504", "ip-10-9-9-9", "eu-south-2"),
    ),
)


def measure(count: int, *, needle: Needle, at: int) -> dict[str, Any]:
    """Compress one case and say what came of it."""
    headroom = Headroom(Settings(database_url="sqlite:///:memory:"))
    text = json.dumps(entries(count, needle=needle.fields, at=at), indent=2)
    started = time.perf_counter()
    small = headroom.compress(text, query=QUERY)
    seconds = time.perf_counter() - started
    return {
        "entries": count,
        "needle": needle.name,
        "at": at,
        "before": small.tokens_before,
        "after": small.tokens_after,
        "facts": sum(fact in small for fact in needle.facts),
        "exact": headroom.retrieve(small) == text,
        "ms": 1000 * seconds,
    }


def cases(*, quick: bool) -> Iterator[tuple[int, Needle, int]]:
    """Yield count, needle and position; the promised case (100 entries, the 67th FATAL) first."""
    yield 100, NEEDLES[0], 67
    for count in (100, 1_000) if quick else (100, 1_000, 10_000):
        for needle in NEEDLES:
            for share in (0.0, 0.25, 0.5, 0.67, 1.0):
                yield count, needle, max(1, int(count * share))


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="leave out the 10,000 entries")
    chosen = options.parse_args()
    print("| entries | needle | at | tokens before | after | kept | facts inline | exact |")
    print("|---:|---|---:|---:|---:|---:|---:|---|")
    for count, needle, at in cases(quick=chosen.quick):
        row = measure(count, needle=needle, at=at)
        kept = f"{100 * row['after'] / row['before']:.1f} %"
        print(
            f"| {row['entries']:,} | {row['needle']} | {row['at']:,} | {row['before']:,} | {row['after']:,} | {kept} "
            f"| {row['facts']} of 4 | {'yes' if row['exact'] else 'NO'} |"
        )


if __name__ == "__main__":
    main()
