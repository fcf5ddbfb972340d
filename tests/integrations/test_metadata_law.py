"""Everything but the compressed text is the same afterwards, for every class of message and every type of content block."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import langchain_core.messages as messages_module
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, FunctionMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.messages.content import KNOWN_BLOCK_TYPES

from headroom.integrations import ContextNode, HeadroomChatModel, with_headroom
from tests.integrations.agents import DONE, LOG, Scripted
from tests.integrations.worlds import CALL, ROWS, new_headroom

HEADROOM = new_headroom(tenant="law", retrieval="tool")
THREAD: Any = {"configurable": {"thread_id": "law"}}

CLASSES = [
    kind
    for name in messages_module.__all__
    if inspect.isclass(kind := getattr(messages_module, name))
    and issubclass(kind, BaseMessage)
    and kind not in (BaseMessage, RemoveMessage)
    and not name.startswith("BaseMessage")
]
"""RemoveMessage is an order to a graph's state: no model is sent one."""

PROVIDERS_OWN = (
    "tool_use",
    "tool_result",
    "thinking",
    "redacted_thinking",
    "server_tool_use",
    "web_search_tool_result",
)
PROVIDERS_OWN += (
    "input_json_delta",
    "function_call",
    "refusal",
    "document",
    "search_result",
    "image_url",
    "executable_code",
)

MEDIA = {"base64": "aGk=", "mime_type": "image/png"}
"""What the framework itself demands of them, before any model is called."""

words = st.sampled_from(["", "ok", "é 😀", "two\nlines"])
metadata = st.dictionaries(
    st.sampled_from(["a", "finish_reason", "model_name", "thought_signature"]), words, max_size=2
)
any_text = st.sampled_from([ROWS, LOG, "short", ""])
any_text_block = st.fixed_dictionaries(
    {"type": st.just("text"), "text": any_text},
    optional={
        "id": words,
        "annotations": st.just([{"type": "citation", "url": "https://a/b"}]),
        "cache_control": st.just({"type": "ephemeral"}),
        "extras": metadata,
    },
)
any_other_block = st.builds(
    lambda kind, said: {"type": kind, **(MEDIA if kind in ("image", "audio", "video", "file") else {}), **said},
    st.sampled_from(sorted({*KNOWN_BLOCK_TYPES, *PROVIDERS_OWN} - {"text"})),
    st.dictionaries(
        st.sampled_from(
            ["id", "text", "base64", "url", "name", "signature", "encrypted_content", "reasoning", "value"]
        ),
        words | st.just(ROWS),
        max_size=3,
    ),
)
any_content = any_text | st.lists(any_text | any_text_block | any_other_block, max_size=3)


@st.composite
def any_message(draw: st.DrawFn) -> BaseMessage:
    kind = draw(st.sampled_from(CLASSES))
    said: dict[str, Any] = {
        "content": draw(any_content),
        "id": draw(st.none() | words),
        "name": draw(st.none() | st.just("orders")),
        "additional_kwargs": draw(metadata),
        "response_metadata": draw(metadata),
    }
    fields = kind.model_fields
    more = {
        "role": st.sampled_from(["user", "assistant", "developer", "critic"]),
        "tool_call_id": st.sampled_from(["call_1", "call_2"]),
        "status": st.sampled_from(["success", "error"]),
        "artifact": st.none() | st.just({"structured_content": {"a": [1]}}),
        "usage_metadata": st.none() | st.just({"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
    }
    said |= {name: draw(value) for name, value in more.items() if name in fields}
    if "tool_calls" in fields and not kind.__name__.endswith("Chunk"):
        said["tool_calls"] = draw(st.sampled_from([[], [CALL]]))
    if kind.__name__.startswith("Function"):
        said["name"] = "orders"
    return kind(**said)


conversations = st.lists(any_message(), min_size=1, max_size=4).map(
    lambda drawn: [HumanMessage("Which order failed?"), AIMessage("", tool_calls=[CALL]), *drawn]
)


@settings(max_examples=min(100, settings().max_examples // 2))  # each example goes through four integrations
@given(conversations)
def test_nothing_but_the_text_of_results_differs_and_nobodys_messages_are_changed(messages: list[BaseMessage]) -> None:
    before = copy.deepcopy(messages)
    for seen in (*map(through, (HeadroomChatModel, with_headroom)), nodes(), HEADROOM.invoke):
        shown = seen(messages)
        assert len(shown) == len(messages)
        for old, new in zip(messages, shown, strict=True):
            assert type(new) is type(old)
            assert new is old or (isinstance(old, ToolMessage | FunctionMessage) and rest(new) == rest(old))
    assert messages == before
    assert [m.model_dump() for m in messages] == [m.model_dump() for m in before]


def through(wrap: Any) -> Any:
    def seen(messages: list[BaseMessage]) -> list[BaseMessage]:
        model = Scripted(replies=[DONE])
        wrap(model, headroom=HEADROOM).invoke(messages, THREAD)
        return model.seen[0]

    return seen


def nodes() -> Any:
    node = ContextNode(headroom=HEADROOM, retrieval="tool")
    return lambda messages: node.invoke({"messages": messages}, THREAD)["llm_input_messages"]


def rest(message: BaseMessage) -> Any:
    """Return everything of a message but its texts."""
    content: list[Any] = [message.content] if isinstance(message.content, str) else message.content
    return (
        message.model_dump(exclude={"content"}),
        type(message.content),
        [{**part, "text": ""} if is_text(part) else part if isinstance(part, dict) else str for part in content],
    )


def is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text"
