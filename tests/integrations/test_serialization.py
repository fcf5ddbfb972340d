"""The framework's serialization: what is nothing but its constructor's arguments comes back, and the rest says that it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.load import dumpd, dumps, loads
from langchain_core.runnables import Runnable

from headroom import compressors
from headroom.integrations import ContextNode, HeadroomChatModel, HeadroomDocumentCompressor, ScoreNode
from headroom.scoring import Scorer
from tests.integrations.worlds import MESSAGES, new_headroom


def again(thing: Any) -> Any:
    return loads(dumps(thing), valid_namespaces=["headroom"], allowed_objects=[type(thing)])


@pytest.mark.parametrize("compressor", compressors.built_in(), ids=lambda each: each.id)
def test_compressors_come_back(compressor: compressors.Compressor) -> None:
    loaded = again(compressor)
    assert (type(loaded), loaded.recipe) == (type(compressor), compressor.recipe)


@pytest.mark.parametrize("thing", [Scorer(), ScoreNode(scores_key="worth")])
def test_scores_come_back(thing: Runnable[Any, Any]) -> None:
    assert again(thing) == thing
    assert again(thing).invoke({"messages": MESSAGES} if isinstance(thing, ScoreNode) else MESSAGES)


def test_what_holds_a_store_says_that_it_cannot() -> None:
    """A Headroom and what is made round it are made anew round what was loaded; no database stands in what is dumped."""
    headroom = new_headroom()
    for thing in (
        headroom,
        HeadroomChatModel(FakeListChatModel(responses=["x"]), headroom=headroom),
        ContextNode(headroom=headroom),
        HeadroomDocumentCompressor(headroom=headroom),
        headroom.tool,
    ):
        assert dumpd(thing)["type"] == "not_implemented"
        assert "sqlite" not in dumps(thing)
