"""The fold: from the messages of a conversation to one decision per block, from the past alone.

What is decided about block *i* depends on settings, recipes, capability and the messages up to and
including *i* (law 2), and on recorded outcomes. So the plan of a conversation begins with the plan of
its beginning, in every process, and the provider's prompt cache never breaks through us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from headroom import calls, marker, tokens
from headroom.bundle import Bundles, bundled
from headroom.content import FAILURES, Block, Conversation, Decision, Message, Plan, Reason
from headroom.fit import declared
from headroom.floor import NO_FLOOR, Above, Floor
from headroom.memo import Memo
from headroom.outcomes import Recorded
from headroom.past import Later, Past, named_after
from headroom.settings import Settings
from headroom.sight import Sight, Views
from headroom.work import Attempt, Old, Task, as_repeat, stays

ERROR_TOKENS = 2_000
"""Law 5: a result flagged as an error is not touched up to this size."""

_LONGEST_TOKEN = 128
"""Bytes of the ruler's longest token: a longer text than so many times the bound need not be counted."""

_MAY_REPEAT = frozenset({"shrunk", "file_view", "no_compressor", "no_saving", "no_capability"})
"""Reasons that leave open whether a block stands in view already."""

_ENTRY_BYTES = 200

_HUMAN_CHARACTERS = 2_000
_REMINDER, _REMINDER_END = "<system-reminder>", "</system-reminder>"

Shrink = Callable[[Task], Attempt]
Memory = Memo[tuple[object, ...], "Settled"]


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled about one message: an attempt per block, and the human's words after it."""

    attempts: tuple[Attempt, ...]
    human: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a fold depends on besides the messages."""

    settings: Settings
    capability: bool
    repeats: bool = True
    """Whether what stands in view already may become a reference: not where messages are saved, or cleared by the provider."""
    floor: Floor = NO_FLOOR
    """What the prompt must not shrink below."""

    @property
    def key(self) -> tuple[bool, bool, int, int]:
        """What tells these rules from others of the same `Headroom`, quick to hash: settings are the same there."""
        return self.capability, self.repeats, self.floor.minimum, self.floor.head


def fold(
    conversation: Conversation,
    *,
    rules: Rules,
    outcomes: Recorded,
    shrink: Shrink,
    memory: Memory,
    views: Views,
    bundles: Bundles,
) -> Plan:
    """Decide about every block, in order. `outcomes` are the recorded ones after each message.

    Work is proportional to what `memory` has not seen: settled messages are looked up by lineage, and by
    what was recorded on the way there. A re-pack that saves less than its marker costs is left out (law 1).
    """
    decided = partial(_decided, conversation, rules=rules, shrink=shrink, memory=memory, views=views)
    past = Past(outcomes, conversation.lineages)
    decisions, key = decided(past)
    closed = bundled(decisions, key=key, bundles=bundles)
    if closed is None:
        closed, _ = decided(Past(outcomes, conversation.lineages, repacks=False))
    dropped = past.dropped
    if dropped:
        closed = declared(closed, conversation.messages, dropped, ref=rules.capability and not dropped.bare)
    return Plan(
        decisions=tuple(closed),
        capability=rules.capability,
        lineages=conversation.lineages,
        dropped=dropped.messages,
        epoch=past.epoch.at,
        repeats=rules.repeats,
    )


def _decided(
    conversation: Conversation, past: Past, *, rules: Rules, shrink: Shrink, memory: Memory, views: Views
) -> tuple[Sequence[Decision], tuple[object, ...]]:
    """Return a decision for every block, and all that those of a re-pack depend on."""
    messages, named = conversation.messages, rules.key
    later = Later(messages[: past.epoch.at + 1], named=rules.repeats)
    sight, above = Sight(views), Above(rules.floor)
    decisions: list[Decision] = []
    repacked: tuple[object, ...] = ()
    recorded, human = past.name, ""
    for number, (message, lineage) in enumerate(zip(messages, conversation.lineages, strict=True)):
        if number in past.dropped.messages:
            decisions += _gone(message, number)
            human = next((said for block in reversed(message.blocks) if (said := spoken(block))), human)
            continue
        if raw := past.raw(message, number):
            recorded = named_after(recorded, lineage, raw)
        if number < past.cut:
            repacked = (named, lineage, recorded)
        key = (named, lineage, recorded, len(message.blocks))  # a wire may read a system prompt as head
        settled = memory.get(key)
        if settled is None:
            old = partial(later.on, number) if number < past.cut else None
            settled = settle(
                message, human=human, rules=rules, raw=raw, shrink=shrink, sight=sight, above=above, old=old
            )
            memory.put(key, settled, size=_size(settled))
            memory.put((named, lineage), settled, size=_ENTRY_BYTES)
        else:
            for block, attempt in zip(message.blocks, settled.attempts, strict=True):
                sight.saw(block, attempt)
                above.add(attempt.tokens_before, attempt.tokens_after)
        sight.passed(key)
        human = settled.human
        for index, (block, attempt) in enumerate(zip(message.blocks, settled.attempts, strict=True)):
            decisions.append(decide(block, attempt, where=(number, index)))
    sight.keep()
    return decisions, repacked


def _gone(message: Message, number: int) -> Iterator[Decision]:
    """Yield decisions about the blocks of a message that is not forwarded."""
    for index, block in enumerate(message.blocks):
        before = tokens.count(block.text)
        yield Decision(block, "dropped", block.text, tokens_before=before, where=(number, index))


def settle(
    message: Message,
    *,
    human: str,
    rules: Rules,
    raw: Mapping[int, str],
    shrink: Shrink,
    sight: Sight,
    above: Above,
    old: Callable[[int], Old] | None = None,
) -> Settled:
    """Return what becomes of one message's blocks, given the human's words and all that is in sight before it.

    `raw` ones stay, for that reason. `old` says what is known of a block that is to be re-packed.
    """
    attempts: list[Attempt] = []
    for number, block in enumerate(message.blocks):
        if number in raw:
            made = stays("raw_before", tokens.count(block.text), detail=raw[number])
        else:
            made = attempt(block, human=human, rules=rules, shrink=shrink, old=old(number) if old else None)
            if made.reason in FAILURES:  # nobody counted; the next request does, and the sums must be the same
                made = stays(made.reason, tokens.count(block.text), detail=made.detail)
            if rules.repeats and made.reason in _MAY_REPEAT:
                exact = calls.is_file_view(block.tool, block.arguments)
                made = as_repeat(block.text, made, view=sight.view(), declared=rules.capability, exact=exact)
            if not above.allows(made.tokens_before, made.tokens_after):
                made = stays("cache_minimum", made.tokens_before, detail=above.told(made.tokens_after))
        above.add(made.tokens_before, made.tokens_after)
        attempts.append(made)
        sight.saw(block, made)
        human = spoken(block) or human
    return Settled(tuple(attempts), human)


def attempt(block: Block, *, human: str, rules: Rules, shrink: Shrink, old: Old | None = None) -> Attempt:
    """Return what becomes of one block, given the human's words before it, and what is known of an old one."""
    untouched = _untouched(block, rules.settings)
    if untouched is not None:
        return stays(untouched, tokens.count(block.text))
    if (
        block.is_error
        and len(block.text) <= ERROR_TOKENS * _LONGEST_TOKEN
        and (count := tokens.count(block.text)) <= ERROR_TOKENS
    ):
        return stays("error", count)
    return shrink(task_of(block, human=human, rules=rules, old=old))


def task_of(block: Block, *, human: str, rules: Rules, old: Old | None = None) -> Task:
    """Return the work that a block calls for."""
    return Task(
        block=Block(
            text=block.text, kind=block.kind, tool=block.tool, arguments=block.arguments, is_error=block.is_error
        ),
        query="\n".join(part for part in (block.tool, block.arguments[:_HUMAN_CHARACTERS], human) if part),
        declared=rules.capability,
        exact=calls.is_file_view(block.tool, block.arguments),
        min_tokens=rules.settings.min_tokens,
        target_ratio=rules.settings.target_ratio,
        outline_code_over=rules.settings.outline_code_over,
        old=old,
    )


def tasks(conversation: Conversation, *, rules: Rules, memory: Memory) -> Iterator[Task]:
    """Yield the tasks of all messages that `memory` has not settled."""
    human = ""
    for message, lineage in zip(conversation.messages, conversation.lineages, strict=True):
        settled = memory.get((rules.key, lineage))  # whatever was recorded, the human's words are the same
        if settled is not None:
            human = settled.human
            continue
        for block in message.blocks:
            if _untouched(block, rules.settings) is None:
                yield task_of(block, human=human, rules=rules)
            human = spoken(block) or human


def decide(block: Block, attempt: Attempt, *, where: tuple[int, int] = (0, 0)) -> Decision:
    """Return the decision that an attempt amounts to for the block where it stands now."""
    return Decision(
        block=block,
        where=where,
        reason=attempt.reason,
        text=block.text if attempt.text is None else attempt.text,
        recipe=attempt.recipe,
        ref=attempt.ref,
        left_out=attempt.left_out,
        tokens_before=attempt.tokens_before,
        tokens_after=attempt.tokens_after,
        detail=attempt.detail,
        owes=attempt.owes,
    )


def spoken(block: Block) -> str:
    """Return what a human says in this block, as a query: reminders that clients put in aside, cut to its end."""
    if block.role != "human" or block.kind != "text":
        return ""
    return _without_reminders(block.text[-8 * _HUMAN_CHARACTERS :]).strip()[-_HUMAN_CHARACTERS:]


def _without_reminders(text: str) -> str:
    """Return the text without what coding clients put into a human's turn by themselves."""
    parts, at = [], 0
    while (start := text.find(_REMINDER, at)) >= 0 and (end := text.find(_REMINDER_END, start)) >= 0:
        parts.append(text[at:start])
        at = end + len(_REMINDER_END)
    return "".join([*parts, text[at:]])


def _untouched(block: Block, settings: Settings) -> Reason | None:
    """Return why a block is none of our business, or None if it is."""
    if block.kind not in {"tool_result", "document"}:
        return "not_ours"
    if calls.is_retrieval(block.tool):
        return "retrieved"
    if block.tool in settings.protect_tools or calls.reads_instructions(block.tool, block.arguments):
        return "protected"
    return "marked" if marker.genuine(block.text) else None


def _size(settled: Settled) -> int:
    return 200 + 2 * len(settled.human) + sum(300 + 2 * len(attempt.text or "") for attempt in settled.attempts)
