"""The statements of the hot paths, built once: building one costs more than running it.

Their parameters: `owner` (the scope's digest), names, now, `stale` (what was touched no later is touched again), `alive`
(what was touched earlier has expired), `low` and `high` (see `ref_range`).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Table, and_, bindparam, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from headroom.store.schema import entries, exchange_keys, expired, outcomes

ORIGINAL: Final = "original"
EXCHANGE: Final = "exchange"

_owner: BindParameter[bytes] = bindparam("owner")
_names: BindParameter[Any] = bindparam("names", expanding=True)
_now: BindParameter[float] = bindparam("now")
_stale: BindParameter[float] = bindparam("stale")
_alive: BindParameter[float] = bindparam("alive")
_of_scope = and_(entries.c.scope == _owner, entries.c.kind == ORIGINAL)


def ref_range(prefix: str) -> dict[str, str]:
    """Return `low` and `high` for the refs that begin so: a range of the index, unlike a LIKE.

    A whole ref is the prefix of itself alone.
    """
    return {"low": prefix, "high": prefix + "g"}  # the letter after the last hex digit


def _in_range(column: Any) -> Any:
    return and_(column >= bindparam("low"), column < bindparam("high"))


originals = (
    select(entries.c.ref, entries.c.touched, entries.c.text)
    .where(_of_scope, _in_range(entries.c.ref), or_(entries.c.touched >= _alive, entries.c.pinned))
    .limit(2)
)
was_original = select(
    or_(
        exists().where(_of_scope, _in_range(entries.c.ref)),
        exists().where(expired.c.scope == _owner, _in_range(expired.c.ref)),
    )
)
settled = select(entries.c.ref).where(_of_scope, entries.c.ref.in_(_names), entries.c.touched > _stale)

touch_originals = (
    update(entries)
    .where(_of_scope, entries.c.ref.in_(_names), entries.c.touched <= _stale, entries.c.touched >= _alive)
    .values(touched=_now)
)
touch_exchanges = (
    update(entries)
    .where(
        entries.c.id.in_(
            select(exchange_keys.c.entry).where(exchange_keys.c.scope == _owner, exchange_keys.c.key.in_(_names))
        ),
        entries.c.touched <= _stale,
    )
    .values(touched=_now)
)
touch_outcomes = (
    update(outcomes)
    .where(outcomes.c.scope == _owner, outcomes.c.lineage.in_(_names), outcomes.c.touched <= _stale)
    .values(touched=_now)
)

outcome = select(outcomes.c.value).where(
    outcomes.c.scope == _owner, outcomes.c.lineage == bindparam("lineage"), outcomes.c.kind == bindparam("kind")
)
outcomes_of = select(outcomes.c.lineage, outcomes.c.kind, outcomes.c.value).where(
    outcomes.c.scope == _owner, outcomes.c.lineage.in_(_names)
)

exchange_id = select(entries.c.id).where(
    entries.c.scope == _owner, entries.c.kind == EXCHANGE, entries.c.ref == bindparam("ref")
)
exchanges_of = (
    select(exchange_keys.c.key, entries.c.text)
    .join(entries, entries.c.id == exchange_keys.c.entry)
    .where(exchange_keys.c.scope == _owner, exchange_keys.c.key.in_(_names))
    .order_by(exchange_keys.c.id.desc())
)
any_exchange = select(exists().where(exchange_keys.c.scope == _owner))


def inserting(dialect: str, table: Table) -> Any:
    """Return the dialect's own INSERT, which knows ON CONFLICT."""
    return _INSERTS[dialect](table)


_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@cache
def keep_entry(dialect: str, *, stale_after: float) -> Any:
    """Insert an entry; where it stands already, touch it if that is due and pin it if asked to.

    What has expired but not been purged comes back to life: its text is the same.
    """
    insert = inserting(dialect, entries)
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["scope", "kind", "ref"],
        set_={"touched": new.touched, "pinned": or_(entries.c.pinned, new.pinned)},
        where=or_(entries.c.touched <= new.touched - stale_after, and_(new.pinned, ~entries.c.pinned)),
    )


@cache
def keep_outcome(dialect: str, *, stale_after: float) -> Any:
    """Insert an outcome; where one stands already, touch it if that is due."""
    insert = inserting(dialect, outcomes)
    return insert.on_conflict_do_update(
        index_elements=["scope", "lineage", "kind"],
        set_={"touched": insert.excluded.touched},
        where=outcomes.c.touched <= insert.excluded.touched - stale_after,
    )
