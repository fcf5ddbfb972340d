"""One block's work: what a task comes to."""

from __future__ import annotations

import pickle
from dataclasses import replace

from hypothesis import given

from headroom.content import Block
from headroom.work import Task, perform
from tests.laws.conversations import log, rows, texts


def task(text: str, *, declared: bool = True, exact: bool = False) -> Task:
    return Task(Block(text), query="why?", declared=declared, exact=exact, min_tokens=100, target_ratio=0.15)


@given(texts)
def test_a_reader_who_can_retrieve_never_gets_more_than_one_who_cannot(text: str) -> None:
    assert perform(task(text)).tokens_after <= perform(task(text, declared=False)).tokens_after


@given(texts)
def test_an_attempt_is_the_same_again_and_in_another_process(text: str) -> None:
    again = pickle.loads(pickle.dumps(task(text)))
    assert again.key == task(text).key
    assert pickle.loads(pickle.dumps(perform(again))) == perform(task(text))


def test_progress_in_colour_takes_the_smaller_form() -> None:
    bars = "".join(f"\x1b[32m{n:3d}%\x1b[0m [{'#' * (n // 2)}]\r" for n in range(101))
    text = "".join(f"\x1b[1mStep {n}/9\x1b[0m: fetching layer {n}\n{bars}done\n" for n in range(9))
    assert perform(task(text)).tokens_after <= perform(task(text, declared=False)).tokens_after < 400


def test_the_key_names_all_that_the_form_depends_on() -> None:
    one = task(rows(50))
    others = [
        task(log(50)),
        task(rows(50), declared=False),
        task(rows(50), exact=True),
        replace(one, query="other"),
        replace(one, min_tokens=5),
        replace(one, target_ratio=0.5),
        replace(one, block=Block(rows(50), tool="bash")),
        replace(one, block=Block(rows(50), arguments="{}")),
        replace(one, block=Block(rows(50), is_error=True)),
        replace(one, block=Block(rows(50), kind="tool_result")),
    ]
    assert len({each.key for each in [one, *others]}) == 11


def test_a_text_beyond_the_size_class_is_left_alone() -> None:
    assert perform(task("a line\n" * 7_000_000)).reason == "too_large"
