"""Execute the notebooks and write what came of it into them: python notebooks/execute.py [quickstart ...]

Nothing that differs from run to run without meaning goes into them: no times, no version of Python. Needs
nbclient and ipykernel.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def execute(path: Path) -> None:
    """Run a notebook from top to bottom in a new kernel. Raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    settings = {"timeout": 300, "record_timing": False, "coalesce_streams": True, "store_widget_state": False}
    NotebookClient(notebook, **settings).execute(cwd=str(FOLDER))
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, path)


def main(*names: str) -> None:
    """Execute the named notebooks, or all."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not names or path.stem in names:
            print(path.name, flush=True)
            execute(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
