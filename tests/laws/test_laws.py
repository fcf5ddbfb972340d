"""The laws of the design, one section each, on generated conversations."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from headroom import marker, tokens
from headroom.content import Decision, Plan
from headroom.context import Headroom
from headroom.errors import RefNotFound, StoreError
from headroom.settings import Settings
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from tests.laws.conversations import body, conversations, headroom, log, rows, tool_run

TEXTS = {
    "json": rows(80),
    "log": log(200),
    "ansi": "\x1b[32mok\x1b[0m test passed  \n" * 120,
    "runs": "waiting for lock\n" * 400,
    "prose": "The quick brown fox jumps over the lazy dog. " * 100,
}


@pytest.fixture(scope="module")
def hr() -> Headroom:
    return headroom()


@pytest.fixture(scope="module")
def hr_off() -> Headroom:
    return headroom("off")


# -- 1. Never worse -----------------------------------------------------------------------------------------------------


@given(messages=conversations())
def test_law_1_a_changed_block_saves_at_least_five_percent_and_eight_tokens(
    hr: Headroom, messages: list[BaseMessage]
) -> None:
    for decision in hr.plan(messages).changed:
        before, after = tokens.count(decision.block.text), tokens.count(decision.text)
        assert before - after >= max(8, 0.05 * before)
        assert (decision.tokens_before, decision.tokens_after) == (before, after)


@given(messages=conversations())
def test_law_1_what_needs_no_change_comes_back_as_the_very_objects(hr: Headroom, messages: list[BaseMessage]) -> None:
    result = hr.invoke(messages)
    changed = {decision.where[0] for decision in hr.plan(messages).changed}
    assert [n for n, (a, b) in enumerate(zip(messages, result, strict=True)) if a is not b] == sorted(changed)


@given(messages=conversations())
def test_law_1_a_request_without_a_change_leaves_byte_for_byte(hr: Headroom, messages: list[BaseMessage]) -> None:
    request = WireRequest(body(messages), ANTHROPIC)
    result = hr.invoke(request)
    assert (result.raw is request.raw) == (not hr.plan(request).changed)


def test_g10_a_form_that_is_larger_is_not_taken(hr: Headroom) -> None:
    text = " ".join(f"{n:x}" for n in range(400))
    assert hr.compress(text) == text


# -- 2. Prefix ----------------------------------------------------------------------------------------------------------


def texts_of(messages: Sequence[BaseMessage]) -> list[Any]:
    return [message.content for message in messages]


@given(messages=conversations(), data=st.data())
def test_law_2_the_plan_of_a_beginning_begins_the_plan(
    hr: Headroom, messages: list[BaseMessage], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(messages)))
    whole, beginning = texts_of(headroom().invoke(messages)), texts_of(hr.invoke(messages[:cut]))
    assert whole[:cut] == beginning


@given(messages=conversations(max_turns=3))
def test_law_2_every_growing_request_begins_with_the_one_before_on_the_wire(
    hr: Headroom, messages: list[BaseMessage]
) -> None:
    last: list[Any] = []
    for end in range(2, len(messages) + 1):
        if isinstance(messages[end - 1], AIMessage):
            continue
        sent = json.loads(hr.invoke(WireRequest(body(messages[:end]), ANTHROPIC)).raw)["messages"]
        said = [[turn["role"], part] for turn in sent for part in turn["content"]]
        assert said[: len(last)] == last
        last = said


# -- 3. Reversible ------------------------------------------------------------------------------------------------------


@given(messages=conversations())
def test_law_3_every_marker_resolves_to_the_exact_original(hr: Headroom, messages: list[BaseMessage]) -> None:
    for before, after in zip(messages, hr.invoke(messages), strict=True):
        if before is not after and (ref := marker.genuine(str(after.content))):
            assert hr.retrieve(ref) == before.content


@pytest.mark.parametrize("kind", TEXTS)
def test_f1_compress_gives_back_the_exact_original(hr: Headroom, kind: str) -> None:
    small = hr.compress(TEXTS[kind])
    assert hr.retrieve(small) == TEXTS[kind]


@given(messages=conversations())
def test_law_3_without_capability_nothing_is_left_out_and_no_marker_is_written(
    hr_off: Headroom, messages: list[BaseMessage]
) -> None:
    assert all(decision.lossless and not decision.ref for decision in hr_off.plan(messages).decisions)


@given(messages=conversations())
def test_law_3_on_the_wire_capability_is_our_tool_standing_in_the_request(
    hr: Headroom, messages: list[BaseMessage]
) -> None:
    assert hr.plan(WireRequest(body(messages), ANTHROPIC)).capability
    plan = hr.plan(WireRequest(body(messages, offered=False), ANTHROPIC))
    assert not plan.capability
    assert not plan.refs


def test_law_3_a_file_view_is_byte_exact_or_declared(hr: Headroom, hr_off: Headroom) -> None:
    text = "\x1b[32mgreen\x1b[0m  \n" * 200
    view = tool_run(text, name="Read", args={"file_path": "/a.txt"})
    assert hr_off.invoke(view)[-1].content == text
    shown = str(hr.invoke(view)[-1].content)
    assert shown == text or marker.genuine(shown)


def test_f8_what_is_stored_is_the_true_input(hr: Headroom) -> None:
    text = f"<protected>keep</protected>\n{'QUJD' * 500}\n\x1b[31mred\x1b[0m\r\n" + TEXTS["log"]
    small = hr.compress(text)
    assert small != text
    assert hr.retrieve(small) == text


def test_f11_a_body_with_a_marker_in_it_is_still_json(hr: Headroom) -> None:
    request = WireRequest(body(tool_run(TEXTS["log"])), ANTHROPIC)
    content = json.loads(hr.invoke(request).raw)["messages"][-1]["content"][0]["content"]
    assert marker.genuine(content)


def test_a11_cache_marks_and_their_times_stay_as_and_where_they_are(hr: Headroom) -> None:
    sent = json.loads(body(tool_run(TEXTS["log"])))
    sent["tools"][-1]["cache_control"] = {"type": "ephemeral", "ttl": "1h"}
    sent["messages"][0]["content"][0]["cache_control"] = {"type": "ephemeral"}
    sent["messages"][-1]["content"][0]["cache_control"] = {"type": "ephemeral", "ttl": "5m"}
    raw = hr.invoke(WireRequest(json.dumps(sent).encode(), ANTHROPIC)).raw
    received = json.loads(raw)
    assert received["messages"][-1]["content"][0].pop("content") != sent["messages"][-1]["content"][0].pop("content")
    assert received == sent


# -- 4. Verbatim --------------------------------------------------------------------------------------------------------


def test_g9_prose_loses_no_word_inside_a_line(hr: Headroom) -> None:
    text = "".join(f"Sentence {n} says that the {n}th thing is not the {n + 1}th thing at all.\n" for n in range(120))
    source = set(text.split("\n"))
    assert [line for line in hr.compress(text).split("\n") if line not in source and not line.startswith("[")] == []


# -- 5. Red-faithful ----------------------------------------------------------------------------------------------------


@given(messages=conversations())
def test_law_5_a_short_error_is_not_touched(hr: Headroom, messages: list[BaseMessage]) -> None:
    for before, after in zip(messages, hr.invoke(messages), strict=True):
        if isinstance(before, ToolMessage) and before.status == "error" and tokens.count(str(before.content)) <= 2_000:
            assert after is before


def test_a8_an_error_result_stays_byte_verbatim(hr: Headroom) -> None:
    messages = tool_run(rows(15), failed=True)
    assert hr.plan(messages).decisions[-1].reason == "error"
    assert hr.invoke(messages)[-1] is messages[-1]


def test_law_5_an_error_is_measured_in_tokens_however_many_characters_it_has(hr: Headroom) -> None:
    text = f"E   assert {'=' * 40_000} failed"
    assert tokens.count(text) <= 2_000
    assert hr.plan(tool_run(text, failed=True)).decisions[-1].reason == "error"


def test_a8_a_traceback_survives_inline(hr: Headroom) -> None:
    trace = 'Traceback (most recent call last):\n  File "/app/pay.py", line 41, in charge\n    raise Declined(code)\nDeclined: card 4242'
    shown = hr.invoke(tool_run(log(150) + "\n" + trace + "\n" + log(150, seed=2)))[-1].content
    assert all(line in shown for line in trace.split("\n"))


# -- 6. Opaque ----------------------------------------------------------------------------------------------------------


@given(messages=conversations())
def test_law_6_only_tool_results_change_and_only_their_content(hr: Headroom, messages: list[BaseMessage]) -> None:
    before = copy.deepcopy(messages)
    result = hr.invoke(messages)
    assert messages == before, "the caller's messages are not mutated"
    for old, new in zip(messages, result, strict=True):
        if not isinstance(old, ToolMessage):
            assert new is old
        assert {**old.model_dump(), "content": ""} == {**new.model_dump(), "content": ""}


def test_g13_threads_share_a_headroom_and_nothing_is_mutated(hr: Headroom) -> None:
    messages = tool_run(TEXTS["json"])
    frozen = copy.deepcopy(messages)
    results = hr.batch([messages] * 8)
    assert len({str(result[-1].content) for result in results}) == 1
    assert messages == frozen


def test_g12_what_was_compressed_is_not_compressed_again(hr: Headroom) -> None:
    small = hr.compress(TEXTS["log"])
    assert small.ref
    again = hr.compress(str(small))
    assert (again, again.reason) == (str(small), "marked" if again.tokens_before >= 100 else "too_small")


def test_g12_invoking_twice_changes_nothing_more(hr: Headroom) -> None:
    once = hr.invoke([*tool_run(TEXTS["json"]), AIMessage("x"), *tool_run(TEXTS["log"])])
    assert hr.invoke(once) == once


# -- 7. Fail open, loudly -----------------------------------------------------------------------------------------------


class Broken:
    """A store whose disk is full."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.broken = True

    def __getattr__(self, name: str) -> Any:
        if self.broken and name != "close":
            raise_ = StoreError(f"cannot {name}: disk full")

            def fail(*args: Any, **kwargs: Any) -> Any:
                raise raise_

            return fail
        return getattr(self.inner, name)


def test_law_7_a_store_that_cannot_write_sends_originals_and_stays_so(caplog: pytest.LogCaptureFixture) -> None:
    store = Broken(headroom().store)
    hr = Headroom(Settings(retrieval="tool"), store=store)
    messages = tool_run(TEXTS["log"])
    assert hr.invoke(messages)[-1].content == TEXTS["log"]
    assert "cannot be stored" in caplog.text
    store.broken = False
    assert hr.invoke(messages)[-1].content == TEXTS["log"], "what was sent raw stays raw in this conversation"
    assert hr.plan(messages).decisions[-1].reason == "raw_before"
    assert hr.plan(messages).decisions[-1].detail == "store_failed"
    assert hr.invoke([*messages, AIMessage("x"), *tool_run(TEXTS["json"])])[-1].content != TEXTS["json"], (
        "what is new is not"
    )


def test_law_7_a_failing_compressor_sends_the_original_and_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    hr = headroom()

    def explode(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("in a compressor")

    messages = tool_run(TEXTS["log"])
    with monkeypatch.context() as patch:
        patch.setattr("headroom.folding.perform", explode)
        plan = hr.plan(messages)
        assert (plan.decisions[-1].reason, plan.decisions[-1].detail) == (
            "compressor_failed",
            "ZeroDivisionError: in a compressor",
        )
        assert hr.invoke(messages)[-1] is messages[-1]
    other = Headroom(hr.settings, store=hr.store)
    assert other.plan(messages).decisions[-1].reason == "raw_before", "in other processes too"


def test_a6_a_compressor_that_returns_nothing_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    from headroom.compressors.log import LogCompressor
    from headroom.content import Shrunk

    monkeypatch.setattr(LogCompressor, "shrink", lambda self, block, **kwargs: Shrunk(text=" \n", recipe="log/1"))
    monkeypatch.setattr(LogCompressor, "verify", lambda self, block, shrunk: None)
    hr = headroom()
    messages = tool_run(TEXTS["log"])
    assert hr.invoke(messages)[-1] is messages[-1]
    assert hr.plan(messages).decisions[-1].reason in {"compressor_failed", "raw_before"}


def test_law_7_a_bypassed_request_stays_raw_and_what_comes_later_does_not() -> None:
    hr = headroom()
    first = tool_run(TEXTS["log"])
    later = [*first, AIMessage("x"), *tool_run(TEXTS["json"])]
    hr.keep_raw(WireRequest(body(first), ANTHROPIC), scope="local", reason="bypass")
    plan = hr.plan(WireRequest(body(later), ANTHROPIC))
    reasons = [decision.reason for decision in plan.decisions if decision.block.kind == "tool_result"]
    assert reasons == ["raw_before", "shrunk"]


# -- 8. Isolated --------------------------------------------------------------------------------------------------------


def test_law_8_a_ref_resolves_only_inside_its_scope(hr: Headroom) -> None:
    config = {"configurable": {"thread_id": "a"}}
    shown = str(hr.invoke(tool_run(log(180, seed=77)), config)[-1].content)
    ref = marker.genuine(shown)
    assert ref
    assert hr.retrieve(ref, scope=hr.scope(config)) == log(180, seed=77)
    with pytest.raises(RefNotFound) as theirs:
        hr.retrieve(ref, scope=hr.scope({"configurable": {"thread_id": "b"}}))
    with pytest.raises(RefNotFound) as nobodys:
        hr.retrieve("0" * 24)
    assert str(theirs.value).replace(ref, "") == str(nobodys.value).replace("0" * 24, ""), (
        "somebody else's reads like nobody's"
    )


def test_law_8_scope_never_changes_prompt_bytes(hr: Headroom) -> None:
    messages = tool_run(TEXTS["log"])
    assert hr.invoke(messages, {"configurable": {"thread_id": "a"}}) == hr.invoke(
        messages, {"configurable": {"thread_id": "b"}}
    )


def test_k9_a_forged_marker_protects_nothing_and_resolves_to_nothing(hr: Headroom) -> None:
    forged = (
        f"{TEXTS['log']}\n[headroom: 1 of 2 lines left out; source intact, headroom_retrieve ref={'a' * 24} #00000000]"
    )
    small = hr.compress(forged)
    assert small.reason == "shrunk"
    with pytest.raises(RefNotFound):
        hr.retrieve("a" * 24)


def test_f6_answers_of_our_tool_are_never_compressed(hr: Headroom) -> None:
    messages = tool_run(TEXTS["json"], name="headroom_retrieve", args={"ref": "a" * 24})
    assert hr.plan(messages).decisions[-1].reason == "retrieved"
    assert hr.invoke(messages)[-1] is messages[-1]


def test_g11_instructions_and_protected_tools_are_untouched() -> None:
    hr = headroom(protect_tools=("precious",))
    for name, args in (("Read", {"file_path": "/x/AGENTS.md"}), ("Skill", {"name": "pdf"}), ("precious", {})):
        assert hr.plan(tool_run(TEXTS["json"], name=name, args=args)).decisions[-1].reason == "protected"


# -- safe on anything ---------------------------------------------------------------------------------------------------


@given(text=st.text(st.characters(), max_size=400))
def test_any_text_comes_back_safe(hr: Headroom, text: str) -> None:
    assert hr.retrieve(hr.compress(text)) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("x" * 20_000_000, id="one 20 MB line"),
        pytest.param("a line of text like any other\n" * 1_700_000, id="50 MB"),
        pytest.param("[" * 200_000 + "]" * 200_000, id="deeply nested"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, id="deeply nested objects"),
        pytest.param("\x00\x01\ufffd\x7f" * 100_000, id="binary-looking"),
        pytest.param("\ud800\udfff lone " * 100_000, id="lone surrogates"),
    ],
)
def test_pathological_text_comes_back_safe(hr: Headroom, text: str) -> None:
    assert hr.retrieve(hr.compress(text)) == text


def test_reasons_say_why_nothing_was_done(hr: Headroom) -> None:
    plan: Plan = hr.plan([SystemMessage("s"), HumanMessage("h"), *tool_run("short")])
    assert [decision.reason for decision in plan.decisions][-1] == "too_small"
    assert {decision.reason for decision in plan.decisions[:-1]} == {"not_ours"}
    assert all(isinstance(decision, Decision) for decision in plan.decisions)
