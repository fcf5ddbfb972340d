"""Every Python example in the documents runs as it stands, and every number's command exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool

from tests.laws.conversations import rows

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = [
    pytest.param(code, id=f"{document.stem}-{number}")
    for document in DOCUMENTS
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL))
]


class Model(FakeListChatModel):
    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self


@tool
def orders() -> str:
    """List the orders."""
    return rows(90)


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from langgraph.prebuilt import ToolNode

    monkeypatch.setenv("HEADROOM_DATABASE_URL", f"sqlite:///{tmp_path / 'originals.db'}")
    names: dict[str, Any] = {
        "big_tool_output": '{"items": ' + rows(120) + "}",
        "prompt": ChatPromptTemplate.from_messages(["hello"]),
        "model": Model(responses=["ok"]),
        "tools": [orders],
        "ToolNode": ToolNode,
    }
    exec(compile(code, "example", "exec", dont_inherit=True), names)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_link_and_script_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []
    scripts = re.findall(r"\b(benchmarks/\w+\.py)", text)
    assert [script for script in scripts if not (ROOT / script).exists()] == []
