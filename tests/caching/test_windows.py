"""Context windows by the names of models, in every spelling."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from headroom.caching.windows import UNDERCOUNT, Window, window_of


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("claude-haiku-4-5-20251001", Window(200_000)),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", Window(200_000)),
        ("claude-sonnet-4-5[1m]", Window(1_000_000)),
        ("claude-opus-5", Window(1_000_000)),
        ("claude-newer-than-the-list", Window(200_000)),
        ("openai/gpt-5.4", Window(1_000_000, 1.0)),
        ("gpt-5", Window(272_000, 1.0)),
        ("gpt-4o-mini-2024-07-18", Window(128_000, 1.0)),
        ("gpt-4-32k", Window(8_192, 1.2)),
        ("gpt-6", Window(272_000, 1.0)),
        ("o3-mini", Window(200_000, 1.0)),
        ("gemini-3-pro", Window(1_048_576)),
        ("moonshot.kimi-k2-thinking", Window(262_144)),
        ("somebody/else", None),
        ("", None),
    ],
)
def test_windows(model: str, window: Window | None) -> None:
    assert window == window_of(model)


def test_what_nobody_measured_leaves_most_room() -> None:
    window = window_of("glm-5")
    assert window is not None
    assert window.room == int(window.max_tokens / UNDERCOUNT)


def test_the_list_is_that_of_the_installed_packages() -> None:
    pytest.importorskip("langchain_aws.data._profiles")
    pytest.importorskip("langchain_openai.data._profiles")
    pytest.importorskip("langchain_anthropic.data._profiles")
    from headroom.caching.build_windows import collect

    listed = json.loads(files("headroom.caching").joinpath("windows.json").read_text())
    assert listed == collect(), "python -m headroom.caching.build_windows"
