"""Calls of chat models whose callers set no cache marks get the right ones, in the form that each provider package takes.

Looked at is the payload that the package makes of the messages, and for agents what a fake provider was sent.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import wrap_model_call
from langchain_anthropic import ChatAnthropic
from langchain_anthropic.middleware import AnthropicPromptCachingMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import AzureChatOpenAI, ChatOpenAI

from headroom import tokens
from headroom.caching.rules import rules_of
from headroom.caching.simulate import Mark, Part, Request, bill, total
from headroom.integrations import HeadroomMiddleware
from headroom.integrations.chat_align import Aligned, align
from headroom.integrations.chat_families import marks_of
from headroom.marker import TOOL
from headroom.testing import FakeAnthropic
from headroom.testing.script import call, ours, step, text
from headroom.testing.strict import Produced
from headroom.wire.parts import as_parts
from tests.integrations.agents import ORDERS_TOOL
from tests.integrations.worlds import MESSAGES, ORDERS, REF, WRAPS, Wrap, merged, new_headroom
from tests.laws.conversations import conversations

MARK = {"type": "ephemeral"}
POINT = {"cachePoint": {"type": "default"}}
BREAK = {"mode": "explicit"}
SONNET, NOVA, LLAMA = "us.anthropic.claude-sonnet-4-6", "us.amazon.nova-pro-v1:0", "meta.llama3-1-70b-instruct-v1:0"


def asked(number: int) -> dict[str, Any]:
    return {"name": "orders", "args": {}, "id": f"call_{number}", "type": "tool_call"}


SESSION: list[BaseMessage] = [
    SystemMessage("Be brief."),
    HumanMessage("Which order failed?"),
    AIMessage("Two looks.", tool_calls=[asked(1), asked(2)]),
    ToolMessage("one", tool_call_id="call_1"),
    ToolMessage([{"type": "text", "text": "two"}], tool_call_id="call_2", status="error"),
    AIMessage("", tool_calls=[asked(3)]),
    ToolMessage("three", tool_call_id="call_3"),
]


class _StoppedError(Exception):
    def __init__(self, sent: dict[str, Any]) -> None:
        super().__init__()
        self.sent = sent


class _Client:
    """Takes the place of Amazon's: what is sent is all that is asked of it."""

    def converse(self, **sent: Any) -> Any:
        raise _StoppedError(sent)


@cache
def claude(**options: Any) -> BaseChatModel:
    return ChatAnthropic(**{"model": "claude-sonnet-4-6", "api_key": "k", "max_tokens": 1_000, **options})


@cache
def bedrock(model: str = SONNET, **options: Any) -> BaseChatModel:
    aws = pytest.importorskip("langchain_aws", reason="needs langchain-aws")
    made: BaseChatModel = aws.ChatBedrockConverse(
        model=model, region_name="us-east-1", client=_Client(), bedrock_client=_Client(), **options
    )
    return made


@cache
def invoked(model: str = SONNET) -> BaseChatModel:
    aws = pytest.importorskip("langchain_aws", reason="needs langchain-aws")
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "k"}
    made: BaseChatModel = aws.ChatAnthropicBedrock(model=model, region_name="us-east-1", max_tokens=1_000, **keys)
    return made


@cache
def gpt(model: str = "gpt-5", **options: Any) -> BaseChatModel:
    return ChatOpenAI(model=model, api_key="k", **options)


Make = Callable[[], BaseChatModel]
MODELS: dict[str, Make] = {
    "anthropic": claude,
    "anthropic on bedrock": invoked,
    "converse": bedrock,
    "converse, nova": lambda: bedrock(NOVA),
    "completions": gpt,
    "completions, 5.6": lambda: gpt("gpt-5.6"),
    "responses, 5.6": lambda: gpt("gpt-5.6", use_responses_api=True),
}


few = settings(max_examples=min(50, settings().max_examples // 3))  # the packages take milliseconds to write a payload
every_model = pytest.mark.parametrize("make", MODELS.values(), ids=list(MODELS))


@pytest.fixture(params=WRAPS.values(), ids=list(WRAPS))
def wrap(request: pytest.FixtureRequest) -> Wrap:
    return request.param  # type: ignore[no-any-return]


def bound(model: BaseChatModel, *tools: Any, **options: Any) -> dict[str, Any]:
    binding: Any = model.bind_tools(list(tools or (ORDERS,)), **options)
    return dict(binding.kwargs)


def aligned(model: BaseChatModel, messages: Sequence[BaseMessage], arguments: Mapping[str, Any]) -> Aligned:
    found = align(model, messages, arguments, key=lambda: "headroom-key")
    assert found.failed == ""
    return found


def payload(model: Any, messages: Sequence[BaseMessage], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the package sends."""
    if hasattr(model, "_get_request_payload"):
        sent: dict[str, Any] = model._get_request_payload(list(messages), **arguments)
        return sent
    with pytest.raises(_StoppedError) as stopped:
        model._generate(list(messages), **arguments)
    return stopped.value.sent


def marked(model: BaseChatModel, messages: Sequence[BaseMessage], arguments: Mapping[str, Any]) -> dict[str, Any]:
    found = aligned(model, messages, arguments)
    return payload(model, found.messages, found.arguments)


def plain(value: Any) -> Any:
    """Return a payload without marks, and every lone text as itself: providers read both spellings alike."""
    if isinstance(value, list):
        parts = [plain(each) for each in value if each != POINT]
        match parts:
            case [{"type": "text" | "input_text", "text": str(said), **rest}] if not rest:
                return said
        return parts
    if not isinstance(value, dict):
        return value
    names = {"cache_control", "prompt_cache_breakpoint", "prompt_cache_key"}
    return {name: plain(each) for name, each in value.items() if name not in names}


def marks(value: Any) -> Iterator[Any]:
    """Yield every mark in a payload."""
    if isinstance(value, list):
        for each in value:
            yield from marks(each)
    elif isinstance(value, dict):
        yield from (value[name] for name in ("cache_control", "cachePoint", "prompt_cache_breakpoint") if name in value)
        for each in value.values():
            yield from marks(each)


def turns(sent: Mapping[str, Any]) -> list[Any]:
    """Return the turns of a payload as a provider reads them: blocks of one speaker are one run."""
    said = plain(sent.get("messages", sent.get("input")))
    return [
        [each.get("role"), part]
        for each in said
        for part in (each["content"] if isinstance(each.get("content"), list) else [each])
    ]


# -- laws -----------------------------------------------------------------------------------------------------------


@every_model
@few
@given(messages=conversations(), tools=st.booleans())
def test_marks_are_few_and_nothing_else_changes(make: Make, messages: list[BaseMessage], tools: bool) -> None:
    model = make()
    arguments = bound(model) if tools else {}
    before = copy.deepcopy((messages, arguments))
    found = aligned(model, messages, arguments)
    assert before == (messages, arguments), "what callers give is never changed"
    sent = payload(model, found.messages, found.arguments)
    assert plain(payload(model, messages, arguments)) == plain(sent)
    assert len(list(marks(sent))) == found.marks <= 4
    assert found == aligned(model, messages, arguments)
    again = aligned(model, found.messages, found.arguments)
    if found.marks:
        assert (again.messages, again.arguments, again.marks) == (found.messages, found.arguments, 0)


@every_model
@few
@given(messages=conversations())
def test_law_2_marks_move_on_and_what_is_cached_does_not(make: Make, messages: list[BaseMessage]) -> None:
    """Not even in its form: a text that was a block stays one, where the provider has not said that it does not matter."""
    model = make()
    last: list[Any] = []
    for end in range(2, len(messages) + 1):
        if not isinstance(messages[end - 1], AIMessage):
            said = turns(marked(model, messages[:end], bound(model)))
            assert said[: len(last)] == last
            last = said


def _carriers() -> Iterator[tuple[str, Callable[[list[BaseMessage], dict[str, Any]], tuple[Any, Any]]]]:
    def at(index: int, content: Any) -> Any:
        return lambda m, a: ([*m[:index], m[index].model_copy(update={"content": content}), *m[index + 1 :]], a)

    yield "system", at(0, [{"type": "text", "text": "Be brief.", "cache_control": MARK}])
    yield "human", at(1, [{"type": "text", "text": "?", "cache_control": None}])
    yield "human, as a standard block", at(1, [{"type": "text", "text": "?", "extras": {"cache_control": MARK}}])
    yield "result", at(3, [{"type": "text", "text": "one"}, POINT])
    yield (
        "result, inside",
        at(3, [{"type": "tool_result", "content": [{"type": "text", "text": "", "cache_control": MARK}]}]),
    )
    yield "wrapped", at(1, ["?", {"type": "non_standard", "value": POINT}])
    yield "breakpoint", at(6, [{"type": "text", "text": "three", "prompt_cache_breakpoint": BREAK}])
    yield "tool", lambda m, a: (m, {**a, "tools": [{**a["tools"][0], "cache_control": MARK}]})
    yield "point among tools", lambda m, a: (m, {**a, "tools": [*a["tools"], POINT]})
    yield "point among tools of another form", lambda m, a: (m, {"toolConfig": {"tools": [POINT]}})
    for name in ("cache_control", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"):
        yield name, lambda m, a, name=name: (m, {**a, name: None})  # type: ignore[misc]
    yield "extra body", lambda m, a: (m, {**a, "extra_body": {"prompt_cache_key": "k"}})


CARRIERS = dict(_carriers())


@every_model
@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=list(CARRIERS))
def test_a_caller_that_sets_one_mark_anywhere_keeps_its_call(make: Make, carrier: Callable[..., Any]) -> None:
    model = make()
    messages, arguments = carrier(SESSION, bound(model))
    found = aligned(model, messages, arguments)
    assert (found.messages is messages, found.arguments is arguments, found.marks) == (True, True, 0)


class _Frozen(dict[str, Any]):
    def __hash__(self) -> int:  # type: ignore[override] # models are made once for each set of options
        return hash(json.dumps(self))


POINT_OF_MINE = _Frozen(cachePoint={"type": "default"})


@pytest.mark.parametrize(
    "model",
    [
        lambda: claude(model_kwargs=_Frozen(cache_control=MARK)),
        lambda: gpt(model_kwargs=_Frozen(prompt_cache_key="mine")),
        lambda: gpt("gpt-5.6", prompt_cache_options=_Frozen(mode="explicit")),
        lambda: gpt(extra_body=_Frozen(prompt_cache_key="mine")),
        lambda: bedrock(system=(POINT_OF_MINE,)),
    ],
)
def test_a_mark_on_the_model_is_a_mark(model: Make) -> None:
    assert aligned(model(), SESSION, {}) == Aligned(SESSION, {})


def test_a_property_of_a_tool_is_no_mark() -> None:
    schema = {"type": "object", "properties": {"cache_control": {"type": "string"}}}
    tool = {"name": "f", "description": "F.", "input_schema": schema}
    assert aligned(claude(), SESSION, {"tools": [tool]}).marks == 3


@every_model
def test_a_one_shot_pays_for_no_cache(make: Make) -> None:
    for messages in (SESSION[:2], SESSION[1:2], [*SESSION[:2], AIMessage("{")]):
        assert aligned(make(), messages, {}) == Aligned(messages, {})
    assert aligned(make(), SESSION[:2], bound(make())) != Aligned(SESSION[:2], bound(make()))


@every_model
def test_who_wants_one_answer_in_a_given_form_wants_one_answer(make: Make) -> None:
    arguments = bound(make(), tool_choice="any")
    assert aligned(make(), SESSION[:2], arguments) == Aligned(SESSION[:2], arguments)
    assert aligned(make(), SESSION, arguments) != Aligned(SESSION, arguments)


# -- each provider --------------------------------------------------------------------------------------------------


def places(parts: Sequence[Any], name: str = "cache_control") -> list[int]:
    return [number for number, part in enumerate(parts) if isinstance(part, dict) and name in part]


@pytest.mark.parametrize("make", [claude, invoked])
def test_anthropic(make: Make) -> None:
    model = make()
    builtin = {"type": "web_search_20250305", "name": "web_search"}
    sent = marked(model, SESSION, bound(model, ORDERS, builtin))
    assert (places(sent["tools"]), places(sent["system"])) == ([0], [0]), "its own tools take no mark of ours"
    assert [places(as_parts(turn["content"])) for turn in sent["messages"]] == [[], [], [], [], [0]]
    result = {"type": "tool_result", "content": "three", "tool_use_id": "call_3", "is_error": False}
    assert sent["messages"][-1]["content"] == [{**result, "cache_control": MARK}], "the mark stands on the whole result"


def test_anthropic_many_blocks_in_one_turn_want_the_end_of_the_one_before_marked() -> None:
    many = [asked(number) for number in range(4, 24)]
    more = [ToolMessage("r", tool_call_id=each["id"]) for each in many]
    sent = marked(claude(), [*SESSION, AIMessage("", tool_calls=many), *more], bound(claude()))
    assert [places(as_parts(turn["content"])) for turn in sent["messages"]] == [[], [], [], [], [0], [], [19]]
    assert len(list(marks(sent))) == 4


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{"type": "text", "text": "a"}, {"type": "text", "text": " "}], [0]),
        (["a", "b"], [1]),
        ([{"type": "text", "text": "a"}, {"type": "image", "base64": "aGk=", "mime_type": "image/png"}], [1]),
        ([{"type": "text", "text": "a"}, {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}], [1]),
        (
            [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}],
            [0],
        ),
        ([{"type": "text", "text": "a"}, {"type": "mystery"}], [0]),
    ],
)
def test_anthropic_marks_what_takes_a_mark(content: list[Any], expected: list[int]) -> None:
    sent = marked(claude(), [*SESSION[:1], HumanMessage(content)], bound(claude()))
    assert places(sent["messages"][-1]["content"]) == expected


def test_anthropic_results_of_calls_that_code_made_take_no_mark() -> None:
    made = [
        {
            "type": "tool_use",
            "id": "call_1",
            "name": "orders",
            "input": {},
            "caller": {"type": "code_execution_20250825"},
        }
    ]
    session = [*SESSION[:2], AIMessage(made, tool_calls=[asked(1)]), SESSION[3]]  # type: ignore[arg-type]
    sent = marked(claude(), session, bound(claude()))
    assert [places(as_parts(turn["content"])) for turn in sent["messages"]] == [[0], [], []]


def test_anthropic_results_that_are_written_already_keep_their_form() -> None:
    written = ToolMessage([{"type": "tool_result", "tool_use_id": "call_3", "content": "three"}], tool_call_id="call_3")
    sent = marked(claude(), [*SESSION[:-1], written], bound(claude()))
    assert sent["messages"][-1]["content"] == [{**written.content[0], "cache_control": MARK}]  # type: ignore[dict-item]


def test_bedrock() -> None:
    sent = marked(bedrock(), SESSION, bound(bedrock()))
    assert (places(sent["toolConfig"]["tools"], "cachePoint"), places(sent["system"], "cachePoint")) == ([1], [1])
    assert [places(turn["content"], "cachePoint") for turn in sent["messages"]] == [[], [], [], [], [1]]
    assert sent["messages"][-1]["content"][0]["toolResult"]["content"] == [{"text": "three"}]


def test_bedrock_nova_takes_points_only_apart_from_tools() -> None:
    nova = bedrock(NOVA)
    for session, expected in (
        (SESSION, [[1], [], [], [], []]),
        ([*SESSION, HumanMessage("And?")], [[1], [], [], [], []]),  # it would stand in one turn with the result
        ([*SESSION, AIMessage("Done."), HumanMessage("And?")], [[], [], [], [], [], [], [1]]),
    ):
        sent = marked(nova, session, bound(nova))
        assert places(sent["toolConfig"]["tools"], "cachePoint") == []
        assert [places(turn["content"], "cachePoint") for turn in sent["messages"]] == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: bedrock(LLAMA),
        lambda: bedrock("anthropic.claude-3-haiku-20240307-v1:0"),
        lambda: bedrock("arn:aws:bedrock:us-east-1:1:provisioned-model/x", provider="anthropic"),
        lambda: bedrock(guard_last_turn_only=True, guardrails=_Frozen(guardrailIdentifier="g", guardrailVersion="1")),
        lambda: invoked("anthropic.claude-3-haiku-20240307-v1:0"),
    ],
)
def test_bedrock_leaves_alone_what_may_refuse_a_point(make: Make) -> None:
    assert marks_of(make(), {}) is None


def test_bedrock_knows_a_profile_by_its_base_model() -> None:
    arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/x"
    model = bedrock(arn, provider="anthropic", base_model_id="anthropic.claude-sonnet-4-6")
    assert aligned(model, SESSION, bound(model)).marks == 3


def test_bedrock_messages_that_become_one_text_stay_one_text() -> None:
    session = [SystemMessage("a"), SystemMessage("b"), HumanMessage("c"), HumanMessage("d")]
    sent = marked(bedrock(), session, bound(bedrock()))
    assert (sent["system"], sent["messages"]) == ([{"text": "a\nb"}], [{"role": "user", "content": [{"text": "c\nd"}]}])
    assert places(sent["toolConfig"]["tools"], "cachePoint") == [1]


def test_openai_gets_a_key() -> None:
    model = gpt("gpt-5.5")
    expected = {**payload(model, SESSION, bound(model)), "prompt_cache_key": "headroom-key"}
    assert marked(model, SESSION, bound(model)) == expected


@pytest.mark.skipif("prompt_cache_options" not in ChatOpenAI.model_fields, reason="the package loses breakpoints")
def test_openai_gets_breakpoints_from_5_6_on() -> None:
    late = gpt("gpt-5.6")
    sent = marked(late, SESSION, bound(late))
    assert sent["prompt_cache_key"] == "headroom-key"
    contents = [turn["content"] for turn in sent["messages"]]
    assert [places(as_parts(content), "prompt_cache_breakpoint") for content in contents] == [
        [0],
        [],
        [],
        [],
        [0],
        [],
        [0],
    ]
    kinds = [type(content) for content in contents]
    assert kinds == [list, list, str, list, list, type(None), list], (
        "texts are blocks wherever a breakpoint stands later"
    )


def test_openai_screens_are_left_alone() -> None:
    screen = ToolMessage(
        "data:image/png;base64,aGk=", tool_call_id="call_3", additional_kwargs={"type": "computer_call_output"}
    )
    model = gpt("gpt-5.6", use_responses_api=True)
    session = [*SESSION[:-1], screen]
    assert marked(model, session, {})["input"][-1] == payload(model, session, {})["input"][-1]


@pytest.mark.parametrize(
    "make",
    [
        lambda: gpt(base_url="http://127.0.0.1:1/v1"),
        lambda: gpt(base_url="https://api.openai.com.example/v1"),
        lambda: AzureChatOpenAI(azure_endpoint="https://x.openai.azure.com", api_version="2024-02-01", api_key="k"),
    ],
)
def test_other_servers_of_the_same_api_are_sent_no_field_that_they_may_refuse(make: Make) -> None:
    assert marks_of(make(), {}) is None


def test_openais_own_regions_are_openai() -> None:
    assert marks_of(gpt(base_url="https://eu.api.openai.com/v1"), {}) is not None


def test_with_the_last_response_kept_there_is_no_history_to_mark() -> None:
    found = aligned(gpt("gpt-5.6", use_previous_response_id=True), SESSION, {})
    assert (found.messages is SESSION, found.marks, "prompt_cache_key" in found.arguments) == (True, 0, True)


# -- wrapped models -------------------------------------------------------------------------------------------------

BEGINNING = Produced([{"type": "tool_use", "id": MESSAGES[1].tool_calls[0]["id"], "name": "orders", "input": {}}])  # type: ignore[attr-defined]


def anthropic(upstream: FakeAnthropic, **options: Any) -> ChatAnthropic:
    said: dict[str, Any] = {"model": "claude-sonnet-4-6", "api_key": "k", "base_url": upstream.url, "max_retries": 0}
    return ChatAnthropic(**{**said, "max_tokens": 1_000, **options})


async def invoke(model: Any, messages: Any) -> AIMessage:
    return await asyncio.to_thread(model.invoke, messages)


async def ainvoke(model: Any, messages: Any) -> AIMessage:
    return await model.ainvoke(messages)  # type: ignore[no-any-return]


async def stream(model: Any, messages: Any) -> AIMessage:
    return await asyncio.to_thread(lambda: merged(list(model.stream(messages))))


async def astream(model: Any, messages: Any) -> AIMessage:
    return merged([chunk async for chunk in model.astream(messages)])  # type: ignore[no-any-return]


def where(body: dict[str, Any]) -> list[str]:
    """Return where a request carries marks."""
    found = [f"tools.{n}" for n in places(body.get("tools", ()))] + [
        f"system.{n}" for n in places(as_parts(body.get("system")))
    ]
    return found + [f"{n}.{k}" for n, turn in enumerate(body["messages"]) for k in places(as_parts(turn["content"]))]


@pytest.mark.parametrize("ask", [invoke, ainvoke, stream, astream])
async def test_a_wrapped_model_marks_every_round(wrap: Wrap, ask: Callable[..., Any]) -> None:
    """The tool that we offer is the last, and a round of ours adds what the next one is marked behind."""
    script = [step(text("Let me look."), ours(REF, path="$[131]")), step(text("Order 131."))]
    async with FakeAnthropic(script) as upstream:
        upstream.produced.append(BEGINNING)
        model = wrap(anthropic(upstream), headroom=new_headroom(align=True)).bind_tools([ORDERS])
        reply = await ask(model, [SystemMessage("Be brief."), *MESSAGES])
    assert upstream.problems == []
    assert [where(each.body) for each in upstream.messages] == [
        ["tools.1", "system.0", "2.0"],
        ["tools.1", "system.0", "4.0"],
    ]
    assert upstream.messages[0].body["tools"][-1]["name"] == TOOL
    assert reply.response_metadata["headroom"]["cache_marks"] == 3
    first, second = [plain(each.body["messages"]) for each in upstream.messages]
    assert first == second[: len(first)]
    assert not list(marks([message.content for message in MESSAGES]))


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_wrapped_converse_model_has_a_point_behind_our_tool(wrap: Wrap, asynchronous: bool) -> None:
    model = wrap(bedrock(), headroom=new_headroom(align=True)).bind_tools([ORDERS])
    messages = [SystemMessage("Be brief."), *MESSAGES]
    with pytest.raises(_StoppedError) as stopped:
        await model.ainvoke(messages) if asynchronous else model.invoke(messages)
    tools = stopped.value.sent["toolConfig"]["tools"]
    assert [each["toolSpec"]["name"] for each in tools[:-1]] == ["orders", TOOL]
    assert (tools[-1], stopped.value.sent["system"][-1], stopped.value.sent["messages"][-1]["content"][-1]) == (
        POINT,
    ) * 3


async def test_who_wants_no_marks_gets_none(wrap: Wrap) -> None:
    async with FakeAnthropic([step(text("Hello."))]) as upstream:
        model = wrap(anthropic(upstream), headroom=new_headroom(align=False)).bind_tools([ORDERS])
        reply = await model.ainvoke("Hi.")
        assert where(upstream.messages[-1].body) == []
        assert "cache_marks" not in reply.response_metadata["headroom"]
        await wrap(anthropic(upstream), headroom=new_headroom(align=True)).ainvoke("Hi.")
    assert upstream.messages[-1].body["messages"] == [{"role": "user", "content": "Hi."}], "a one-shot is as it came"


async def test_a_call_that_cannot_be_marked_is_sent_as_it_is(wrap: Wrap, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise LookupError("a block of a kind that nobody expected")

    monkeypatch.setattr("headroom.integrations.chat_align.places", broken)
    async with FakeAnthropic([step(text("Hello."))]) as upstream:
        model = wrap(anthropic(upstream), headroom=new_headroom(align=True)).bind_tools([ORDERS])
        reply = await model.ainvoke("Hi.")
    assert where(upstream.messages[0].body) == []
    assert reply.response_metadata["headroom"]["align_failed"] == "LookupError"


def test_the_key_is_the_conversations_own_and_stays(wrap: Wrap, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    def stopped(self: Any, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        sent.append(kwargs)
        raise _StoppedError({})

    monkeypatch.setattr(ChatOpenAI, "_generate", stopped)
    model = wrap(gpt(), headroom=new_headroom(align=True))
    others = [HumanMessage("Another question."), *SESSION[2:]]
    for messages, thread in ((SESSION[1:5], "a"), (SESSION[1:], "a"), (others, "a"), (SESSION[1:], "b")):
        with pytest.raises(_StoppedError):
            model.invoke(messages, {"configurable": {"thread_id": thread}})
    keys = [each["prompt_cache_key"] for each in sent]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


# -- agents ---------------------------------------------------------------------------------------------------------


def answering(body: dict[str, Any]) -> Any:
    """Play a model that looks twice, then answers."""
    looked = sum(turn["role"] == "assistant" for turn in body["messages"])
    return step(text("Done.")) if looked >= 2 else step(call("orders"))


async def run_agent(
    *middleware: Any, model: Callable[..., Any] = anthropic
) -> tuple[list[dict[str, Any]], list[BaseMessage]]:
    async with FakeAnthropic(answering) as upstream:
        agent = create_agent(model(upstream), [ORDERS_TOOL], middleware=middleware, system_prompt="Be brief.")
        state = await agent.ainvoke({"messages": [HumanMessage("Which order failed?")]})
    assert upstream.problems == []
    return [each.body for each in upstream.messages], state["messages"]


async def test_the_middleware_marks_the_calls_of_a_bare_model() -> None:
    bodies, said = await run_agent(HeadroomMiddleware(headroom=new_headroom(align=True)))
    assert [where(body) for body in bodies] == [["tools.1", "system.0", f"{n}.0"] for n in (0, 2, 4)]
    assert said[-1].response_metadata["headroom"]["cache_marks"] == 3
    assert not list(marks([message.content for message in said])), "marks are in no state"
    bodies, said = await run_agent(HeadroomMiddleware(headroom=new_headroom()))
    assert [where(body) for body in bodies] == [[], [], []]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("ttl", ["5m", "1h"])
async def test_a_middleware_that_sets_marks_keeps_its_own_wherever_it_stands(order: int, ttl: Any) -> None:
    """Marks of two lifetimes, or five marks, are refused."""
    caching = AnthropicPromptCachingMiddleware(ttl=ttl)
    stack = [caching, HeadroomMiddleware(headroom=new_headroom(align=True))]
    with_ours, _ = await run_agent(*stack[::order])
    alone, _ = await run_agent(*[caching, HeadroomMiddleware(headroom=new_headroom())][::order])
    assert with_ours == alone
    assert {mark["ttl"] for body in with_ours for mark in marks(body)} == {ttl}


async def test_a_model_that_marks_is_still_what_it_was() -> None:
    seen: list[Any] = []

    @wrap_model_call
    async def look(request: Any, handler: Any) -> Any:
        seen.append(request.model)
        return await handler(request)

    await run_agent(HeadroomMiddleware(headroom=new_headroom(align=True)), look)
    bare = ChatAnthropic(model="claude-sonnet-4-6", api_key="k")
    assert isinstance(seen[0], ChatAnthropic)
    assert (type(seen[0]).__name__, seen[0]._llm_type, seen[0].lc_id()) == (
        "ChatAnthropic",
        bare._llm_type,
        bare.lc_id(),
    )


# -- what it is worth -----------------------------------------------------------------------------------------------


def parts_of(body: dict[str, Any]) -> list[Part]:
    """Return a request's blocks as the cache sees them."""

    def part(section: Any, role: str, block: Any) -> Part:
        said = json.dumps(plain([block, block]))
        mark: Mark | None = "5m" if isinstance(block, dict) and "cache_control" in block else None
        return Part((role, said), tokens.count(json.dumps(plain(block))), section, mark=mark)

    return [
        *(part("tools", "", tool) for tool in body.get("tools", ())),
        *(part("system", "", block) for block in as_parts(body.get("system"))),
        *(part("messages", turn["role"], block) for turn in body["messages"] for block in as_parts(turn["content"])),
    ]


@pytest.mark.parametrize(("requests", "most"), [(10, 0.25), (30, 0.15)])
async def test_an_agent_with_a_long_prefix_pays_a_fraction(requests: int, most: float) -> None:
    """Writing the prefix once costs 1.25 of it and reading it .1: ten requests cannot cost less than .215 of what they did."""

    def script(body: dict[str, Any]) -> Any:
        looked = sum(turn["role"] == "assistant" for turn in body["messages"])
        return step(text("Done.")) if looked >= requests - 1 else step(call("orders", status=f"s{looked}"))

    async with FakeAnthropic(script) as upstream:
        model = WRAPS["wrapper"](anthropic(upstream), headroom=new_headroom(align=True)).bind_tools([ORDERS])
        rules = "\n".join(f"Rule {n}: order {n * 7919 % 10_007} is handled by desk {n % 13}." for n in range(1_500))
        messages: list[BaseMessage] = [SystemMessage(rules), HumanMessage("Which order failed?")]
        for number in range(requests):
            reply = await model.ainvoke(messages)
            messages += [reply, *(ToolMessage(f"{number}: nothing", tool_call_id=c["id"]) for c in reply.tool_calls)]
    bodies = [each.body for each in upstream.messages]
    assert len(bodies) == requests
    asked_for = [Request(10.0 * n, parts_of(body)) for n, body in enumerate(bodies)]
    unmarked = [Request(each.at, [part._replace(mark=None) for part in each.parts]) for each in asked_for]
    rules_here = rules_of("anthropic", "claude-sonnet-4-6")
    usages = bill(asked_for, rules_here)
    assert [usage.read for usage in usages[1:]] == [usage.tokens for usage in usages[:-1]], (
        "each reads all of the one before"
    )
    assert total(usages).cost <= most * total(bill(unmarked, rules_here)).cost
