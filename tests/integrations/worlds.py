"""What the tests of wrapped chat models share: a conversation worth shrinking, ways to wrap, eyes on the callbacks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import LLMResult
from langchain_openai import ChatOpenAI

from headroom import Headroom, Settings, marker
from headroom.integrations import HeadroomChatModel, with_headroom
from headroom.testing import FakeOpenAI

ROWS = json.dumps(
    [
        {"id": n, "customer": f"c-{n * 7919 % 997}", "status": "failed" if n == 131 else "paid", "note": "x" * (n % 17)}
        for n in range(150)
    ]
)
REF = marker.ref_of(ROWS)
QUESTION = HumanMessage("Which order failed?")
CALL = {"name": "orders", "args": {}, "id": "call_1", "type": "tool_call"}
MESSAGES: list[BaseMessage] = [QUESTION, AIMessage("", tool_calls=[CALL]), ToolMessage(ROWS, tool_call_id="call_1")]
ORDERS = {
    "type": "function",
    "function": {
        "name": "orders",
        "description": "List orders.",
        "parameters": {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]},
    },
}

Wrap = Callable[..., BaseChatModel]
WRAPS: dict[str, Wrap] = {"wrapper": HeadroomChatModel, "subclass": with_headroom}


def new_headroom(**settings: Any) -> Headroom:
    # What is sent is compared to the byte; what marks are set is test_chat_marks' business.
    return Headroom(Settings(**{"database_url": "sqlite:///:memory:", "align": False, **settings}))


_ONE_CALL = httpx.Limits(max_keepalive_connections=0)
_CLIENT = httpx.Client(verify=False, limits=_ONE_CALL)


def openai(upstream: FakeOpenAI, **options: Any) -> ChatOpenAI:
    """Return a bare model, with clients of its own: the package shares them between event loops and keeps connections."""
    client = httpx.AsyncClient(verify=False, limits=_ONE_CALL)
    said: dict[str, Any] = {"model": "gpt-4o", "api_key": "k", "base_url": upstream.url, "stream_usage": True}
    said |= {"max_retries": 0, "http_client": _CLIENT, "http_async_client": client}
    return ChatOpenAI(**{**said, **options})


def merged(chunks: list[Any]) -> Any:
    """Return the message that chunks amount to."""
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


def tools_of(body: dict[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in body.get("tools", ())]


class Watch(BaseCallbackHandler):
    """Counts what happens."""

    def __init__(self) -> None:
        self.starts: list[list[BaseMessage]] = []
        self.ends: list[LLMResult] = []
        self.errors = 0
        self.tokens: list[str] = []
        self.chains: list[tuple[str, Any]] = []
        self.runs: list[Any] = []
        self.ended = threading.Event()

    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: Any, **kwargs: Any) -> None:
        self.starts += messages
        self.runs.append(run_id)

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        self.ends.append(response)
        self.ended.set()

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        self.errors += 1

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.tokens.append(token)

    def on_chain_start(self, serialized: Any, inputs: Any, *, parent_run_id: Any = None, **kwargs: Any) -> None:
        self.chains.append((str(kwargs.get("name")), parent_run_id))

    @property
    def usage(self) -> list[int]:
        """Input and output tokens of every run."""
        told = [generation.message.usage_metadata for end in self.ends for [generation] in end.generations]  # type: ignore[union-attr]
        return [count for usage in told for count in (usage["input_tokens"], usage["output_tokens"])]
