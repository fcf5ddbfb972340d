"""One document through `Headroom` as the proxy would send it, and what came of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import facts
from corpora import Document

from headroom import Headroom, WireRequest, tokens
from headroom.compressors.json_decoder import decode
from headroom.compressors.json_values import parse
from headroom.content import Decision
from headroom.slices import ANSWER_TOKENS
from headroom.tools import ANTHROPIC_DEFINITION
from headroom.wire.anthropic import ANTHROPIC

QUESTION = "Here is the output of the tool. Continue with the task."
SYSTEM = "\n".join(f"Rule {number}: keep what you are told in mind." for number in range(1, 801))
"""As long as an agent's: no form takes a prompt with it below what the provider caches."""

PAIRS = 20
WITHOUT_ROWS = frozenset({"bash", "search", "http_get"})
ANNOTATED = ("must keep", "core", "hard")
"""Kinds of facts that are annotators' own substrings, which may begin and end within a word."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Annotators' substrings carry the colours of the terminal; a line without them is no line lost."""

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Result:
    """What became of one document."""

    before: int
    after: int
    hits: tuple[tuple[str, bool], ...]
    """(kind, whether it stands in the new text) of each fact."""
    bytes: int = 0
    seconds: float = 0.0
    """What the request took; 0 where none was sent."""
    counting: float = 0.0
    """Seconds that counting the tokens of the document and of the new text takes."""
    exact: bool | None = None
    """Whether the original came back; None where nothing promises that."""
    reached: list[bool] = field(default_factory=list)

    @property
    def kept(self) -> float:
        return self.after / max(1, self.before)

    def recall(self, *kinds: str) -> float | None:
        """Return the share of facts of these kinds that are there; None if there were none."""
        return facts.share([there for kind, there in self.hits if kind in kinds])


def facts_of(document: Document) -> Facts:
    """Return the facts to look for: what was planted or marked, else a sample of the leaves."""
    if document.facts or document.tool in WITHOUT_ROWS:
        return document.facts
    return [("sampled", fact) for fact in facts.sample(document.text, seed=document.name)]


def judged(text: str, wanted: Facts, *, before: int) -> Result:
    """Return what a text is worth that anybody could have made of a document of `before` tokens."""
    return Result(before, tokens.count(text), _hits(text, wanted))


def through(headroom: Headroom, document: Document, wanted: Facts, *, capability: bool) -> Result:
    """Send the document as the result of a tool, with headroom_retrieve among the tools or without."""
    request = WireRequest(_body(document, capability=capability), ANTHROPIC)
    started = time.perf_counter()
    plan = headroom.plan(request)
    sent = headroom.apply(request, plan)
    seconds = time.perf_counter() - started
    text = next(block.text for block in sent.conversation.blocks() if block.kind == "tool_result")
    decision = next(decision for decision in plan.decisions if decision.block.kind == "tool_result")
    started = time.perf_counter()
    before, after = tokens.count(document.text), tokens.count(text)
    return Result(
        before,
        after,
        _hits(text, wanted),
        bytes=len(document.text.encode()),
        seconds=seconds,
        counting=time.perf_counter() - started,
        exact=_exact(headroom, document, decision),
        reached=_reached(headroom, document, decision) if capability else [],
    )


def _body(document: Document, *, capability: bool) -> bytes:
    call = {"type": "tool_use", "id": "toolu_0", "name": document.tool, "input": document.arguments}
    result = {"type": "tool_result", "tool_use_id": "toolu_0", "content": document.text}
    body = {
        "model": "claude-opus-4-8",
        "max_tokens": 1000,
        "system": SYSTEM,
        "tools": [{"name": document.tool, "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": document.question or QUESTION},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ],
    }
    raw = json.dumps(body).encode()
    return ANTHROPIC.offer(raw, ANTHROPIC_DEFINITION) if capability else raw


def _hits(text: str, wanted: Facts) -> tuple[tuple[str, bool], ...]:
    bare = _COLOUR.sub("", text)
    return tuple(
        (kind, _COLOUR.sub("", fact) in bare if kind in ANNOTATED else facts.shows(text, fact)) for kind, fact in wanted
    )


def _exact(headroom: Headroom, document: Document, decision: Decision) -> bool | None:
    if decision.ref:
        return headroom.retrieve(decision.ref) == document.text
    if not decision.recipe.startswith("json/"):
        return None
    try:
        return decode(decision.text).equals(parse(document.text))
    except ValueError:
        return False


def _reached(headroom: Headroom, document: Document, decision: Decision) -> list[bool]:
    """Return which (key, value) pairs one retrieval by the row's key brings within the size of an answer."""
    if not decision.ref or document.tool in WITHOUT_ROWS:
        return []
    asked = facts.pairs(document.text, count=PAIRS, seed=document.name)
    answers = [headroom.retrieve(decision.ref, query=key) for key, _ in asked]
    return [
        facts.shows(answer, value) and tokens.count(answer) <= ANSWER_TOKENS
        for answer, (_, value) in zip(answers, asked, strict=True)
    ]
