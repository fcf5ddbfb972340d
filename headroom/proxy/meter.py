"""What is counted. Labels are few and fixed; bodies and credentials never come here."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from headroom.caching.breaks import Cause
from headroom.content import FAILURES, Plan

Route = Literal["messages", "passthrough", "own"]
Retrieved = Literal["answered", "missed", "refused"]

USAGE = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_input_tokens": "cache_read",
    "cache_creation_input_tokens": "cache_creation",
}
"""The provider's usage fields that are booked, and their labels."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Meter:
    """Counts what the proxy does, in a registry of its own. Every method is cheap and never raises."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._labelled = lru_cache(maxsize=256)(_labelled)
        self._requests = Counter(
            "headroom_requests", "Answers by route and status class.", ["route", "status"], registry=registry
        )
        self._before = Counter(
            "headroom_tokens_before", "Tokens of the blocks looked at, as they came in.", registry=registry
        )
        self._after = Counter("headroom_tokens_after", "Tokens of the same blocks as forwarded.", registry=registry)
        self._added = Counter(
            "headroom_tokens_added", "Tokens that headroom itself added to requests.", registry=registry
        )
        self._decisions = Counter("headroom_decisions", "Decisions on blocks by reason.", ["reason"], registry=registry)
        self._failures = Counter(
            "headroom_failures", "Failures of headroom by reason; the original was sent.", ["reason"], registry=registry
        )
        self._retrievals = Counter(
            "headroom_retrievals", "Calls of headroom_retrieve by outcome.", ["outcome"], registry=registry
        )
        self._marks = Counter(
            "headroom_cache_marks", "Cache marks that headroom set for clients that set none.", registry=registry
        )
        self._breaks = Counter(
            "headroom_prefix_breaks",
            "Requests that could not read on from a cached prefix, by who changed it and where it first differs.",
            ["cause", "section"],
            registry=registry,
        )
        self._usage = Counter(
            "headroom_usage_tokens", "Tokens the provider says it billed.", ["kind"], registry=registry
        )
        self._truncated = Counter(
            "headroom_upstream_truncated", "Answers that the provider broke off.", registry=registry
        )
        self._unreached = Counter(
            "headroom_upstream_unreached", "Requests the provider could not be asked.", registry=registry
        )
        self._retries = Counter(
            "headroom_upstream_retries", "Requests sent again on a fresh connection.", registry=registry
        )
        self._disconnects = Counter(
            "headroom_client_disconnects", "Clients that went away before their answer was complete.", registry=registry
        )
        self._overhead = Histogram(
            "headroom_overhead_seconds",
            "Time headroom itself took before a request was forwarded.",
            buckets=_SECONDS,
            registry=registry,
        )

    def request(self, route: Route, status: int) -> None:
        """Count an answer: its route and the hundreds of its status (0: none was given)."""
        self._labelled(self._requests, route, f"{status // 100}xx" if status else "none").inc()

    def plan(self, plan: Plan) -> None:
        """Count what was decided about one request."""
        self._before.inc(plan.tokens_before)
        self._after.inc(plan.tokens_after)
        for reason, count in Tally(decision.reason for decision in plan.decisions).items():
            self._labelled(self._decisions, reason).inc(count)
            if reason in FAILURES:
                self._labelled(self._failures, reason).inc(count)

    def added(self, tokens: int) -> None:
        """Count tokens that we put into a request ourselves, e.g. the retrieval tool's definition."""
        self._added.inc(tokens)

    def marked(self, marks: int) -> None:
        """Count cache marks that we set."""
        self._marks.inc(marks)

    def broke(self, cause: Cause, where: str) -> None:
        """Count a cached prefix that was not read on: the client changed it, we did, or it expired.

        `where` is what first differs ("tools", "messages.7"), of which the section is counted; empty for an expiry.
        """
        self._labelled(self._breaks, cause, where.partition(".")[0]).inc()

    def failed(self, reason: str) -> None:
        """Count a failure of ours that no decision carries, by the exception's type or a fixed word."""
        self._labelled(self._failures, reason).inc()

    def retrieved(self, outcome: Retrieved) -> None:
        """Count a call of headroom_retrieve that the proxy answered, missed or refused."""
        self._labelled(self._retrievals, outcome).inc()

    def usage(self, usage: Mapping[str, object]) -> None:
        """Book a provider's usage object; fields that are absent, null or not numbers count nothing."""
        for field, kind in USAGE.items():
            value = usage.get(field)
            if isinstance(value, int) and value > 0:
                self._labelled(self._usage, kind).inc(value)

    def truncated(self) -> None:
        """Count an answer that the provider broke off."""
        self._truncated.inc()

    def unreached(self) -> None:
        """Count a request whose provider could not be reached."""
        self._unreached.inc()

    def retried(self) -> None:
        """Count a request that was sent again on a fresh connection."""
        self._retries.inc()

    def disconnected(self) -> None:
        """Count a client that went away before its answer was complete."""
        self._disconnects.inc()

    def overhead(self, seconds: float) -> None:
        """Note how long we took between a request's last byte and forwarding it."""
        self._overhead.observe(seconds)

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the samples with a name and these labels, e.g. `value("headroom_failures_total", reason="deadline")`."""
        samples = (sample for metric in self._registry.collect() for sample in metric.samples)
        return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)


def _labelled(counter: Counter, *labels: str) -> Counter:
    """Return the counter for these labels; prometheus_client takes a lock to find it."""
    return counter.labels(*labels)
