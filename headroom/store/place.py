"""Where a database URL points to, and the file there that only its user can read."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from headroom.errors import ConfigError

_FORMS = "sqlite:///FILE, sqlite:///:memory: or postgresql://USER:PASSWORD@HOST/NAME"


def parse(url: str) -> URL:
    """Return a database URL that the store can use. Raises ConfigError for any other.

    A file's path becomes absolute, so that it stays the same when the process changes its folder.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Neither the URL nor SQLAlchemy's words about it: they may hold a password.
        raise ConfigError(f"HEADROOM_DATABASE_URL is not a database URL. Use {_FORMS}.") from None
    if parsed.drivername in ("postgresql", "postgres"):
        # The driver that the `postgres` extra installs; SQLAlchemy 2.0 would look for psycopg2.
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"No store for {parsed.drivername} databases. Use {_FORMS}.", value=parsed.drivername)
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _absolute(parsed)
    if parsed.get_backend_name() == "sqlite":
        raise ConfigError(f"The store does not work with {parsed.drivername}. Use {_FORMS}.", value=parsed.drivername)
    return parsed


def file_of(url: URL) -> Path | None:
    """Return the file of a parsed URL; None for a server and for a database in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def name_of(url: URL) -> str:
    """Return how messages call the database: never with its password."""
    if url.get_backend_name() != "sqlite":
        return url.render_as_string(hide_password=True)
    return str(file_of(url) or "the store in memory")


def make_private(file: Path) -> None:
    """Create a file of mode 0600, and the folders it lacks with mode 0700, whatever the umask.

    What is there already keeps its mode: somebody chose it. SQLite gives its -wal and -shm files
    the mode of the file itself.
    """
    for folder in reversed([parent for parent in file.parents if not parent.exists()]):
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue  # another process was faster, and sets the mode
        folder.chmod(0o700)
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        return
    os.close(descriptor)
    file.chmod(0o600)


def identity(file: Path) -> tuple[int, int] | None:
    """Return what tells one file from another that takes its path; None if there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _absolute(url: URL) -> URL:
    database = url.database
    if database in (None, "", ":memory:"):
        return url.set(database=":memory:", query={})
    if str(database).startswith("file:"):
        # SQLite would make the file itself, readable for others, and share a cache that breaks our locks.
        raise ConfigError(f"The store takes a plain path, not a file: URI. Use {_FORMS}.", value=database)
    return url.set(database=str(Path(str(database)).expanduser().absolute()))
