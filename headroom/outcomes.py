"""Recorded outcomes: what was decided once for a lineage and is not a function of its messages (law 2).

A lineage is the hash chain of the original messages. Kinds of outcome:

    offer       the retrieval tool was offered: it stays offered
    withdrawn   the provider refused what came of it: it is not offered any more
    raw         everything up to this message was sent as it is (a bypass, a failure of the whole)
    raw:N       block N of this message was sent as it is, because something of ours failed
    raw:N@L     the same, while the re-pack recorded at lineage L holds
    asked:S:T   when a conversation was sent that begins so, S naming its model and re-pack (see `headroom.epochs`)
    epoch       the provider's cache was cold: what stands before some message is re-packed
    fit         the window would have overflowed: these messages are dropped; fit:2 when the provider still refused,
                fit:bare when their transcript could not be stored

First writer wins, in this process and in the store; everyone replays what stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from headroom.errors import StoreError
from headroom.memo import Memo
from headroom.store import OriginalStore

logger = logging.getLogger(__name__)

OFFER = "offer"
RAW = "raw"
WITHDRAWN = "withdrawn"
ASKED = "asked"
EPOCH = "epoch"
FIT = "fit"

TOUCH_SECONDS = 3_600
"""What a live conversation needs (originals, outcomes) is touched at most this often: one write per name and hour."""

_MEMORY_BYTES = 8 << 20
_ENTRY_BYTES = 400
"""About what one remembered lineage costs, key and dict included."""

Recorded = Sequence[Mapping[str, str]]
"""The recorded outcomes after each message of a conversation."""

_NONE: Mapping[str, str] = {}


def raw_block(number: int, *, epoch: bytes = b"") -> str:
    """Return the kind under which block `number` of a message is recorded as sent raw, under a re-pack if there is one."""
    return f"{RAW}:{number}@{epoch.hex()}" if epoch else f"{RAW}:{number}"


class Outcomes:
    """Outcomes by scope and lineage: remembered here, durable in the store."""

    def __init__(self, store: OriginalStore, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._seen: Memo[tuple[str, bytes], Mapping[str, str]] = Memo(_MEMORY_BYTES)
        self._touched: Memo[tuple[str, bytes], float] = Memo(_MEMORY_BYTES)

    def of(self, scope: str, lineages: Sequence[bytes]) -> list[Mapping[str, str]]:
        """Return the outcomes of each lineage, asking the store only for what was not seen before."""
        found = self._seen.get_each([(scope, lineage) for lineage in lineages])
        unseen = [lineage for lineage, outcome in zip(lineages, found, strict=True) if outcome is None]
        new = self.again(scope, unseen) if unseen else []
        if len(unseen) < len(found) and any(EPOCH in outcome for outcome in new):
            return self.again(scope, lineages)  # a re-pack is news of what was seen too: what failed under it
        read = iter(new)
        return [next(read) if outcome is None else outcome for outcome in found]

    def again(self, scope: str, lineages: Sequence[bytes]) -> list[Mapping[str, str]]:
        """Return the outcomes of each lineage as the store has them now: other workers may have recorded some since.

        A store that cannot be read says nothing, and is asked again next time: nothing can be
        stored then either, so that nothing that needs a marker is forwarded anyway.
        """
        known = [each or _NONE for each in self._seen.get_each([(scope, lineage) for lineage in lineages])]
        try:
            stored = self._store.recorded(scope, lineages)
        except StoreError as error:
            logger.warning("recorded outcomes cannot be read: %s", error)
            return known
        found = [
            {**each, **stored[lineage]} if lineage in stored else each
            for lineage, each in zip(lineages, known, strict=True)
        ]
        for lineage, outcome in zip(lineages, found, strict=True):
            self._remember(scope, lineage, outcome)
        return found

    def knows(self, scope: str, lineages: Sequence[bytes]) -> bool:
        """Return whether `of` would answer without asking the store."""
        return None not in self._seen.get_each([(scope, lineage) for lineage in lineages])

    def record(self, scope: str, lineage: bytes, kind: str, value: str) -> None:
        """Record an outcome; kept in this process even when the store is down."""
        known = self._seen.get((scope, lineage)) or _NONE
        if kind in known:
            return
        try:
            value = self._store.record(scope, lineage, kind, value, now=self._clock())
        except StoreError as error:
            logger.warning("outcome %r holds in this process only: %s", kind, error)
        self._remember(scope, lineage, {**known, kind: value})

    def due(self, scope: str, lineages: Sequence[bytes]) -> list[bytes]:
        """Return the lineages with outcomes that were not touched within the hour."""
        hour_ago = self._clock() - TOUCH_SECONDS
        known = self._seen.get_each([(scope, lineage) for lineage in lineages])
        recorded = (lineage for lineage, outcome in zip(lineages, known, strict=True) if outcome)
        return [lineage for lineage in recorded if (self._touched.get((scope, lineage)) or 0) <= hour_ago]

    def touch(self, scope: str, lineages: Sequence[bytes]) -> None:
        """Note that a live conversation goes on, so that its outcomes are kept as long as its originals."""
        due = self.due(scope, lineages)
        if not due:
            return
        try:
            self._store.touch(scope, (), lineages=due, now=self._clock())
        except StoreError as error:
            logger.warning("outcomes in use cannot be touched: %s", error)
        for lineage in due:
            self._touched.put((scope, lineage), self._clock(), size=_ENTRY_BYTES)

    def _remember(self, scope: str, lineage: bytes, outcome: Mapping[str, str]) -> None:
        self._seen.put((scope, lineage), outcome, size=_ENTRY_BYTES)
