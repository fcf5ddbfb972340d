"""Originals: kept before a marker goes out, given back for a ref."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from headroom import marker
from headroom.content import Compressed, Decision
from headroom.errors import RefNotFound, StoreError
from headroom.memo import Memo
from headroom.store import OriginalStore

logger = logging.getLogger(__name__)

_MEMORY_BYTES = 4 << 20
_ENTRY_BYTES = 200


class Originals:
    """What a store holds for its scopes, and which of it this process knows to be stored."""

    def __init__(self, store: OriginalStore, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._stored: Memo[tuple[str, str], bool] = Memo(_MEMORY_BYTES)

    def missing(self, scope: str, decisions: Sequence[Decision]) -> dict[str, str]:
        """Return the originals, by ref, that are not known to be stored."""
        return {d.ref: d.block.text for d in decisions if d.ref and self._stored.get((scope, d.ref)) is None}

    def keep(self, scope: str, decisions: Sequence[Decision]) -> list[Decision]:
        """Store the originals behind the decisions, durably; return the decisions that may be sent.

        A decision whose original cannot be stored comes back as one that sends the original (law 7).
        """
        missing = self.missing(scope, decisions)
        try:
            if missing:
                self._store.put(scope, missing, now=self._clock())
            for ref in missing:
                self._stored.put((scope, ref), True, size=_ENTRY_BYTES)
        except StoreError as error:
            logger.warning("originals cannot be stored, so they are sent instead: %s", error)
            return [_unstored(decision, error) if decision.ref in missing else decision for decision in decisions]
        self._touch(scope, [decision.ref for decision in decisions if decision.ref])
        return list(decisions)

    def find(self, scope: str, reference: str) -> str:
        """Return the original for a compressed text, a ref as models write refs, or a text that carries markers.

        Raises RefNotFound.
        """
        if isinstance(reference, Compressed):
            refs = [reference.ref]
        else:
            refs = list(dict.fromkeys(marker.refs_in(reference))) or [marker.normal_ref(reference)]
        missing: RefNotFound | None = None
        for ref in refs:
            try:
                return self._store.get(scope, ref, now=self._clock())
            except RefNotFound as error:
                missing = missing or error
        raise missing or RefNotFound(reference)

    def _touch(self, scope: str, refs: Sequence[str]) -> None:
        """Note that a live conversation carries the refs; a store that cannot note it keeps them all the same."""
        if not refs:
            return
        try:
            self._store.touch(scope, refs, now=self._clock())
        except StoreError as error:
            logger.warning("originals in use cannot be touched: %s", error)


def _unstored(decision: Decision, error: StoreError) -> Decision:
    return replace(
        decision,
        reason="store_failed",
        text=decision.block.text,
        recipe="",
        ref="",
        left_out=None,
        tokens_after=decision.tokens_before,
        detail=str(error)[:300],
    )
