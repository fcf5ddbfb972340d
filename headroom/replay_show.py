"""What a replay found, for people, for programs and as a picture."""

from __future__ import annotations

import json
from itertools import accumulate
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from headroom.caching.breaks import Cause
from headroom.caching.simulate import Usage, total
from headroom.errors import ConfigError
from headroom.replay import GAP_EVERY, GAP_SECONDS, TURN_SECONDS, Clock, Lane, Report

_PACES: dict[Clock, str] = {
    "hot": f"a request every {TURN_SECONDS:.0f} s",
    "gaps": f"{GAP_SECONDS:.0f} s before every {GAP_EVERY}th",
    "recorded": "as recorded",
}
_BELOW = {0.5: "p50", 0.99: "p99"}


def as_json(report: Report) -> str:
    """Return the report for programs. Costs are in input tokens at the base price, times in milliseconds."""
    return json.dumps(
        {
            "provider": report.provider,
            "models": list(report.models),
            "conversations": report.conversations,
            "tool_results": report.results,
            "tokens_last_request": dict(zip(("raw", "headroom"), report.tokens_last, strict=True)),
            "clocks": {clock: _lane(lane) for clock, lane in report.lanes.items()},
        },
        indent=2,
    )


def table(report: Report) -> RenderableType:
    """Return the report as a table: raw, with headroom, and what of it remains."""
    hot = report.lanes["hot"]
    rows = Table(box=None, pad_edge=False, header_style="bold")
    rows.add_column("")
    for name in ("raw", "with headroom", "remains"):
        rows.add_column(name, justify="right", no_wrap=True)
    rows.add_row("tokens of the last request", *_row(*report.tokens_last))
    rows.add_row("tokens of all requests", *_row(total(hot.raw).tokens, total(hot.ours).tokens))
    for clock, lane in report.lanes.items():
        raw, ours = total(lane.raw), total(lane.ours)
        rows.add_row(f"bill, {_PACES[clock]}", *_row(raw.cost, ours.cost), style="bold")
        for name, one, other in _kinds(raw, ours):
            rows.add_row(f"  {name}", *_row(one, other)[:2], style="dim")
    if hot.unmarked > total(hot.raw).cost + 1:
        rows.add_row("the same without cache marks", *_row(hot.unmarked, total(hot.ours).cost))
    return Group(Text(_about(report), style="bold"), Text(""), rows, Text(""), *map(Text, _notes(report)))


def plot(report: Report, path: Path) -> None:
    """Write the cumulative bill as a picture. Raises ConfigError when matplotlib is missing or cannot write such a file."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        message = "--plot needs matplotlib, which is not installed: pip install 'headroom-ai[plot]'"
        raise ConfigError(message, value=path) from error
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for number, (clock, lane) in enumerate(report.lanes.items()):
        line = ("-", "--", ":")[number]
        axes.plot(_sums(lane.raw), line, color="#8a8f98", label=f"raw, {_PACES[clock]}")
        axes.plot(_sums(lane.ours), line, color="#0a7d5a", label=f"headroom, {_PACES[clock]}")
    axes.set(xlabel="request", ylabel="input tokens at the base price, cumulative", title=_about(report))
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be drawn: {error}. Use a name that ends in .png or .svg.", value=path
        ) from error


def _about(report: Report) -> str:
    requests = len(report.lanes["hot"].raw)
    what = [
        f"{report.conversations:,} conversation{_s(report.conversations)}",
        f"{requests:,} request{_s(requests)}",
        f"{report.results:,} tool result{_s(report.results)}",
        f"{', '.join(report.models)} ({report.provider})",
    ]
    return " · ".join(what)


def _notes(report: Report) -> list[str]:
    notes = ["The bill is in input tokens at the base price; answers are not in it."]
    hot = report.lanes["hot"]
    share = hot.recall.share()
    if share is not None:
        more = [
            f"{kind} {100 * found:.1f} % of {hot.recall.seen[kind]:,}"
            for kind in ("far", "big")
            if (found := hot.recall.share(kind)) is not None
        ]
        aside = f" ({', '.join(more)})" if more else ""
        notes.append(
            f"Inline when the model used it: {100 * share:.1f} % of {hot.recall.seen['all']:,} references{aside}."
        )
    for clock, lane in report.lanes.items():
        causes = ", ".join(f"{lane.breaks[cause]:,} {words}" for cause, words in _CAUSES.items())
        notes.append(f"Prefix breaks, {_PACES[clock]}: {causes}.")
    took = ", ".join(f"{name} {milliseconds(hot, at):.1f} ms" for at, name in _BELOW.items())
    notes.append(f"Time per request: {took}.")
    return notes


_CAUSES: dict[Cause, str] = {"us": "by headroom", "client": "by the client", "expiry": "by expiry"}


def milliseconds(lane: Lane, share: float) -> float:
    """Return what headroom took at most for this share of the requests."""
    ordered = sorted(lane.seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _lane(lane: Lane) -> dict[str, object]:
    return {
        "raw": _usage(total(lane.raw)),
        "headroom": _usage(total(lane.ours)),
        "without_cache_marks": round(lane.unmarked, 1),
        "prefix_breaks": {cause: lane.breaks[cause] for cause in _CAUSES},
        "references": dict(lane.recall.seen),
        "inline": {kind: lane.recall.share(kind) for kind in lane.recall.seen},
        "milliseconds": {name: round(milliseconds(lane, at), 2) for at, name in _BELOW.items()},
        "cumulative": {
            "raw": [round(cost, 1) for cost in _sums(lane.raw)],
            "headroom": [round(cost, 1) for cost in _sums(lane.ours)],
        },
    }


def _usage(usage: Usage) -> dict[str, float]:
    return {
        "cost": round(usage.cost, 1),
        "tokens": usage.tokens,
        "read": usage.read,
        "write": usage.write,
        "fresh": usage.fresh,
    }


def _sums(usages: list[Usage]) -> list[float]:
    return list(accumulate(usage.cost for usage in usages))


def _kinds(raw: Usage, ours: Usage) -> list[tuple[str, int, int]]:
    kinds = [("read", raw.read, ours.read), ("written", raw.write, ours.write), ("fresh", raw.fresh, ours.fresh)]
    return [kind for kind in kinds if kind[1] or kind[2]]


def _row(raw: float, ours: float) -> tuple[str, str, str]:
    return f"{raw:,.0f}", f"{ours:,.0f}", f"{100 * ours / raw:.1f} %" if raw else "-"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
