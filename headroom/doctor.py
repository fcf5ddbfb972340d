"""What works here, what does not, and what to do about it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from headroom import tokens
from headroom.errors import HeadroomError
from headroom.settings import Settings
from headroom.store.sql import SqlStore

EXTRAS = {
    "proxy": ("aiohttp", "uvicorn", "prometheus_client"),
    "langgraph": ("langgraph", "langchain"),
    "openai": ("langchain_openai",),
    "anthropic": ("langchain_anthropic",),
    "agno": ("agno",),
    "mcp": ("mcp",),
    "code": ("tree_sitter", "tree_sitter_python"),
    "html": ("lxml",),
    "plot": ("matplotlib",),
}
"""Extras that this version uses, and a module of each package in them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    fine: bool
    said: str
    optional: bool = False


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything headroom needs; nothing is changed but a probe in the store."""
    yield Finding("headroom", True, f"{_version()} on Python {platform.python_version()}, {platform.system()}")
    yield _tried("vocabulary", _vocabulary)
    yield _tried("store", lambda: _store(settings))
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        said = f"pip install 'headroom-ai[{extra}]' adds it" if missing else "installed"
        yield Finding(f"extra {extra}", not missing, said, optional=True)


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except HeadroomError as error:
        return Finding(what, False, str(error))


def _vocabulary() -> str:
    started = time.perf_counter()
    tokens.count("the first count loads it")
    return f"o200k_base, loaded in {time.perf_counter() - started:.2f} s"


def _store(settings: Settings) -> str:
    """Write to the store and read it back, in a scope that is nobody's."""
    store = SqlStore(settings.database_url, retention_days=settings.retention_days, store_bytes=settings.store_bytes)
    try:
        started = time.perf_counter()
        store.record("", b"doctor", "probe", "fine", now=time.time())
        store.recorded("", [b"doctor"])
        return f"{settings.database_url}, written and read in {1000 * (time.perf_counter() - started):.0f} ms"
    finally:
        store.close()


def _version() -> str:
    try:
        return version("headroom-ai")
    except PackageNotFoundError:
        return "not installed as a package"
