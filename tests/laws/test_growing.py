"""Conversations that grow, fork, pause and move between workers: the laws at every step."""

from __future__ import annotations

from typing import Any

from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom.context import Headroom
from headroom.errors import StoreError
from headroom.settings import Settings
from headroom.store.sql import SqlStore
from tests.laws.conversations import log, rows

CODE = "\n".join(f"def part_{n}(value):\n    return value + {n * n}\n" for n in range(40))
TEXTS = (rows(40), rows(40, seed=1), log(60), CODE, CODE.replace("* 7", "* 8"), CODE[400:], "ok", "x " * 300)
COMMANDS = ("cat src/part.py", "make test", "kubectl get pods -o json", "grep -rn part_7 src")


class Failing:
    """A store that fails when it is told to."""

    def __init__(self) -> None:
        self._store = SqlStore("sqlite:///:memory:")
        self.down = False

    def __getattr__(self, name: str) -> Any:
        if self.down and name in ("put", "record", "recorded", "touch"):

            def fail(*_: object, **__: object) -> None:
                raise StoreError("the disk is full")

            return fail
        return getattr(self._store, name)


class Growing(RuleBasedStateMachine):
    """Two workers over one store serve one user's conversation and its forks."""

    @initialize(window=st.sampled_from([None, None, 3_000]))
    def start(self, window: int | None) -> None:
        self.now = 1_700_000_000.0
        self.window = window
        self.store = Failing()
        self.workers = [self.worker(), self.worker()]
        self.messages: list[BaseMessage] = [HumanMessage("Find the outage's cause.")]
        self.sent: list[tuple[list[BaseMessage], list[BaseMessage], tuple[int, frozenset[int]]]] = []
        self.calls = 0

    def worker(self) -> Headroom:
        settings = Settings(database_url="sqlite:///:memory:", retrieval="tool", max_tokens=self.window)
        return Headroom(settings, store=self.store, clock=lambda: self.now)  # type: ignore[arg-type]

    @rule(text=st.sampled_from(TEXTS), command=st.sampled_from(COMMANDS), failed=st.sampled_from([False, False, True]))
    def call(self, text: str, command: str, failed: bool) -> None:
        self.calls += 1
        asked = {"name": "bash", "args": {"command": command}, "id": f"c{self.calls}", "type": "tool_call"}
        self.messages += [
            AIMessage(f"Step {self.calls}: part_{self.calls}.", tool_calls=[asked]),
            ToolMessage(
                text,
                tool_call_id=f"c{self.calls}",
                name="bash",
                status="error" if failed and len(text) < 99 else "success",
            ),
        ]

    @rule(words=st.sampled_from(["Go on.", "Why does part_7 fail?"]))
    def speak(self, words: str) -> None:
        self.messages += [AIMessage("Done."), HumanMessage(words)]

    @rule(which=st.integers(0, 1))
    def send(self, which: int) -> None:
        self.forward(self.workers[which])

    @rule(which=st.integers(0, 1))
    def restart(self, which: int) -> None:
        self.workers[which] = self.worker()

    @rule(seconds=st.sampled_from([5.0, 70.0, 400.0]))
    def pause(self, seconds: float) -> None:
        self.now += seconds

    @rule(back=st.integers(1, 6))
    def fork(self, back: int) -> None:
        kept = [n for n, m in enumerate(self.messages) if isinstance(m, HumanMessage)]
        self.messages = self.messages[: kept[max(0, len(kept) - back)] + 1]
        self.sent = [each for each in self.sent if self.messages[: len(each[0])] == each[0]]

    @rule()
    def send_while_the_store_is_down(self) -> None:
        self.store.down = True
        try:
            worker = self.worker()  # nothing can be stored, so nothing may be left out
            sent = worker.apply(self.messages, worker.plan(self.messages))
            assert all("ref=" not in str(message.content) for message in sent)
        finally:
            self.store.down = False

    def forward(self, worker: Headroom) -> None:
        before = list(self.messages)
        sent = worker.invoke(self.messages)
        assert before == self.messages
        plan = worker.plan(self.messages)
        state = (plan.epoch, plan.dropped)
        assert len(sent) == len(self.messages) - len(plan.dropped)
        for decision in plan.decisions:
            if decision.ref:
                assert (decision.original or decision.block.text) == worker.retrieve(decision.ref)
            if decision.block.kind == "text" and decision.reason not in ("dropped", "fit"):
                assert not decision.changed
        for earlier, forwarded, under in self.sent:
            if under == state and earlier == self.messages[: len(earlier)]:
                assert forwarded == sent[: len(forwarded)]
        self.sent.append((before, list(sent), state))

    @invariant()
    def fresh_workers_agree(self) -> None:
        if not getattr(self, "sent", None):
            return
        last, sent, state = self.sent[-1]
        worker = self.worker()
        plan = worker.plan(last)
        if (plan.epoch, plan.dropped) == state:
            assert sent == worker.apply(last, plan)


TestGrowing = Growing.TestCase
TestGrowing.settings = run_settings(
    max_examples=40, stateful_step_count=20, deadline=None
)  # each step plans whole conversations
