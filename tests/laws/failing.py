"""What fails when a test says so: a store that cannot write, compressors that break on what is new."""

from __future__ import annotations

from typing import Any

from headroom.errors import CompressionError, StoreError
from headroom.store.sql import SqlStore
from headroom.work import Attempt, Task, perform


class FailingStore:
    """A store in memory; `fails` names the methods that raise StoreError for now."""

    def __init__(self) -> None:
        self._store = SqlStore("sqlite:///:memory:")
        self.fails: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        if name in self.fails:

            def fail(*_: object, **__: object) -> None:
                raise StoreError("the disk is full")

            return fail
        return getattr(self._store, name)


FULL = ("put", "touch")
"""Originals cannot be written; outcomes can, and everything can be read."""

DOWN = ("put", "record", "recorded", "touch", "get")


def breaking(text: str) -> Any:
    """Return what may take the place of `perform`: it breaks on a block of this text."""

    def breaks(task: Task) -> Attempt:
        if task.block.text == text:
            raise CompressionError("rows are missing", recipe="test/1")
        return perform(task)

    return breaks
