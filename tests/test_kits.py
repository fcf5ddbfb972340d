"""Every host kit runs offline, as its README says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KITS = Path(__file__).parents[1] / "integrations"
SAYS = {
    "agno": "assistant: Order 131 failed",
    "anthropic-sdk": "Order 131 failed.",
    "claude-code": "",
    "langchain": "ai: Order 131 failed.",
    "langgraph": "Order 131 failed.",
}


def test_every_kit_is_listed_and_has_its_three_steps() -> None:
    folders = sorted(folder.name for folder in KITS.iterdir() if folder.is_dir())
    assert folders == sorted(SAYS)
    for folder in folders:
        readme = (KITS / folder / "README.md").read_text(encoding="utf-8")
        assert all(f"\n{step}. " in readme for step in (1, 2, 3))
        assert f"[{folder}]({folder})" in (KITS / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("kit", [kit for kit in SAYS if kit != "claude-code"])
def test_a_kit_runs(kit: str, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(KITS / kit / "main.py")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=100,
        check=True,
    )
    assert SAYS[kit] in done.stdout
