"""The tables."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

# SQLite counts rows itself only in a column of exactly the type INTEGER.
_Serial = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()

# Originals and exchanges stand in one table, so that one retention, one cap and one rule of touch
# serve both. `text` comes last: SQLite then reads the rest without walking a blob's overflow pages.
entries = Table(
    "headroom_entries",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("scope", LargeBinary(16), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("ref", String(24), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
    Column("touched", Double, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("text", LargeBinary, nullable=False),
    UniqueConstraint("scope", "kind", "ref"),
    # Covers both questions of a purge: how much is kept, and what is oldest.
    Index("headroom_entries_by_age", "pinned", "touched", "id", "bytes"),
)

exchange_keys = Table(
    "headroom_exchange_keys",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("scope", LargeBinary(16), nullable=False),
    Column("key", LargeBinary(16), nullable=False),
    Column("entry", BigInteger, nullable=False, index=True),
    UniqueConstraint("scope", "key", "entry"),
)

outcomes = Table(
    "headroom_outcomes",
    metadata,
    Column("scope", LargeBinary(16), primary_key=True),
    Column("lineage", LargeBinary, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("created", Double, nullable=False),
    Column("touched", Double, nullable=False, index=True),
    Column("value", LargeBinary, nullable=False),
)

# What tells "expired" from "unknown" once the content is gone; bounded in number by the purge.
expired = Table(
    "headroom_expired",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("scope", LargeBinary(16), nullable=False),
    Column("ref", String(24), nullable=False),
    UniqueConstraint("scope", "ref"),
)
