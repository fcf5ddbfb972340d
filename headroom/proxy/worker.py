"""The other side of the pool: a process that does one task at a time. Started by `pool`, never by hand.

Frames on both pipes: 8 bytes of length, then a pickle. The first frame out says that the worker is
ready; then each frame in (a task) is answered by one frame out: ("done", result) or ("failed", words).
"""

from __future__ import annotations

import gc
import os
import pickle
import queue
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, BinaryIO

LENGTH_BYTES = 8

_COLLECT_EVERY = 200_000
"""New objects between two collections; what a task drops goes without one."""

WARM_UP = "warm_up"
"""A function of this name beside the work loads what the first task would wait for."""


def main(work: str) -> None:
    """Answer tasks from stdin on stdout until stdin ends. `work` names the function, "module:name"."""
    # What the work prints must not end up between frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, tasks), daemon=True).start()
    module, _, name = work.partition(":")
    home = import_module(module)
    perform = getattr(home, name)
    getattr(home, WARM_UP, lambda: None)()
    # A task makes many small objects and drops them all: walking what is loaded for good would double its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
    _send(answers, ("ready", None))
    while True:
        _send(answers, _answer(perform, tasks.get()))


def _answer(perform: Callable[[Any], Any], task: bytes) -> tuple[str, Any]:
    try:
        # Only our own parent can write to this pipe.
        return "done", perform(pickle.loads(task))  # noqa: S301
    except Exception as error:  # noqa: BLE001 - law 7: whatever the work raises becomes the parent's TaskFailed
        return "failed", f"{type(error).__name__}: {error}"[:500]


def _receive(source: BinaryIO, tasks: queue.SimpleQueue[bytes]) -> None:
    # A thread of its own, so that a worker whose parent died ends even in the middle of a task.
    while len(head := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        tasks.put(source.read(int.from_bytes(head, "big")))
    os._exit(0)


def _send(sink: BinaryIO, message: tuple[str, Any]) -> None:
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    sink.write(len(data).to_bytes(LENGTH_BYTES, "big"))
    sink.write(data)
    sink.flush()
