"""One call of a wrapped chat model: what is sent in its place, and what follows each reply.

What is not asynchronous here may read and write the store.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage

from headroom import compressors, marker, rounds, tokens, tools
from headroom.caching.align import cache_key
from headroom.content import Conversation, Plan
from headroom.context import Headroom
from headroom.errors import HeadroomError, WireError
from headroom.integrations.chat_align import Aligned, align
from headroom.integrations.chat_journal import ChatJournal
from headroom.integrations.chat_rounds import (
    ChatRound,
    billed_usage,
    other_calls,
    our_calls,
    spoken,
    tool_messages,
    wants_tools,
)
from headroom.integrations.steps import away, step
from headroom.integrations.view import asked
from headroom.wire.chat import ChatRequest
from headroom.writing import written

logger = logging.getLogger(__name__)

_HARDER = 0.9
"""The window that a refused request is taken to prove, as a share of its tokens."""

_REFUSED_FOR_US = frozenset({400, 413, 422})
"""What a provider answers when it takes offence at the exchange itself."""


class Wrapping:
    """What all calls of one wrapped model share."""

    def __init__(self, headroom: Headroom) -> None:
        self.headroom = headroom
        self.journal = ChatJournal(headroom.store, clock=headroom.clock)
        self._definitions: dict[type, Mapping[str, Any] | None] = {}

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What of headroom decides about the bytes that are sent."""
        deciding = {"retrieval", "min_tokens", "target_ratio", "outline_code_over", "protect_tools"}
        recipes = [each.recipe for each in compressors.built_in()]
        return {**self.headroom.settings.model_dump(include=deciding), "recipes": recipes}

    def __deepcopy__(self, memo: dict[int, Any]) -> Wrapping:  # what copies of a model share as well
        return self

    def definition(self, model: BaseChatModel) -> Mapping[str, Any] | None:
        """Return our tool in the form in which this model takes tools; None if it takes none as dicts."""
        if type(model) not in self._definitions:
            self._definitions[type(model)] = _formatted(model)
        return self._definitions[type(model)]


class Call:
    """One call, round by round. `messages` and `arguments` are what the model is to be called with next, cache marks aside."""

    def __init__(
        self,
        wrapping: Wrapping,
        model: BaseChatModel,
        messages: Sequence[BaseMessage],
        arguments: dict[str, Any],
        *,
        scope: str,
        message_id: str | None,
    ) -> None:
        """Take up a call; `message_id` is the id that the caller's message will get if the provider gives it none."""
        self.messages: list[BaseMessage] = list(messages)
        self.arguments = arguments
        self.ours = False
        """Our tool stands in it by our doing, so its calls are ours to answer."""
        self.rounds: list[ChatRound] = []
        self._wrapping = wrapping
        self._model = model
        self._headroom = wrapping.headroom
        self._journal = wrapping.journal
        self._scope = scope
        self._message_id = message_id
        self._lineage = b""
        self._refs: frozenset[str] = frozenset()
        self._tokens = (0, 0)
        self._fitted = False
        self._aligned: Aligned | None = None
        self._request: ChatRequest = asked(model, messages, arguments)

    # -- before the first round -------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Decide what is sent; what cannot be read is sent as it is."""
        try:
            self._apply(self._decided())
        except WireError as error:
            logger.warning("a call is sent as it is: %s", error)

    async def aprepare(self) -> None:
        """Decide what is sent, without holding up the event loop."""
        try:
            plan = await step(self._decided, away=self._belongs_away())
            await step(lambda: self._apply(plan), away=self._headroom.needs_store(plan, scope=self._scope))
        except WireError as error:
            logger.warning("a call is sent as it is: %s", error)

    def _belongs_away(self) -> bool:
        """Return whether deciding would wait for the store, or take long."""
        return away(self._headroom, self._request, self.messages, scope=self._scope) or not (
            self._journal.nothing_behind(self.messages, lineages=self._request.conversation.lineages, scope=self._scope)
        )

    def _decided(self) -> Plan:
        request = self._restored(self._request)
        offered = self._offered(request) if self._may_offer(request) else None
        self.ours = offered is not None
        self._request = offered or request
        self._headroom.note(self._request, scope=self._scope)
        if self._headroom.settings.max_tokens is not None:
            return self._headroom.fit(self._request, scope=self._scope)
        return self._headroom.plan(self._request, scope=self._scope)

    def _apply(self, plan: Plan) -> None:
        plan = self._headroom.keep(self._request, plan, scope=self._scope)
        sent = written(self._request, plan)
        self._refs = plan.refs | _marked(plan)
        added = _definition_tokens() if self.ours else 0
        self._tokens = plan.tokens_before, plan.tokens_after + added
        self.messages, self.arguments = list(sent.messages), dict(sent.arguments)

    def _restored(self, request: ChatRequest) -> ChatRequest:
        """Return the request with exchanges put back; where nobody speaks of tools a provider would refuse them."""
        lineages = request.conversation.lineages
        self._lineage = lineages[-1] if lineages else b""
        if not _speaks_of_tools(request.conversation):
            return request
        messages = self._journal.expand(request.messages, lineages=lineages, scope=self._scope)
        return request if messages is request.messages else replace(request, messages=messages)

    def _may_offer(self, request: ChatRequest) -> bool:
        choices = request.arguments.get("n", getattr(self._model, "n", None)) or 1
        return bool(request.tools) and not request.forced and choices == 1

    def _offered(self, request: ChatRequest) -> ChatRequest | None:
        """Return the request with our tool in it, if it is to be offered."""
        definition = self._wrapping.definition(self._model)
        offered = request.offering(definition) if definition is not None else None
        return offered if offered and self._headroom.offers(request, scope=self._scope) else None

    def aligned(self) -> Aligned:
        """Return what the model is to be called with next, with cache marks where its caller set none."""
        if not self._headroom.settings.align:
            return Aligned(self.messages, self.arguments)
        self._aligned = align(self._model, self.messages, self.arguments, key=self._key)
        return self._aligned

    def _key(self) -> str:
        return cache_key(self._scope, self._request.conversation.messages)

    # -- between rounds ---------------------------------------------------------------------------------------------

    def close_round(self, reply: AIMessage, told: Mapping[str, Any]) -> ChatRound | None:
        """Answer what a reply asks of us, write it down and make it part of the next request; None if it was the last.

        `told` is what the provider said about the reply. Raises HeadroomError when the model will not stop asking.
        """
        following = rounds.after(
            our_calls(reply),
            wants_tools=wants_tools(told),
            others=other_calls(reply),
            rounds=len(self.rounds),
            answer=self._answer,
        )
        closed = ChatRound(reply, tool_messages(following.results))
        self.rounds.append(closed)
        if following.how == "loop":
            raise HeadroomError(rounds.LOOP)
        if following.results or len(self.rounds) > 1:
            shown = self.rounds[0].reply.id or self._message_id
            self._journal.save(self._scope, self.rounds, lineage=self._lineage, message_id=shown)
        if following.how == "done":
            return None
        self.messages += spoken([closed])
        return closed

    async def aclose_round(self, reply: AIMessage, told: Mapping[str, Any]) -> ChatRound | None:
        """Do what `close_round` does, without holding up the event loop."""
        answers = bool(self.rounds or our_calls(reply))
        return await step(lambda: self.close_round(reply, told), away=answers)

    def _answer(self, arguments: Mapping[str, Any]) -> tools.Retrieved:
        return tools.answer(self._headroom, arguments, scope=self._scope, refs=self._refs)

    # -- when a round fails -----------------------------------------------------------------------------------------

    def refused(self, error: Exception) -> bool:
        """Note that a round failed; return whether to ask again: once, if it was too long and now is shorter.

        Where the provider took offence at an exchange of ours, the tool is withdrawn.
        """
        if isinstance(error, ContextOverflowError):
            return not self.rounds and self._fits_harder()
        if self.rounds and getattr(error, "status_code", None) in _REFUSED_FOR_US:
            logger.warning("a continuation was refused, %s is withdrawn: %s", marker.TOOL, error)
            self._headroom.withdraw(self._request, scope=self._scope)
        return False

    def _fits_harder(self) -> bool:
        """Make a request that was refused as too long fit into less than it took; return whether it is another now."""
        if self._fitted or not self._lineage:
            return False
        self._fitted = True
        sent = self._tokens[1] + tokens.count_head(self._request.conversation.head)
        before = self.messages
        window = max(1, int(sent * _HARDER))
        self._apply(self._headroom.fit(self._request, scope=self._scope, max_tokens=window))
        logger.warning("a request was too long for the model and is made to fit: %s messages", len(self.messages))
        return before != self.messages

    # -- what came of it --------------------------------------------------------------------------------------------

    def savings(self) -> dict[str, Any]:
        """Return what is told of this call under `response_metadata["headroom"]`.

        Tokens of everything looked at, before and after; what was retrieved and the tool's own definition count
        as after. With retrievals, what the provider billed for all rounds: a message's own usage is the last one's.
        The cache marks are those of the last round.
        """
        before, after = self._tokens
        retrieved = [each for each in self.rounds if each.results]
        told: dict[str, Any] = {"tokens_before": before, "tokens_after": after + _exchange_tokens(retrieved)}
        told |= self._aligned.told if self._aligned else {}
        if retrieved:
            told["retrievals"] = sum(len(each.results) for each in retrieved)
            told["billed"] = billed_usage([each.reply.usage_metadata for each in self.rounds])
        return told


def _formatted(model: BaseChatModel) -> Mapping[str, Any] | None:
    """Return our tool as `model.bind_tools` writes tools."""
    try:
        binding = model.bind_tools([tool_definition()])
    except NotImplementedError:
        return None
    bound = getattr(binding, "kwargs", {}).get("tools")
    return bound[0] if isinstance(bound, list) and len(bound) == 1 and isinstance(bound[0], Mapping) else None


def tool_definition() -> dict[str, Any]:
    """Return headroom_retrieve in the form that every `bind_tools` reads."""
    said = json.loads(tools.ANTHROPIC_DEFINITION)
    function = {"name": said["name"], "description": said["description"], "parameters": said["input_schema"]}
    return {"type": "function", "function": function}


def _definition_tokens() -> int:
    return tokens.count(tools.ANTHROPIC_DEFINITION)


def _exchange_tokens(answered: Sequence[ChatRound]) -> int:
    asked = sum(
        tokens.count(json.dumps(call.arguments, default=str)) for each in answered for call in our_calls(each.reply)
    )
    return asked + sum(tokens.count(str(result.text)) for each in answered for result in each.results)


def _speaks_of_tools(conversation: Conversation) -> bool:
    return bool(conversation.tools) or any(message.role == "tool" for message in conversation.messages)


def _marked(plan: Plan) -> frozenset[str]:
    """Return the refs of markers that were in the request before it came to us."""
    refs = (marker.genuine(each.block.text) for each in plan.decisions if each.reason == "marked")
    return frozenset(ref for ref in refs if ref)
