"""The values that flow through headroom: what is read, what is decided, what comes back.

All are frozen and none does I/O. The way is request -> `Conversation` -> `Decision`s -> request.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Literal, Self

Role = Literal["system", "human", "assistant", "tool"]
Kind = Literal["tool_result", "document", "text", "other"]


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of content of a message.

    Only kinds "tool_result" and "document" may ever shrink. "text" is what a human or the assistant
    said; "other" stands for everything that headroom does not read (its `text` is empty).
    """

    text: str
    kind: Kind = "document"
    role: Role = "tool"
    tool: str = ""
    """Name of the tool that was called, for a tool result."""
    arguments: str = ""
    """The call's arguments as compact JSON with sorted keys, for a tool result."""
    is_error: bool = False
    """The caller flagged the result as an error."""
    place: Hashable = None
    """Where the block stands in its request: the wire's own business, opaque to everyone else."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a wire reads it."""

    role: Role
    digest: bytes
    """16 bytes that name what the message says; cache marks and framework ids do not count."""
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """What a wire reads from one request."""

    messages: tuple[Message, ...]
    tools: tuple[str, ...] = ()
    """Names of the tools the request offers to the model."""
    head: str = ""
    """The text before the messages that the provider bills: tools and system prompt. Counted, never changed."""
    model: str = ""
    forced: bool = False
    """tool_choice forces a call or forbids all, so that no tool is newly offered."""
    cache_seconds: float | None = None
    """After so many seconds the provider's cache of this request has certainly expired; None when nobody can say."""
    cache_minimum: int | None = None
    """Tokens below which the provider caches no prompt; None when nobody can say."""
    clears: bool = False
    """The provider is asked to clear old tool results itself, so that nothing may point at them."""

    def blocks(self) -> Iterator[Block]:
        """Yield every block, in order."""
        for message in self.messages:
            yield from message.blocks

    @cached_property
    def lineages(self) -> tuple[bytes, ...]:
        """The lineage after each message."""
        return chain(self.messages)


def chain(messages: Iterable[Message]) -> tuple[bytes, ...]:
    """Return the lineage after each message: 16 bytes that name it and everything before it."""
    lineages, lineage = [], b""
    for message in messages:
        lineage = blake2b(lineage + message.digest, digest_size=16).digest()
        lineages.append(lineage)
    return tuple(lineages)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How much of the source is not in the text, in the source's own units."""

    count: int
    total: int
    unit: Literal["lines", "rows", "items", "bytes", "characters"] = "lines"

    def __str__(self) -> str:
        return f"{self.count:,} of {self.total:,} {self.unit} left out"


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What a compressor returns: a smaller text and what it left out of it.

    `left_out` is None when the text decodes to the same value with no retrieval (a lossless form).
    """

    text: str
    recipe: str
    """Compressor id and version, e.g. "json/1": bumped whenever output bytes change."""
    left_out: LeftOut | None = None
    kept_lines: tuple[int, ...] | None = None
    """For selections of lines: the 0-based source lines that stand verbatim and in order in `text`."""

    @property
    def lossless(self) -> bool:
        """Whether nothing was left out."""
        return self.left_out is None


Reason = Literal[
    "shrunk",
    "repeat",
    "not_ours",  # human, assistant or system content, or a kind headroom does not read
    "too_small",
    "cache_minimum",  # with its form the prompt would be too short for the provider's cache, and cost more
    "error",  # flagged as an error and short: errors stay as they are
    "protected",  # a tool or a file that is never touched
    "file_view",  # a file view with nothing that may be declared here
    "retrieved",  # an answer of headroom_retrieve
    "marked",  # carries a genuine marker of ours already
    "too_large",
    "no_compressor",
    "no_saving",
    "no_capability",  # only a form that leaves something out would save, and the reader could not redeem it
    "raw_before",  # was sent as it is before in this conversation: changing it would break the provider's cache
    "store_failed",
    "compressor_failed",
    "deadline",
    "bypass",
    "dropped",  # its turn was dropped so that the window holds the rest
    "fit",  # a human's words, closed by the declaration of what was dropped
]

FAILURES: frozenset[str] = frozenset({"store_failed", "compressor_failed", "deadline"})
"""Reasons that say headroom itself failed (law 7): counted, logged and sticky."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one block, and why."""

    block: Block
    reason: Reason
    text: str
    """What is forwarded: `block.text` itself when nothing changed."""
    recipe: str = ""
    ref: str = ""
    """Set when `text` carries a marker; the original must be stored before `text` is sent."""
    left_out: LeftOut | None = None
    tokens_before: int = 0
    tokens_after: int = 0
    detail: str = ""
    """More about the reason, for people: an exception's words, a threshold."""
    original: str = ""
    """What the ref gives back when it is not the block's own text: a transcript of dropped turns, or of old results."""
    owes: bool = False
    """Whether something is left out behind a ref that is still to come (see `headroom.bundle`); never in a whole plan."""
    where: tuple[int, int] = (0, 0)
    """Index of the message, and of the block in it."""

    @property
    def changed(self) -> bool:
        """Whether the forwarded text differs from the original."""
        return self.text is not self.block.text and self.text != self.block.text

    @property
    def lossless(self) -> bool:
        """Whether the model sees everything without retrieving."""
        return self.left_out is None


@dataclass(frozen=True, slots=True)
class Plan:
    """Every decision about one request, in order."""

    decisions: tuple[Decision, ...] = ()
    capability: bool = False
    """Whether the reader of this request can redeem a marker."""
    lineages: tuple[bytes, ...] = ()
    """Hash chain of the original messages, after each of them."""
    dropped: frozenset[int] = frozenset()
    """Indices of the messages that are not forwarded, because the window would have overflowed."""
    epoch: int = -1
    """Index of the message at which the re-pack was recorded under which this was planned; -1 without one."""
    repeats: bool = True
    """Whether one block may point at another: not in a plan whose result is saved, or cleared by the provider."""

    @property
    def changed(self) -> tuple[Decision, ...]:
        """The decisions that forward another text than the original."""
        return tuple(decision for decision in self.decisions if decision.changed)

    @property
    def tokens_before(self) -> int:
        """Tokens of all blocks that were looked at, as they came in."""
        return sum(d.tokens_before for d in self.decisions)

    @property
    def tokens_after(self) -> int:
        """Tokens of the same blocks as they are forwarded."""
        return sum(d.tokens_after for d in self.decisions)

    @property
    def refs(self) -> frozenset[str]:
        """Refs whose markers this request carries: the only ones the proxy answers for it."""
        return frozenset(d.ref for d in self.decisions if d.ref)


class Compressed(str):
    """A text that went through `Headroom.compress`: a plain str that knows what was done to it."""

    __slots__ = ("decision",)

    decision: Decision

    def __new__(cls, decision: Decision) -> Self:
        """Make the public form of a decision about a whole document."""
        self = super().__new__(cls, decision.text)
        self.decision = decision
        return self

    def __getnewargs__(self) -> tuple[Decision]:  # type: ignore[override] # copies are made from the decision
        return (self.decision,)

    @property
    def ref(self) -> str:
        """Ref of the stored original; empty when the text is the original itself."""
        return self.decision.ref

    @property
    def recipe(self) -> str:
        """What made the text, e.g. "json/1"; empty when the text is the original itself."""
        return self.decision.recipe

    @property
    def reason(self) -> Reason:
        """Why the text is what it is."""
        return self.decision.reason

    @property
    def lossless(self) -> bool:
        """Whether the text decodes to the same value with no retrieval."""
        return self.decision.lossless

    @property
    def tokens_before(self) -> int:
        """Tokens of the original (o200k_base)."""
        return self.decision.tokens_before

    @property
    def tokens_after(self) -> int:
        """Tokens of this text, marker included (o200k_base)."""
        return self.decision.tokens_after
