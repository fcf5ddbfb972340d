"""Commit: tool results are made small before they are saved, and stay so.

What is saved points at nothing else, since other messages may be deleted one day; and what stands behind
it is pinned in the store until the thread is deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from headroom.content import Decision, Plan
from headroom.context import Headroom
from headroom.errors import StoreError, WireError
from headroom.integrations.view import COMMITTED, ViewRequest
from headroom.marker import TOOL

logger = logging.getLogger(__name__)


class Birth:
    """Makes tool results small where they come into being.

    `redeemable` says that the model has headroom_retrieve; else only lossless forms are taken, unless the
    settings say that it has. Everything here may read and write the store.
    """

    def __init__(self, headroom: Headroom, *, redeemable: bool, messages_key: str = "messages") -> None:
        self._headroom = headroom
        self._arguments = {"tools": [{"name": TOOL}]} if redeemable else {}
        self._key = messages_key

    def after(self, request: ToolCallRequest, result: Any) -> Any:
        """Return what a tool call gave, its tool messages made small.

        Commands keep what else they carry. Errors stay, and so does what goes to the user directly.
        """
        if request.tool is not None and request.tool.return_direct:
            return result
        said = messages_in(request.state, self._key)
        return self.rewrite(result, said=said, call=request.tool_call, config=request.runtime.config)

    def rewrite(self, result: Any, *, call: ToolCall, config: RunnableConfig, said: Sequence[BaseMessage] = ()) -> Any:
        """Return what the tool of a call gave (a tool message, a command, or a list of them); the very object if nothing changes."""

        def inside(value: Any) -> Any:
            return self.rewrite(value, call=call, config=config, said=said)

        match result:
            case ToolMessage():
                return self.commit([result], said=_asking(said, call), config=config)[0]
            case Command(update=dict() as update) if self._key in update:
                new = inside(update[self._key])
                return result if new is update[self._key] else replace(result, update={**update, self._key: new})
            case Command(update=list() as update):
                new = inside(update)
                return result if new is update else replace(result, update=new)
            case (str(key), value) if key == self._key:  # commands may list what they update
                new = inside(value)
                return result if new is value else (key, new)
            case list():
                new = [inside(each) for each in result]
                return result if all(a is b for a, b in zip(new, result, strict=True)) else new
            case _:
                return result

    def commit(
        self, results: Sequence[ToolMessage], *, said: Sequence[BaseMessage], config: RunnableConfig
    ) -> list[ToolMessage]:
        """Return the results as they shall be saved; the very objects where nothing is gained.

        `said` are the messages before them: the call of each, and the human's words, say what it is read for.
        """
        asked = [*_last(said, HumanMessage), *_last(said, AIMessage)]
        messages = [*asked, *results]
        errors = {n for n, each in enumerate(messages) if isinstance(each, ToolMessage) and each.status == "error"}
        request = ViewRequest(messages, self._arguments, done=errors)
        scope = self._headroom.scope(config)
        try:
            plan = self._headroom.plan(request, scope=scope, commit=True)
            if "thread_id" in config.get("configurable", {}):  # without a thread nobody could ever let them go
                self._pin(plan, scope)
            written = self._headroom.apply(request, plan, scope=scope).messages[len(asked) :]
        except (WireError, StoreError) as error:
            logger.warning("tool results are saved as they are: %s", error)
            return list(results)
        return [
            new if new is old else _marked(new, [d for d in plan.changed if d.where[0] == number])
            for number, (old, new) in enumerate(zip(results, written, strict=True), len(asked))
        ]

    def _pin(self, plan: Plan, scope: str) -> None:
        """Keep originals until the thread is deleted: saved messages are read for as long as there are any."""
        refs = {decision.ref: decision.block.text for decision in plan.changed if decision.ref}
        if refs:
            self._headroom.store.put(scope, refs, now=self._headroom.clock(), pinned=True)


def messages_in(state: Any, key: str) -> list[BaseMessage]:
    """Return the messages of a graph's state, whatever form it has; none where there are none."""
    found = (
        state if isinstance(state, list) else state.get(key) if isinstance(state, dict) else getattr(state, key, None)
    )
    return [each for each in found if isinstance(each, BaseMessage)] if isinstance(found, list | tuple) else []


def _last(messages: Sequence[BaseMessage], kind: type[BaseMessage]) -> list[BaseMessage]:
    return [message for message in reversed(messages) if isinstance(message, kind)][:1]


def _asking(said: Sequence[BaseMessage], call: ToolCall) -> list[BaseMessage]:
    """Return the human's words and a message with the calls a result may belong to: this one, and those beside it."""
    beside = [each for message in _last(said, AIMessage) for each in getattr(message, "tool_calls", ())]
    calls = [each for each in beside if each["id"] != call["id"]]
    return [*_last(said, HumanMessage), AIMessage("", tool_calls=[*calls, call])]


def _marked(message: BaseMessage, decisions: Sequence[Decision]) -> ToolMessage:
    """Return the message with a note for those who come later, and for people; models are not shown it."""
    note = {
        "tokens_before": sum(decision.tokens_before for decision in decisions),
        "tokens_after": sum(decision.tokens_after for decision in decisions),
        "refs": [decision.ref for decision in decisions if decision.ref],
    }
    assert isinstance(message, ToolMessage)
    return message.model_copy(update={"response_metadata": {**message.response_metadata, COMMITTED: note}})
