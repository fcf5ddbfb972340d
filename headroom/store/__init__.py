"""Where originals, outcomes and exchanges are kept.

`OriginalStore` is the seam: implement it and inherit `headroom.testing.StoreTests` for its laws.
Everything is keyed by scope, a string that names whose data it is; a ref resolves only inside its scope.

Everything kept is kept for as long as it is in use: retention counts from the last touch, and under
the size cap what was touched least recently goes first. Putting, retrieving and recording again count
as touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class OriginalStore(Protocol):
    """Keeps what must outlive a process. Times are seconds since the epoch and come from the caller.

    Every method may be called from any thread, blocks, and raises StoreError when the data cannot be
    written or read. An error is never remembered: the next call works again once its cause is gone.
    """

    def put(self, scope: str, originals: Mapping[str, str], *, now: float, pinned: bool = False) -> None:
        """Keep originals by ref, all or none; durable (it survives kill -9) when this returns. Idempotent.

        Pinned entries are exempt from retention and size cap until `delete_scope`; what is pinned stays so.
        May purge, but nothing that was touched at `now`.
        """
        ...

    def get(self, scope: str, ref: str, *, now: float) -> str:
        """Return an original. `ref` may be a prefix of at least 12 digits if it is unambiguous in the scope.

        Verifies the content against the ref. Raises RefNotFound ("unknown", or "expired" for what
        retention or the size cap no longer keeps, whether or not a purge has run since).
        """
        ...

    def touch(
        self, scope: str, refs: Iterable[str], *, now: float, lineages: Iterable[bytes] = (), keys: Iterable[str] = ()
    ) -> None:
        """Note that a live conversation still carries these refs: at most one write per ref and hour.

        `lineages` keeps their outcomes alive in the same way, and `keys` the exchanges under them.
        An original that has expired stays so.
        """
        ...

    def record(self, scope: str, lineage: bytes, kind: str, value: str, *, now: float) -> str:
        """Record an outcome, first writer wins; return the value that stands."""
        ...

    def recorded(self, scope: str, lineages: Sequence[bytes]) -> dict[bytes, dict[str, str]]:
        """Return the outcomes of these lineages, by lineage and kind; lineages without any are absent."""
        ...

    def journal(self, scope: str, keys: Iterable[str], exchange: str, *, now: float) -> None:
        """Keep an exchange under every key; durable when this returns. Newest first on look-up.

        The same exchange again under the same key is listed once, as the newest.
        """
        ...

    def journalled(self, scope: str, keys: Sequence[str]) -> dict[str, list[str]]:
        """Return the exchanges under each key, newest first; keys without any are absent."""
        ...

    def has_journal(self, scope: str) -> bool:
        """Whether the scope has any exchange at all: cheap enough to ask at every request."""
        ...

    def purge(self, *, now: float) -> int:
        """Delete what retention and the size cap no longer keep; return how many originals went.

        The cap is on the bytes of all originals and exchanges that are not pinned.
        """
        ...

    def delete_scope(self, scope: str) -> int:
        """Delete everything of a scope, pinned or not; return how many originals went.

        Nothing is left to tell that it was there: its refs are unknown, not expired.
        """
        ...

    def close(self) -> None:
        """Release files and connections. Further calls raise StoreError."""
        ...
