"""Imports go the way docs/ARCHITECTURE.md draws them; the contracts stand in .importlinter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter.cli", reason="import-linter is installed by `make quick` and `make test`")

ROOT = Path(__file__).parents[1]
LINT = """
import sys
from importlinter import cli
sys.exit(cli.lint_imports(config_filename=sys.argv[1], no_cache=True))
"""


def test_imports_go_one_way() -> None:
    """In a process of its own: the linter configures logging, which silences every logger there is."""
    command = [sys.executable, "-c", LINT, str(ROOT / ".importlinter")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    report = done.stdout + done.stderr
    assert done.returncode == 0, report
    assert "0 broken" in report
