"""Objects in view: what an answer repeats of one is told by the members that differ."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compressors.json_values import Value, same
from headroom.content import Block
from headroom.objects import Object, Objects, amend, difference, read
from headroom.repeats import RECIPE, amended
from headroom.view import View
from headroom.work import as_repeat, stays

values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abcdef"), values, max_size=5)

ORDER = {
    "order_id": "W-2378156",
    "customer": {"name": "Yusuf Rossi", "address": {"street": "763 Broadway", "city": "Philadelphia"}},
    "items": [{"sku": "1151293680", "price": 272.33}, {"sku": "4983901480", "price": 262.47}],
    "status": "pending",
    "notes": None,
}


def written(**changes: object) -> str:
    return json.dumps({**ORDER, **changes})


def view_of(*shown: tuple[str, str], recipe: str = "", partial: bool = False) -> View:
    view = View()
    for arguments, text in shown:
        view.add(
            Block(text, kind="tool_result", tool="get_order", arguments=arguments), text, recipe=recipe, partial=partial
        )
    return view


FIRST = '{"order":"W-2378156"}'


@given(objects, objects)
def test_what_differs_makes_one_object_of_the_other(there: Object, here: Object) -> None:
    changes = difference(there, here)
    if changes is not None:
        made: Value = amend(there, changes)
        assert made == here


@given(objects)
def test_nothing_differs_from_itself(there: Object) -> None:
    assert difference(there, there) == {}


@given(st.lists(objects, max_size=4), objects)
def test_what_is_found_makes_the_object(shown: list[Object], here: Object) -> None:
    known = Objects()
    for number, there in enumerate(shown):
        known.add(f"call {number}", json.dumps(there), in_full=True)
    found = known.amended(json.dumps(here))
    if found is not None:
        base = read(json.dumps(shown[int(found.label.split()[1])]))
        assert base is not None
        assert same(amend(base, found.changes), read(json.dumps(here)))


def test_an_answer_that_changed_one_member_tells_this_one() -> None:
    text = written(status="cancelled")
    assert amended(text, view_of((FIRST, written()))) == (
        '[the same object as in get_order W-2378156 above, but for these members]\n{"status":"cancelled"}'
    )


def test_members_of_objects_inside_are_told_one_by_one() -> None:
    moved = {"name": "Yusuf Rossi", "address": {"street": "763 Broadway", "city": "Houston"}}
    told = amended(written(customer=moved), view_of((FIRST, written())))
    assert told is not None
    assert told.split("\n")[1] == '{"customer":{"address":{"city":"Houston"}}}'


def test_the_same_object_in_other_spacing_is_told_as_such() -> None:
    told = amended(json.dumps(ORDER, indent=2), view_of((FIRST, written())))
    assert told == "[the same object as in get_order W-2378156 above]"


@pytest.mark.parametrize(
    "text",
    [
        written()[:-1] + ',"status":"twice"}',
        "[" + written() + "]",
        json.dumps({key: value for key, value in ORDER.items() if key != "notes"}),
        json.dumps(dict(reversed(ORDER.items()))),
        json.dumps(
            {**ORDER, "order_id": "W-1", "customer": {"name": "Ana Ito"}, "items": [{"sku": "7", "price": 1.0}] * 6}
        ),
        "no JSON {",
        "{}",
    ],
    ids=["key twice", "list", "member gone", "other order of keys", "another order", "no JSON", "empty"],
)
def test_what_cannot_be_told_so_is_not(text: str) -> None:
    assert amended(text, view_of((FIRST, written()))) is None


def test_numbers_are_the_same_only_if_written_the_same() -> None:
    there = '{"customer":"Yusuf Rossi of Philadelphia","total":1.0}'
    told = amended('{"customer":"Yusuf Rossi of Philadelphia","total":1}', view_of((FIRST, there)))
    assert told is not None
    assert told.split("\n")[1] == '{"total":1}'


def test_a_call_that_was_answered_otherwise_since_names_the_latest_answer() -> None:
    view = view_of((FIRST, written()), (FIRST, written(status="paid by card in full")))
    told = amended(written(), view)
    assert told is not None
    assert told.split("\n")[1] == '{"status":"pending"}'


def test_what_stands_there_in_part_is_not_pointed_at() -> None:
    assert amended(written(status="paid"), view_of((FIRST, written()), partial=True)) is None
    assert amended(written(status="paid"), view_of((FIRST, written()), recipe="repack/3")) is None
    assert amended(written(status="paid"), view_of((FIRST, written()), recipe="json/9")) is not None


def test_an_answer_in_part_takes_the_name_of_the_one_before_it() -> None:
    view = view_of((FIRST, written()))
    other = Block(written(items=[]), kind="tool_result", tool="get_order", arguments=FIRST)
    view.add(other, "some of it", recipe="json/9", partial=True)
    assert amended(written(status="paid"), view) is None


@pytest.mark.parametrize("exact", [False, True])
def test_a_file_is_shown_as_it_is(exact: bool) -> None:
    made = as_repeat(
        written(status="paid"), stays("no_saving", 100), view=view_of((FIRST, written())), declared=True, exact=exact
    )
    assert made.recipe == ("" if exact else RECIPE)
    assert made.left_out is None
