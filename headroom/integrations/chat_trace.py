"""Rounds in traces: each round that headroom answered is a child of the one run its caller knows.

The child is a chain, not a second model run, so that nobody counts tokens or shows messages twice.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackManager, CallbackManager
from langchain_core.callbacks.manager import BaseRunManager
from langchain_core.runnables import RunnableConfig

from headroom.integrations.chat_rounds import ChatRound, our_calls

NAME = "headroom_retrieve"


def trace(closed: ChatRound, config: RunnableConfig, run: BaseRunManager | None) -> None:
    """Tell the callbacks of a call about a round that was answered."""
    manager = CallbackManager(handlers=[], parent_run_id=_run_id(config, run))
    _inherit(manager, config, run)
    if manager.handlers:
        manager.on_chain_start({}, _asked(closed), name=NAME).on_chain_end(_answered(closed))


async def atrace(closed: ChatRound, config: RunnableConfig, run: BaseRunManager | None) -> None:
    """Tell the callbacks of an asynchronous call about a round that was answered."""
    manager = AsyncCallbackManager(handlers=[], parent_run_id=_run_id(config, run))
    _inherit(manager, config, run)
    if manager.handlers:
        await (await manager.on_chain_start({}, _asked(closed), name=NAME)).on_chain_end(_answered(closed))


def _run_id(config: RunnableConfig, run: BaseRunManager | None) -> UUID | None:
    return run.run_id if run is not None else config.get("run_id")


def _inherit(
    manager: CallbackManager | AsyncCallbackManager, config: RunnableConfig, run: BaseRunManager | None
) -> None:
    """Give a manager what children of the call's run inherit; streams do not tell their run manager."""
    source = run if run is not None else config.get("callbacks")
    if isinstance(source, BaseRunManager | CallbackManager | AsyncCallbackManager):
        manager.set_handlers(source.inheritable_handlers)
        manager.add_tags(source.inheritable_tags)
        manager.add_metadata(source.inheritable_metadata)


def _asked(closed: ChatRound) -> dict[str, Any]:
    return {"calls": [dict(call.arguments) for call in our_calls(closed.reply)]}


def _answered(closed: ChatRound) -> dict[str, Any]:
    return {"results": [result.text for result in closed.results], "usage": closed.reply.usage_metadata}
