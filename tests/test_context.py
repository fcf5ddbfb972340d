"""What goes in and comes out of a Headroom, and what it says about input that it cannot take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

from headroom import Headroom, HeadroomError, Settings
from headroom.errors import ConfigError, RefNotFound, WireError
from tests.laws.conversations import headroom, log, rows, tool_run


@pytest.fixture(scope="module")
def hr() -> Headroom:
    return headroom()


@pytest.mark.parametrize("given", [42, None, [1, 2], [{"role": "nobody"}], {"a": 1}, object()])
def test_what_are_no_messages_is_refused_by_name(hr: Headroom, given: Any) -> None:
    with pytest.raises(WireError, match="langchain"):
        hr.invoke(given)


@pytest.mark.parametrize("given", [b"bytes", None, 7, {"a": 1}, ["a"]])
def test_compress_takes_a_str_and_says_so(hr: Headroom, given: Any) -> None:
    with pytest.raises(ConfigError, match="must be a str"):
        hr.compress(given)


@pytest.mark.parametrize("reference", ["", "no ref here", 123, None])
def test_retrieve_says_what_it_takes(hr: Headroom, reference: Any) -> None:
    with pytest.raises(ConfigError, match="24 hex digits"):
        hr.retrieve(reference)


def test_an_unknown_ref_is_a_key_error_that_says_what_to_do(hr: Headroom) -> None:
    with pytest.raises(KeyError) as error:
        hr.retrieve("a" * 24)
    assert isinstance(error.value, RefNotFound)
    assert isinstance(error.value, HeadroomError)
    assert "Do not retry" in str(error.value)


@pytest.mark.parametrize(
    "make",
    [lambda: Headroom({"retrieval": "tool"}), lambda: Headroom(Settings(database_url="nonsense"))],  # type: ignore[arg-type]
)
def test_settings_that_cannot_be_used_are_refused(make: Callable[[], Headroom]) -> None:
    with pytest.raises(ConfigError):
        make()


def test_a_chain_runs_through_it(hr: Headroom) -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("placeholder", "{history}")])
    chain = prompt | hr | RunnableLambda(lambda messages: messages[-1].content)
    assert chain.invoke({"history": tool_run(rows(90))}) == hr.invoke(tool_run(rows(90)))[-1].content


def test_schemas_say_what_goes_in_and_comes_out(hr: Headroom) -> None:
    given, made = hr.get_input_jsonschema(), hr.get_output_jsonschema()
    assert "ToolMessage" in given["$defs"]
    assert (made["type"], "AIMessage" in made["$defs"]) == ("array", True)
    chain = ChatPromptTemplate([("human", "{q}")]) | hr
    assert list(chain.get_input_jsonschema()["properties"]) == ["q"]
    assert chain.get_output_jsonschema()["type"] == "array"


async def test_async_batch_and_stream_say_the_same(hr: Headroom) -> None:
    messages = tool_run(log(200))
    expected = hr.invoke(messages)
    assert await hr.ainvoke(messages) == expected
    assert hr.batch([messages, messages]) == [expected, expected]
    assert list(hr.stream(messages)) == [expected]


def test_openai_style_dicts_come_back_as_messages(hr: Headroom) -> None:
    given = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    assert [message.type for message in hr.invoke(given)] == ["human", "ai"]


def test_list_content_of_mcp_tools_shrinks_in_place(hr: Headroom) -> None:
    content = [
        {"type": "text", "text": rows(90), "id": "b1"},
        {"type": "image", "base64": "AAAA", "mime_type": "image/png"},
    ]
    messages = [*tool_run("x")[:-1], ToolMessage(content=content, tool_call_id="c1")]
    shown = hr.invoke(messages)[-1].content
    assert [part["type"] for part in shown] == ["text", "image"]
    assert (shown[0]["id"], shown[1]) == ("b1", content[1])
    assert len(shown[0]["text"]) < len(rows(90)) / 2


def test_the_query_is_what_the_human_last_asked(hr: Headroom) -> None:
    table = rows(90)
    asked = [
        HumanMessage("<system-reminder>ignore 4242</system-reminder>Who served request 7919?"),
        *tool_run(table)[1:],
    ]
    assert "request 7919 served" in str(hr.invoke(asked)[-1].content)


def test_memory_is_bounded_by_the_setting() -> None:
    hr = headroom(memo_bytes=0)
    assert hr.invoke(tool_run(log(200))) == headroom().invoke(tool_run(log(200)))
