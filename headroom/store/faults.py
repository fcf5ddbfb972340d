"""What went wrong in a database, in words that say what to do next."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy import exc

from headroom.errors import StoreError

FULL = "the disk is full. Free some space, or lower HEADROOM_STORE_BYTES and run `headroom purge`."
BUSY = "it is locked by another process. Let that one finish or stop it; `headroom doctor` shows more."
DAMAGED = (
    "the file is damaged. Move it away together with its -wal and -shm files: the next call makes a new one. "
    "`headroom doctor` shows more."
)
UNWRITABLE = (
    "it cannot be opened and written. Check the permissions of the file and its folder, or set HEADROOM_DATABASE_URL "
    "(sqlite:///:memory: keeps originals in memory only)."
)
_NO_DRIVER = "its driver is not installed. Install the extra `postgres`: pip install 'headroom-ai[postgres]'."
_OTHER = "`headroom doctor` shows more."

_BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_READONLY: UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: UNWRITABLE,
    sqlite3.SQLITE_PERM: UNWRITABLE,
}


def is_busy(error: Exception) -> bool:
    """Whether it is only that somebody else is at work: the connection itself is as good as ever."""
    return isinstance(error, exc.TimeoutError) or _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def store_error(error: Exception, *, place: str) -> StoreError:
    """Return the StoreError that tells of a database's or the file system's error."""
    return StoreError(f"{place}: {_advice(error)} ({_cause(error)})")


def _advice(error: Exception) -> str:
    if isinstance(error, ImportError):
        return _NO_DRIVER
    if isinstance(error, UnicodeDecodeError):
        return DAMAGED
    if isinstance(error, OSError):
        return FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else UNWRITABLE
    if is_busy(error):
        return BUSY
    return _BY_SQLITE_CODE.get(_sqlite_code(error), _OTHER)


def _cause(error: Exception) -> object:
    if isinstance(error, OSError):
        return error.strerror
    if isinstance(error, UnicodeError):
        return type(error).__name__  # not the error itself: it shows what could not be decoded
    return error.orig if isinstance(error, exc.DBAPIError) else error


def _sqlite_code(error: Exception) -> int:
    """Return the primary result code of an error that comes from SQLite; SQLITE_OK for any other."""
    code: int = getattr(_cause(error), "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF  # the rest says where in SQLite it came from
