"""Originals: kept before a marker goes out, given back for a ref."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from headroom import marker
from headroom.content import Compressed, Decision
from headroom.errors import ConfigError, RefNotFound, StoreError
from headroom.fit import declare
from headroom.memo import Memo
from headroom.outcomes import TOUCH_SECONDS
from headroom.store import OriginalStore

logger = logging.getLogger(__name__)

_REFERENCES = "pass what compress returned, a ref (24 hex digits), or a text that carries a marker"

_MEMORY_BYTES = 4 << 20
_ENTRY_BYTES = 200


class Originals:
    """What a store holds for its scopes, and which of it this process knows to be stored."""

    def __init__(self, store: OriginalStore, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._written: Memo[tuple[str, str], float] = Memo(_MEMORY_BYTES)

    def due(self, scope: str, decisions: Sequence[Decision]) -> dict[str, str]:
        """Return the originals, by ref, that this process has not stored or touched within the hour."""
        hour_ago = self._clock() - TOUCH_SECONDS
        return {
            d.ref: d.original or d.block.text
            for d in decisions
            if d.ref and (self._written.get((scope, d.ref)) or 0) <= hour_ago
        }

    def keep(self, scope: str, decisions: Sequence[Decision]) -> list[Decision]:
        """Store the originals behind the decisions, durably; return the decisions that may be sent.

        A decision whose original is not stored, and cannot be, comes back as one that sends the original (law 7).
        """
        due = self.due(scope, decisions)
        try:
            if due:
                self._store.put(scope, due, now=self._clock())
        except StoreError as error:
            logger.warning("originals cannot be stored, so they are sent instead: %s", error)
            stored = self._stored(scope, due)
            return [_unstored(d, error) if d.ref in due and d.ref not in stored else d for d in decisions]
        for ref in due:
            self._written.put((scope, ref), self._clock(), size=_ENTRY_BYTES)
        return list(decisions)

    def _stored(self, scope: str, refs: Collection[str]) -> set[str]:
        """Return which of the refs stand in the store all the same: a full disk can still be read."""
        stored = {ref for ref in refs if self._written.get((scope, ref)) is not None}
        for ref in refs:
            if ref in stored:
                continue
            try:
                self._store.get(scope, ref, now=self._clock())
            except RefNotFound:
                continue
            except StoreError:
                break
            stored.add(ref)
        return stored

    def forget(self) -> None:
        """Forget what this process knows to be stored: something was deleted."""
        self._written = Memo(_MEMORY_BYTES)

    def find(self, scope: str, reference: str) -> str:
        """Return the original for a compressed text, a ref as models write refs, or a text that carries markers.

        Raises RefNotFound, or ConfigError when the reference holds no ref.
        """
        refs = _refs(reference)
        missing: RefNotFound | None = None
        for ref in refs:
            try:
                return self._store.get(scope, ref, now=self._clock())
            except RefNotFound as error:
                missing = missing or error
        raise missing or RefNotFound(reference)


def _refs(reference: str) -> list[str]:
    """Return the refs that a reference may mean. Raises ConfigError when it means none."""
    if not isinstance(reference, str):
        raise ConfigError(f"a reference must be a str, not {type(reference).__name__}: {_REFERENCES}", value=reference)
    if isinstance(reference, Compressed):
        return [reference.ref]
    refs = list(dict.fromkeys(marker.refs_in(reference))) or [marker.normal_ref(reference)]
    if refs == [""]:
        raise ConfigError(f"{reference[:60]!r} holds no ref: {_REFERENCES}", value=reference)
    return refs


def _unstored(decision: Decision, error: StoreError) -> Decision:
    if decision.reason == "fit":
        return declare(decision, ref="")
    return replace(
        decision,
        reason="store_failed",
        text=decision.block.text,
        recipe="",
        ref="",
        original="",
        left_out=None,
        tokens_after=decision.tokens_before,
        detail=str(error)[:300],
    )
