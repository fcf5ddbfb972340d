from __future__ import annotations

from headroom.content import Message, chain
from headroom.context import Headroom
from headroom.offer import pays
from headroom.outcomes import OFFER, Outcomes
from headroom.settings import Settings
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from tests.laws.conversations import body, headroom, log, rows, tool_run


def test_a_lineage_names_a_message_and_everything_before_it() -> None:
    a, b = Message("human", b"a" * 16), Message("human", b"b" * 16)
    assert chain([a, b])[0] == chain([a])[0]
    assert chain([a, b])[1] != chain([b, b])[1]
    assert len({*chain([a, a, a])}) == 3


def test_first_writer_wins_and_other_processes_see_it() -> None:
    store = headroom().store
    one, two = Outcomes(store, clock=lambda: 1.0), Outcomes(store, clock=lambda: 1.0)
    one.record("s", b"l", OFFER, "one")
    two.record("s", b"l", OFFER, "two")
    assert one.of("s", [b"l"]) == two.of("s", [b"l"]) == [{OFFER: "one"}]
    assert one.of("other", [b"l"]) == [{}]


def request(messages: object, **kwargs: bool) -> WireRequest:
    return WireRequest(body(messages, **kwargs), ANTHROPIC)  # type: ignore[arg-type]


def test_the_tool_is_offered_when_a_block_pays_for_rewriting_what_stands_before_it() -> None:
    hr = headroom()
    assert not hr.offers(request(tool_run("small"), offered=False), scope="s")
    assert hr.offers(request(tool_run(log(300)), offered=False), scope="s")


def test_e3_once_offered_it_stays_offered_in_the_lineage_also_after_a_restart() -> None:
    hr = headroom()
    first = tool_run(log(300))
    assert hr.offers(request(first, offered=False), scope="s")
    again = Headroom(Settings(), store=hr.store)
    longer = [*first, *tool_run("short")]
    assert again.offers(request(longer, offered=False), scope="s")
    assert not again.offers(request(tool_run("short"), offered=False), scope="s")


def test_a7_without_tools_nothing_is_offered() -> None:
    assert not headroom().offers(request(tool_run(log(300)), offered=False, tools=False), scope="s")


def test_it_is_not_offered_where_it_stands_already() -> None:
    assert not headroom().offers(request(tool_run(log(300))), scope="s")


def test_a_large_head_is_offered_from_the_first_request_on() -> None:
    hr = headroom()
    conversation = request(tool_run("small"), offered=False).conversation
    large = type(conversation)(messages=conversation.messages, tools=("bash",), head=rows(400))
    assert pays(large, without=lambda: hr.plan([]), with_tool=lambda: hr.plan([]))
