"""Fit as a step of a chain; settings that change from call to call."""

from __future__ import annotations

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField

from headroom import Headroom, Settings
from headroom.integrations import Fit
from headroom.tokens import count
from tests.integrations.worlds import new_headroom


def long_talk() -> list[BaseMessage]:
    said: list[BaseMessage] = [SystemMessage("Be brief."), HumanMessage("The first task.")]
    for n in range(40):
        said += [AIMessage(f"answer {n} " + "word " * 200), HumanMessage(f"question {n} " + "word " * 50)]
    return said


def size(messages: list[BaseMessage]) -> int:
    return sum(count(message.text) for message in messages)


def test_old_turns_go_until_the_window_holds_the_rest() -> None:
    talk = long_talk()
    sent = Fit(headroom=new_headroom(), max_tokens=4_000).invoke(talk)
    assert size(sent) < 4_000 < size(talk)
    assert [sent[0].text, sent[-1].text] == [talk[0].text, talk[-1].text]


def test_a_window_that_holds_all_changes_nothing() -> None:
    talk = long_talk()
    assert talk == Fit(headroom=new_headroom(), max_tokens=1_000_000).invoke(talk)


async def test_the_window_may_be_set_per_call() -> None:
    fit = Fit(headroom=new_headroom()).configurable_fields(max_tokens=ConfigurableField(id="window"))
    talk = long_talk()
    assert talk == fit.invoke(talk)
    sent = await fit.ainvoke(talk, {"configurable": {"window": 4_000}})
    assert size(sent) < 4_000


def test_it_stands_in_a_chain() -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{question}")])
    chain = prompt | Fit(headroom=new_headroom(), max_tokens=1_000)
    assert [message.text for message in chain.invoke({"question": "Why?"})] == ["Be brief.", "Why?"]


def test_settings_of_a_headroom_may_be_chosen_per_call() -> None:
    field = ConfigurableField(id="settings")
    headroom = Headroom(Settings(database_url="sqlite:///:memory:")).configurable_fields(settings=field)
    chosen = Settings(database_url="sqlite:///:memory:", max_tokens=4_000)
    assert size(headroom.invoke(long_talk(), {"configurable": {"settings": chosen}})) < 4_000
