"""Conversations that grow, fork, pause and move between workers: the laws at every step."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom.context import Headroom
from headroom.settings import Settings
from headroom.transcript import name_of
from tests.laws.conversations import log, rows
from tests.laws.failing import DOWN, FULL, FailingStore, breaking

CODE = "\n".join(f"def part_{n}(value):\n    return value + {n * n}\n" for n in range(40))
TEXTS = (rows(40), rows(40, seed=1), log(60), CODE, CODE.replace("* 7", "* 8"), CODE[400:], "ok", "x " * 300)
COMMANDS = ("cat src/part.py", "make test", "kubectl get pods -o json", "grep -rn part_7 src")


@dataclass(frozen=True)
class Sent:
    """One request: what the client said, what the provider read, under which re-pack and fit, and when."""

    messages: list[BaseMessage]
    forwarded: list[BaseMessage]
    state: tuple[int, frozenset[int]]
    at: float


class Growing(RuleBasedStateMachine):
    """Two workers over one store serve one user's conversation and its forks."""

    last: Sent | None = None
    """The latest request, of whatever branch."""
    checked: Sent | None = None
    """The latest one that a fresh worker was asked about."""

    @initialize(window=st.sampled_from([None, None, 3_000]), minimum=st.sampled_from([0, 0, 1_500, 4_000]))
    def start(self, window: int | None, minimum: int) -> None:
        self.now = 1_700_000_000.0
        self.window, self.minimum = window, minimum
        self.store = FailingStore()
        self.workers = [self.worker(), self.worker()]
        self.messages: list[BaseMessage] = [HumanMessage("Find the outage's cause.")]
        self.sent: list[Sent] = []
        self.calls = 0

    def worker(self) -> Headroom:
        settings = Settings(
            database_url="sqlite:///:memory:", retrieval="tool", max_tokens=self.window, cache_minimum=self.minimum
        )
        return Headroom(settings, store=self.store, clock=lambda: self.now)

    @rule(text=st.sampled_from(TEXTS), times=st.integers(1, 4), which=st.integers(0, 1))
    def work(self, text: str, times: int, which: int) -> None:
        for n in range(times):
            self.call(TEXTS[(TEXTS.index(text) + n) % len(TEXTS)], COMMANDS[n], failed=False)
            self.forward(self.workers[which])
            self.now += 10

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

    @rule(back=st.integers(1, 8))
    def fork(self, back: int) -> None:
        kept = [n for n, m in enumerate(self.messages) if not isinstance(m, AIMessage)]
        self.messages = self.messages[: kept[max(0, len(kept) - back)] + 1]
        self.sent = [each for each in self.sent if self.messages[: len(each.messages)] == each.messages]

    @rule()
    def send_while_the_store_is_down(self) -> None:
        self.store.fails = DOWN
        try:
            worker = self.worker()  # nothing can be stored, so nothing may be left out
            sent = worker.apply(self.messages, worker.plan(self.messages))
            assert all("ref=" not in str(message.content) for message in sent)
        finally:
            self.store.fails = ()

    @rule(which=st.integers(0, 1))
    def send_while_the_disk_is_full(self, which: int) -> None:
        self.store.fails = FULL
        try:
            self.forward(self.workers[which])
        finally:
            self.store.fails = ()

    @rule(which=st.integers(0, 1), text=st.sampled_from(TEXTS), then=st.sampled_from(TEXTS))
    def send_while_a_compressor_breaks(self, which: int, text: str, then: str) -> None:
        unique = f"{text}\nend of {self.calls}"  # what was sent before cannot break now
        self.call(unique, "make test", failed=False)
        self.call(then, "make again", failed=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("headroom.folding.perform", breaking(unique))
            self.forward(self.workers[which])

    def forward(self, worker: Headroom) -> None:
        before = list(self.messages)
        sent = worker.invoke(self.messages)
        assert before == self.messages
        plan = worker.plan(self.messages)
        now = Sent(before, list(sent), (plan.epoch, plan.dropped), self.now)
        assert len(sent) == len(self.messages) - len(plan.dropped)
        for decision in plan.decisions:
            if decision.ref:
                assert (decision.original or decision.block.text) == worker.retrieve(decision.ref)
            if decision.original and decision.reason != "fit":
                name = name_of(*decision.where)
                assert decision.block.text == worker.retrieve(decision.ref, path=name, lines="all")
            assert not decision.owes
            if decision.block.kind == "text" and decision.reason not in ("dropped", "fit"):
                assert not decision.changed
        for earlier in self.sent:
            if earlier.state == now.state:
                assert earlier.forwarded == sent[: len(earlier.forwarded)]
        if self.last is not None:
            warm = self.warm(self.last, now)
            assert self.last.forwarded[:warm] == sent[:warm]
        self.sent.append(now)
        self.last = now

    def warm(self, last: Sent, now: Sent) -> int:
        """Return how many messages the provider may still know from the request before this one, of another branch maybe."""
        pairs = zip(last.messages, now.messages, strict=False)
        shared = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(last.messages), len(now.messages)))
        repacked_before = shared <= now.state[0] < len(now.messages) - 1
        made_room = self.window is not None and last.state != now.state
        known = last.state[0] < shared and not repacked_before and not made_room
        return shared if known and now.at - last.at <= 300 and not last.state[1] else 0

    @invariant()
    def fresh_workers_agree(self) -> None:
        last = self.last
        if last is None or last is self.checked:
            return
        self.checked = last
        worker = self.worker()
        plan = worker.plan(last.messages)
        if (plan.epoch, plan.dropped) == last.state:
            assert last.forwarded == worker.apply(last.messages, plan)


TestGrowing = pytest.mark.timeout(600)(Growing.TestCase)
TestGrowing.settings = run_settings(
    max_examples=max(10, min(30, run_settings().max_examples // 3)), stateful_step_count=20, deadline=None
)  # each step plans whole conversations


def test_a_second_fit_at_one_message_is_the_same_in_every_worker() -> None:
    world = Growing()
    world.start(window=3_000, minimum=1_500)
    world.work(text=TEXTS[0], times=3, which=0)
    world.send(which=0)
    world.fresh_workers_agree()
    assert world.checked is world.last


def test_what_failed_under_a_repack_is_known_to_workers_that_saw_the_conversation_before() -> None:
    world = Growing()
    world.start(window=None, minimum=0)
    world.send_while_a_compressor_breaks(which=1, text=TEXTS[0], then=TEXTS[1])
    for text in TEXTS[:4]:
        world.call(text, "make test", failed=False)
    world.pause(seconds=400.0)
    world.send_while_the_disk_is_full(which=0)
    world.send(which=1)
    world.fresh_workers_agree()
    assert world.checked is world.last
