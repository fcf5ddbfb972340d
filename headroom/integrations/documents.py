"""HeadroomDocumentCompressor: documents that were found for a question, with what does not answer it left out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.runnables import ensure_config
from pydantic import ConfigDict, Field

from headroom import marker
from headroom.context import Headroom
from headroom.errors import StoreError
from headroom.integrations.defaults import default_headroom

logger = logging.getLogger(__name__)

REF = "headroom_ref"
"""Key in a document's metadata under which its original's ref stands."""


class HeadroomDocumentCompressor(BaseDocumentCompressor):
    """Shortens the text of documents to the sentences, rows and lines that a question is about, verbatim.

    For `ContextualCompressionRetriever`, or on its own. No document is dropped, and order, ids and metadata stay. What
    is left out is declared in place; `Headroom.retrieve(document.metadata["headroom_ref"])` gives the original.
    Documents of less than some 700 tokens stay whole: a sentence fetched afterwards costs more than it saved.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    headroom: Headroom = Field(exclude=True, repr=False)

    def __init__(self, *, headroom: Headroom | None = None, **kwargs: Any) -> None:
        """Make a compressor."""
        super().__init__(headroom=headroom or default_headroom(), **kwargs)

    def compress_documents(
        self,
        documents: Sequence[Document],
        query: str,
        callbacks: Callbacks | None = None,  # noqa: ARG002 - the framework's signature
    ) -> Sequence[Document]:
        """Return the documents with shorter texts; the very objects where nothing is gained.

        A document whose original cannot be stored stays as it is.
        """
        scope = self.headroom.scope(ensure_config())
        return [self._compressed(document, query, scope) for document in documents]

    def _compressed(self, document: Document, query: str, scope: str) -> Document:
        text = document.page_content
        if REF in document.metadata or marker.genuine(text):
            return document
        decision = self.headroom.decide(text, query=query)
        if not decision.changed:
            return document
        ref = marker.ref_of(text)
        try:
            self.headroom.store.put(scope, {ref: text}, now=self.headroom.clock())
        except StoreError as error:
            logger.warning("a document stays as it is, its original cannot be stored: %s", error)
            return document
        return document.model_copy(update={"page_content": decision.text, "metadata": {**document.metadata, REF: ref}})
