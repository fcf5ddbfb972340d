"""Headroom: the one object through which everything goes.

A Runnable over messages (LangChain messages, prompt values, OpenAI-style dicts) and over wire
requests (`WireRequest`); plus `compress` and `retrieve` for single texts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForChainRun
from langchain_core.messages import AnyMessage
from langchain_core.prompt_values import ChatPromptValueConcrete, StringPromptValue
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from pydantic import ConfigDict, Field, PrivateAttr

from headroom import marker, tokens
from headroom.aging import Aging
from headroom.content import FAILURES, Block, Compressed, Conversation, Decision, Plan, Reason
from headroom.epochs import Epoch, cut_for
from headroom.errors import ConfigError
from headroom.fit import AGAIN, DECLARING_TOKENS, ENOUGH_SHARE, TARGET_SHARE, room_of, spans_of, to_drop, tokens_of
from headroom.folding import Folding
from headroom.keeping import kept
from headroom.originals import Originals
from headroom.outcomes import FIT, OFFER, RAW, WITHDRAWN, Outcomes
from headroom.plan import Rules, attempt, decide
from headroom.scope import scope_in, scope_of
from headroom.settings import Settings
from headroom.store import OriginalStore
from headroom.wire import WireRequest
from headroom.wire.chat import ChatRequest
from headroom.wire.langchain import LANGCHAIN, coerce
from headroom.work import Attempt, Task
from headroom.writing import written

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

logger = logging.getLogger(__name__)

POOL_CHARACTERS = 64_000
"""Blocks above this many characters are worth a process of their own (see `Headroom.todo`)."""

MESSAGES_IN: Any = str | StringPromptValue | ChatPromptValueConcrete | list[AnyMessage]
MESSAGES_OUT: Any = list[AnyMessage]
"""What schemas say of messages that go into a chain's step, and come out of it."""

Input = Any
"""Messages in any form LangChain takes, or a WireRequest."""


class Headroom(RunnableSerializable[Input, Any]):
    """Makes contexts small without losing information.

    `invoke` takes messages and returns messages, or takes a `WireRequest` and returns one. Nothing
    given is mutated; what needs no change comes back as the very object. Safe to use from threads.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    settings: Settings = Field(default_factory=Settings)

    _clock: Callable[[], float] = PrivateAttr()
    _store: OriginalStore = PrivateAttr()
    _outcomes: Outcomes = PrivateAttr()
    _folding: Folding = PrivateAttr()
    _aging: Aging = PrivateAttr()
    _originals: Originals = PrivateAttr()

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        store: OriginalStore | None = None,
        clock: Callable[[], float] = time.time,
        **kwargs: Any,
    ) -> None:
        """Make a Headroom; `store` replaces the one that `settings.database_url` names, `clock` gives seconds since the epoch."""
        if settings is not None and not isinstance(settings, Settings):
            raise ConfigError(f"settings must be a headroom.Settings, not {type(settings).__name__}", value=settings)
        super().__init__(settings=settings or Settings(), **kwargs)
        self._clock = clock
        self._store = store or _sql_store(self.settings)
        self._originals = Originals(self._store, clock=clock)
        self._outcomes = Outcomes(self._store, clock=clock)
        self._folding = Folding(self.settings)
        self._aging = Aging(self._outcomes, clock=clock, cache_seconds=self.settings.cache_seconds)

    # -- one text ---------------------------------------------------------------------------------------------------

    def compress(self, text: str, *, query: str | None = None) -> Compressed:
        """Return a smaller form of `text` that goes straight into a prompt, or `text` itself when none is worth it.

        What is left out is declared behind a marker; `retrieve` gives back the exact original. `query`
        says what the reader is after. Raises ConfigError when `text` is no str.
        """
        decision = self.decide(text, query=query)
        if decision.changed:
            kept = replace(decision, ref=marker.ref_of(text))
            decision = self._originals.keep(scope_of(self.settings.tenant), [kept])[0]
        return Compressed(decision)

    def decide(self, text: str, *, query: str | None = None, declared: bool = True) -> Decision:
        """Return what would become of one document, with the reason; stores nothing.

        `declared` says whether its reader can redeem a marker. Raises ConfigError when `text` is no str.
        """
        if not isinstance(text, str):
            words = "decode bytes and dump objects first"
            raise ConfigError(f"a text must be a str, not {type(text).__name__}: {words}", value=text)
        block = Block(text=text)
        rules = Rules(self.settings, capability=declared)
        return decide(block, attempt(block, human=query or "", rules=rules, shrink=self._folding.shrink))

    def retrieve(
        self,
        reference: str,
        *,
        lines: tuple[int, int] | str | None = None,
        query: str | None = None,
        path: str | None = None,
        scope: str | None = None,
    ) -> str:
        """Return the exact original that `reference` stands for, or a slice of it.

        `reference` is what `compress` returned, a ref, or any text that carries one marker. `lines` counts
        from 1 and includes both ends; `path` is a JSON path such as "$.items[3]". Raises RefNotFound.
        """
        if isinstance(reference, Compressed) and not reference.ref:
            original = str(reference)
        else:
            original = self._originals.find(scope or scope_of(self.settings.tenant), reference)
        if lines is None and query is None and path is None:
            return original
        from headroom import slices  # only who retrieves needs them

        span = f"{lines[0]}-{lines[1]}" if isinstance(lines, tuple) else lines
        return slices.cut(original, lines=span, query=query, path=path)

    def outline(self, ref: str, *, scope: str | None = None) -> str:
        """Return the original behind `ref` if it is small, else what it is and how to ask for parts of it."""
        from headroom import slices

        return slices.cut(self._originals.find(scope or scope_of(self.settings.tenant), ref))

    # -- messages and requests --------------------------------------------------------------------------------------

    def invoke(self, input: Input, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Return the messages or the request as the model shall see them.

        Raises WireError when the input is nothing that headroom reads. The scope is the tenant, narrowed by
        `config["configurable"]["thread_id"]` where there is one.
        """
        return self._call_with_config(self._optimize, input, config, **kwargs)

    def _optimize(self, input: Input, run_manager: CallbackManagerForChainRun, config: RunnableConfig) -> Any:  # noqa: ARG002 - the framework's signature
        scope = self.scope(config)
        request = input if isinstance(input, WireRequest | ChatRequest) else coerce(input)
        self.note(request, scope=scope)
        return self.apply(request, self.fit(request, scope=scope), scope=scope)

    @property
    def InputType(self) -> Any:  # noqa: N802 - the framework's spelling
        """What schemas say of the input; wire requests are for programs."""
        return MESSAGES_IN

    @property
    def OutputType(self) -> Any:  # noqa: N802 - the framework's spelling
        """What schemas say of the output."""
        return MESSAGES_OUT

    def scope(self, config: RunnableConfig | None = None) -> str:
        """Return whose originals a call with this config may touch; never taken from the model."""
        return scope_in(config, tenant=self.settings.tenant)

    def plan(self, input: Input, *, scope: str | None = None, commit: bool = False) -> Plan:
        """Return a Decision for every block, with its reason; stores nothing and changes nothing.

        `commit` says that the result will be saved in place of the messages: then nothing points from one
        block at another, which may be deleted one day.
        """
        conversation = self._read(input)
        scope = scope or scope_of(self.settings.tenant)
        outcomes = self._outcomes.of(scope, conversation.lineages)
        return self._folding.plan(
            conversation, rules=self._rules(input, conversation, commit=commit), outcomes=outcomes
        )

    def apply(self, input: Input, plan: Plan, *, scope: str | None = None) -> Any:
        """Return the request with the plan's texts in place, every original behind them durably stored.

        Where an original cannot be stored, the original is sent, and stays so in this conversation (law 7).
        """
        return written(input, self.keep(input, plan, scope=scope))

    def keep(self, input: Input, plan: Plan, *, scope: str | None = None) -> Plan:
        """Return the plan as it is sent: every original behind it durably stored, and what failed recorded."""
        scope = scope or scope_of(self.settings.tenant)

        def again() -> Plan:
            conversation = self._read(input)
            rules = self._folding.rules(conversation, capability=plan.capability, saved=not plan.repeats)
            outcomes = self._outcomes.of(scope, conversation.lineages)
            return self._folding.plan(conversation, rules=rules, outcomes=outcomes)

        sent = kept(plan, scope=scope, originals=self._originals, outcomes=self._outcomes, again=again)
        self._outcomes.touch(scope, plan.lineages)
        return sent

    def note(self, input: Input, *, scope: str | None = None) -> None:
        """Note that this conversation is sent now and, where the provider's cache has expired since, record a re-pack.

        Call it before `plan` for whatever is really sent; `invoke` does. Only where markers can be redeemed, or could be.
        """
        conversation = self._read(input)
        if self._may_grow_old(input, conversation):
            able = self._rules(input, conversation).capability
            self._aging.note(conversation, scope=scope or scope_of(self.settings.tenant), capability=able)

    def notes(self, input: Input, *, scope: str | None = None) -> bool:
        """Return whether `note` would write to the store, so that a server can leave its event loop for it."""
        conversation = self._read(input)
        if not self._may_grow_old(input, conversation):
            return False
        outcomes = self._outcomes.of(scope or scope_of(self.settings.tenant), conversation.lineages)
        return self._aging.is_due(conversation, outcomes)

    def fit(self, input: Input, *, scope: str | None = None, max_tokens: int | None = None) -> Plan:
        """Return the plan, after recording what is dropped where the model's window would overflow. `invoke` does this.

        `max_tokens` is the window in the model's own tokens; without it `settings.max_tokens`, or what is known of
        the model by its name, and where neither says anything nothing is dropped. Old results are re-packed
        first; then whole turns go, the least worth first. What is pinned is sent even if it does not fit.
        """
        conversation = self._read(input)
        room = room_of(conversation.model, max_tokens or self.settings.max_tokens)
        scope = scope or scope_of(self.settings.tenant)
        plan = self.plan(input, scope=scope)
        if room is None or not conversation.messages:
            return plan
        lineages = conversation.lineages
        head = tokens.count_head(conversation.head)
        if sum(tokens_of(conversation, plan, head)) <= room:
            return plan
        if plan.capability and (cut := cut_for(conversation.messages, before=Epoch())) is not None:
            self._aging.repack(conversation, cut, at=len(lineages) - 1, scope=scope)
            plan = self.plan(input, scope=scope)
            if sum(tokens_of(conversation, plan, head)) <= room * ENOUGH_SHARE:
                return plan
        target = int(room * TARGET_SHARE) - DECLARING_TOKENS
        gone = plan.dropped | to_drop(conversation, tokens_of(conversation, plan, head), room=target)
        if gone <= plan.dropped:
            logger.warning("the window of %s tokens is too small for what must be sent", f"{room:,}")
            return plan
        again = FIT in self._outcomes.of(scope, lineages)[-1]
        self._outcomes.record(scope, lineages[-1], AGAIN if again else FIT, spans_of(gone))
        return self.plan(input, scope=scope)

    def at_hand(self, input: Input, *, scope: str) -> bool:
        """Return whether `note`, `offers` and `plan` find all they need in memory, so that an event loop need not be left.

        True only for a conversation that this process has planned before.
        """
        conversation = self._read(input)
        if not conversation.messages or not self._outcomes.knows(scope, conversation.lineages):
            return False
        return self._folding.knows(conversation) and not self.notes(input, scope=scope)

    # -- what the proxy asks besides --------------------------------------------------------------------------------

    def offers(self, request: WireRequest | ChatRequest, *, scope: str) -> bool:
        """Return whether headroom_retrieve is to be offered on this request; once offered, it stays offered.

        Recorded as an outcome of the lineage, so that tools never come and go within a conversation.
        """
        conversation = self._read(request)
        if not conversation.tools or marker.TOOL in conversation.tools or not conversation.messages:
            return False
        lineages = conversation.lineages
        outcomes = self._outcomes.of(scope, lineages)
        if any(WITHDRAWN in outcome for outcome in outcomes):
            return False
        if any(OFFER in outcome for outcome in outcomes):
            return True
        if conversation.forced:
            return False
        if not (self._aging.cut(conversation, scope=scope) or self._folding.pays(conversation, outcomes)):
            return False
        self._outcomes.record(scope, lineages[-1], OFFER, "yes")
        return True

    def withdraw(self, request: WireRequest | ChatRequest, *, scope: str) -> None:
        """Record that the provider refused a reply of ours to the tool's call: it is not offered in this lineage any more."""
        lineages = self._read(request).lineages
        if lineages:
            self._outcomes.record(scope, lineages[-1], WITHDRAWN, "yes")

    def todo(self, request: WireRequest) -> list[Task]:
        """Return the work on big blocks that nobody has done yet; do it elsewhere and `learn` what came of it."""
        if len(request.raw) <= POOL_CHARACTERS:
            return []
        conversation = self._read(request)
        found = self._folding.todo(conversation, rules=self._rules(request, conversation))
        return [task for task in found if len(task.block.text) > POOL_CHARACTERS]

    def unseen(self, request: WireRequest) -> int:
        """Return how many characters of a request nobody has looked at yet, so that a server can leave its event loop for many."""
        conversation = self._read(request)
        return self._folding.unseen(conversation, rules=self._rules(request, conversation))

    def learn(self, task: Task, attempt: Attempt) -> None:
        """Remember what came of a task that was done elsewhere."""
        self._folding.learn(task, attempt)

    def failed(self, task: Task, reason: Reason, *, detail: str) -> None:
        """Remember that a task failed elsewhere, so that its block is sent as it is."""
        self._folding.failed(task, reason, detail=detail)

    def keep_raw(self, request: WireRequest, *, scope: str, reason: Reason) -> None:
        """Record that this request was sent as it is: everything in it stays so in this lineage (law 2)."""
        lineages = self._read(request).lineages
        if lineages:
            self._outcomes.record(scope, lineages[-1], RAW, reason)

    def needs_store(self, plan: Plan, *, scope: str) -> bool:
        """Return whether `apply` will write to the store, so that a server can leave its event loop for it."""
        failed = any(decision.reason in FAILURES for decision in plan.decisions)
        return (
            failed or bool(self._originals.due(scope, plan.changed)) or bool(self._outcomes.due(scope, plan.lineages))
        )

    @property
    def store(self) -> OriginalStore:
        """Where originals, outcomes and exchanges are kept."""
        return self._store

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds since the epoch, as this Headroom sees them."""
        return self._clock

    @property
    def tool(self) -> BaseTool:
        """The retrieval tool, `headroom_retrieve`, to be given to the model."""
        from headroom.tools import HeadroomRetrieve  # tools stand above context

        return HeadroomRetrieve(headroom=self)

    def delete_thread(self, thread_id: str, *, tenant: str | None = None) -> int:
        """Delete everything kept for a thread, pinned or not; return how many originals went.

        Checkpoints are their saver's: call its own `delete_thread` as well.
        """
        scope = scope_of(tenant or self.settings.tenant, thread_id)
        gone = self._store.delete_scope(scope)
        self._originals.forget()
        return gone

    def close(self) -> None:
        """Release the store's files and connections."""
        self._store.close()

    def __deepcopy__(
        self, memo: dict[int, Any] | None = None
    ) -> Headroom:  # models that hold one are copied by frameworks
        return self

    # -- inside -----------------------------------------------------------------------------------------------------

    def _read(self, input: Input) -> Conversation:
        return input.conversation if isinstance(input, WireRequest | ChatRequest) else LANGCHAIN.read(coerce(input))

    def _may_grow_old(self, input: Input, conversation: Conversation) -> bool:
        able = bool(conversation.tools) or self._rules(input, conversation).capability
        return able and bool(conversation.messages)

    def _rules(self, input: Input, conversation: Conversation, *, commit: bool = False) -> Rules:
        """Law 3: a request shows itself whether a marker can be redeemed; where it has no tools the settings may say it."""
        told = self.settings.retrieval == "tool" and not conversation.tools and not isinstance(input, WireRequest)
        capability = told or marker.TOOL in conversation.tools
        return self._folding.rules(conversation, capability=capability, saved=commit)


def _sql_store(settings: Settings) -> OriginalStore:
    from headroom.store.sql import SqlStore  # SQLAlchemy takes a third of a second to import

    return SqlStore(settings.database_url, retention_days=settings.retention_days, store_bytes=settings.store_bytes)
