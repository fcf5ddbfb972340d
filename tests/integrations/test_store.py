"""LangGraphStore: the laws of a store, over LangGraph's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from langchain.agents import create_agent
from langgraph.store.base import BaseStore, PutOp
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore

from headroom import Headroom, Settings, StoreError, marker
from headroom.integrations import HeadroomMiddleware, LangGraphStore
from headroom.testing import StoreTests
from headroom.testing.store_machine import NOW, by_ref
from tests.integrations.agents import DONE, ORDERS_TOOL, Scripted, calls, fetch, texts
from tests.integrations.worlds import ROWS


class TestLangGraphStore(StoreTests):
    def new_store(self) -> LangGraphStore:
        return LangGraphStore(InMemoryStore(), retention_days=self.retention_days, store_bytes=self.store_bytes)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[BaseStore]:
    with SqliteStore.from_conn_string(str(tmp_path / "store.db")) as store:
        store.setup()
        yield store


def test_what_a_database_keeps_is_there_for_the_next_process(sqlite: BaseStore) -> None:
    hard = ["", "\0", "\ud800\udfff\0", "日本" * 1_000, ROWS]
    first = LangGraphStore(sqlite)
    first.put("s", by_ref(*hard), now=NOW)
    first.record("s", b"l\0", "fit", "\ud800", now=NOW)
    first.journal("s", ["k\0"], "\0exchange", now=NOW)
    first.close()
    second = LangGraphStore(sqlite)
    assert hard == [second.get("s", marker.ref_of(text)[:12], now=NOW) for text in hard]
    assert second.recorded("s", [b"l\0"]) == {b"l\0": {"fit": "\ud800"}}
    assert second.journalled("s", ["k\0"]) == {"k\0": ["\0exchange"]}
    assert second.delete_scope("s") == len(hard)
    assert sqlite.search(()) == []


class Crossed(InMemoryStore):
    """Another process writes, once, between what this one reads and what it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.between: Callable[[], object] | None = None

    def batch(self, ops: Any) -> Any:
        operations = list(ops)
        if self.between and any(isinstance(each, PutOp) for each in operations):
            between, self.between = self.between, None
            between()
        return super().batch(operations)


def test_of_processes_that_write_at_the_same_moment_none_loses_what_it_wrote() -> None:
    shared = Crossed()
    one, two = LangGraphStore(shared, retention_days=1), LangGraphStore(shared, retention_days=1)
    shared.between = lambda: two.put("s", by_ref("same"), now=NOW, pinned=True)
    one.put("s", by_ref("same"), now=NOW)
    one.purge(now=NOW + 10 * 86_400)
    assert one.get("s", marker.ref_of("same"), now=NOW + 10 * 86_400) == "same"

    shared.between = lambda: two.record("s", b"l", "fit", "theirs", now=NOW)
    assert one.record("s", b"l", "epoch", "ours", now=NOW) == "ours"
    assert two.recorded("s", [b"l"])[b"l"].keys() >= {"epoch"}
    one.record("s", b"l", "fit", "later", now=NOW)
    assert one.recorded("s", [b"l"]) == two.recorded("s", [b"l"])

    shared.between = lambda: two.journal("s", ["k"], "theirs", now=NOW)
    one.journal("s", ["k"], "ours", now=NOW)
    assert "ours" in one.journalled("s", ["k"])["k"]


def test_originals_are_never_embedded() -> None:
    embedded: list[str] = []

    def embed(said: Any) -> list[list[float]]:
        embedded.extend(said)
        return [[0.0] for _ in said]

    LangGraphStore(InMemoryStore(index={"dims": 1, "embed": embed})).put("s", by_ref("secret"), now=NOW)
    assert embedded == []


def test_whatever_the_base_store_raises_is_a_store_error_and_the_original_is_sent() -> None:
    class Down(InMemoryStore):
        def batch(self, ops: Any) -> Any:
            raise OSError("no route")

    store = LangGraphStore(Down())
    with pytest.raises(StoreError, match="Down failed: OSError: no route"):
        store.put("s", by_ref("a"), now=NOW)
    model = Scripted(replies=[calls("orders"), DONE])
    headroom = Headroom(Settings(), store=store)
    create_agent(model, [ORDERS_TOOL], middleware=[HeadroomMiddleware(headroom=headroom)]).invoke(
        {"messages": [("user", "Which order failed?")]}
    )
    [shown] = texts(model.seen[1])
    assert marker.genuine(shown) is None


def test_an_agent_never_blocks_its_loop() -> None:
    store = InMemoryStore()
    headroom = Headroom(Settings(), store=LangGraphStore(store))
    model = Scripted(replies=[calls("orders"), fetch(), DONE])
    agent = create_agent(model, [ORDERS_TOOL], middleware=[HeadroomMiddleware(headroom=headroom)], store=store)
    with blockbuster_ctx():
        asyncio.run(agent.ainvoke({"messages": [("user", "Which order failed?")]}))
    assert '"id": 131' in texts(model.seen[-1])[-1]
