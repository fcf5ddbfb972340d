"""HeadroomDocumentCompressor: shorter documents for a question."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from headroom import StoreError, marker
from headroom.integrations import HeadroomDocumentCompressor
from headroom.integrations.documents import REF
from tests.integrations.worlds import ROWS, new_headroom

QUERY = "Where was the treaty signed?"
TREATY = "The treaty was signed in Vienna in 1815 [4]."
SENTENCES = [f"Garden {n} has {n * 7 % 13} trees and a pond of {n * 31 % 97} metres in its north." for n in range(200)]
PARKS = " ".join([*SENTENCES[:77], TREATY, *SENTENCES[77:]])


def documents() -> list[Document]:
    return [
        Document(PARKS, id="parks", metadata={"source": "parks.md", "page": 3, "nested": {"a": [1]}}),
        Document("A short note.", id="note", metadata={"source": "note.md"}),
        Document(ROWS, metadata={"source": "orders.json"}),
        Document("", id="empty"),
    ]


def test_what_answers_stays_word_for_word_and_the_rest_can_be_had() -> None:
    headroom = new_headroom()
    given = documents()
    found = HeadroomDocumentCompressor(headroom=headroom).compress_documents(given, QUERY)
    parks, note, rows, empty = found
    assert TREATY in parks.page_content
    assert len(parks.page_content) < len(PARKS) / 2
    assert [
        s for s in parks.page_content.split(". ") if s.startswith("Garden") and s.rstrip(".") + "." not in PARKS
    ] == []
    assert "left out" in parks.page_content
    assert (parks.id, parks.metadata) == ("parks", {**given[0].metadata, REF: marker.ref_of(PARKS)})
    assert (note, empty) == (given[1], given[3])
    assert note is given[1]
    assert [headroom.retrieve(each.metadata[REF]) for each in (parks, rows)] == [PARKS, ROWS]
    assert headroom.retrieve(parks.metadata[REF], query="Vienna").count("Vienna") == 1


def test_documents_given_are_never_changed_and_none_is_done_twice() -> None:
    compressor = HeadroomDocumentCompressor(headroom=new_headroom())
    given = documents()
    before = copy.deepcopy(given)
    once = compressor.compress_documents(given, QUERY)
    assert given == before
    assert [a is b for a, b in zip(once, compressor.compress_documents(once, QUERY), strict=True)] == [True] * 4
    bare = [each.model_copy(update={"metadata": {}}) for each in once]
    assert compressor.compress_documents(bare, QUERY)[0] is bare[0]


def test_a_document_whose_original_cannot_be_stored_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    headroom = new_headroom()

    def fail(*_: Any, **__: Any) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(headroom.store, "put", fail)
    given = documents()
    assert HeadroomDocumentCompressor(headroom=headroom).compress_documents(given, QUERY) == given


def test_the_loop_is_never_blocked(tmp_path: Any) -> None:
    headroom = new_headroom(database_url=f"sqlite:///{tmp_path / 'originals.db'}")
    compressor = HeadroomDocumentCompressor(headroom=headroom)
    with blockbuster_ctx():
        found = asyncio.run(compressor.acompress_documents(documents(), QUERY))
    assert list(found) == list(compressor.compress_documents(documents(), QUERY))


class Found(BaseRetriever):
    """Finds the same documents for every question."""

    k: int = 4

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return documents()[: k or self.k]


def compressing(**options: Any) -> Any:
    """Return LangChain's retriever that has what it finds made small."""
    retrievers = pytest.importorskip("langchain_classic.retrievers", reason="langchain-classic is not installed")
    compressor = HeadroomDocumentCompressor(headroom=new_headroom())
    return retrievers.ContextualCompressionRetriever(base_compressor=compressor, base_retriever=Found(**options))


class TestRetriever(RetrieversIntegrationTests):
    """LangChain's suite for retrievers, on one whose documents are made small."""

    @property
    def retriever_constructor(self) -> Any:
        return compressing

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {}

    @property
    def retriever_query_example(self) -> str:
        return QUERY


def test_in_a_contextual_compression_retriever() -> None:
    retriever = compressing()
    found = retriever.invoke(QUERY)
    assert [each.id for each in found] == ["parks", "note", None, "empty"]
    assert TREATY in found[0].page_content
    assert len(asyncio.run(retriever.ainvoke(QUERY))) == 4
