"""Worker processes that can be killed, for work that would stall the event loop.

A thread cannot be stopped; a process can. Each worker does one task at a time over its pipes; a task
that outlives its deadline, or whose caller goes away, costs its worker its life, and the next task
gets a new one. A worker ends itself as soon as its parent is gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from headroom.errors import HeadroomError
from headroom.proxy.worker import LENGTH_BYTES

logger = logging.getLogger(__name__)

START_SECONDS = 60.0
"""How long a worker may take to import what it needs; a machine this slow fails open."""

_SLICE = 1 << 20
_CLASSES = ((256 << 10, 3.0), (1 << 20, 5.0), (4 << 20, 10.0), (16 << 20, 20.0))
_LARGEST = 40.0


class PoolError(HeadroomError):
    """A task was not done; the caller sends the original on (law 7)."""


class DeadlineBlown(PoolError):  # noqa: N818 - reads as what happened
    """The task took longer than its size allows, or waited that long for a worker."""

    def __init__(self, seconds: float, *, doing: str) -> None:
        super().__init__(f"{doing} took more than {seconds:g} s")
        self.seconds = seconds


class WorkerDied(PoolError):  # noqa: N818 - reads as what happened
    """The process ended in the middle of the task (out of memory, killed) or could not start."""


class TaskFailed(PoolError):  # noqa: N818 - reads as what happened
    """The task itself raised; the message says what."""


def seconds_for(characters: int) -> float:
    """Return how long a task on a text of this length may take: a backstop behind the size classes (law 7)."""
    return next((seconds for limit, seconds in _CLASSES if characters <= limit), _LARGEST)


class Pool:
    """Runs tasks in at most `size` processes, each started when first needed; an async context manager.

    `work` names the function that does a task, as "module:name"; tasks and results must be picklable.
    """

    def __init__(self, size: int, *, work: str = "headroom.work:perform") -> None:
        self._work = work
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._slots = asyncio.Semaphore(size)
        self._broken = ""
        self._closed = False

    @property
    def broken(self) -> str:
        """Why no worker could be started the last time one was needed; "" while all is well."""
        return self._broken

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the living workers."""
        return tuple(sorted(worker.pid for worker in [*self._idle, *self._busy]))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        workers = [*self._idle, *self._busy]
        self._idle.clear()
        self._busy.clear()
        await asyncio.gather(*(worker.kill() for worker in workers))

    async def prepare(self) -> None:
        """Start a worker ahead of the first task, which would wait for its imports; `broken` says if that fails."""
        if self._slots.locked():
            return
        async with self._slots:
            with suppress(WorkerDied):
                worker = await self._free_worker()
                if self._closed:
                    await worker.kill()
                else:
                    self._idle.append(worker)

    async def run(self, task: object, *, seconds: float) -> Any:
        """Return what the work returns for this task.

        It may wait `seconds` for a free worker and then take `seconds`; starting a worker counts as
        neither. If the caller is cancelled the work stops at once.

        Raises DeadlineBlown, WorkerDied or TaskFailed.
        """
        frame = await asyncio.to_thread(pickle.dumps, task, pickle.HIGHEST_PROTOCOL)
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise DeadlineBlown(seconds, doing="waiting for a worker") from None
        try:
            worker = await self._free_worker()
            return await self._do(worker, frame, seconds)
        finally:
            self._slots.release()

    async def _do(self, worker: _Worker, frame: bytes, seconds: float) -> Any:
        self._busy.add(worker)
        kept = False
        try:
            async with asyncio.timeout(seconds):
                kind, value = await worker.ask(frame)
            kept = True
        except TimeoutError:
            raise DeadlineBlown(seconds, doing=f"a task of {len(frame):,} bytes") from None
        finally:
            self._busy.discard(worker)
            if kept and not self._closed:
                self._idle.append(worker)
            else:
                await worker.kill()
        if kind == "failed":
            raise TaskFailed(value)
        return value

    async def _free_worker(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            await worker.kill()
        if self._closed:
            raise WorkerDied("the pool is closed")
        try:
            worker = await _Worker.start(self._work)
        except (OSError, WorkerDied, TimeoutError) as error:
            self._broken = f"no worker could be started: {str(error) or type(error).__name__}"
            logger.warning(self._broken)
            raise WorkerDied(self._broken) from error
        self._broken = ""
        return worker


class _Worker:
    """One process and its pipes."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._tasks = process.stdin
        self._answers = process.stdout

    @classmethod
    async def start(cls, work: str) -> _Worker:
        """Start a process and wait until it has imported what it needs."""
        code = f"from headroom.proxy.worker import main; main({work!r})"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdin=PIPE, stdout=PIPE, limit=_SLICE, env=environment,
            # Ctrl-C in a terminal reaches the whole process group; ending the workers is the parent's business.
            start_new_session=True,
        )  # fmt: skip
        worker = cls(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker._answer()
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, frame: bytes) -> tuple[str, Any]:
        """Send a pickled task and return the answer. Raises WorkerDied."""
        try:
            self._tasks.write(len(frame).to_bytes(LENGTH_BYTES, "big"))
            view = memoryview(frame)
            for at in range(0, len(frame), _SLICE):
                self._tasks.write(view[at : at + _SLICE])
                await self._tasks.drain()
            return await self._answer()
        except (ConnectionError, OSError) as error:
            raise WorkerDied(f"a worker went away before it took its task: {error}") from error

    async def _answer(self) -> tuple[str, Any]:
        try:
            size = int.from_bytes(await self._answers.readexactly(LENGTH_BYTES), "big")
            data = await self._answers.readexactly(size)
        except asyncio.IncompleteReadError:
            code = await self._process.wait()
            raise WorkerDied(f"a worker ended with status {code} in the middle of its task") from None
        # Only our own child can write to this pipe.
        answer: tuple[str, Any] = await asyncio.to_thread(pickle.loads, data)
        return answer

    async def kill(self) -> None:
        """End the process at once and take its exit status, so that no zombie stays."""
        if self.alive:
            with suppress(ProcessLookupError):
                self._process.kill()
        # Shielded: a caller that is itself being cancelled must not leave the process behind.
        await asyncio.shield(self._process.wait())
        self._tasks.close()
