"""What goes when: one horizon of age, behind which nothing is kept.

Retention sets the horizon; the size cap moves it nearer when what is kept does not fit. Since it is a
place in time and not a number of rows, processes that purge at the same moment evict the same rows
and no more, and a row that is touched meanwhile moves out of the way.

No running total of bytes is kept: it would be one row that every writer of every process rewrites.
The sum over an index is taken once per sixteenth of the cap written (see `SqlStore`), so that each row
put pays for reading some sixteen entries of that index.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, or_, select

from headroom.store.schema import entries, exchange_keys, expired, outcomes
from headroom.store.statements import ORIGINAL, inserting

_BATCH = 256
"""Rows that go in one transaction: other writers wait for a few milliseconds."""

_TOMBSTONES = 100_000
"""How many evicted refs are remembered as expired: some 10 MB. Older ones read as unknown."""


@dataclass(frozen=True, slots=True, order=True)
class Horizon:
    """What was last touched before `touched` goes, and of what was touched at that very time the ids up to `last`."""

    touched: float
    last: int = 0


_kept_bytes = select(func.coalesce(func.sum(entries.c.bytes), 0)).where(~entries.c.pinned)
_ranked = (
    select(
        entries.c.touched,
        entries.c.id,
        func.sum(entries.c.bytes)
        .over(order_by=(entries.c.touched.desc(), entries.c.id.desc()))
        .label("with_all_newer"),
    )
    .where(~entries.c.pinned)
    .subquery()
)
_newest_that_does_not_fit = (
    select(_ranked.c.touched, _ranked.c.id)
    .where(_ranked.c.with_all_newer > bindparam("cap"))
    .order_by(_ranked.c.touched.desc(), _ranked.c.id.desc())
    .limit(1)
)
_batch_beyond = (
    select(entries.c.id, entries.c.scope, entries.c.kind, entries.c.ref)
    .where(
        ~entries.c.pinned,
        entries.c.touched <= bindparam("touched"),  # says nothing new, but is a range of the index
        or_(entries.c.touched < bindparam("touched"), entries.c.id <= bindparam("last")),
    )
    .order_by(entries.c.touched, entries.c.id)
    .limit(_BATCH)
)
_batch_of_scope = select(entries.c.id, entries.c.kind).where(entries.c.scope == bindparam("owner")).limit(_BATCH)


def find_horizon(connection: Connection, *, retained_since: float, cap: int) -> Horizon:
    """Return the horizon beyond which entries are too old, or too many for `cap` bytes."""
    by_age = Horizon(retained_since)
    if connection.execute(_kept_bytes).scalar_one() <= cap:
        return by_age
    row = connection.execute(_newest_that_does_not_fit, {"cap": cap}).first()
    return by_age if row is None else max(by_age, Horizon(row.touched, row.id))


def evict(connection: Connection, horizon: Horizon) -> tuple[int, bool]:
    """Delete a batch of entries beyond the horizon; return how many were originals, and whether more may be left."""
    rows = connection.execute(_batch_beyond, {"touched": horizon.touched, "last": horizon.last}).all()
    gone = [{"scope": row.scope, "ref": row.ref} for row in rows if row.kind == ORIGINAL]
    if gone:
        connection.execute(inserting(connection.dialect.name, expired).on_conflict_do_nothing(), gone)
    _delete(connection, [row.id for row in rows])
    return len(gone), len(rows) == _BATCH


def evict_rest(connection: Connection, horizon: Horizon) -> None:
    """Delete the outcomes beyond the horizon, and the tombstones that are too many."""
    connection.execute(delete(outcomes).where(outcomes.c.touched < horizon.touched))
    newest = connection.execute(select(func.max(expired.c.id))).scalar()
    connection.execute(delete(expired).where(expired.c.id <= (newest or 0) - _TOMBSTONES))


def delete_batch(connection: Connection, scope: bytes) -> tuple[int, bool]:
    """Delete a batch of a scope's entries; return how many were originals, and whether more may be left."""
    rows = connection.execute(_batch_of_scope, {"owner": scope}).all()
    _delete(connection, [row.id for row in rows])
    return sum(row.kind == ORIGINAL for row in rows), len(rows) == _BATCH


def delete_rest(connection: Connection, scope: bytes) -> None:
    """Delete what else there is of a scope."""
    for table in (exchange_keys, outcomes, expired):
        connection.execute(delete(table).where(table.c.scope == scope))


def _delete(connection: Connection, ids: list[int]) -> None:
    if ids:
        connection.execute(delete(exchange_keys).where(exchange_keys.c.entry.in_(ids)))
        connection.execute(delete(entries).where(entries.c.id.in_(ids)))
