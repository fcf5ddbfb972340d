"""Bills worked by hand, laws, and the independent instrument."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.caching.rules import Rules, Section, rules_of
from headroom.caching.simulate import Mark, Part, Request, Usage, bill, total

CLAUDE = rules_of("anthropic", "claude-sonnet-4-5")  # from 1,024 tokens on; read .1, write 1.25, or 2 for an hour
HAIKU = rules_of("anthropic", "claude-haiku-4-5")  # from 4,096 on
NOVA = rules_of("bedrock", "amazon.nova-pro-v1:0")  # no write fee
GPT5 = rules_of("openai", "gpt-5")  # prefix, 128, .1
GPT4O = rules_of("openai", "gpt-4o")  # prefix, 128, .5
GPT41 = rules_of("openai", "gpt-4.1")  # prefix, 128, .25
GPT55 = rules_of("openai", "gpt-5.5")  # prefix, 2,048, .1
GPT5PRO = rules_of("openai", "gpt-5-pro")  # none
GPT56 = rules_of("openai", "gpt-5.6")  # breakpoints: write 1.25, read .1, 30 minutes
GEMINI = rules_of("gemini", "gemini-2.5-pro")  # prefix, from 2,048 on
DEEPSEEK = rules_of("deepseek", "deepseek-v4-flash")  # whole units at .02

_PART = re.compile(r"([A-Za-z]\w*?):([0-9]+)([*^.]*)")
_MARKS: dict[str, Mark] = {"*": "5m", "^": "1h"}
_SECTIONS: dict[str, Section] = {"T": "tools", "S": "system"}

Asked = tuple[Any, ...]
"""Seconds, parts as "S:900* a:20.", read, written, fresh, [written for an hour,] cost, [parameters]."""


def parts(text: str) -> list[Part]:
    """Read "T:10 S:900^ a:20*.": key, tokens, a mark of 5 minutes (*) or an hour (^), the end of a message (.)."""
    return [
        Part(
            key,
            int(tokens),
            section=_SECTIONS.get(key[0], "messages"),
            mark=next((_MARKS[sign] for sign in signs if sign in _MARKS), None),
            ends="." in signs,
        )
        for key, tokens, signs in _PART.findall(text)
    ]


def many(count: int, tokens: int = 1, *, name: str = "x") -> str:
    return " ".join(f"{name}{n}:{tokens}" for n in range(count))


TABLE: dict[str, tuple[Rules, list[Asked]]] = {
    "the second turn reads what the first one wrote": (
        CLAUDE,
        [
            (0, "S:2000* a:500*", 0, 2500, 0, 3125.0),  # 2,500 x 1.25
            (10, "S:2000* a:500 b:300*", 2500, 300, 0, 625.0),  # 250 + 375
            (20, "S:2000* a:500 b:300 c:200*", 2800, 200, 0, 530.0),  # 280 + 250
        ],
    ),
    "nothing is cached without a mark": (
        CLAUDE,
        [(0, "S:2000 a:500", 0, 0, 2500, 2500.0), (10, "S:2000 a:500", 0, 0, 2500, 2500.0)],
    ),
    "what follows the last mark is fresh": (
        CLAUDE,
        [
            (0, "S:2000* a:500", 0, 2000, 500, 3000.0),  # 2,500 + 500
            (10, "S:2000* b:700", 2000, 0, 700, 900.0),  # 200 + 700
        ],
    ),
    "a prefix below the minimum is not cached": (
        CLAUDE,
        [
            (0, "S:1000* a:23*", 0, 0, 1023, 1023.0),
            (10, "S:1000* a:24*", 0, 1024, 0, 1280.0),
            (20, "S:1000* a:24*", 1024, 0, 0, 102.4),
        ],
    ),
    "the minimum is the model's": (
        HAIKU,
        [
            (0, "S:4095* a:1*", 0, 4096, 0, 5120.0),
            (1, "S:4095* b:1*", 0, 4096, 0, 5120.0),
        ],  # the system alone is too short
    ),
    "five minutes after it was last read it is gone": (
        CLAUDE,
        [
            (0, "S:2000*", 0, 2000, 0, 2500.0),
            (299, "S:2000*", 2000, 0, 0, 200.0),
            (598, "S:2000*", 2000, 0, 0, 200.0),  # refreshed at 299
            (898, "S:2000*", 0, 2000, 0, 2500.0),  # 300 seconds after 598: equality is too late
        ],
    ),
    "an hour costs twice and lasts": (
        CLAUDE,
        [
            (0, "S:2000^", 0, 0, 0, 2000, 4000.0),
            (3599, "S:2000^", 2000, 0, 0, 0, 200.0),
            (7199, "S:2000^", 0, 0, 0, 2000, 4000.0),
        ],
    ),
    "a span with both lifetimes is split at the last long mark": (
        CLAUDE,
        [
            (0, "S:2000^ a:500*", 0, 500, 0, 2000, 4625.0),  # 4,000 + 625
            (400, "S:2000^ a:500*", 2000, 500, 0, 0, 825.0),  # 200 + 625: the five minutes are over
            (410, "S:2000^ a:500^ b:100*", 2500, 100, 0, 0, 375.0),  # 250 + 125: read at both
        ],
    ),
    "a longer long mark writes only its difference": (
        CLAUDE,
        [
            (0, "S:2000^", 0, 0, 0, 2000, 4000.0),
            (9, "S:2000^ a:500^ b:100*", 2000, 100, 0, 500, 1325.0),  # 200 + 1,000 + 125
        ],
    ),
    "a mark looks back over twenty blocks, itself included": (
        CLAUDE,
        [
            (0, "S:2000 a:500*", 0, 2500, 0, 3125.0),
            (1, f"S:2000 a:500 {many(18)} z:1*", 2500, 19, 0, 273.75),  # the 20th is a: 250 + 23.75
            (2, f"S:2000 a:500 {many(18, name='y')} y18:1 z:1*", 0, 2520, 0, 3150.0),  # the 21st is not looked at
        ],
    ),
    "a mark between reaches farther back": (
        CLAUDE,
        [
            (0, "S:2000 a:500*", 0, 2500, 0, 3125.0),
            (1, f"S:2000 a:500* {many(40)} z:1*", 2500, 41, 0, 301.25),  # 250 + 51.25
        ],
    ),
    "only where a mark stood before can be read": (
        CLAUDE,
        [
            (0, "S:2000 a:500 b:500*", 0, 3000, 0, 3750.0),
            (1, "S:2000 a:500* c:500", 0, 2500, 500, 3625.0),  # 3,125 + 500: nothing ended at a
            (2, "S:2000 a:500 c:500*", 2500, 500, 0, 875.0),  # 250 + 625
        ],
    ),
    "marks are not what is said": (
        CLAUDE,
        [(0, "S:2000* a:500*", 0, 2500, 0, 3125.0), (1, "S:2000 a:500 b:10*", 2500, 10, 0, 262.5)],
    ),
    "a change in the middle keeps what stands before it": (
        CLAUDE,
        [
            (0, "T:1000* S:1000* a:500*", 0, 2500, 0, 3125.0),
            (1, "T:1000* S:1000* b:500*", 2000, 500, 0, 825.0),  # 200 + 625
            (2, "T:1000* Sx:1000* b:500*", 0, 2500, 0, 3125.0),  # the tools alone are below the minimum
        ],
    ),
    "tools come first": (
        CLAUDE,
        [
            (0, "T:2000* S:1000* a:500*", 0, 3500, 0, 4375.0),
            (1, "T:2000* Sx:1000* a:500*", 2000, 1500, 0, 2075.0),  # 200 + 1,875
            (2, "Tx:2000* S:1000* a:500*", 0, 3500, 0, 4375.0),
        ],
    ),
    "another tool choice costs the messages alone, another search the system too, another model everything": (
        CLAUDE,
        [
            (0, "T:2000* S:1000* a:500*", 0, 3500, 0, 4375.0, {"tool_choice": "auto", "model": "m"}),
            (1, "T:2000* S:1000* a:500*", 3000, 500, 0, 925.0, {"tool_choice": "any", "model": "m"}),  # 300 + 625
            (
                2,
                "T:2000* S:1000* a:500*",
                2000,
                1500,
                0,
                2075.0,
                {"web_search": 1, "tool_choice": "auto", "model": "m"},
            ),
            (3, "T:2000* S:1000* a:500*", 0, 3500, 0, 4375.0, {"tool_choice": "auto", "model": "n"}),
            (4, "T:2000* S:1000* a:500*", 3500, 0, 0, 350.0, {"tool_choice": "auto", "model": "m", "stream": 1}),
        ],
    ),
    "nova writes for nothing": (
        NOVA,
        [(0, "S:2000* a:500*", 0, 2500, 0, 2500.0), (1, "S:2000* a:500 b:100*", 2500, 100, 0, 350.0)],
    ),
    "openai reads whole steps of 128": (
        GPT5,
        [
            (0, "S:1000 a:500", 0, 0, 1500, 1500.0),
            (1, "S:1000 a:500 b:100", 1408, 0, 192, 332.8),  # 11 x 128; 140.8 + 192
            (2, "S:1000 a:500 b:100", 1536, 0, 64, 217.6),  # 12 x 128 of 1,600; 153.6 + 64
            (3, "S:1000 c:500", 0, 0, 1500, 1500.0),  # 1,000 are below the minimum
        ],
    ),
    "1,024 are just enough": (
        GPT5,
        [(0, "S:1024", 0, 0, 1024, 1024.0), (1, "S:1024 a:1", 1024, 0, 1, 103.4), (2, "S:1023", 0, 0, 1023, 1023.0)],
    ),
    "ten idle minutes are not too long, one second more is": (
        GPT5,
        [
            (0, "S:2048", 0, 0, 2048, 2048.0),
            (600, "S:2048", 2048, 0, 0, 204.8),
            (1201, "S:2048", 0, 0, 2048, 2048.0),
        ],
    ),
    "openai's discounts": (GPT4O, [(0, "S:2048", 0, 0, 2048, 2048.0), (1, "S:2048", 2048, 0, 0, 1024.0)]),
    "a quarter for 4.1": (GPT41, [(0, "S:2048", 0, 0, 2048, 2048.0), (1, "S:2048", 2048, 0, 0, 512.0)]),
    "5.5 reads steps of 2,048": (
        GPT55,
        [(0, "S:4000", 0, 0, 4000, 4000.0), (1, "S:4000 a:9", 2048, 0, 1961, 2165.8)],  # 204.8 + 1,961
    ),
    "pro has no discount": (GPT5PRO, [(0, "S:4096", 0, 0, 4096, 4096.0), (1, "S:4096", 0, 0, 4096, 4096.0)]),
    "openai: another cache key, effort or model is another cache": (
        GPT5,
        [
            (0, "S:2048", 0, 0, 2048, 2048.0, {"prompt_cache_key": "a"}),
            (1, "S:2048", 0, 0, 2048, 2048.0, {"prompt_cache_key": "b"}),
            (2, "S:2048", 2048, 0, 0, 204.8, {"prompt_cache_key": "a", "temperature": 1}),
            (3, "S:2048", 0, 0, 2048, 2048.0, {"prompt_cache_key": "a", "effort": "high"}),
        ],
    ),
    "5.6 reads breakpoints: the end of the message before": (
        GPT56,
        [
            (0, "S:2000. a:500.", 0, 2500, 0, 3125.0),
            (1, "S:2000. a:500. b:100 c:300.", 2500, 400, 0, 750.0),  # 250 + 500
            (2, "S:2000. a:500. b:100 d:300.", 2500, 400, 0, 750.0),  # c is no breakpoint of this one
        ],
    ),
    "5.6: tool results end no message, so an agent rereads them every turn": (
        GPT56,
        [
            (0, "S:1000. a:500.", 0, 1500, 0, 1875.0),
            (1, "S:1000. a:500. call:20 out:800", 1500, 0, 820, 970.0),  # 150 + 820
            (2, "S:1000. a:500. call:20 out:800 call2:20 out2:700", 1500, 0, 1540, 1690.0),
        ],
    ),
    "5.6: a mark on the result, kept where it was, is read": (
        GPT56,
        [
            (0, "S:1000. a:500.", 0, 1500, 0, 1875.0),
            (1, "S:1000. a:500. call:20 out:800*", 1500, 820, 0, 1175.0),  # 150 + 1,025
            (2, "S:1000. a:500. call:20 out:800* call2:20 out2:700*", 2320, 720, 0, 1132.0),  # 232 + 900
            (3, "S:1000. a:500. call:20 out:800 call2:20 out2:700 u:60*", 1500, 1600, 0, 2150.0),  # 150 + 2,000
        ],
    ),
    "5.6: half an hour": (
        GPT56,
        [
            (0, "S:2000.", 0, 2000, 0, 2500.0),
            (1799, "S:2000.", 2000, 0, 0, 200.0),
            (3599, "S:2000.", 0, 2000, 0, 2500.0),
        ],
    ),
    "gemini": (
        GEMINI,
        [
            (0, "S:2000 a:100", 0, 0, 2100, 2100.0),
            (9, "S:2000 a:100 b:5", 2100, 0, 5, 215.0),
            (9, "S:2000", 0, 0, 2000, 2000.0),
        ],
    ),
    "deepseek: a unit is hit whole, and what two requests share becomes one": (
        DEEPSEEK,
        [
            (0, "A:1000 B:500", 0, 0, 1500, 1500.0),
            (1, "A:1000 C:500", 0, 0, 1500, 1500.0),  # A was no unit yet
            (2, "A:1000 D:500", 1000, 0, 500, 520.0),  # 20 + 500
            (3, "A:1000 B:500 E:100", 1500, 0, 100, 130.0),  # 30 + 100
        ],
    ),
    "an empty request costs nothing": (CLAUDE, [(0, "", 0, 0, 0, 0.0)]),
}


def expected_of(asked: Asked) -> tuple[Request, Usage]:
    at, text, *rest = asked
    params = rest.pop() if isinstance(rest[-1], dict) else {}
    cost = rest.pop()
    read, write, fresh, write_long = [*rest, 0][:4]
    return Request(at, parts(text), params), Usage(read, write, fresh, write_long, cost)


@pytest.mark.parametrize("name", TABLE)
def test_bills_worked_by_hand(name: str) -> None:
    rules, asked = TABLE[name]
    requests, expected = zip(*map(expected_of, asked), strict=True)
    found = bill(requests, rules)
    assert [replace(usage, cost=round(usage.cost, 6)) for usage in found] == list(expected)


def test_at_least_sixty_usages_were_worked_by_hand() -> None:
    assert sum(len(asked) for _, asked in TABLE.values()) >= 60


def test_a_parallel_request_cannot_read_what_is_not_answered_yet() -> None:
    """An entry can be read once the first answer begins."""
    requests = [Request(at, parts("S:2000*")) for at in (0, 1, 2)]
    found = bill(requests, CLAUDE, first_token=2)
    assert [(usage.read, usage.write) for usage in found] == [(0, 2000), (0, 2000), (2000, 0)]


def test_a_match_may_end_within_a_part() -> None:
    requests = [Request(0, parts("S:1000 a:500")), Request(1, parts("S:1000 b:500"))]
    found = bill(requests, GPT5, shared=lambda one, other: 300)
    assert found[1].read == 1280  # 1,300 in whole steps
    assert bill(requests, GPT5, shared=lambda one, other: 9_000)[1].read == 1408  # no more than the part has


def test_explicit_breakpoints_only() -> None:
    """With none at all nothing is cached: the true opt-out for one-shots."""
    requests = [Request(at, parts("S:2000. a:500."), implicit=False) for at in (0, 1)]
    assert total(bill(requests, GPT56)) == Usage(fresh=5000, cost=5000.0)
    marked = [Request(at, parts("S:2000* a:500."), implicit=False) for at in (0, 1)]
    assert total(bill(marked, GPT56)) == Usage(read=2000, write=2000, fresh=1000, cost=3700.0)


# -- laws -----------------------------------------------------------------------------------------------------------

RULES = (CLAUDE, HAIKU, NOVA, GPT5, GPT55, GPT5PRO, GPT56, GEMINI, DEEPSEEK)


@st.composite
def sessions(draw: st.DrawFn) -> list[Request]:
    """Draw requests that grow, fork and pause."""
    rng = Random(draw(st.integers(0, 2**32)))
    at, requests = 0.0, []
    said: list[Part] = [Part("S", rng.choice([10, 900, 3000]), "system")]
    for _ in range(rng.randint(1, 8)):
        if rng.random() < 0.2:
            said = said[: rng.randint(1, len(said))]
        said = said + [Part(rng.randrange(5), rng.choice([1, 90, 700])) for _ in range(rng.choice([1, 2, 3, 25]))]
        at += rng.choice([0, 10, 299, 300, 301, 700, 4000])
        marks: dict[int, Mark] = dict.fromkeys({0, rng.randrange(len(said)), len(said) - 1}, "5m")
        if rng.random() < 0.2:
            marks[0] = "1h"
        requests.append(Request(at, [part._replace(mark=marks.get(n), ends=n % 3 == 0) for n, part in enumerate(said)]))
    return requests


@given(requests=sessions(), rules=st.sampled_from(RULES))
def test_every_token_is_billed_once(requests: list[Request], rules: Rules) -> None:
    for request, usage in zip(requests, bill(requests, rules), strict=True):
        assert usage.tokens == sum(part.tokens for part in request.parts)
        assert min(usage.read, usage.write, usage.write_long, usage.fresh) >= 0
        assert usage.read == 0 or usage.read >= rules.min_tokens


@given(requests=sessions(), rules=st.sampled_from(RULES))
def test_the_past_decides(requests: list[Request], rules: Rules) -> None:
    whole = bill(requests, rules)
    assert bill(requests[: len(requests) // 2], rules) == whole[: len(requests) // 2]


# -- the independent instrument ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def instrument(shared: Path) -> ModuleType:
    """Return ../shared/bench/cachesim.py."""
    if not (shared / "bench" / "cachesim.py").is_file():
        pytest.skip(f"no bench/cachesim.py in {shared}")
    sys.path.insert(0, str(shared))
    try:
        from bench import cachesim
    finally:
        sys.path.remove(str(shared))
    return cachesim


def _told(request: Request) -> tuple[float, list[tuple[Any, int]]]:
    return request.at, [(part.key, part.tokens) for part in request.parts]


def _common(one: Any, other: Any) -> int:
    return zlib.crc32(repr(sorted([one, other])).encode()) % 700


def _agree(usages: Sequence[Usage], bills: Sequence[Any]) -> None:
    for usage, theirs in zip(usages, bills, strict=True):
        assert (usage.read, usage.write, usage.fresh) == (theirs.read, theirs.write, theirs.fresh)
        assert usage.cost == pytest.approx(theirs.cost)


@given(requests=sessions(), ttft=st.sampled_from([0.0, 1.0, 15.0]), kind=st.sampled_from(["all", "system and last"]))
def test_anthropics_bills_agree_with_the_instrument(
    instrument: ModuleType, requests: list[Request], ttft: float, kind: Literal["all", "system and last"]
) -> None:
    marked = [replace(each, parts=[p._replace(mark=p.mark and "5m") for p in each.parts]) for each in requests]
    marks = iter([[n for n, part in enumerate(each.parts) if part.mark] for each in marked])
    expected = instrument.anthropic(list(map(_told, marked)), markers=lambda _: next(marks), ttft=ttft)
    _agree(bill(marked, CLAUDE, first_token=ttft), expected)


@given(requests=sessions(), partial=st.booleans())
def test_openais_bills_agree_with_the_instrument(
    instrument: ModuleType, requests: list[Request], partial: bool
) -> None:
    keyed = [replace(each, parts=[p._replace(key=str(p.key)) for p in each.parts]) for each in requests]
    shared = _common if partial else None
    _agree(bill(keyed, GPT5, shared=shared), instrument.openai(list(map(_told, keyed)), partial=shared))
