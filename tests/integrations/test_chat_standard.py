"""LangChain's own suites for chat models, offline: wrapped models pass what the bare model passes.

They cannot see lost compression, double tracing or lost structured output: test_chat_wire.py does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

pytest.importorskip("langchain_tests", reason="the standard suites are installed by `make test`")

from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from headroom import Headroom, Settings
from headroom.integrations import HeadroomChatModel
from headroom.integrations.chat_subclass import wrapped_class
from headroom.testing import FakeOpenAI

HEADROOM = Headroom(Settings(database_url="sqlite:///:memory:", tenant="standard"))
PARAMETERS: dict[str, Any] = {"model": "gpt-4o", "api_key": "test", "stream_usage": True}


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as upstream:
        yield upstream


class _Media:
    status_code = 200
    content = b"\x89PNG\r\n\x1a\n"

    def raise_for_status(self) -> _Media:
        return self


class Offline(ChatModelIntegrationTests):
    """The suite against the fake server; the pictures it would fetch are made up."""

    enable_vcr_tests = False
    supports_image_inputs = True
    supports_image_urls = True
    supports_pdf_inputs = True
    supports_json_mode = True
    supports_anthropic_inputs = True
    supports_image_tool_message = True
    has_tool_choice = True
    supports_model_override = True
    model_override_value = "gpt-4o-mini"
    url = ""

    @pytest.fixture(autouse=True)
    def _offline(self, monkeypatch: pytest.MonkeyPatch, upstream: FakeOpenAI) -> None:
        monkeypatch.setattr(type(self), "url", upstream.url)
        monkeypatch.setattr(httpx, "get", lambda *args, **kwargs: _Media())

    @property
    def model_parameters(self) -> dict[str, Any]:
        # langchain_openai shares one client between event loops, and every test has its own loop
        client = httpx.AsyncClient(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
        return {**PARAMETERS, "base_url": self.url, "http_async_client": client}


@pytest.mark.slow  # here to show that what the others skip, the bare model skips
class TestBareIntegration(Offline):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return self.model_parameters


class TestSubclassIntegration(Offline):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return wrapped_class(ChatOpenAI, HEADROOM)

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return self.model_parameters


class Wrapping(HeadroomChatModel):
    """Takes the inner model's parameters, as the suites give them."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__(ChatOpenAI(**parameters), headroom=HEADROOM)


class TestWrapperIntegration(Offline):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return Wrapping

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return self.model_parameters


class Unit(ChatModelUnitTests):
    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "gpt-4o", "api_key": "test"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"OPENAI_API_KEY": "k"}, {"model": "gpt-4o"}, {"openai_api_key": "k"}


class TestSubclassUnit(Unit):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return wrapped_class(ChatOpenAI, HEADROOM)


class TestWrapperUnit(Unit):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return Wrapping
