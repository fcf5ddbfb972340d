"""The public names, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import headroom

PUBLIC = [
    "Block",
    "Compressed",
    "CompressionError",
    "Compressor",
    "ConfigError",
    "Decision",
    "Headroom",
    "HeadroomError",
    "Plan",
    "RefNotFound",
    "Settings",
    "Shrunk",
    "StoreError",
    "WireError",
    "WireRequest",
]
HEAVY = {"langchain_core", "sqlalchemy", "tiktoken", "pydantic", "pydantic_settings", "aiohttp", "click", "rich"}


def _python(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_the_public_names_are_these() -> None:
    assert sorted(headroom.__all__) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_documented_and_says_where_it_is_from(name: str) -> None:
    value = getattr(headroom, name)
    assert value.__module__.startswith("headroom.")
    assert value.__doc__
    assert name in dir(headroom)


def test_importing_headroom_loads_nothing_heavy() -> None:
    loaded = _python("import sys, headroom; print(*{name.partition('.')[0] for name in sys.modules})")
    assert set(loaded.split()) & HEAVY == set()


def test_importing_headroom_reads_no_setting_and_makes_no_file(tmp_path: Path) -> None:
    program = f"import os; os.environ.update(HOME={str(tmp_path)!r}, HEADROOM_DATABASE_URL='nonsense')\nfrom headroom import *"
    assert _python(program) == ""
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'headroom' has no attribute 'Head'"):
        headroom.Head  # type: ignore[attr-defined]  # noqa: B018


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert headroom.__version__ == project["version"]
