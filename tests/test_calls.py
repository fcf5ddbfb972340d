from __future__ import annotations

import json

import pytest

from headroom import calls


def bash(command: str) -> tuple[str, str]:
    return "Bash", json.dumps({"command": command}, separators=(",", ":"))


@pytest.mark.parametrize(
    "call",
    [
        ("Read", '{"file_path":"/a.py"}'),
        ("mcp__filesystem__read_file", '{"path":"a"}'),
        ("str_replace_editor", '{"command":"view","path":"/a"}'),
        bash("cat app.log"),
        bash("cd /src && sed -n 1,9p a.py"),
        bash("cat a.py | head -50"),
        bash("git diff HEAD~1"),
        bash("nl -ba a.py"),
        ("shell", '{"command":["bash","-lc","cat x"]}'),
        ("shell", '{"command":["cat","x"]}'),
    ],
)
def test_a_file_view_is_recognised(call: tuple[str, str]) -> None:
    assert calls.is_file_view(*call)


@pytest.mark.parametrize(
    "call",
    [
        bash("make test"),
        bash("cat x | jq .items"),
        bash("cat > x <<EOF"),
        bash("cat a.txt > b.txt"),
        bash("category --list"),
        bash("git status"),
        bash("git log --oneline"),
        bash("git push && curl x"),
        ("search", '{"query":"cat"}'),
        ("str_replace_editor", '{"command":"create","path":"/a"}'),
        ("x", "not json"),
        ("", ""),
    ],
)
def test_other_calls_are_no_file_views(call: tuple[str, str]) -> None:
    assert not calls.is_file_view(*call)


@pytest.mark.parametrize(
    "call",
    [
        ("Skill", '{"name":"pdf"}'),
        ("Read", '{"file_path":"/repo/AGENTS.md"}'),
        bash("cat ~/.claude/skills/pdf/SKILL.md"),
        ("Read", '{"file_path":"C:\\\\repo\\\\.cursor\\\\rules\\\\x.mdc"}'),
        ("Read", '{"file_path":".github/copilot-instructions.md"}'),
    ],
)
def test_g11_instructions_are_recognised(call: tuple[str, str]) -> None:
    assert calls.reads_instructions(*call)


def test_ordinary_files_are_no_instructions() -> None:
    assert not calls.reads_instructions("Read", '{"file_path":"/repo/AGENTS_LIST.md"}')
    assert not calls.reads_instructions("Read", '{"file_path":"/repo/skills.py"}')


@pytest.mark.parametrize(
    ("tool", "ours"), [("headroom_retrieve", True), ("mcp__headroom__headroom_retrieve", True), ("retrieve", False)]
)
def test_our_tool_is_recognised(tool: str, ours: bool) -> None:
    assert calls.is_retrieval(tool) is ours
