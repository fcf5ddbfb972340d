"""The laws of a store. Inherit `StoreTests` and say how a new store is made; needs pytest and hypothesis.

    class TestMine(StoreTests):
        def new_store(self):
            return MyStore(retention_days=self.retention_days, store_bytes=self.store_bytes)

Time is always the caller's, so weeks pass in no time.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from headroom.errors import RefNotFound, StoreError
from headroom.marker import ref_of
from headroom.store import OriginalStore
from headroom.testing.store_machine import DAY, HOUR, NOW, StoreMachine, by_ref

any_text = st.text(st.characters(codec=None, exclude_categories=()))
"""Any str at all: lone surrogates and NUL are in tool output, so they are in originals."""

any_name = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)


def filler(name: str, size: int) -> str:
    """Return a text of `size` ASCII characters that no other name gives."""
    return (name + "." * size)[:size]


class StoreTests(ABC):
    """What holds for every `OriginalStore`."""

    retention_days: float = 7
    store_bytes: int = 1 << 20

    @abstractmethod
    def new_store(self) -> OriginalStore:
        """Return a new and empty store with `self.retention_days` and `self.store_bytes`."""

    @pytest.fixture
    def store(self) -> Iterator[OriginalStore]:
        """Give a new and empty store, closed afterwards."""
        store = self.new_store()
        yield store
        store.close()

    # originals

    def test_get_returns_exactly_what_was_put(self) -> None:
        """Any str comes back as it was, whoever's it is."""
        store = self.new_store()

        @settings(deadline=None)  # a disk takes its time
        @given(any_name, st.lists(any_text, max_size=4), st.booleans())
        def law(scope: str, originals: list[str], pinned: bool) -> None:
            store.put(scope, by_ref(*originals), now=NOW, pinned=pinned)
            assert originals == [store.get(scope, ref_of(original), now=NOW) for original in originals]

        law()
        store.close()

    @pytest.mark.parametrize(
        "original",
        ["", "\0", "\ud800\udfff\0", "\r\n\x1b[0m", "日本" * 1_000_000, "x" * 5_000_000],
        ids=["empty", "NUL", "surrogates", "control", "6 MB of UTF-8", "5 MB of ASCII"],
    )
    def test_get_returns_what_is_hard_to_keep(self, store: OriginalStore, original: str) -> None:
        """Empty, unprintable, not encodable, several megabytes."""
        store.put("s", by_ref(original), now=NOW)
        assert original == store.get("s", ref_of(original), now=NOW)

    def test_putting_again_changes_nothing(self, store: OriginalStore) -> None:
        """`put` is idempotent, and takes what is new beside what is not."""
        store.put("s", by_ref("a"), now=NOW)
        store.put("s", by_ref("a", "b"), now=NOW)
        store.put("s", {}, now=NOW)
        assert [store.get("s", ref_of(text), now=NOW) for text in "ab"] == ["a", "b"]
        assert store.delete_scope("s") == 2

    def test_a_ref_resolves_only_in_its_scope(self, store: OriginalStore) -> None:
        """To anyone else it is unknown: the two cases cannot be told apart (law 8)."""
        store.put("mine", by_ref("a"), now=NOW)
        theirs = self._why(store, "theirs", ref_of("a"))
        assert theirs == self._why(store, "theirs", ref_of("never stored"))
        assert theirs == "unknown"

    def test_scopes_and_keys_of_any_form_are_kept_apart(self, store: OriginalStore) -> None:
        """They come from clients: empty, long, and with whatever is in them."""
        scopes = ["", "\0", "\ud800", "a", "A", "a ", "a\n", "%", "_", "é", "e\u0301", "x" * 100_000, "x" * 100_001]
        for scope in scopes:
            store.put(scope, by_ref(scope[:9] + str(len(scope))), now=NOW)
            store.journal(scope, scopes, scope, now=NOW)
        for scope in scopes:
            assert {key: [scope] for key in scopes} == store.journalled(scope, scopes)
            assert store.delete_scope(scope) == 1

    def test_a_prefix_of_twelve_digits_or_more_resolves(self, store: OriginalStore) -> None:
        """If it is shorter, or not made of hex digits, it is unknown."""
        store.put("s", by_ref("a", "b", "c"), now=NOW)
        ref = ref_of("b")
        assert [store.get("s", ref[:length], now=NOW) for length in range(12, 25)] == ["b"] * 13
        for wrong in ("", ref[:11], ref[:12].upper() + "Z", ref + "0", "%" * 24, "\ud800" * 12, ref[:11] + "g"):
            assert self._why(store, "s", wrong) == "unknown"

    def test_every_ref_of_many_resolves_by_prefix(self, store: OriginalStore) -> None:
        """A prefix finds its own ref among its neighbours."""
        originals = [f"original {number}" for number in range(600)]
        store.put("s", by_ref(*originals), now=NOW)
        assert originals == [store.get("s", ref_of(original)[:12], now=NOW) for original in originals]

    def test_content_that_is_not_its_refs_is_never_returned(self, store: OriginalStore) -> None:
        """What is stored is verified against the ref on the way out."""
        store.put("s", {ref_of("a"): "b"}, now=NOW)
        with pytest.raises(StoreError, match=ref_of("a")):
            store.get("s", ref_of("a"), now=NOW)

    # age

    def test_what_is_not_touched_expires(self, store: OriginalStore) -> None:
        """Expired is another answer than unknown, and the same before and after the purge."""
        store.put("s", by_ref("a"), now=NOW)
        end = NOW + self.retention_days * DAY
        assert store.purge(now=end) == 0
        assert self._why(store, "s", ref_of("a"), now=end + 1) == "expired"
        assert store.purge(now=end + 1) == 1
        assert store.purge(now=end + 1) == 0
        assert self._why(store, "s", ref_of("a"), now=end + 1) == "expired"
        assert self._why(store, "s", ref_of("a")[:12], now=end + 1) == "expired"
        assert self._why(store, "other", ref_of("a"), now=end + 1) == "unknown"

    def test_what_expired_can_be_put_again(self, store: OriginalStore) -> None:
        """Before the purge and after it."""
        later = NOW + (self.retention_days + 1) * DAY
        for purge_first in (False, True):
            store.put("s", by_ref("a"), now=NOW)
            if purge_first:
                store.purge(now=later)
            store.put("s", by_ref("a"), now=later)
            assert store.get("s", ref_of("a"), now=later) == "a"
            store.delete_scope("s")

    @pytest.mark.parametrize("use", ["touch", "put", "get"])
    def test_what_is_in_use_stays(self, store: OriginalStore, use: str) -> None:
        """Touching, putting again and retrieving all count from anew; what expired is not touched back to life."""
        half = self.retention_days * DAY / 2
        store.put("s", by_ref("used", "idle"), now=NOW)
        for step in range(1, 6):
            now = NOW + step * half
            if use == "touch":
                store.touch("s", [ref_of("used"), ref_of("never stored")], now=now)
            elif use == "put":
                store.put("s", by_ref("used"), now=now)
            else:
                store.get("s", ref_of("used"), now=now)
            store.purge(now=now)
        store.touch("s", [ref_of("idle")], now=now)
        assert store.get("s", ref_of("used"), now=now) == "used"
        assert self._why(store, "s", ref_of("idle"), now=now) == "expired"

    def test_touching_in_one_scope_leaves_others_alone(self, store: OriginalStore) -> None:
        """The same content has a life of its own in every scope."""
        later = NOW + self.retention_days * DAY
        store.put("a", by_ref("x"), now=NOW)
        store.put("b", by_ref("x"), now=NOW)
        store.touch("a", [ref_of("x")], now=later)
        assert store.purge(now=later + 1) == 1
        assert store.get("a", ref_of("x"), now=later + 1) == "x"
        assert self._why(store, "b", ref_of("x"), now=later + 1) == "expired"

    def test_what_is_pinned_outlives_retention_and_cap(self, store: OriginalStore) -> None:
        """Until its scope is deleted; being put again without a pin takes none away."""
        big = filler("pinned", self.store_bytes + 1)
        store.put("s", by_ref(big), now=NOW)
        store.put("s", by_ref(big), now=NOW, pinned=True)
        store.put("s", by_ref(big), now=NOW)
        later = NOW + 100 * self.retention_days * DAY
        assert store.purge(now=later) == 0
        assert big == store.get("s", ref_of(big), now=later)
        assert store.delete_scope("s") == 1
        assert self._why(store, "s", ref_of(big), now=later) == "unknown"

    # size

    def test_over_the_cap_the_least_recently_touched_go_first(self, store: OriginalStore) -> None:
        """Only as many as it takes, whosesoever they are."""
        texts = [filler(f"text {number}", self.store_bytes // 4) for number in range(6)]
        for number in range(4):
            store.put(f"scope {number}", by_ref(texts[number]), now=NOW + number)
        now = NOW + 2 * HOUR
        store.touch("scope 0", [ref_of(texts[0])], now=now)
        for number in (4, 5):
            store.put(f"scope {number}", by_ref(texts[number]), now=now + number)
        now += 10
        store.purge(now=now)
        kept = [self._has(store, f"scope {number}", ref_of(text), now) for number, text in enumerate(texts)]
        assert kept == [True, False, False, True, True, True]
        assert self._why(store, "scope 1", ref_of(texts[1]), now=now) == "expired"

    def test_at_the_cap_nothing_goes(self, store: OriginalStore) -> None:
        """The cap itself still fits."""
        store.put("s", by_ref(filler("a", self.store_bytes - 10), filler("b", 10)), now=NOW)
        assert store.purge(now=NOW + 1) == 0
        store.put("s", by_ref("c"), now=NOW + 1)
        assert store.purge(now=NOW + 1) == 1

    def test_of_the_same_age_only_as_many_go_as_must(self, store: OriginalStore) -> None:
        """A clock that stands still costs no more than one that runs."""
        texts = [filler(f"text {number}", self.store_bytes // 4) for number in range(6)]
        store.put("s", by_ref(*texts), now=NOW)
        assert store.purge(now=NOW) == 2
        assert sum(self._has(store, "s", ref_of(text), NOW) for text in texts) == 4

    def test_what_was_just_put_is_there_whatever_the_cap(self, store: OriginalStore) -> None:
        """Its marker is on its way to a model, so only a later purge may take it."""
        for number in range(40):
            big = by_ref(*(filler(f"{number} {part}", self.store_bytes) for part in range(2)))
            store.put("s", big, now=NOW + number)
            assert [self._has(store, "s", ref, NOW + number) for ref in big] == [True, True]

    def test_f15_at_the_cap_a_live_conversation_keeps_its_originals(self, store: OriginalStore) -> None:
        """The dead ones go, with no purge but those that `put` makes by itself."""
        live = [filler(f"live {number}", self.store_bytes // 16) for number in range(4)]
        store.put("live", by_ref(*live), now=NOW)
        for number in range(100):
            now = NOW + number * HOUR
            store.touch("live", map(ref_of, live), now=now)
            store.put(f"dead {number}", by_ref(filler(f"{number}", self.store_bytes // 8)), now=now)
        assert live == [store.get("live", ref_of(text), now=now) for text in live]
        assert self._why(store, "dead 0", ref_of(filler("0", self.store_bytes // 8)), now=now) == "expired"

    # outcomes

    def test_the_first_outcome_stands(self, store: OriginalStore) -> None:
        """For each scope, lineage and kind."""
        assert store.record("s", b"l", "fit", "1", now=NOW) == "1"
        assert store.record("s", b"l", "fit", "2", now=NOW + DAY) == "1"
        assert store.record("s", b"l", "offer", "3", now=NOW) == "3"
        assert store.record("s", b"m\0", "fit", "4", now=NOW) == "4"
        assert store.record("t", b"l", "fit", "", now=NOW) == ""
        assert store.recorded("s", [b"l", b"x", b"m\0", b"l"]) == {
            b"l": {"fit": "1", "offer": "3"},
            b"m\0": {"fit": "4"},
        }
        assert store.recorded("t", [b"l", b"m\0"]) == {b"l": {"fit": ""}}
        assert store.recorded("s", []) == {}

    def test_outcomes_of_a_long_conversation_are_found_at_once(self, store: OriginalStore) -> None:
        """A look-up takes any number of lineages."""
        lineages = [number.to_bytes(16, "big") for number in range(3_000)]
        for lineage in lineages[::300]:
            store.record("s", lineage, "raw", "\ud800", now=NOW)
        assert {lineage: {"raw": "\ud800"} for lineage in lineages[::300]} == store.recorded("s", lineages)

    def test_of_writers_at_the_same_time_one_wins(self, store: OriginalStore) -> None:
        """And all are told the same."""
        start = threading.Barrier(8)

        def write(name: int) -> str:
            start.wait()
            return store.record("s", b"l", "fit", str(name), now=NOW)

        with ThreadPoolExecutor(8) as pool:
            told = set(pool.map(write, range(8)))
        assert told == set(store.recorded("s", [b"l"])[b"l"].values())

    # journal

    def test_exchanges_come_newest_first(self, store: OriginalStore) -> None:
        """Under every one of their keys; the same one again counts as the newest."""
        assert not store.has_journal("s")
        store.journal("s", ["a", "b", "a"], "1", now=NOW)
        store.journal("s", ["a"], "2", now=NOW)
        store.journal("s", ["a", "c"], "\ud8003", now=NOW)
        store.journal("s", [], "4", now=NOW)
        assert store.journalled("s", ["a", "b", "x"]) == {"a": ["\ud8003", "2", "1"], "b": ["1"]}
        store.journal("s", ["a"], "1", now=NOW)
        assert store.journalled("s", ["a", "c"]) == {"a": ["1", "\ud8003", "2"], "c": ["\ud8003"]}
        assert store.journalled("s", []) == {}
        assert store.journalled("t", ["a"]) == {}
        assert (store.has_journal("s"), store.has_journal("t")) == (True, False)

    def test_an_exchange_is_nobodys_original(self, store: OriginalStore) -> None:
        """It never comes out under a ref."""
        store.journal("s", ["a"], "exchange", now=NOW)
        assert self._why(store, "s", ref_of("exchange")) == "unknown"

    def test_exchanges_count_towards_the_cap(self, store: OriginalStore) -> None:
        """Nothing that grows is left without a bound."""
        for number in range(40):
            store.journal("s", [str(number)], filler(str(number), self.store_bytes // 8), now=NOW + number)
        store.purge(now=NOW + 40)
        assert [str(number) for number in range(32, 40)] == sorted(store.journalled("s", [str(n) for n in range(40)]))

    def test_outcomes_and_exchanges_live_as_long_as_they_are_touched(self, store: OriginalStore) -> None:
        """As originals do."""
        half = self.retention_days * DAY / 2
        for name in ("used", "idle"):
            store.record("s", name.encode(), "fit", name, now=NOW)
            store.journal("s", [name], name, now=NOW)
        for step in range(1, 6):
            store.touch("s", [], lineages=[b"used"], keys=["used"], now=NOW + step * half)
            assert store.purge(now=NOW + step * half) == 0
        assert store.recorded("s", [b"used", b"idle"]) == {b"used": {"fit": "used"}}
        assert store.journalled("s", ["used", "idle"]) == {"used": ["used"]}
        store.purge(now=NOW + 9 * half)
        assert not store.has_journal("s")

    # the whole

    def test_a_deleted_scope_leaves_nothing(self, store: OriginalStore) -> None:
        """Pinned or not, expired or not; and other scopes keep theirs."""
        store.put("s", by_ref("old"), now=NOW - 2 * self.retention_days * DAY)
        store.purge(now=NOW)
        for scope in ("s", "t"):
            store.put(scope, by_ref(*(f"a {number}" for number in range(600))), now=NOW)
            store.put(scope, by_ref("b"), now=NOW, pinned=True)
            store.record(scope, b"l", "fit", "1", now=NOW)
            store.journal(scope, ["k"], "1", now=NOW)
        assert store.delete_scope("s") == 601
        assert store.delete_scope("s") == 0
        assert [self._why(store, "s", ref_of(text)) for text in ("old", "a 0", "b")] == ["unknown"] * 3
        assert (store.recorded("s", [b"l"]), store.journalled("s", ["k"]), store.has_journal("s")) == ({}, {}, False)
        assert [store.get("t", ref_of(text), now=NOW) for text in ("a 0", "b")] == ["a 0", "b"]
        assert store.journalled("t", ["k"]) == {"k": ["1"]}

    def test_many_threads_use_one_store(self, store: OriginalStore) -> None:
        """None waits for ever, none sees half of another's work."""

        def work(thread: int) -> None:
            for number in range(20):
                texts = [f"{thread} {number} {part}" for part in range(3)]
                store.put("s", by_ref(*texts), now=NOW)
                assert texts == [store.get("s", ref_of(text), now=NOW) for text in texts]
                store.touch("s", map(ref_of, texts), now=NOW + 2 * HOUR)

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(work, range(12)))
        assert store.delete_scope("s") == 12 * 20 * 3

    def test_a_closed_store_says_so(self, store: OriginalStore) -> None:
        """Closing twice is no error, using it afterwards is one."""
        store.put("s", by_ref("a"), now=NOW)
        store.close()
        store.close()
        with pytest.raises(StoreError, match="closed"):
            store.get("s", ref_of("a"), now=NOW)
        with pytest.raises(StoreError, match="closed"):
            store.put("s", by_ref("b"), now=NOW)

    def test_it_agrees_with_a_model(self) -> None:
        """Whatever is done in whatever order."""
        new_store, retention = self.new_store, self.retention_days * DAY

        class Machine(StoreMachine):
            def __init__(self) -> None:
                super().__init__(new_store(), retention=retention)

        # Each example is a new store and some fifty steps in it: one in twenty of the usual number is plenty.
        some = settings(max_examples=max(10, settings().max_examples // 20), deadline=None)
        run_state_machine_as_test(Machine, settings=some)

    @staticmethod
    def _why(store: OriginalStore, scope: str, ref: str, *, now: float = NOW) -> str:
        with pytest.raises(RefNotFound) as caught:
            store.get(scope, ref, now=now)
        return caught.value.why

    @staticmethod
    def _has(store: OriginalStore, scope: str, ref: str, now: float) -> bool:
        try:
            return bool(store.get(scope, ref, now=now))
        except RefNotFound:
            return False
