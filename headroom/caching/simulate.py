"""What a provider would bill for a sequence of requests, without asking it.

A request is a list of parts in the order in which the provider reads them: tools, system, messages.
Two parts say the same exactly when their keys are equal; marks are no part of what is said. Not
simulated: a provider's routing under load, its tokens around the text, and the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from headroom.caching.rules import ORDER, Rules, Section

Mark = Literal["5m", "1h"]
Shared = Callable[[Hashable, Hashable], int]
"""How many leading tokens two parts with different keys have in common."""

_FIRST_MARKS, _LAST_MARKS, _EARLIER_ENDS = 2, 50, 20
"""OpenAI's documents conflict on which breakpoints are looked up: these are the fewer."""


Step = tuple[Hashable, Hashable]


class Part(NamedTuple):
    """One content block as the cache sees it."""

    key: Hashable
    tokens: int
    section: Section = "messages"
    mark: Mark | None = None
    ends: bool = False
    """The end of a system or human message, where OpenAI puts a breakpoint by itself."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request and when it starts."""

    at: float
    parts: Sequence[Part]
    params: Mapping[str, Hashable] = field(default_factory=dict)
    """What else is part of the prefix, by the names of `Rules.invalidates`; others do not count."""
    implicit: bool = True
    """False: only the caller's own breakpoints count (OpenAI's explicit mode)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request is billed for, in tokens."""

    read: int = 0
    write: int = 0
    fresh: int = 0
    write_long: int = 0
    """Written for the long lifetime; not in `write`."""
    cost: float = 0.0
    """In input tokens at the base price."""

    @property
    def tokens(self) -> int:
        """All of the prompt."""
        return self.read + self.write + self.write_long + self.fresh

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.read + other.read,
            self.write + other.write,
            self.fresh + other.fresh,
            self.write_long + other.write_long,
            self.cost + other.cost,
        )


def bill(
    requests: Iterable[Request], rules: Rules, *, shared: Shared | None = None, first_token: float = 0.0
) -> list[Usage]:
    """Return what each request is billed; they must come in order of time.

    `shared` lets a common beginning end within a part. What a request writes can be read `first_token`
    seconds after it started, when its answer begins.
    """
    root = _Node()
    found = (_Found(root, request, rules, shared=shared, visible_after=first_token) for request in requests)
    return [each.usage() for each in found]


def total(usages: Iterable[Usage]) -> Usage:
    """Return the sum."""
    return sum(usages, Usage())


class _Node:
    """A prefix that some request had, and what the cache knows of it."""

    __slots__ = ("children", "expiry", "lifetime", "used", "visible_at")

    def __init__(self) -> None:
        self.children: dict[Step, _Node] = {}
        self.expiry = self.lifetime = self.visible_at = 0.0
        self.used: float | None = None
        """When a request last had this prefix, whether or not it was written."""

    def readable(self, now: float) -> bool:
        return self.expiry > now >= self.visible_at

    def write(self, now: float, *, lifetime: float, visible_at: float) -> None:
        if self.expiry <= now:
            self.visible_at = visible_at
        self.lifetime = lifetime
        self.expiry = now + lifetime


class _Found:
    """One request before the cache: its prefixes, and how many tokens each of them has."""

    def __init__(
        self, root: _Node, request: Request, rules: Rules, *, shared: Shared | None, visible_after: float
    ) -> None:
        self._request = request
        self._rules = rules
        self._shared = shared
        self._visible_at = request.at + visible_after
        self._nodes: list[_Node] = [root]
        self._tokens: list[int] = [0]
        self._steps = list(_steps(request, rules))
        for step, part in zip(self._steps, request.parts, strict=True):
            self._nodes.append(self._nodes[-1].children.setdefault(step, _Node()))
            self._tokens.append(self._tokens[-1] + part.tokens)

    def usage(self) -> Usage:
        """Read, then write."""
        match self._rules.matching:
            case "marks":
                marks = self._marks()
                return self._written(self._read(self._looked_back(marks)), marks)
            case "breakpoints":
                return self._written(self._read(self._looked_up()), self._breakpoints())
            case "prefix":
                return self._common()
            case "units":
                return self._units()
            case "none":
                return self._billed()

    # -- marks and breakpoints --------------------------------------------------------------------------------------

    def _marks(self) -> list[int]:
        return [n for n, part in enumerate(self._request.parts, 1) if part.mark]

    def _ends(self) -> list[int]:
        return [n for n, part in enumerate(self._request.parts, 1) if part.ends]

    def _looked_back(self, marks: Sequence[int]) -> Iterator[Sequence[int]]:
        for mark in marks:
            yield range(mark, max(0, mark - self._rules.lookback), -1)

    def _looked_up(self) -> Iterator[Sequence[int]]:
        marks, ends = self._marks(), self._ends()
        places = {*marks[:_FIRST_MARKS], *marks[-_LAST_MARKS:], *ends[-1:], *ends[-_EARLIER_ENDS - 1 : -1]}
        yield sorted(places, reverse=True)

    def _breakpoints(self) -> list[int]:
        """Return the breakpoints that are written: the newest, and the end of the newest message by itself."""
        most = self._rules.max_marks
        if not self._request.implicit:
            return self._marks()[-most:]
        return sorted({*self._marks()[-(most - 1) :], *self._ends()[-1:]})

    def _read(self, searches: Iterable[Sequence[int]]) -> int:
        """Return the tokens of the longest prefix that is found; each search stops, and refreshes, at its first."""
        now, read = self._request.at, 0
        for places in searches:
            for n in places:
                if self._tokens[n] < self._rules.min_tokens:
                    break
                if self._nodes[n].readable(now):
                    self._nodes[n].expiry = now + self._nodes[n].lifetime
                    read = max(read, self._tokens[n])
                    break
        return read

    def _written(self, read: int, places: Sequence[int]) -> Usage:
        """Write every prefix that ends at one of the places; what was not read up to the last of them is billed so."""
        long_top = top = 0
        for n in places:
            if self._tokens[n] < self._rules.min_tokens:
                continue
            long = self._request.parts[n - 1].mark == "1h"
            lifetime = self._rules.long_lifetime if long else self._rules.lifetime
            self._nodes[n].write(self._request.at, lifetime=lifetime, visible_at=self._visible_at)
            top = self._tokens[n]
            long_top = top if long else long_top
        # what spans marks of both lifetimes is split at the last long one
        write_long = max(0, long_top - read)
        return self._billed(read, write=max(0, top - max(read, long_top)), write_long=write_long)

    # -- automatic --------------------------------------------------------------------------------------------------

    def _common(self) -> Usage:
        """Read the longest beginning that any request had lately, in whole steps."""
        now, lifetime = self._request.at, self._rules.lifetime
        depth = self._depth()
        common = self._tokens[depth]
        if self._shared and depth < len(self._steps):
            params, key = self._steps[depth]
            alike = (
                self._shared(other, key)
                for (others, other), node in self._nodes[depth].children.items()
                if others == params and node.used is not None and now - node.used <= lifetime
            )
            common += min(self._request.parts[depth].tokens, max(alike, default=0))
        for node in self._nodes:
            node.used = now
        read = common // self._rules.step * self._rules.step
        return self._billed(read if read >= self._rules.min_tokens else 0)

    def _units(self) -> Usage:
        """Read the longest whole unit. A beginning that two requests share becomes a unit once both were seen."""
        now, depth = self._request.at, self._depth()
        read = next((self._tokens[n] for n in range(depth, 0, -1) if self._nodes[n].readable(now)), 0)
        for n in {depth, len(self._nodes) - 1} - {0}:
            self._nodes[n].write(now, lifetime=self._rules.lifetime, visible_at=self._visible_at)
        for node in self._nodes:
            node.used = now
        return self._billed(read)

    def _depth(self) -> int:
        """Return how many parts this request has in common with requests within the lifetime."""
        earliest = self._request.at - self._rules.lifetime
        depth = 0
        for node in self._nodes[1:]:
            if node.used is None or node.used < earliest:
                break
            depth += 1
        return depth

    def _billed(self, read: int = 0, *, write: int = 0, write_long: int = 0) -> Usage:
        rules, fresh = self._rules, self._tokens[-1] - read - write - write_long
        cost = rules.read * read + rules.write * write + rules.write_long * write_long + fresh
        return Usage(read, write, fresh, write_long, cost)


def _steps(request: Request, rules: Rules) -> Iterator[Step]:
    """Yield what each part adds to the prefix; parameters come with the first part at or after their section."""
    given = [(section, name, request.params[name]) for name, section in rules.invalidates if name in request.params]
    for part in request.parts:
        section = ORDER.index(part.section)
        before = tuple(each for each in given if ORDER.index(each[0]) <= section)
        given = [each for each in given if ORDER.index(each[0]) > section]
        yield before, part.key
