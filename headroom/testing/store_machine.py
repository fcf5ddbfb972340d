"""A store and a few dicts that are put through the same things: part of `StoreTests`."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from headroom.errors import RefNotFound
from headroom.marker import ref_of
from headroom.store import OriginalStore

HOUR = 3_600.0
DAY = 24 * HOUR
NOW = 1_700_000_000.0


def by_ref(*originals: str) -> Mapping[str, str]:
    """Return originals by their refs, as `put` takes them."""
    return {ref_of(original): original for original in originals}


class StoreMachine(RuleBasedStateMachine):
    """Does to a store and to a few dicts the same things, in any order, and compares what they answer.

    Time moves in steps of two hours and more, so that no touch falls into the hour after another.
    """

    scopes = st.sampled_from(["a", "b"])
    texts = st.sampled_from(["", "x", "\ud800", "yy"])
    lineages = st.sampled_from([b"1", b"2"])
    keys = st.sampled_from(["k", "l"])

    def __init__(self, store: OriginalStore, *, retention: float) -> None:
        super().__init__()
        self.store = store
        self.retention = retention
        self.now = NOW
        self.pinned: set[tuple[str, str]] = set()
        self.originals: dict[tuple[str, str], float] = {}
        self.outcomes: dict[tuple[str, bytes], tuple[str, float]] = {}
        self.exchanges: dict[tuple[str, str], float] = {}
        self.keyed: dict[tuple[str, str], list[str]] = {}

    def teardown(self) -> None:
        """Close the store after each example."""
        self.store.close()

    def lives(self, touched: float) -> bool:
        """Whether retention still keeps what was last touched then."""
        return self.now - touched <= self.retention

    @rule(hours=st.sampled_from([2, 24, 24 * 5]))
    def wait(self, hours: int) -> None:
        """Let time pass."""
        self.now += hours * HOUR

    @rule(scope=scopes, texts=st.lists(texts, max_size=3), pinned=st.booleans())
    def put(self, scope: str, texts: list[str], pinned: bool) -> None:
        """Put some originals."""
        self.store.put(scope, by_ref(*texts), now=self.now, pinned=pinned)
        self.originals.update({(scope, text): self.now for text in texts})
        if pinned:
            self.pinned.update((scope, text) for text in texts)

    @rule(scope=scopes, text=texts, length=st.sampled_from([12, 24]))
    def get(self, scope: str, text: str, length: int) -> None:
        """Retrieve an original, or be told why not."""
        assert self.answer(scope, text) == self.told(scope, ref_of(text)[:length])
        self.use(scope, text)

    @rule(scope=scopes, texts=st.lists(texts, max_size=3))
    def touch(self, scope: str, texts: list[str]) -> None:
        """Touch originals, and the outcomes that still live."""
        lineages = [
            lineage
            for (owner, lineage), (_, touched) in self.outcomes.items()
            if owner == scope and self.lives(touched)
        ]
        self.store.touch(scope, map(ref_of, texts), lineages=lineages, now=self.now)
        for text in texts:
            self.use(scope, text)
        self.outcomes.update({(scope, lineage): (self.outcomes[scope, lineage][0], self.now) for lineage in lineages})

    def told(self, scope: str, ref: str) -> tuple[str, str]:
        """Return what the store answers to a ref."""
        try:
            return "kept", self.store.get(scope, ref, now=self.now)
        except RefNotFound as error:
            return error.why, ""

    def answer(self, scope: str, text: str) -> tuple[str, str]:
        """Return what it should answer."""
        if self.has(scope, text):
            return "kept", text
        return ("expired" if (scope, text) in self.originals else "unknown"), ""

    def has(self, scope: str, text: str) -> bool:
        """Whether the original is there and neither unknown nor expired."""
        which = scope, text
        return which in self.originals and (which in self.pinned or self.lives(self.originals[which]))

    def use(self, scope: str, text: str) -> None:
        """Note a use of an original, if it is there."""
        if self.has(scope, text):
            self.originals[scope, text] = self.now

    @rule(scope=scopes, lineage=lineages)
    def record(self, scope: str, lineage: bytes) -> None:
        """Record an outcome."""
        value = str(self.now)
        stands = self.store.record(scope, lineage, "fit", value, now=self.now)
        before, touched = self.outcomes.get((scope, lineage), (value, self.now))
        # What retention no longer keeps stands until a purge, and who purges when is the store's business.
        assert stands == before or (stands == value and not self.lives(touched))
        self.outcomes[scope, lineage] = stands, self.now

    @rule(scope=scopes)
    def recorded(self, scope: str) -> None:
        """Look up every outcome."""
        found = self.store.recorded(scope, [b"1", b"2"])
        for lineage in (b"1", b"2"):
            value, touched = self.outcomes.get((scope, lineage), ("", -self.retention))
            expected = {lineage: {"fit": value}} if self.lives(touched) else {}
            assert expected.items() <= found.items()
            assert (scope, lineage) in self.outcomes or lineage not in found

    @rule(scope=scopes, keys=st.sets(keys), again=st.booleans())
    def journal(self, scope: str, keys: set[str], again: bool) -> None:
        """Journal an exchange, a new one or one that still lives."""
        living = [text for (owner, text), touched in self.exchanges.items() if owner == scope and self.lives(touched)]
        exchange = living[0] if again and living else f"{scope} {len(self.exchanges)}"
        self.store.journal(scope, keys, exchange, now=self.now)
        for key in keys:
            older = [other for other in self.keyed.get((scope, key), []) if other != exchange]
            self.keyed[scope, key] = [exchange, *older]
            self.exchanges[scope, exchange] = self.now

    @rule(scope=scopes)
    def journalled(self, scope: str) -> None:
        """Look up every exchange."""
        found = self.store.journalled(scope, ["k", "l"])
        for key in ("k", "l"):
            ours, theirs = self.keyed.get((scope, key), []), found.get(key, [])
            living = [exchange for exchange in ours if self.lives(self.exchanges[scope, exchange])]
            assert living == [exchange for exchange in theirs if exchange in living]
            assert set(theirs) <= set(ours)
            assert not theirs or self.store.has_journal(scope)

    @rule()
    def purge(self) -> None:
        """Purge: nothing that can be seen of originals changes."""
        self.store.purge(now=self.now)

    @rule(scope=scopes)
    def delete_scope(self, scope: str) -> None:
        """Forget a scope."""
        self.store.delete_scope(scope)
        self.pinned = {which for which in self.pinned if which[0] != scope}
        self.originals = {which: touched for which, touched in self.originals.items() if which[0] != scope}
        self.outcomes = {which: outcome for which, outcome in self.outcomes.items() if which[0] != scope}
        self.keyed = {which: keyed for which, keyed in self.keyed.items() if which[0] != scope}
