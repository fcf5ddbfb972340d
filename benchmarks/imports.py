"""What importing headroom costs over what it stands on, in fresh interpreters; processor time, medians.

    python -m benchmarks.imports [--runs 7]

Each interpreter imports the base first and then what is measured, so that both run on the same machine at the
same load: on a slow or busy one the share of the base says more than the milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from rich.console import Console
from rich.table import Table

CORE = "from langchain_core.messages import AIMessage; from langchain_core.runnables import RunnableSerializable"
HEADROOM = "from headroom import Headroom"
MODELS = "from langchain_core.language_models import BaseChatModel"

_PROGRAM = """
from time import process_time
start = process_time()
{base}
between = process_time()
{more}
print(between - start, process_time() - between)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison: `more` on top of `base`, which needs a package."""

    more: str
    base: str
    limit: float | None = None
    """Milliseconds asked for at most."""
    needs: str = "langchain_core"


def _integration(name: str, base: str, *, needs: str = "langchain_core", limit: float | None = 50) -> Case:
    return Case(f"from headroom.integrations import {name}", f"{base}; {HEADROOM}", limit, needs)


CASES = (
    Case("import headroom", CORE),
    Case(HEADROOM, CORE, 100),
    Case("import headroom.integrations", CORE),
    _integration("HeadroomChatModel", MODELS),
    _integration("HeadroomDocumentCompressor", "from langchain_core.documents import BaseDocumentCompressor"),
    _integration("HeadroomMiddleware", "from langchain.agents import create_agent", needs="langchain"),
    _integration("HeadroomToolNode, ContextNode", "from langgraph.prebuilt import ToolNode", needs="langgraph"),
    _integration("LangGraphStore", "from langgraph.store.base import BaseStore", needs="langgraph"),
)


def measure(case: Case, *, runs: int) -> tuple[float, float]:
    """Return what the base takes and what is added, in milliseconds."""
    program = _PROGRAM.format(base=case.base, more=case.more)
    taken = [_run(program) for _ in range(runs + 1)][1:]  # the first one may write bytecode
    return statistics.median(base for base, _ in taken), statistics.median(more for _, more in taken)


def _run(program: str) -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    base, more = map(float, done.stdout.split())
    return base * 1e3, more * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description="What importing headroom costs.")
    parser.add_argument("--runs", type=int, default=7, help="interpreters per row")
    runs = parser.parse_args().runs
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("import", "on top of", "base, ms", "added, ms", "of the base", "asked, ms"):
        table.add_column(column, justify="left" if column in ("import", "on top of") else "right")
    for case in CASES:
        if find_spec(case.needs) is None:
            table.add_row(case.more, f"{case.needs} is not installed")
            continue
        base, more = measure(case, runs=runs)
        limit = f"≤ {case.limit:.0f}" if case.limit is not None else ""
        table.add_row(case.more, case.base, f"{base:.0f}", f"{more:.0f}", f"{100 * more / base:.0f} %", limit)
    Console(width=max(140, Console().width)).print(table)


if __name__ == "__main__":
    main()
