"""Wrapped models of every provider package: what is sent is what the bare model sends, but for the text of tool results.

Looked at is the payload that the package makes of the messages, since each keeps other things in other places: reasoning
items and ids (Responses API), signed thinking (Anthropic), signatures of calls (Gemini).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from headroom.marker import TOOL
from tests.integrations.worlds import ORDERS, QUESTION, REF, ROWS, WRAPS, Wrap, new_headroom

OURS = {"name": TOOL, "args": {"ref": REF, "path": "$[131]"}, "id": "call_r", "type": "tool_call"}
ASKED = {"name": "orders", "args": {"status": "all"}, "id": "call_1", "type": "tool_call"}
THREAD: Any = {"configurable": {"thread_id": "providers"}}


class Provider:
    """A provider package: how its models are made, what they send, and how it writes an assistant's turn."""

    package = ""

    def model(self) -> type[BaseChatModel]:
        raise AssertionError("every provider says it")

    def payload(self, model: Any, messages: list[BaseMessage], arguments: Mapping[str, Any]) -> Any:
        return model._get_request_payload(messages, **arguments)

    def turn(self, call: dict[str, Any], text: str = "") -> AIMessage:
        """Return a reply that reasons, and calls a tool."""
        raise AssertionError("every provider says it")

    options: Mapping[str, Any] = {"model": "m", "api_key": "k"}


class Completions(Provider):
    package = "langchain_openai"

    def model(self) -> type[BaseChatModel]:
        return pytest.importorskip(self.package).ChatOpenAI  # type: ignore[no-any-return]

    def turn(self, call: dict[str, Any], text: str = "") -> AIMessage:
        return AIMessage(text, tool_calls=[call], additional_kwargs={"refusal": None}, id="chatcmpl-1")


class Responses(Completions):
    options: Mapping[str, Any] = {**Completions.options, "use_responses_api": True}

    def turn(self, call: dict[str, Any], text: str = "") -> AIMessage:
        reasoning = {"type": "reasoning", "id": f"rs_{call['id']}", "summary": [], "encrypted_content": "gAAAA=="}
        said = [{"type": "text", "text": text, "id": f"msg_{call['id']}", "annotations": []}] if text else []
        asked = {"type": "function_call", "id": f"fc_{call['id']}", "call_id": call["id"], "name": call["name"]}
        asked["arguments"] = json.dumps(call["args"])
        return AIMessage([reasoning, *said, asked], tool_calls=[call], response_metadata={"id": "resp_1"})


class Anthropic(Provider):
    package = "langchain_anthropic"

    def model(self) -> type[BaseChatModel]:
        return pytest.importorskip(self.package).ChatAnthropic  # type: ignore[no-any-return]

    def turn(self, call: dict[str, Any], text: str = "") -> AIMessage:
        thinking = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
        said = [{"type": "text", "text": text}] if text else []
        asked = {"type": "tool_use", "id": call["id"], "name": call["name"], "input": call["args"]}
        return AIMessage([thinking, *said, asked], tool_calls=[call])


class Gemini(Provider):
    package = "langchain_google_genai"

    def model(self) -> type[BaseChatModel]:
        return pytest.importorskip(self.package).ChatGoogleGenerativeAI  # type: ignore[no-any-return]

    def payload(self, model: Any, messages: list[BaseMessage], arguments: Mapping[str, Any]) -> Any:
        request = model._prepare_request(messages, **arguments)
        return [content.model_dump(exclude_none=True) for content in request["contents"]]

    def turn(self, call: dict[str, Any], text: str = "") -> AIMessage:
        signatures = {"__gemini_function_call_thought_signatures__": {call["id"]: "c2lnbmF0dXJl"}}
        return AIMessage(text, tool_calls=[call], additional_kwargs=signatures)


PROVIDERS = {each.__name__: each() for each in (Completions, Responses, Anthropic, Gemini)}


@pytest.fixture(params=PROVIDERS.values(), ids=list(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> Provider:
    pytest.importorskip(request.param.package, reason=f"{request.param.package} is not installed")
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=WRAPS.values(), ids=list(WRAPS))
def wrap(request: pytest.FixtureRequest) -> Wrap:
    return request.param  # type: ignore[no-any-return]


def recording(provider: Provider, *replies: AIMessage) -> tuple[Any, list[Any]]:
    """Return a model of a provider's class that makes its payloads and plays a script, and the payloads."""
    payloads: list[Any] = []

    class Recording(provider.model()):  # type: ignore[misc] # which class it is is the point
        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
            reply = replies[len(payloads)]
            payloads.append(provider.payload(self, messages, kwargs))
            return ChatResult(generations=[ChatGeneration(message=reply.model_copy())])

    return Recording(**provider.options), payloads


def differing(one: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the values in which two payloads differ; what stands in one alone fails the test."""
    if isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            if key != "tools":
                yield from differing(value, other[key])
    elif isinstance(one, list) and isinstance(other, list):
        assert len(one) == len(other)
        for each in zip(one, other, strict=True):
            yield from differing(*each)
    elif one != other:
        yield one, other


def test_nothing_but_the_text_of_results_is_another(provider: Provider, wrap: Wrap) -> None:
    image = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
    results: list[list[Any] | str] = [ROWS]
    if not isinstance(provider, Gemini):  # it reads lists of blocks as values
        results.append([{"type": "text", "text": ROWS}, *([image] if isinstance(provider, Anthropic) else [])])
    for content in results:
        messages = [
            HumanMessage([{"type": "text", "text": str(QUESTION.content)}, image]),
            provider.turn(ASKED, "Let me see. "),
            ToolMessage(content, tool_call_id="call_1", name="orders", id="t"),
            HumanMessage("And now?"),
        ]
        bare, expected = recording(provider, AIMessage("ok"))
        inner, sent = recording(provider, AIMessage("ok"))
        bare.invoke(messages, tools=[ORDERS])
        wrap(inner, headroom=new_headroom()).invoke(messages, tools=[ORDERS])
        [(before, after)] = differing(expected[0], sent[0])
        assert len(str(after)) < len(str(before)) / 1.2
        assert "131" in str(after)


def test_an_exchange_is_told_again_as_the_provider_wrote_it(provider: Provider, wrap: Wrap) -> None:
    first, found = provider.turn(ASKED), provider.turn(OURS, "Looking it up. ")
    model, payloads = recording(provider, found, AIMessage("Order 131 failed.", id="x"), AIMessage("Yes."))
    asking = wrap(model, headroom=new_headroom()).bind_tools([ORDERS])
    messages = [QUESTION, first, ToolMessage(ROWS, tool_call_id="call_1", name="orders")]
    reply = asking.invoke(messages, THREAD)
    assert (reply.text, reply.tool_calls) == ("Looking it up. Order 131 failed.", [])
    assert TOOL not in str(reply.content)
    asking.invoke([*messages, reply, HumanMessage("Sure?")], THREAD)
    told = [turns(payload) for payload in payloads]
    assert told[1][: len(told[0])] == told[0]
    assert told[2][: len(told[1])] == told[1]
    if isinstance(provider, Responses):
        assert [each["call_id"] for each in told[2] if "call_id" in each] == ["call_1", "call_1", "call_r", "call_r"]
        assert [each["id"] for each in told[2] if each.get("type") == "reasoning"] == ["rs_call_1", "rs_call_r"]


def turns(payload: Any) -> list[Any]:
    return payload if isinstance(payload, list) else payload.get("input") or payload["messages"]
