"""Imports go the way docs/ARCHITECTURE.md draws them; the contracts stand in .importlinter."""

from __future__ import annotations

from pathlib import Path

import pytest

cli = pytest.importorskip("importlinter.cli", reason="import-linter is installed by `make quick` and `make test`")

ROOT = Path(__file__).parents[1]


def test_imports_go_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True)
    report = capsys.readouterr().out
    assert status == cli.EXIT_STATUS_SUCCESS, report
    assert "0 broken" in report
