"""Another Python process, in which strings hash otherwise."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

_PROGRAM = """
import json, sys
from importlib import import_module
from headroom.content import Block
for line in sys.stdin:
    order = json.loads(line)
    compressor = getattr(import_module(order["module"]), order["name"])(**order["fields"])
    work = [(Block(text), target) for text, target in order["work"]]
    shrunk = [compressor.shrink(block, target_tokens=target, query=order["query"]) for block, target in work]
    print(json.dumps([None if one is None else one.text for one in shrunk]), flush=True)
"""


def shrink_elsewhere(order: dict[str, Any]) -> list[str | None]:
    """Return what a compressor makes of texts in a process of its own, which lives as long as ours does.

    An order names the compressor's `module`, `name` and `fields`, the `query`, and as `work` texts with their targets.
    Raises AssertionError if the process died of it; what it said stands on stderr.
    """
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    reply = process.stdout.readline()
    if not reply:
        _process.cache_clear()
        raise AssertionError(f"{order['name']} failed in another process with status {process.wait()}")
    return json.loads(reply)  # type: ignore[no-any-return]


@cache
def _process() -> subprocess.Popen[str]:
    """Start the process: most of what a question costs is imports, so all compressors ask the same one."""
    process = subprocess.Popen(  # noqa: S603  our own script in our own interpreter
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "4242"},
    )
    atexit.register(process.communicate)
    return process
