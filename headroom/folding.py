"""Folding: the plans of conversations, and the memory of what was settled in them.

Work per request is proportional to what is new: attempts are remembered by task, messages by lineage, views by the
request they ended.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from headroom import marker
from headroom.bundle import Bundles
from headroom.content import Conversation, Plan, Reason
from headroom.floor import floor_of
from headroom.memo import Memo
from headroom.offer import pays
from headroom.outcomes import Recorded
from headroom.plan import Memory, Rules, fold, tasks
from headroom.repack import repack
from headroom.settings import Settings
from headroom.sight import Views
from headroom.work import Attempt, Task, perform, stays

logger = logging.getLogger(__name__)


class Folding:
    """Plans any conversation under the same settings. Safe to use from threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._settled: Memory = Memo(settings.memo_bytes // 4)
        self._attempts: Memo[tuple[str, ...], Attempt] = Memo(settings.memo_bytes // 4)
        self._views: Views = Memo(3 * settings.memo_bytes // 8)
        self._bundles: Bundles = Memo(settings.memo_bytes // 8)
        self._unpaid: Memo[tuple[object, ...], bool] = Memo(settings.memo_bytes // 64)

    def rules(self, conversation: Conversation, *, capability: bool | None = None, saved: bool = False) -> Rules:
        """Return what a conversation is folded by; `saved` is one that takes the place of its messages.

        Without `capability` its own tools say whether a marker can be redeemed (law 3).
        """
        return Rules(
            self._settings,
            capability=marker.TOOL in conversation.tools if capability is None else capability,
            repeats=not saved and not conversation.clears,
            floor=floor_of(conversation, otherwise=self._settings.cache_minimum),
        )

    def plan(self, conversation: Conversation, *, rules: Rules, outcomes: Recorded) -> Plan:
        """Return a decision for every block."""
        return fold(
            conversation,
            rules=rules,
            outcomes=outcomes,
            shrink=self.shrink,
            memory=self._settled,
            views=self._views,
            bundles=self._bundles,
        )

    def pays(self, conversation: Conversation, outcomes: Recorded) -> bool:
        """Return whether offering the tool pays; where it does not, that is remembered: clients ask many times."""
        recorded = tuple((n, *outcome.items()) for n, outcome in enumerate(outcomes) if outcome)
        key = (conversation.lineages[-1], conversation.head, conversation.clears, recorded)
        if self._unpaid.get(key):
            return False

        def planned(capability: bool) -> Plan:
            rules = self.rules(conversation, capability=capability)
            return self.plan(conversation, rules=rules, outcomes=outcomes)

        paying = pays(conversation, without=lambda: planned(False), with_tool=lambda: planned(True))
        if not paying:
            self._unpaid.put(key, True, size=500 + 2 * len(conversation.head))
        return paying

    def knows(self, conversation: Conversation) -> bool:
        """Return whether all of a conversation was settled before, with the tool or without."""
        keys = [self.rules(conversation, capability=each).key for each in (True, False)]
        return any(self._settled.get((key, conversation.lineages[-1])) is not None for key in keys)

    def unseen(self, conversation: Conversation, *, rules: Rules) -> int:
        """Return how many characters of a conversation nobody has looked at yet."""
        lineages = conversation.lineages
        new = [n for n, lineage in enumerate(lineages) if self._settled.get((rules.key, lineage)) is None]
        head = len(conversation.head) if len(new) == len(lineages) else 0
        return head + sum(len(block.text) for n in new for block in conversation.messages[n].blocks)

    def todo(self, conversation: Conversation, *, rules: Rules) -> Iterator[Task]:
        """Yield the tasks that nobody has done yet."""
        for task in tasks(conversation, rules=rules, memory=self._settled):
            if self._attempts.get(task.key) is None:
                yield task

    def shrink(self, task: Task) -> Attempt:
        """Return what comes of a task, done now or before. An error of ours leaves the block as it is (law 7)."""
        known = self._attempts.get(task.key)
        if known is not None:
            return known
        try:
            attempt = perform(task) if task.old is None else repack(task, task.old)
        except Exception as error:  # law 7: our error never becomes the caller's
            logger.warning("a compressor failed, the original is sent", exc_info=error)
            # not learned: it is recorded where it is sent, and elsewhere another worker may have done better (law 2)
            return stays("compressor_failed", 0, detail=f"{type(error).__name__}: {error}"[:300])
        self.learn(task, attempt)
        return attempt

    def learn(self, task: Task, attempt: Attempt) -> None:
        """Remember what came of a task."""
        self._attempts.put(task.key, attempt, size=400 + 2 * len(attempt.text or ""))

    def failed(self, task: Task, reason: Reason, *, detail: str) -> None:
        """Remember that a task failed elsewhere, so that its block is sent as it is."""
        logger.warning("%s on a block of %s characters: %s", reason, len(task.block.text), detail)
        self.learn(task, stays(reason, 0, detail=detail))
