"""What the pool's tests have done in worker processes."""

from __future__ import annotations

import os
import time
from typing import Any


def perform(task: tuple[str, Any]) -> Any:
    verb, value = task
    match verb:
        case "echo":
            return value
        case "length":
            return len(value)
        case "pid":
            return os.getpid()
        case "print":
            print(value)
            return "printed"
        case "hang":
            while True:
                time.sleep(60)
        case "die":
            os._exit(value)
        case "raise":
            raise ValueError(value)
    raise AssertionError(verb)
