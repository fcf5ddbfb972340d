"""Keeping: what a plan needs is stored before it is sent, and what cannot be is recorded.

A block whose original cannot be stored goes out as it is. What stands behind it was planned with its form in view and
in the sums, so the rest is planned again, under what is recorded now: as every later request will be (law 2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from headroom.content import FAILURES, Decision, Plan
from headroom.fit import BARE, dropped_in
from headroom.originals import Originals
from headroom.outcomes import Outcomes, raw_block

Where = tuple[int, int]


def kept(plan: Plan, *, scope: str, originals: Originals, outcomes: Outcomes, again: Callable[[], Plan]) -> Plan:
    """Return the plan as it may be sent: the originals behind it durably stored, whatever failed recorded.

    `again` plans the same request under what is recorded by then.
    """
    failed: dict[Where, Decision] = {}
    while True:
        decisions = originals.keep(scope, plan.decisions)
        found = {each.where: each for each in decisions if each.reason in FAILURES and each.where not in failed}
        for each in found.values():
            outcomes.record(scope, plan.lineages[each.where[0]], *_raw(plan, each))
        failed |= found
        if not any(each.reason == "store_failed" for each in found.values()):  # the fold knows of all others
            break
        plan = again()
    _record_bare(plan, decisions, scope=scope, outcomes=outcomes)
    return replace(plan, decisions=tuple(failed.get(each.where, each) for each in decisions))


def _raw(plan: Plan, decision: Decision) -> tuple[str, str]:
    """Return kind and value of what is recorded of a block that failed."""
    message, number = decision.where
    under = plan.lineages[plan.epoch] if message <= plan.epoch else b""
    return raw_block(number, epoch=under), decision.reason


def _record_bare(plan: Plan, decisions: Sequence[Decision], *, scope: str, outcomes: Outcomes) -> None:
    """Record that a fit is declared without a ref, if its transcript was to have one and cannot be stored."""
    planned: Mapping[Where, str] = {each.where: each.ref for each in plan.decisions if each.reason == "fit"}
    for each in decisions:
        if each.reason == "fit" and not each.ref and planned[each.where]:
            at = dropped_in(outcomes.of(scope, plan.lineages)).at
            outcomes.record(scope, plan.lineages[at], BARE, "store_failed")
