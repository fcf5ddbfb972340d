"""Worker processes: killed when too slow, replaced when dead, gone when the parent is."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import until

from headroom.proxy.pool import DeadlineBlown, Pool, PoolError, TaskFailed, WorkerDied, seconds_for

WORK = "pool_tasks:perform"


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool(1, work=WORK) as running:
        yield running


def alive(pid: int) -> bool:
    """Whether a process exists, zombies included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_results_come_back(pool: Pool) -> None:
    for value in ("", "é\ud800\x00", "x" * 3_000_000, None, {"a": [1, (2, b"3")]}):
        assert value == await pool.run(("echo", value), seconds=20)


async def test_workers_start_when_first_needed_and_are_kept(pool: Pool) -> None:
    assert pool.pids == ()
    first = await pool.run(("pid", None), seconds=20)

    assert [first] * 3 == [await pool.run(("pid", None), seconds=20) for _ in range(3)]
    assert (first,) == pool.pids


async def test_at_most_so_many_workers() -> None:
    async with Pool(2, work=WORK) as pool:
        results = await asyncio.gather(*(pool.run(("echo", n), seconds=20) for n in range(40)))

        assert [*range(40)] == results
        assert len(pool.pids) <= 2


async def test_a_blown_deadline_kills_the_worker(pool: Pool) -> None:
    victim = await pool.run(("pid", None), seconds=20)

    with pytest.raises(DeadlineBlown, match=r"took more than 0\.05 s"):
        await pool.run(("hang", None), seconds=0.05)

    assert not alive(victim)
    assert victim != await pool.run(("pid", None), seconds=20)


async def test_h7_a_cancelled_task_kills_its_worker(pool: Pool) -> None:
    victim = await pool.run(("pid", None), seconds=20)
    task = asyncio.create_task(pool.run(("hang", None), seconds=20))
    await until(lambda: pool._busy)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not alive(victim)
    assert pool.pids == ()
    assert await pool.run(("echo", "next"), seconds=20) == "next"


async def test_a_worker_that_dies_is_replaced(pool: Pool) -> None:
    with pytest.raises(WorkerDied, match="status 3"):
        await pool.run(("die", 3), seconds=20)

    assert await pool.run(("echo", "next"), seconds=20) == "next"


async def test_a_worker_killed_while_idle_is_replaced(pool: Pool) -> None:
    victim = await pool.run(("pid", None), seconds=20)
    os.kill(victim, signal.SIGKILL)
    await until(lambda: not alive(victim))

    try:
        answer = await pool.run(("echo", "next"), seconds=20)
    except WorkerDied:  # its end was not noticed yet: this task fails open, the next one does not
        answer = await pool.run(("echo", "next"), seconds=20)
    assert answer == "next"


async def test_what_the_work_raises_fails_the_task_only(pool: Pool) -> None:
    worker = await pool.run(("pid", None), seconds=20)

    with pytest.raises(TaskFailed, match="ValueError: no good"):
        await pool.run(("raise", "no good"), seconds=20)

    assert worker == await pool.run(("pid", None), seconds=20)


async def test_what_the_work_prints_does_not_get_between(pool: Pool) -> None:
    assert await pool.run(("print", "hello"), seconds=20) == "printed"
    assert await pool.run(("echo", "next"), seconds=20) == "next"


async def test_waiting_for_a_worker_has_a_deadline_too(pool: Pool) -> None:
    first = asyncio.create_task(pool.run(("hang", None), seconds=20))
    await until(lambda: pool._busy)

    with pytest.raises(DeadlineBlown, match="waiting for a worker"):
        await pool.run(("echo", 1), seconds=0.05)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    assert await pool.run(("echo", 1), seconds=20) == 1


async def test_h15_a_pool_that_cannot_start_says_so() -> None:
    async with Pool(1, work="no_such_module:perform") as pool:
        assert pool.broken == ""
        with pytest.raises(WorkerDied, match="no worker could be started"):
            await pool.run(("echo", 1), seconds=20)

        assert "no worker could be started" in pool.broken


async def test_nothing_is_left_when_the_pool_closes() -> None:
    async with Pool(2, work=WORK) as pool:
        idle = await pool.run(("pid", None), seconds=20)
        hanging = asyncio.create_task(pool.run(("hang", None), seconds=20))
        await until(lambda: pool._busy)
        pids = pool.pids

    assert idle in pids
    assert [pid for pid in pids if alive(pid)] == []
    with pytest.raises(PoolError):
        await hanging


async def test_the_event_loop_turns_while_a_worker_works(pool: Pool) -> None:
    """H10 in small: many turns of the loop happen before a big task is done."""
    task = asyncio.create_task(pool.run(("length", "x" * 5_000_000), seconds=20))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1

    assert await task == 5_000_000
    assert turns > 100


PARENT = """
import asyncio, os, signal, sys
from headroom.proxy.pool import Pool

async def main():
    async with Pool(1, work="pool_tasks:perform") as pool:
        print(await pool.run(("pid", None), seconds=20), flush=True)
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGKILL)
        await pool.run(("hang", None), seconds=20)

asyncio.run(main())
"""


def test_a_worker_ends_when_its_parent_is_killed() -> None:
    """Its stdin ends, which ends it even while it works; it held our pipe's other end, so reading ends too."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    parent = subprocess.run([sys.executable, "-c", PARENT], env=environment, capture_output=True, timeout=60)

    assert parent.returncode == -signal.SIGKILL
    assert int(parent.stdout) > 0
    assert parent.stderr == b""  # run() returned: nobody holds stderr open any more, so the worker is gone


def test_seconds_grow_with_size() -> None:
    sizes = [0, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26]
    seconds = [seconds_for(size) for size in sizes]

    assert sorted(seconds) == seconds
    assert seconds == [seconds_for(size) for size in sizes]


async def test_a_worker_can_be_started_ahead_of_the_first_task(pool: Pool) -> None:
    await pool.prepare()
    (ahead,) = pool.pids
    assert ahead == await pool.run(("pid", None), seconds=20)
    assert pool.pids == (ahead,)
