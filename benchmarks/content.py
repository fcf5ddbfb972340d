"""Content: one document as one tool result, as the proxy treats it, beside what anybody can do.

    python benchmarks/content.py [--quick] [--only WORDS] [--frontier]

Each document becomes a Messages request (a question, a call, its result) that goes through `Headroom` twice: with
headroom_retrieve among the tools (what is left out stands behind a marker) and without (lossless forms only).

kept     tokens kept (o200k_base, marker included) of all tokens; macro: the mean over documents
recall   share of facts that stand verbatim in the new text, mean over documents: what was planted, what annotators
         marked (B: all, core, and all of the documents of which the last 100 lines are not enough), 50 leaves sampled
         by rarity (C), the answer or the evidence (D), names that are defined in a file, or that an agent used first
         from its view of one (E, outlines allowed from 300 tokens on), visible words (G)
exact    markers that give back the original byte for byte, and JSON forms without one that decode to the same value
reach    share of (key, value) pairs whose value one retrieval with the row's key as query shows, in 500 tokens at most
ms, MB/s a request, storing included; the speed leaves out documents that stay as they are, and counting the tokens of
         the document and of the new text

B to G are real texts from $HEADROOM_SHARED (default: ../shared), where there is one. All else is made by seeded code.
The peer stands beside us where $HEADROOM_PEER_PYTHON names the interpreter of its own venv.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import corpora_shared
import facts
from baselines import head_and_tail, last_lines, minified
from content_measure import QUESTION, Facts, Result, facts_of, judged, through
from content_peer import ABSENT, Peer, peer
from corpora import GENERATED, Document, documents

from headroom import Headroom, Settings
from headroom.work import warm_up

WITH, WITHOUT, PEER = "headroom", "headroom, lossless", "peer"
OUTLINE_OVER = 300
"""Tokens above which views of code (E) may become outlines here."""

FRONTIER = (0.04, 0.08, 0.12, 0.16, 0.20)
COUNT, QUICK = 45, 3
MANY_ROWS = 50

Corpus = tuple[str, list[Document]]
Results = dict[str, list[Result]]


def corpora(*, quick: bool, only: str) -> Iterator[Corpus]:
    """Yield every corpus whose name contains `only`."""
    folder = corpora_shared.folder()
    if folder is not None:
        yield from _named(corpora_shared.Shared(folder).corpora(limit=QUICK if quick else None), only)
    made = ((name, list(documents(maker, count=QUICK if quick else COUNT))) for name, maker in GENERATED.items())
    yield from _named(made, only)


def _named(found: Iterable[Corpus], only: str) -> Iterator[Corpus]:
    return (corpus for corpus in found if only.lower() in corpus[0].lower())


def measure(document: Document, *, able: Headroom, unable: Headroom, other: Peer | None = None) -> dict[str, Result]:
    """Return what each way makes of one document."""
    wanted = facts_of(document)
    small = through(able, document, wanted, capability=True)
    others = {
        "white space out": minified(document.text),
        "head 60 %, tail 40 %, same size": head_and_tail(document.text, size=small.after),
        "last 100 lines": last_lines(document.text),
    }
    if other is not None:
        question, arguments = document.question or QUESTION, json.dumps(document.arguments)
        others[PEER] = other.text(document.text, question=question, tool=document.tool, arguments=arguments)
    return {
        WITH: small,
        WITHOUT: through(unable, document, wanted, capability=False),
        **{name: judged(text, wanted, before=small.before) for name, text in others.items()},
    }


def headroom_at(ratio: float | None = None, *, corpus: str = "") -> Headroom:
    """Return a Headroom that keeps originals in memory, aiming at this share of the tokens or at the default."""
    changes: dict[str, float] = {} if ratio is None else {"target_ratio": ratio}
    if corpus.startswith("E "):
        changes["outline_code_over"] = OUTLINE_OVER
    return Headroom(Settings(database_url="sqlite:///:memory:").model_copy(update=changes))


def line(corpus: str, way: str, results: Sequence[Result]) -> str:
    """Return one row of the table."""
    before, after = sum(r.before for r in results), sum(r.after for r in results)
    all_kinds = {kind for r in results for kind, _ in r.hits} - {"core", "hard"}
    recalls = [_share([r.recall(*kinds) for r in results]) for kinds in (all_kinds, {"core"}, {"hard"})]
    exact = [r.exact for r in results if r.exact is not None]
    reached = facts.share([hit for r in results for hit in r.reached])
    timed = [r for r in results if r.seconds]
    cells = [
        corpus,
        way,
        str(len(results)),
        f"{before:,}",
        f"{after / max(1, before):.3f}",
        f"{statistics.fmean(r.kept for r in results):.3f}",
        *recalls,
        f"{sum(exact)} of {len(exact)}" if exact else "",
        "" if reached is None else f"{reached:.2f}",
        f"{1000 * statistics.median(r.seconds for r in timed):.0f}" if timed else "",
        _speed(timed),
    ]
    return f"| {' | '.join(cells)} |"


HEAD = """| corpus | how | documents | tokens | kept | macro | recall | core | hard | exact | reach | ms p50 | MB/s |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def _share(values: Iterable[float | None]) -> str:
    asked = [value for value in values if value is not None]
    return f"{statistics.fmean(asked):.2f}" if asked else ""


def _speed(timed: Iterable[Result]) -> str:
    """Return MB/s without counting; nothing where the request was hardly more than counting."""
    changed = [result for result in timed if result.after != result.before]
    worked = sum(result.seconds - result.counting for result in changed)
    return f"{sum(result.bytes for result in changed) / 1e6 / worked:.1f}" if worked > 0 else ""


def planted(results: Iterable[Result]) -> str:
    """Return the table of planted facts by kind."""
    hits: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        for kind, there in result.hits:
            hits[kind].append(there)
    rows = [f"| {kind} | {len(found):,} | {sum(found):,} |" for kind, found in sorted(hits.items())]
    return "\n".join(["| planted | facts | inline |", "|---|---:|---:|", *rows])


def table(found: Iterable[Corpus]) -> None:
    """Print the table row by row, then what concerns several corpora."""
    other = peer()
    if other is None:
        print(f"{ABSENT}\n")
    many: Results = defaultdict(list)
    macros: dict[str, list[float]] = defaultdict(list)
    plants: list[Result] = []
    print(HEAD)
    for name, texts in found:
        results: Results = defaultdict(list)
        able, unable = headroom_at(corpus=name), headroom_at(corpus=name)
        for document in texts:
            rows = len(facts.rows_of(document.text)) if name.startswith("C ") else 0
            for way, result in measure(document, able=able, unable=unable, other=other).items():
                results[way].append(result)
                if rows >= MANY_ROWS:
                    many[way].append(result)
        for way, made in results.items():
            print(line(name, way, made), flush=True)
            if name.startswith("C "):
                macros[way].append(statistics.fmean(result.kept for result in made))
        if name in GENERATED:
            plants += results[WITH]
    for way, made in many.items():
        print(line(f"C, {MANY_ROWS} rows or more", way, made))
    if macros:
        print(
            "\nC, mean of the corpora's macro: "
            + ", ".join(f"{w} {statistics.fmean(m):.3f}" for w, m in macros.items())
        )
    if plants:
        print(f"\n{planted(plants)}")


def frontier(found: Iterable[Corpus]) -> None:
    """Print what is kept and found inline for several targets."""
    print(HEAD)
    for name, texts in found:
        wanted: list[tuple[Document, Facts]] = [(document, facts_of(document)) for document in texts]
        for ratio in FRONTIER:
            headroom = headroom_at(ratio, corpus=name)
            results = [through(headroom, document, facts, capability=True) for document, facts in wanted]
            print(line(name, f"target {ratio:.2f}", results), flush=True)


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help=f"at most {QUICK} documents per corpus")
    options.add_argument("--only", default="", metavar="WORDS", help='corpora whose name contains this, e.g. "C dev"')
    options.add_argument("--frontier", action="store_true", help="instead: headroom alone, for several target ratios")
    chosen = options.parse_args()
    if corpora_shared.folder() is None:
        print("B to G are not here (set HEADROOM_SHARED): generated corpora only.\n")
    warm_up()
    found = corpora(quick=chosen.quick, only=chosen.only)
    (frontier if chosen.frontier else table)(found)


if __name__ == "__main__":
    main()
