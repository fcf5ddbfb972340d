"""The JSON objects that stand in view, found by what they hold: an answer that repeats one is told by what differs.

An agent that changes something gets the whole of it back, and asks for it once more; most of it stands above already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headroom.compressors.json_values import NotJsonError, Value, parse_value, same, write

MAX_CHARACTERS = 100_000
"""Longer objects are not remembered."""

_DEPTH = 3
"""Members are looked up down to here; what lies deeper is compared as a whole."""

_MIN_CHARACTERS = 16
"""Shorter members tell nothing: half of all objects hold `"status":"ok"`."""

_SHARE = 2
"""One in so many characters at least must stand there already: it is the same thing seen again, not another of its kind."""

_ENTRY_BYTES, _BYTES_PER_CHARACTER = 300, 8
"""What an answer costs, and each character of an object with what it is found by."""

Object = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Amended:
    """An object, told by one that stands in view."""

    label: str
    """The call that showed the other."""
    changes: Object
    """Members with other values than there, or new ones; those of objects inside are changed in the same way."""


class Objects:
    """Objects by the call that showed them. One whose call was answered otherwise since has no name any more."""

    def __init__(self) -> None:
        self._pending: list[tuple[str, str, bool]] = []
        self._known: dict[str, Object] = {}
        self._holders: dict[tuple[str, ...], dict[str, None]] = {}
        self.size = 0
        """About how many bytes they take; what was forgotten still counts."""

    def add(self, label: str, text: str, *, in_full: bool) -> None:
        """Note what a call answered, and whether all of it is there to be read."""
        said = text if _may_be_object(text) else ""
        self._pending.append((label, said, in_full))
        self.size += _ENTRY_BYTES + _BYTES_PER_CHARACTER * len(said)

    def amended(self, text: str) -> Amended | None:
        """Return the object that `text` holds in terms of the one in view that shares most with it, if there is one."""
        value = read(text)
        if value is None:
            return None
        self._catch_up()
        label = self._nearest(value)
        if label is None:
            return None
        there = self._known[label]
        changes = difference(there, value)
        if changes is None or len(write(changes)) * _SHARE > len(write(value)):
            return None
        return Amended(label, changes) if same(amend(there, changes), value) else None  # law 3

    def _catch_up(self) -> None:
        for label, text, in_full in self._pending:
            value, before = read(text), self._known.get(label)
            if value is not None and before is not None and same(before, value):
                continue
            self._forget(label)
            if value is not None and in_full:
                self._known[label] = value
                for member in _members(value):
                    self._holders.setdefault(member, {})[label] = None
        self._pending.clear()

    def _forget(self, label: str) -> None:
        for member in _members(self._known.pop(label, {})):
            self._holders[member].pop(label, None)

    def _nearest(self, value: Object) -> str | None:
        """Return the name of the object that holds most of these members by length; of equals, the latest."""
        shared: dict[str, int] = {}
        for member in _members(value):
            for label in self._holders.get(member, ()):
                shared[label] = shared.get(label, 0) + len(member[-1])
        latest = {label: n for n, label in enumerate(self._known)}
        return max(shared, key=lambda label: (shared[label], latest[label]), default=None)


def read(text: str) -> Object | None:
    """Return the object that a text is, None when it is anything else."""
    if not _may_be_object(text):
        return None
    try:
        value = parse_value(text)
    except (NotJsonError, ValueError, RecursionError):
        return None
    return value if type(value) is dict else None


def _may_be_object(text: str) -> bool:
    return len(text) <= MAX_CHARACTERS and text.lstrip().startswith("{")


def difference(there: Object, here: Object) -> Object | None:
    """Return the members to change in one object to get the other; None where one would have to go."""
    if not there.keys() <= here.keys():
        return None
    changes: Object = {}
    for key, value in here.items():
        if key not in there:
            changes[key] = value
        elif not same(before := there[key], value):
            deeper = difference(before, value) if type(before) is dict and type(value) is dict else value
            if deeper is None:
                return None
            changes[key] = deeper
    return changes


def amend(there: Object, changes: Object) -> Object:
    """Return an object with these changes made, as a reader makes them: members of objects inside one by one."""
    made = dict(there)
    for key, value in changes.items():
        before = there.get(key)
        made[key] = amend(before, value) if type(before) is dict and type(value) is dict else value
    return made


def _members(value: Mapping[str, Value], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield path and text of every member that tells something."""
    for key, item in value.items():
        if type(item) is dict and len(path) < _DEPTH - 1:
            yield from _members(item, (*path, key))
        elif len(written := write(item)) + len(key) >= _MIN_CHARACTERS:
            yield (*path, key, written)
