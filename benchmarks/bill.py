"""The bill: recorded agent sessions replayed request by request, raw against headroom, as providers would charge.

    python benchmarks/bill.py                      # the recorded sessions, Anthropic rules
    python benchmarks/bill.py --provider openai
    python benchmarks/bill.py --outline-code-over 1500
    python benchmarks/bill.py --generated 10000    # conversations of many kinds, made from a seed

Prices are the simulator's (headroom/caching): what is written into the provider's cache, read from it and neither. The
retrieval tool's definition is billed with every request of a conversation that uses tools. Beside it stands what others
do: results cut to their first characters, old results cleared. The recorded sessions are
not part of this repository: $HEADROOM_SHARED names their folder (default ../shared).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from bill_generated import generated
from bill_others import OTHERS, cost

from headroom import Headroom, Settings
from headroom.caching.simulate import total
from headroom.replay import Clock, Provider, replay
from headroom.replay_read import Transcript, read

COMPRESSIBLE = 3_000
"""Tokens of results that have a smaller form, from which on a conversation should never cost more than raw, definition and all."""


@dataclass(frozen=True)
class Bill:
    """One conversation at one pace."""

    source: str
    clock: Clock
    raw: float
    ours: float
    definition: float
    unmarked: float
    refs: int
    inline: int
    breaks: int
    compressible: int
    """Tokens of its results that have a smaller form."""
    others: dict[str, float]
    slowest_ms: float


def bills(
    transcript: Transcript, *, source: str, provider: Provider, others: bool = False, outline_code_over: int = 8_000
) -> list[Bill]:
    settings = Settings(retrieval="tool", outline_code_over=outline_code_over, database_url="sqlite:///:memory:")
    report = replay([transcript], provider=provider, settings=settings)
    with closing(Headroom(settings)) as headroom:
        plan = headroom.plan(transcript.asked[-1].messages)
    compressible = sum(decision.tokens_before for decision in plan.decisions if decision.changed)
    return [
        Bill(
            source=source,
            clock=clock,
            raw=total(lane.raw).cost,
            ours=total(lane.ours).cost,
            definition=lane.definition,
            unmarked=lane.unmarked,
            refs=lane.recall.seen["all"],
            inline=lane.recall.hits["all"],
            breaks=lane.breaks["us"],
            compressible=compressible,
            others={
                name: cost(transcript, view, provider=provider, clock=clock) for name, view in OTHERS.items() if others
            },
            slowest_ms=1e3 * max(lane.seconds),
        )
        for clock, lane in report.lanes.items()
        if clock != "recorded"
    ]


def recorded(folder: Path, *, limit: int | None) -> Iterator[tuple[str, Transcript]]:
    for path in sorted((folder / "data" / "A").glob("*/*.jsonl")):
        for transcript in islice(read(path), limit):
            if transcript.asked:
                yield path.stem, transcript


def show(found: Iterable[Bill]) -> None:
    rows = list(found)
    print(
        f"{'source':28} {'clock':5} {'conv':>5} {'ours/raw':>8} {'worse':>6} {'by def.':>7} {'breaks':>6} {'inline':>6} {'/no marks':>9}"
    )
    for clock in ("hot", "gaps"):
        of = [each for each in rows if each.clock == clock]
        for source in [*dict.fromkeys(each.source for each in of), "everything"]:
            _line(source, clock, [each for each in of if source in (each.source, "everything")])
        large = [each for each in of if each.compressible >= COMPRESSIBLE]
        dearer = sum(each.ours > each.raw * 1.0005 for each in large)
        print(f"of {len(large)} with at least {COMPRESSIBLE:,} compressible tokens, {dearer} cost more than raw")
        raw = sum(each.raw for each in of)
        for name in of[0].others if of else ():
            print(f"{name:28} {clock:5} {len(of):5} {sum(each.others[name] for each in of) / raw:8.3f}")


def _line(source: str, clock: str, of: list[Bill]) -> None:
    raw, ours = sum(each.raw for each in of), sum(each.ours for each in of)
    worse = sum(each.ours > each.raw * 1.0005 for each in of)
    beyond = sum(each.ours > (each.raw + each.definition) * 1.0005 for each in of)
    refs, inline = sum(each.refs for each in of), sum(each.inline for each in of)
    unmarked = sum(each.unmarked for each in of)
    print(
        f"{source:28} {clock:5} {len(of):5} {ours / raw:8.3f} {worse:6} {beyond:7} {sum(e.breaks for e in of):6}"
        f" {inline / refs if refs else 1:6.3f} {ours / unmarked:9.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--provider", choices=["anthropic", "openai"], default="anthropic")
    parser.add_argument("--generated", type=int, default=0, metavar="N", help="conversations to make instead")
    parser.add_argument("--outline-code-over", type=int, default=8_000, metavar="TOKENS", help="see Settings")
    parser.add_argument("--limit", type=int, default=None, help="conversations per file")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    folder = Path(os.environ.get("HEADROOM_SHARED", Path(__file__).parents[2] / "shared"))
    if chosen.generated:
        work = [(each.name, each) for each in generated(chosen.generated) if each.asked]
    elif (folder / "data" / "A").is_dir():
        work = list(recorded(folder, limit=chosen.limit))
    else:
        sys.exit("The recorded sessions are not there: set HEADROOM_SHARED, or use --generated 1000.")
    with ProcessPoolExecutor(chosen.jobs) as pool:
        one = partial(_one, provider=chosen.provider, others=not chosen.generated, outline=chosen.outline_code_over)
        show(bill for found in pool.map(one, work, chunksize=4) for bill in found)


def _one(work: tuple[str, Transcript], *, provider: Provider, others: bool, outline: int) -> list[Bill]:
    return bills(work[1], source=work[0], provider=provider, others=others, outline_code_over=outline)


if __name__ == "__main__":
    main()
