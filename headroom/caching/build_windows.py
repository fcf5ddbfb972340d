"""Collect the context windows of models: `python -m headroom.caching.build_windows`.

LangChain's provider packages ship what the models.dev project (MIT) knows of each model; the smallest window wins where
two packages spell a name alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from headroom.caching.rules import bare

PACKAGES = ("langchain_anthropic", "langchain_aws", "langchain_openai")


def collect() -> dict[str, int]:
    """Return the tokens that each model that writes text can read, by its bare name. Raises ImportError without the packages."""
    found: dict[str, int] = {}
    for package in PACKAGES:
        profiles: Mapping[str, Mapping[str, Any]] = import_module(f"{package}.data._profiles")._PROFILES
        for name, profile in profiles.items():
            window = profile.get("max_input_tokens") or 0
            if window > 0 and profile.get("text_outputs") and "embedding" not in name:
                found[bare(name)] = min(window, found.get(bare(name), window))
    return dict(sorted(found.items()))


if __name__ == "__main__":
    Path(__file__).with_name("windows.json").write_text(json.dumps(collect(), indent=1) + "\n", encoding="utf-8")
