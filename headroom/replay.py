"""Replays recorded conversations through a Headroom and the cache simulator: tokens, bill, recall, time.

Every request of a conversation is made again, turn by turn, once per clock: "hot" (one request every ten
seconds), "gaps" (400 seconds before every tenth) and "recorded" (as it was, if the file says when). Nothing is
asked of a model, and nothing is kept.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

from langchain_core.messages import ToolMessage

from headroom.caching.breaks import Cause, Seen, broken
from headroom.caching.rules import Rules, rules_of
from headroom.caching.simulate import Part, Request, Usage, bill, total
from headroom.context import Headroom
from headroom.replay_parts import Ruler, shared
from headroom.replay_read import Asked, Transcript
from headroom.replay_refs import Recall, References, recall
from headroom.settings import Settings
from headroom.tools import ANTHROPIC_DEFINITION
from headroom.work import warm_up

Provider = Literal["anthropic", "openai"]
Clock = Literal["hot", "gaps", "recorded"]

MODELS: dict[Provider, str] = {"anthropic": "claude-sonnet-4-5", "openai": "gpt-5"}
"""Whose prices count when neither the caller nor the transcript names a model."""

TURN_SECONDS, GAP_SECONDS, GAP_EVERY = 10.0, 400.0, 10
_EPOCH = 1_700_000_000.0


@dataclass(frozen=True, slots=True)
class Lane:
    """All requests at one pace, as they are and through headroom."""

    raw: list[Usage]
    ours: list[Usage]
    unmarked: float
    """What a caller pays who sets no cache marks, where the provider wants them: headroom sets them."""
    recall: Recall
    breaks: Counter[Cause]
    seconds: list[float]
    """What headroom took for each request."""
    definition: float = 0.0
    """What the retrieval tool's definition alone adds to the raw bill; it is part of `ours`."""

    def __add__(self, other: Lane) -> Lane:
        return Lane(
            self.raw + other.raw,
            self.ours + other.ours,
            self.unmarked + other.unmarked,
            self.recall + other.recall,
            self.breaks + other.breaks,
            self.seconds + other.seconds,
            self.definition + other.definition,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it."""

    provider: Provider
    models: tuple[str, ...]
    conversations: int
    results: int
    """Results of tools in the last request of each conversation."""
    tokens_last: tuple[int, int]
    """Tokens of the last request of each conversation, raw and with headroom."""
    lanes: dict[Clock, Lane]


def replay(
    transcripts: Sequence[Transcript],
    *,
    provider: Provider,
    model: str = "",
    settings: Settings | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Report:
    """Make every request of the transcripts again; `advance` is called after each, once per clock.

    `model` overrides what the transcripts name. Originals go to a temporary file. Raises what `Headroom` raises.
    """
    warm_up()
    lanes: dict[Clock, Lane] = {}
    last = (0, 0)
    models = [model or _known(each.model, provider) for each in transcripts]
    for each, name in zip(transcripts, models, strict=True):
        rules = rules_of(provider, name)
        for clock in clocks(transcripts):
            lane = _Replay(each, rules, clock, settings or Settings(), advance).run()
            lanes[clock] = lanes[clock] + lane if clock in lanes else lane
            if clock == "hot":
                last = (last[0] + lane.raw[-1].tokens, last[1] + lane.ours[-1].tokens)
    results = sum(isinstance(message, ToolMessage) for each in transcripts for message in each.asked[-1].messages)
    return Report(provider, tuple(dict.fromkeys(models)), len(transcripts), results, last, lanes)


def clocks(transcripts: Sequence[Transcript]) -> tuple[Clock, ...]:
    """Return the paces at which these transcripts can be replayed."""
    recorded = all(asked.at is not None for each in transcripts for asked in each.asked)
    return ("hot", "gaps", "recorded") if recorded else ("hot", "gaps")


def times(asked: Sequence[Asked], clock: Clock) -> list[float]:
    """Return when each request is made, in seconds since the first."""
    now, found = 0.0, []
    for number, each in enumerate(asked):
        if clock == "recorded":
            now = max(now, (each.at or 0.0) - (asked[0].at or 0.0))
        elif number:
            now += GAP_SECONDS if clock == "gaps" and (number + 1) % GAP_EVERY == 0 else TURN_SECONDS
        found.append(now)
    return found


class _Replay:
    """One conversation at one pace."""

    def __init__(
        self, transcript: Transcript, rules: Rules, clock: Clock, settings: Settings, advance: Callable[[], None]
    ) -> None:
        self._transcript = transcript
        self._times = times(transcript.asked, clock)
        self._rules = rules
        self._settings = settings
        self._advance = advance
        self._ruler = Ruler(rules)
        self._now = 0.0

    def run(self) -> Lane:
        """Make the requests."""
        with tempfile.TemporaryDirectory(prefix="headroom-replay-") as folder:
            changed = {
                "database_url": f"sqlite:///{Path(folder) / 'originals.db'}",
                "cache_seconds": self._rules.cold_after(),
                "cache_minimum": self._rules.min_tokens,
            }
            settings = self._settings.model_copy(update=changed)
            headroom = Headroom(settings, clock=lambda: _EPOCH + self._now)
            try:
                return self._run(headroom)
            finally:
                headroom.close()

    def _run(self, headroom: Headroom) -> Lane:
        theirs, ours = self._tools()
        sent: list[tuple[Request, Request]] = []
        offered: list[Request] = []
        took: list[float] = []
        references, inline = References(), Recall()
        for asked, now in zip(self._transcript.asked, self._times, strict=True):
            self._now = now
            started = time.perf_counter()
            forwarded = headroom.invoke(asked.messages)
            took.append(time.perf_counter() - started)
            sent.append(
                (
                    self._ruler.request(asked.messages, tools=theirs, at=now),
                    self._ruler.request(forwarded, tools=ours, at=now),
                )
            )
            if ours is not theirs:
                offered.append(self._ruler.request(asked.messages, tools=ours, at=now))
            inline += recall(list(references.of(asked.history, asked.end)), forwarded)
            self._advance()
        raw = self._bill(raw for raw, _ in sent)
        return Lane(
            raw=raw,
            ours=self._bill(each for _, each in sent),
            unmarked=total(self._bill(_unmarked(raw) for raw, _ in sent)).cost,
            recall=inline,
            breaks=Counter(self._breaks(sent)),
            seconds=took,
            definition=total(self._bill(offered)).cost - total(raw).cost if offered else 0.0,
        )

    def _tools(self) -> tuple[Part | None, Part | None]:
        """Return what stands for the prompt that is not in the file, and the same with our own tool in it.

        How large that was is known where the client wrote down what its first request was billed for.
        """
        first = self._ruler.request(self._transcript.asked[0].messages, tools=None, at=0.0)
        unseen = max(0, self._transcript.billed - sum(part.tokens for part in first.parts))
        uses_tools = any(isinstance(message, ToolMessage) for message in self._transcript.history)
        theirs = Part("tools", unseen, "tools") if unseen or uses_tools else None
        if not uses_tools or self._settings.retrieval == "off":
            return theirs, theirs
        return theirs, Part("tools and ours", unseen + self._ruler.count(ANTHROPIC_DEFINITION), "tools")

    def _bill(self, requests: Iterable[Request]) -> list[Usage]:
        return bill(requests, self._rules, shared=shared if self._rules.matching == "prefix" else None)

    def _breaks(self, sent: Sequence[tuple[Request, Request]]) -> Iterator[Cause]:
        seen = [Seen([part.key for part in raw.parts], [part.key for part in ours.parts], raw.at) for raw, ours in sent]
        for before, after in pairwise(seen):
            found = broken(before, after, lifetime=self._rules.lifetime)
            if found:
                yield found.cause


def _unmarked(request: Request) -> Request:
    return replace(request, parts=[part._replace(mark=None) for part in request.parts])


def _known(model: str, provider: Provider) -> str:
    """Return the model of a transcript if it is one of the provider's, else the one that stands for it."""
    name = model.lower()
    belongs = "claude" in name if provider == "anthropic" else name and "claude" not in name
    return model if belongs else MODELS[provider]
