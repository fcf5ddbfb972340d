"""Every notebook runs from top to bottom, offline, and is committed with what came of it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"

NEEDS = {
    "agno_agent": {"agno": "agno", "openai": "openai", "matplotlib": "plot"},
    "langgraph_agent": {"langchain": "langgraph", "langchain_openai": "openai", "matplotlib": "plot"},
    "quickstart": {"matplotlib": "plot"},
    "rag": {"langchain_classic": "", "langchain_openai": "openai", "matplotlib": "plot"},
    "savings": {"matplotlib": "plot"},
}
"""What each imports besides headroom, and the extra that brings it; "" for what none brings."""


def test_every_notebook_is_listed_here() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(NEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", NEEDS)
def test_a_notebook_runs(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for module, extra in NEEDS[name].items():
        wanted = f"headroom-ai[{extra}]" if extra else module.replace("_", "-")
        pytest.importorskip(module, reason=f"{name}.ipynb needs {module}: pip install '{wanted}'")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
        for number, cell in enumerate(code_cells(name)):
            exec(compile("".join(cell["source"]), f"{name}.ipynb[{number}]", "exec"), names)
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", NEEDS)
def test_a_notebook_is_committed_as_it_was_executed(name: str) -> None:
    cells = code_cells(name)
    refresh = f"python notebooks/execute.py {name}"
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), refresh
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} == {"stream", "display_data"}, refresh
    assert any("image/png" in output.get("data", {}) for output in outputs), refresh
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    printing = [cell for cell in cells if "print(" in "".join(cell["source"])]
    assert [cell["id"] for cell in printing if not cell["outputs"]] == []


def code_cells(name: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook that are code."""
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
