"""Spliced replies come back as the rounds they were made of; nothing else is touched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.alignment import Round, align
from headroom.errors import StoreError
from headroom.journal import Journal, read, spoken, write
from headroom.marker import TOOL
from headroom.store.sql import SqlStore
from headroom.testing.strict import Produced, problems
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from headroom.wire.parts import THINKING, Json, calls_client, is_ours, tool_result, without_marks

SCOPE = "tenant"


def text(said: str) -> Json:
    return {"type": "text", "text": said}


def thinking(thought: str) -> Json:
    return {"type": "thinking", "thinking": thought, "signature": f"sig {thought}"}


def call(name: str, number: int) -> Json:
    return {
        "type": "tool_use",
        "id": f"toolu_{name}_{number}",
        "name": TOOL if name == "ours" else name,
        "input": {"ref": "x"},
    }


@st.composite
def exchanges(draw: st.DrawFn, *, mixed: bool = True) -> list[Round]:
    """Draw the rounds of one reply: each but the last calls our tool; the last may, beside a call of the client's."""
    number = iter(range(1_000))
    words = st.text("ab é🦊\ud800", min_size=1, max_size=4).filter(lambda said: said.strip())
    kinds = st.lists(st.sampled_from(["text", "thinking", "redacted"]), max_size=3)
    length = draw(st.integers(1, 4))
    rounds: list[Round] = []
    for n in range(length):
        content = [_said(kind, draw(words), next(number)) for kind in draw(kinds)]
        last = n == length - 1
        client = last and draw(st.booleans())
        ours = not last or (mixed and client and draw(st.booleans()))
        calls = ([call("ours", next(number))] if ours else []) + ([call("Bash", next(number))] if client else [])
        content += draw(st.permutations(calls)) or [text("end")]
        rounds.append(Round(content, [tool_result(p["id"], "found", is_error=False) for p in content if is_ours(p)]))
    return rounds


def _said(kind: str, words: str, number: int) -> Json:
    if kind == "text":
        return text(words)
    return (
        thinking(f"{words}{number}")
        if kind == "thinking"
        else {"type": "redacted_thinking", "data": f"{words}{number}"}
    )


def merged(rounds: Sequence[Round]) -> list[Json]:
    """Return what the client sees of rounds."""
    return [part for each in rounds for part in each.content if not is_ours(part)]


# -- alignment ------------------------------------------------------------------------------------------------------


@given(exchanges())
def test_what_was_merged_aligns_to_the_very_rounds(rounds: list[Round]) -> None:
    assert align(merged(rounds), rounds) == rounds


@given(exchanges(), st.data())
def test_cache_marks_of_the_client_are_carried_over_and_nothing_else(rounds: list[Round], data: st.DataObject) -> None:
    mark = {"type": "ephemeral"}
    shown = [{**part, "cache_control": mark} if data.draw(st.booleans()) else part for part in merged(rounds)]
    found = align(shown, rounds)
    assert found is not None
    assert merged(found) == shown
    assert [without_marks(each.content) for each in found] == [each.content for each in rounds]


@given(exchanges())
def test_dropped_thinking_stays_out_and_the_rounds_stay_apart(rounds: list[Round]) -> None:
    shown = [part for part in merged(rounds) if part["type"] not in THINKING]
    expected = [Round([part for part in each.content if part["type"] not in THINKING], each.results) for each in rounds]
    assert align(shown, rounds) == expected


@given(exchanges(mixed=False), st.data())
def test_a_reply_cut_anywhere_is_a_beginning_that_the_api_takes(rounds: list[Round], data: st.DataObject) -> None:
    shown = merged(rounds)
    cut = shown[: data.draw(st.integers(1, len(shown)))]
    found = align(cut, rounds)
    assert found is not None
    for got, recorded in zip(found, rounds, strict=False):
        assert got.content == recorded.content[: len(got.content)] or not got.results
    kept = merged(found)
    assert cut[: len(kept)] == kept
    assert all(part["type"] in THINKING for part in cut[len(kept) :])
    for each in found:
        called = [part["id"] for part in each.content if is_ours(part)]
        assert called == [result["tool_use_id"] for result in each.results]
        assert each.results or each.content[-1]["type"] not in THINKING


@given(exchanges(), st.data())
def test_an_edited_text_is_never_put_back(rounds: list[Round], data: st.DataObject) -> None:
    shown = merged(rounds)
    texts = [n for n, part in enumerate(shown) if part["type"] == "text"]
    if not texts:
        return
    n = data.draw(st.sampled_from(texts))
    edited = [*shown[:n], text("something the model never said"), *shown[n + 1 :]]
    assert align(edited, rounds) is None


OPEN = [Round([thinking("t1"), text("a"), call("ours", 1)], [tool_result("toolu_ours_1", "found", is_error=False)])]


def test_a_round_that_broke_off_before_it_was_recorded_is_a_round_of_its_own() -> None:
    assert align([*merged(OPEN), text("b")], OPEN) == [*OPEN, Round([text("b")])]


def test_thinking_at_the_end_of_a_broken_round_is_left_out() -> None:
    assert align([*merged(OPEN), thinking("t2")], OPEN) == OPEN


def test_more_than_a_finished_reply_holds_is_somebody_else_s() -> None:
    finished = [*OPEN, Round([text("b")])]
    assert align([*merged(finished), text("c")], finished) is None


def test_a_reply_of_which_nothing_was_recorded_is_somebody_else_s() -> None:
    bare = [Round([call("ours", 1)], OPEN[0].results)]
    assert align([text("b")], bare) is None


def test_blank_texts_come_and_go() -> None:
    assert align([text(""), *merged(OPEN), text("\n")], OPEN) == OPEN


@given(exchanges())
def test_what_is_written_is_read_back(rounds: list[Round]) -> None:
    assert read(write(rounds)) == rounds


# -- the journal ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store() -> Iterator[SqlStore]:
    store = SqlStore("sqlite:///:memory:")
    yield store
    store.close()


def request(*messages: object, **more: object) -> WireRequest:
    raw = json.dumps({"model": "m", "tools": [{"name": "Bash"}], "messages": messages, **more}, indent=1).encode()
    return WireRequest(raw, ANTHROPIC)


def lineage(*messages: object) -> bytes:
    return request(*messages).conversation.lineages[-1]


def user(said: object) -> Json:
    return {"role": "user", "content": said}


def assistant(said: object) -> Json:
    return {"role": "assistant", "content": said}


class Kept:
    """As much of a store as a journal needs: a thousand examples would wait for SQLite most of the time."""

    def __init__(self) -> None:
        self._kept: dict[str, list[str]] = {}

    def journal(self, scope: str, keys: Iterable[str], exchange: str, *, now: float) -> None:
        for key in keys:
            self._kept.setdefault(key, []).insert(0, exchange)

    def journalled(self, scope: str, keys: Sequence[str]) -> dict[str, list[str]]:
        return {key: self._kept[key] for key in keys if key in self._kept}

    def touch(self, scope: str, refs: Iterable[str], *, now: float, keys: Iterable[str]) -> None:
        assert set(keys) & set(self._kept), "only what is kept is touched"

    def has_journal(self, scope: str) -> bool:
        return bool(self._kept)


@given(rounds=exchanges(), dropped=st.booleans(), string=st.booleans())
def test_expanding_what_the_client_sends_back_gives_what_upstream_wrote(
    rounds: list[Round], dropped: bool, string: bool
) -> None:
    journal = Journal(Kept(), clock=lambda: 0.0)  # type: ignore[arg-type]
    asked = user("question")
    for n in range(1, len(rounds) + 1):
        journal.save(SCOPE, lineage(asked), rounds[:n])
    shown = [part for part in merged(rounds) if not (dropped and part["type"] in THINKING)]
    if not shown:
        return
    results = [tool_result(part["id"], "ran", is_error=False) for part in shown if part["type"] == "tool_use"]
    reply = shown[0]["text"] if string and len(shown) == 1 and shown[0]["type"] == "text" else shown
    again = user([text("question")]) if string else asked
    back = request(again, assistant(reply), user(results or "go on"))
    body = json.loads(journal.expand(back, scope=SCOPE).raw)
    produced = [Produced(each.content) for each in rounds]
    assert list(problems(body, produced, dropped_thinking=dropped)) == []
    wrote = [json.loads(said) for said in spoken(rounds)]
    if rounds[-1].results:
        wrote.pop()
    if not dropped and any(each.results for each in rounds):
        assert body["messages"][1 : 1 + len(wrote)] == wrote
        assert (body["messages"][1 + len(wrote)]["content"][0] in rounds[-1].results) == bool(rounds[-1].results)


def test_messages_that_do_not_expand_keep_their_bytes(store: SqlStore) -> None:
    journal = Journal(store, clock=lambda: 0.0)
    asked = user("odd")
    journal.save(SCOPE, lineage(asked), [*OPEN, Round([text("b")])])
    odd = '{"content" :[{"type":"text","text":"\\u00e9 \\ud83e\\udd8a","n":1.0,"big":12345678901234567890}],  "role":"user"}'
    raw = b'{"tools":[{"name":"Bash"}], "messages":[%s,\n%s,%s],"x":1e5}' % (
        json.dumps(asked).encode(),
        json.dumps(assistant([thinking("t1"), text("a"), text("b")])).encode(),
        odd.encode(),
    )
    out = journal.expand(WireRequest(raw, ANTHROPIC), scope=SCOPE).raw
    assert out.endswith(odd.encode() + b'],"x":1e5}')
    assert [m["role"] for m in json.loads(out)["messages"]] == ["user", "assistant", "user", "assistant", "user"]


def test_nothing_is_computed_for_a_scope_without_a_journal() -> None:
    class Untouched:
        def has_journal(self, scope: str) -> bool:
            return False

    back = WireRequest(b"this is not even JSON", ANTHROPIC)
    assert Journal(Untouched(), clock=lambda: 0.0).expand(back, scope=SCOPE) is back  # type: ignore[arg-type]


def test_an_exchange_is_found_in_its_own_scope_only(store: SqlStore) -> None:
    journal = Journal(store, clock=lambda: 0.0)
    asked = user("whose?")
    journal.save(SCOPE, lineage(asked), OPEN)
    back = request(asked, assistant(merged(OPEN)), user("go on"))
    assert journal.expand(back, scope="other") is back
    assert journal.expand(back, scope=SCOPE) is not back


def test_a_reply_is_looked_up_once(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(store, clock=lambda: 0.0)
    asked = user("once")
    journal.save(SCOPE, lineage(asked), OPEN)
    back = request(asked, assistant(merged(OPEN)), user("go on"), assistant("fine"), user("more"))
    first = journal.expand(back, scope=SCOPE).raw

    def broken(*_: object) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(store, "journalled", broken)
    assert journal.expand(back, scope=SCOPE).raw == first


def test_the_newest_attempt_stands_for_a_reply_of_mere_text(store: SqlStore) -> None:
    journal = Journal(store, clock=lambda: 0.0)
    asked = user("again")
    first = [Round([text("a"), call("ours", 7)], [tool_result("toolu_ours_7", "found", is_error=False)])]
    journal.save(SCOPE, lineage(asked), first)
    assert journal.knows(SCOPE, lineage(asked))
    journal.save(SCOPE, lineage(asked), [Round([text("a")])])
    back = request(asked, assistant("a"), user("go on"))
    assert journal.expand(back, scope=SCOPE) is back


def test_a_longer_record_replaces_its_own_beginning(store: SqlStore) -> None:
    """Else an edited continuation would be taken for a round that broke off."""
    journal = Journal(store, clock=lambda: 0.0)
    asked = user("longer")
    journal.save(SCOPE, lineage(asked), OPEN)
    journal.save(SCOPE, lineage(asked), [*OPEN, Round([text("b")])])
    back = request(asked, assistant([*merged(OPEN), text("edited")]), user("go on"))
    assert journal.expand(back, scope=SCOPE) is back


def test_results_go_in_front_of_what_the_user_says_even_past_a_system_message(store: SqlStore) -> None:
    journal = Journal(store, clock=lambda: 0.0)
    asked = user("system")
    journal.save(SCOPE, lineage(asked), OPEN)
    back = request(asked, assistant(merged(OPEN)), {"role": "system", "content": "note"}, user("go on"))
    messages = json.loads(journal.expand(back, scope=SCOPE).raw)["messages"]
    assert messages[3]["content"] == [*OPEN[0].results, text("go on")]
    alone = json.loads(journal.expand(request(asked, assistant(merged(OPEN))), scope=SCOPE).raw)["messages"]
    assert alone[2] == user(OPEN[0].results)


def test_calls_of_the_client_are_told_from_ours() -> None:
    assert calls_client([call("Bash", 1)])
    assert not calls_client([call("ours", 1), text("x")])
