"""What becomes of a request before it is forwarded: restored, offered the tool, shrunk.

Nothing here may become the client's error (law 7): each step that fails leaves what the step before
it made, says so in log and meter, and the next steps work with that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from headroom import tokens
from headroom.caching.align import places
from headroom.caching.rules import Rules, rules_of
from headroom.content import Conversation, Plan, Reason
from headroom.errors import WireError
from headroom.marker import TOOL
from headroom.offer import large_head
from headroom.proxy.incoming import Incoming
from headroom.proxy.pool import DeadlineBlown, PoolError, seconds_for
from headroom.proxy.services import Services
from headroom.tools import ANTHROPIC_DEFINITION
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from headroom.work import Task
from headroom.writing import written

logger = logging.getLogger(__name__)

INLINE_CHARACTERS = 32 << 10
"""What is new in a body is worked on in place up to this size; a compressor takes under 20 ms for it."""

INLINE_BYTES = 256 << 10
"""Bodies up to this size are read and put together in place: under 10 ms, even if all of it is new."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request as it is to be forwarded, and what its answer needs."""

    body: bytes | None = None
    """None: the very bytes received."""
    offered: bool = False
    """Our tool stands in it by our doing, so its calls are ours to answer."""
    asked_before: bool = False
    """A reply to this very conversation was spliced before, so this one is recorded too, spliced or not."""
    refs: frozenset[str] = frozenset()
    """The only refs that a call may ask for (law 8)."""
    request: WireRequest | None = None
    """The same conversation as a request; None when the body is none that we read."""
    lineage: bytes = b""
    """Names the client's own messages, before anything was restored."""

    @property
    def ours(self) -> bool:
        """Whether the answer must be read on its way."""
        return self.offered or self.asked_before


async def prepare(incoming: Incoming, services: Services) -> Prepared:
    """Return the request as it is to be forwarded. Never raises for what the body holds or for what fails in us."""
    if incoming.plain is None:
        return Prepared()
    preparation = _Preparation(incoming, services, WireRequest(incoming.plain, ANTHROPIC))
    try:
        await preparation.restore()
        if incoming.bypass:
            await preparation.pass_by("bypass")
        elif preparation.speaks_of_tools:
            await preparation.offer()
            await preparation.shrink()
    except WireError as error:
        logger.info("a request is forwarded as it is: %s", error)
        services.meter.failed("WireError")
    except Exception as error:  # law 7: our error never becomes the caller's
        logger.warning("a request is forwarded without headroom: %s", type(error).__name__, exc_info=error)
        services.meter.failed(type(error).__name__)
        await preparation.stay_raw()
    try:
        await preparation.align()
    except Exception as error:  # law 7: what was prepared so far goes on
        logger.warning("a request is forwarded without cache marks: %s", type(error).__name__, exc_info=error)
        services.meter.failed(type(error).__name__)
    return preparation.prepared()


class _Preparation:
    """One request on its way through the steps; `request` is always fit to be forwarded."""

    def __init__(self, incoming: Incoming, services: Services, request: WireRequest) -> None:
        self.request = request
        self._client = request
        self._incoming = incoming
        self._services = services
        self._headroom = services.headroom
        self._scope = incoming.scope
        self._offered = False
        self._asked_before = False
        self._lineage = b""
        self._plan: Plan | None = None

    def prepared(self) -> Prepared:
        """Return what came of it."""
        return Prepared(
            body=None if self.request.raw is self._client.raw else self.request.raw,
            offered=self._offered,
            asked_before=self._asked_before,
            refs=self._plan.refs if self._plan else frozenset(),
            request=self.request if self._lineage else None,
            lineage=self._lineage,
        )

    @property
    def speaks_of_tools(self) -> bool:
        """Whether anything in the request is ours: tools, or results of tools. Else nothing can shrink."""
        conversation = self.request.conversation
        return bool(conversation.tools) or any(
            block.kind in ("tool_result", "document") for block in conversation.blocks()
        )

    async def restore(self) -> None:
        """Put the exchanges back in place of the spliced replies that the client sent back."""
        conversation = await self._do(lambda: self.request.conversation)
        if not conversation.messages:
            return
        self._lineage = conversation.lineages[-1]
        # Where nobody speaks of tools the provider would refuse an exchange that does.
        if self.speaks_of_tools and self._services.journal.holds_any(self._scope):
            self.request = await asyncio.to_thread(self._expanded)

    def _expanded(self) -> WireRequest:
        if TOOL not in self.request.conversation.tools:
            self._asked_before = self._services.journal.knows(self._scope, self._lineage)
        return self._services.journal.expand(self.request, scope=self._scope)

    async def offer(self) -> None:
        """Add our tool, where it pays and the client has none of that name."""
        if self._services.settings.mode == "observe" or self._services.settings.retrieval == "off":
            return
        conversation = self.request.conversation
        offered = replace(self.request, raw=self.request.wire.offer(self.request.raw, ANTHROPIC_DEFINITION))
        if offered.raw is self.request.raw:
            return
        new = self._headroom.unseen(offered)
        plain = [] if await self._do(lambda: large_head(conversation), new=new) else self._headroom.todo(self.request)
        await self._work(plain + self._headroom.todo(offered))
        if await self._do(lambda: self._headroom.offers(self.request, scope=self._scope), new=new):
            self.request, self._offered = offered, True
            self._services.meter.added(_definition_tokens())

    async def shrink(self) -> None:
        """Plan, and forward what the plan says; in observe mode say it only."""
        if not self._offered:
            await self._work(self._headroom.todo(self.request))
        if self._services.settings.mode == "optimize":
            await self._do(self._note, waits=self._headroom.notes(self.request, scope=self._scope))
        new = self._headroom.unseen(self.request)
        plan = await self._do(lambda: self._headroom.plan(self.request, scope=self._scope), new=new)
        if self._services.settings.mode == "observe":
            self._services.meter.plan(plan)
            return
        durable = self._headroom.needs_store(plan, scope=self._scope)
        kept = await self._do(lambda: self._headroom.keep(self.request, plan, scope=self._scope), waits=durable)
        self._services.meter.plan(kept)
        self.request = await self._do(lambda: written(self.request, kept), new=new)
        self._plan = kept

    def _note(self) -> None:
        self._headroom.note(self.request, scope=self._scope)
        if self._services.settings.fit:
            self._headroom.fit(self.request, scope=self._scope)

    async def align(self) -> None:
        """Watch the prefix, and set cache marks for a client that set none."""
        if self._lineage:
            aligned, marks = await self._do(lambda: self._aligned())
            if marks:
                self.request = aligned
                self._services.meter.marked(marks)

    def _aligned(self) -> tuple[WireRequest, int]:
        """Return the request with its marks, and how many were set."""
        self._watch()
        observing = self._services.settings.mode == "observe"
        if observing or self._incoming.bypass or not self._headroom.settings.align:
            return self.request, 0
        spots = ANTHROPIC.spots(self.request.raw) or []
        chosen = places(spots, rules=_rules(self._client.conversation.model))
        raw = ANTHROPIC.mark(self.request.raw, [spots[n] for n in chosen])
        return (WireRequest(raw, ANTHROPIC), len(chosen)) if chosen else (self.request, 0)

    def _watch(self) -> None:
        client = self._client
        original = ANTHROPIC.digests(client.raw)
        broken = self._services.prefixes.note(
            client.conversation,
            scope=self._scope,
            original=original,
            forwarded=original if self.request.raw is client.raw else ANTHROPIC.digests(self.request.raw),
        )
        if broken:
            logger.info("a cached prefix is not read on: %s %s", broken.cause, broken.where)
            self._services.meter.broke(broken.cause, broken.where)

    async def pass_by(self, reason: Reason) -> None:
        """Leave the request as it is, now and whenever it comes back."""
        await asyncio.to_thread(self._headroom.keep_raw, self.request, scope=self._scope, reason=reason)

    async def stay_raw(self) -> None:
        """After a failure of the whole: what is sent raw now stays raw, if that much can still be noted."""
        if not self._lineage or self._services.settings.mode == "observe":
            return
        try:
            await self.pass_by("compressor_failed")
        except Exception as error:  # law 7 again
            logger.warning("and that cannot be recorded: %s", type(error).__name__, exc_info=error)

    async def _work(self, tasks: list[Task]) -> None:
        """Have big blocks shrunk in other processes."""
        if not tasks:
            return
        new = _unanswered(self.request.conversation)
        unlike = {task.key: task for task in tasks}.values()
        await asyncio.gather(*(self._one(task, new=task.block.text in new) for task in unlike))

    async def _one(self, task: Task, *, new: bool) -> None:
        try:
            self._headroom.learn(task, await self._services.pool.run(task, seconds=seconds_for(len(task.block.text))))
        except DeadlineBlown as error:
            # What stands before an answer was sent before, small if nothing else was recorded. It is worked out again
            # however long that takes: sent as it is now, it would break the prefix (law 2).
            if new:
                self._headroom.failed(task, "deadline", detail=str(error))
        except PoolError as error:
            self._headroom.failed(task, "compressor_failed", detail=str(error))

    async def _do(self, step: Callable[[], T], *, new: int = 0, waits: bool = False) -> T:
        """Run a step here or, when it has much to read or must wait for the disk, in a thread."""
        away = waits or new > INLINE_CHARACTERS or len(self.request.raw) > INLINE_BYTES
        return await asyncio.to_thread(step) if away else step()


def _unanswered(conversation: Conversation) -> frozenset[str]:
    """Return the texts behind the last answer, which no provider has read yet."""
    texts: list[str] = []
    for message in reversed(conversation.messages):
        if message.role == "assistant":
            break
        texts += [block.text for block in message.blocks]
    return frozenset(texts)


@lru_cache(maxsize=64)
def _rules(model: str) -> Rules:
    return rules_of("anthropic", model)


@lru_cache(maxsize=1)
def _definition_tokens() -> int:
    return tokens.count(ANTHROPIC_DEFINITION)
