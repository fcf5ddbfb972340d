"""Real tools, run on small broken projects: what they print when something goes wrong among much that goes well."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 100


@dataclass(frozen=True)
class Case:
    """A project, the command that fails in it, and where its failure stands in what the command prints."""

    name: str
    files: dict[str, str]
    """Paths and texts."""
    command: tuple[str, ...]
    """The first word is a tool's name."""
    begins: str
    """A pattern that the failure's first line holds, and no line before it."""
    ends: str
    """A pattern that the first line after the failure holds; empty for the output's end."""
    holds: tuple[str, ...] = ()
    """Words without which it were not the failure that is meant."""
    needs: str = ""
    """Another tool that the command starts."""

    def __str__(self) -> str:
        return f"{self.command[0]}-{self.name}"


@dataclass(frozen=True)
class Printed:
    """What a command printed on both streams, and its exit code."""

    text: str
    code: int

    def failure(self, case: Case) -> list[str]:
        """Return the lines of the failure."""
        lines = self.text.split("\n")
        start = next((n for n, line in enumerate(lines) if re.search(case.begins, line)), None)
        assert start is not None, f"{case} prints no line like {case.begins}:\n{self.text[-3_000:]}"
        after = (n for n in range(start + 1, len(lines)) if case.ends and re.search(case.ends, lines[n]))
        block = lines[start : next(after, len(lines))]
        while not block[-1].strip():
            block.pop()
        for word in case.holds:
            assert any(word in line for line in block), f"{case}: no {word!r} in the failure:\n" + "\n".join(block)
        return block


def tool(name: str) -> str:
    """Return a tool's path; skip the test where it cannot be had."""
    if name == "pytest" or name == "python":
        return sys.executable
    local = ROOT / ".cache" / "npm" / "node_modules" / ".bin" / name
    found = os.environ.get(f"HEADROOM_{name.upper()}") or (str(local) if local.exists() else shutil.which(name))
    if not found:
        pytest.skip(f"no {name} on this machine")
    return found


def run(case: Case, folder: Path) -> Printed:
    """Write the project into `folder` and run its command there."""
    program = tool(case.command[0])
    if case.needs:
        tool(case.needs)
    for path, text in case.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    first = [program, "-m", "pytest"] if case.command[0] == "pytest" else [program]
    done = subprocess.run(
        [*first, *case.command[1:]],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    return Printed(done.stdout.decode("utf-8", "replace"), done.returncode)


def environment(folder: Path) -> dict[str, str]:
    """Return an environment that says nothing of this very test run, in English."""
    (folder.parent / f"{folder.name}-temporary").mkdir(exist_ok=True)
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "RUSTUP_HOME", "CARGO_HOME", "JAVA_HOME")
        if name in os.environ
    }
    return kept | {
        "LC_ALL": "C",
        "TMPDIR": str(folder.parent / f"{folder.name}-temporary"),  # go ignores a go.mod in the temporary folder
        "COLUMNS": "80",
        "NO_UPDATE_NOTIFIER": "1",
        "npm_config_cache": str(folder / ".npm"),
        "PYTHONUNBUFFERED": "1",
    }
