"""Which rules a model gets, however its name is spelled."""

from __future__ import annotations

import math

import pytest

from headroom.caching.rules import Provider, rules_of
from headroom.caching.windows import Window, window_of


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("anthropic", "claude-opus-5", 512),
        ("anthropic", "claude-fable-5-1", 512),
        ("anthropic", "claude-mythos-5-1", 512),
        ("anthropic", "claude-opus-4-8[1m]", 1024),
        ("anthropic", "claude-sonnet-4-5-20250929", 1024),
        ("anthropic", "claude-sonnet-4-20250514", 1024),
        ("anthropic", "claude-opus-4-1-20250805", 1024),
        ("anthropic", "anthropic/claude-opus-4.7", 2048),
        ("anthropic", "claude-3-5-haiku-latest", 2048),
        ("anthropic", "claude-haiku-4-5", 4096),
        ("anthropic", "claude-opus-4-6", 4096),
        ("anthropic", "claude-of-2031", 4096),
        ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 1024),
        ("bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-opus-4-6-v1:0", 4096),
        ("bedrock", "amazon.nova-pro-v1:0", 1024),
        ("openai", "gpt-5", 1024),
        ("gemini", "gemini-2.5-flash", 2048),
        ("gemini", "gemini-3-pro", 4096),
    ],
)
def test_the_shortest_prefix_that_is_cached(provider: Provider, model: str, expected: int) -> None:
    assert expected == rules_of(provider, model).min_tokens


@pytest.mark.parametrize(
    ("model", "matching", "read", "write", "step"),
    [
        ("gpt-4o-2024-08-06", "prefix", 0.5, 1.0, 128),
        ("gpt-4.1-mini", "prefix", 0.25, 1.0, 128),
        ("openai/gpt-5-mini", "prefix", 0.1, 1.0, 128),
        ("gpt-5-2025-08-07", "prefix", 0.1, 1.0, 128),
        ("gpt-5.5", "prefix", 0.1, 1.0, 2048),
        ("gpt-5-pro", "none", 1.0, 1.0, 128),
        ("gpt-5.5-pro-2026", "none", 1.0, 1.0, 128),
        ("gpt-5.6", "breakpoints", 0.1, 1.25, 1),
        ("gpt-6.1-sol", "breakpoints", 0.1, 1.25, 1),
        ("gpt-35-turbo", "prefix", 0.5, 1.0, 128),
        ("a-model-of-2031", "prefix", 0.5, 1.0, 128),
    ],
)
def test_openais_generations(model: str, matching: str, read: float, write: float, step: int) -> None:
    rules = rules_of("openai", model)
    assert (matching, read, write, step) == (rules.matching, rules.read, rules.write, rules.step)


def test_cold_is_the_longest_lifetime_that_is_documented() -> None:
    claude = rules_of("anthropic", "claude-opus-5")
    assert (claude.cold_after(), claude.cold_after(long_marks=True)) == (300, 3_600)
    assert rules_of("openai", "gpt-5").cold_after() == 86_400
    assert rules_of("openai", "gpt-5.6").cold_after() == math.inf  # 30 minutes are its least
    assert rules_of("gemini", "gemini-3-pro").cold_after() == math.inf
    assert rules_of("deepseek", "deepseek-v4-pro").cold_after() == math.inf


def test_prices() -> None:
    claude = rules_of("anthropic", "claude-sonnet-4-5")
    assert (claude.read, claude.write, claude.write_long, claude.lookback, claude.max_marks) == (0.1, 1.25, 2.0, 20, 4)
    assert rules_of("deepseek", "deepseek-v4-flash").read == 0.02
    assert rules_of("deepseek", "deepseek-v4-pro").read == 0.033


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-4-5", Window(200_000)),
        ("claude-sonnet-4-5[1m]", Window(1_000_000)),
        ("us.anthropic.claude-opus-4-8-v1:0", Window(1_000_000)),
        ("gpt-4.1", Window(1_047_576, undercount=1.0)),
        ("gpt-5.2-codex", Window(272_000, undercount=1.0)),
        ("llama-3", None),
        ("", None),
    ],
)
def test_windows(model: str, expected: Window | None) -> None:
    assert expected == window_of(model)


def test_what_is_sure_to_fit_leaves_room_for_claudes_own_tokenizer() -> None:
    window = window_of("claude-sonnet-4-5")
    assert window is not None
    assert window.room == 129_032  # 200,000 / 1.55
