"""Streams: the names that docker, kubectl, container runtimes and syslog put in front of what each process says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from headroom.compressors.log_stamps import STAMP

_NAMES = (
    r"[\w.-]{1,60} *\| ",  # docker compose
    r"\[pod/[\w./-]{1,160}\] ",  # kubectl logs --prefix
    r"(?:stdout|stderr) [FP] ",  # container runtimes
    r"[\w.-]{1,60} [\w./-]{1,60}(?:\[[0-9]{1,7}\])?: ",  # syslog: host and process
)
_LEADS = tuple(re.compile(rf"(?:{STAMP.pattern})?({name})(?:{STAMP.pattern})?", re.ASCII) for name in _NAMES)

_SAMPLE = 200
"""Kinds of lines by which streams are known."""

_NEAR = 64
"""Lines between two frames of one trace, of which other streams' lines stand in between."""


def lead(firsts: Sequence[str], times: Mapping[int, int]) -> re.Pattern[str]:
    """Return what opens a line: a name and times where four of five lines have one, else a time alone.

    `firsts` are the first lines of each kind, `times` how often each kind stands. The name is the first group.
    """
    sample = range(min(len(firsts), _SAMPLE))
    total = sum(times[kind] for kind in sample)
    for named in _LEADS:
        if sum(times[kind] for kind in sample if named.match(firsts[kind])) * 5 >= total * 4:
            return named
    return STAMP


def traced(lines: Sequence[str], named: re.Pattern[str], frames: Iterable[int], red: Iterable[int]) -> list[int]:
    """Return the frames that go on with a trace of their own stream, though other streams stand in between.

    `red` are the lines that say what went wrong.
    """
    frame_of = dict.fromkeys(red, False) | dict.fromkeys(frames, True)
    last: dict[str, int] = {}
    out = []
    for number in sorted(frame_of):
        name = found[1] if (found := named.match(lines[number])) and named.groups else ""
        if frame_of[number] and number - last.get(name, -_NEAR) < _NEAR:
            out.append(number)
        last[name] = number
    return out
