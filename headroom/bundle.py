"""Bundles: old results that a re-pack made small share one marker, and one original behind it.

A marker on each would cost too much of the little that stays of them. What is left out is declared in place; the
marker closes the last of them, and its original holds all of them whole, each under the name that its first gap tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from headroom import marker, tokens
from headroom.content import Decision
from headroom.memo import Memo
from headroom.transcript import name_of, part_of, transcript
from headroom.work import saves


@dataclass(frozen=True, slots=True)
class Bundle:
    """What all results that owe a ref are closed by."""

    original: str
    ref: str
    closing: str
    """The text of the last of them, marker included."""
    tokens: int
    """Tokens of that text."""
    pays: bool
    """Whether all of them together save enough, the marker counted (law 1)."""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 500 + 2 * (len(self.original) + len(self.closing))


Bundles = Memo[tuple[object, ...], Bundle]
"""Bundles by all that they depend on: a conversation is sent many times under one re-pack."""


def bundled(decisions: Sequence[Decision], *, key: tuple[object, ...], bundles: Bundles) -> Sequence[Decision] | None:
    """Return the decisions with one ref for all that owe one, on the last of them; None if that saves too little (law 1).

    `key` names everything that those who owe one depend on.
    """
    owing = [number for number, each in enumerate(decisions) if each.owes]
    if not owing:
        return decisions
    members = [decisions[number] for number in owing]
    bundle = bundles.get(key)
    if bundle is None:
        bundle = bundle_of(members)
        bundles.put(key, bundle, size=bundle.size)
    if not bundle.pays:
        return None
    made = list(decisions)
    for number, each in zip(owing, members, strict=True):
        made[number] = replace(each, ref=bundle.ref, original=bundle.original, owes=False)
    made[owing[-1]] = replace(made[owing[-1]], text=bundle.closing, tokens_after=bundle.tokens)
    return made


def bundle_of(members: Sequence[Decision]) -> Bundle:
    """Return what closes these."""
    original = transcript(part_of(each.where[0], each.block, number=each.where[1]) for each in members)
    ref = marker.ref_of(original)
    closing = marker.attach(members[-1].text, what=_what(members), ref=ref)
    last = tokens.count(closing)
    before = sum(each.tokens_before for each in members)
    after = sum(each.tokens_after for each in members[:-1]) + last
    return Bundle(original, ref, closing, last, pays=saves(before, after))


def _what(members: Sequence[Decision]) -> str:
    """Say which results are meant, and how their gaps are written."""
    first, last = (name_of(*each.where) for each in (members[0], members[-1]))
    results = f"result {last}" if len(members) == 1 else f"results {first} to {last}"
    return f'parts of {results} left out, 3…7 for lines 3 to 7 (of the first: path="{first}")'
