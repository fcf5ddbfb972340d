"""Bundles: old results that a re-pack made small share one marker, and one original behind it.

A marker of its own on each cost a quarter of what such results still take. What is left out is declared in place; the
marker closes the last of them, and its original holds all of them whole, each under the name that its first gap tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from headroom import marker, tokens
from headroom.content import Decision
from headroom.transcript import name_of, part_of, transcript
from headroom.work import saves


def bundled(decisions: Sequence[Decision]) -> list[Decision] | None:
    """Return the decisions with one ref for all that owe one, on the last of them; None if that saves too little (law 1)."""
    owing = [number for number, each in enumerate(decisions) if each.owes]
    if not owing:
        return list(decisions)
    members = [decisions[number] for number in owing]
    original = transcript(part_of(each.where[0], each.block, number=each.where[1]) for each in members)
    ref = marker.ref_of(original)
    last = members[-1]
    text = marker.attach(last.text, what=_what(members), ref=ref)
    closed = replace(last, text=text, tokens_after=tokens.count(text))
    members[-1] = closed
    before, after = sum(each.tokens_before for each in members), sum(each.tokens_after for each in members)
    if not saves(before, after):
        return None
    made = list(decisions)
    for number, each in zip(owing, members, strict=True):
        made[number] = replace(each, ref=ref, original=original, owes=False)
    return made


def _what(members: Sequence[Decision]) -> str:
    """Say which results are meant, and how their gaps are written."""
    first, last = (name_of(*each.where) for each in (members[0], members[-1]))
    results = f"result {last}" if len(members) == 1 else f"results {first} to {last}"
    return f'parts of {results} left out, 3…7 for lines 3 to 7 (of the first: path="{first}")'
