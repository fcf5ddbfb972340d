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


@pytest.mark.parametrize(
    "call",
    [
        ("Read", '{"file_path":"/a.py","limit":40,"offset":10}'),
        ("Read", '{"file_path":"/a.py","offset":200}'),
        ("str_replace_editor", '{"command":"view","path":"/a","view_range":[1,50]}'),
        ("mcp__fs__read_text_file", '{"head":20,"path":"a"}'),
        ("read_file", '{"end_line_one_indexed":9,"endLine":9,"path":"a","startLine":1}'),
        bash("sed -n 10,40p a.py"),
        bash("cd /src && head -n 20 a.py"),
        bash("tail -50 a.py"),
        bash("cat a.py | head -50"),
        bash("nl -ba a.py | sed -n '10,20p'"),
        bash("awk 'NR==10' a.py"),
        bash("open src/a.py 120"),
        bash("goto 120"),
        bash("edit 10:12\nx = 1\nend_of_edit"),
        ("shell", '{"command":["bash","-lc","sed -n 1,200p x"]}'),
    ],
)
def test_a_view_of_a_range_is_recognised(call: tuple[str, str]) -> None:
    assert calls.is_file_view(*call)
    assert calls.reads_range(*call)


@pytest.mark.parametrize("command", ["grep -A 50 'class A' a.py", "grep -n -B2 x a.py", "git grep -nC3 x", "rg -A5 x"])
def test_a_search_that_shows_what_stands_around_reads_a_range(command: str) -> None:
    assert calls.reads_range(*bash(command))
    assert not calls.is_file_view(*bash(command))


@pytest.mark.parametrize(
    "call",
    [
        ("Read", '{"file_path":"/a.py"}'),
        ("Read", '{"file_path":"/a.py","limit":null,"offset":0}'),
        ("str_replace_editor", '{"command":"view","path":"/a","view_range":[]}'),
        bash("cat a.py"),
        bash("nl -ba a.py"),
        bash("cat headers.py"),
        bash("make test | tail -5"),
        bash("grep -rn A a.py"),
        bash("open a.py"),
        ("search", '{"limit":5,"query":"x"}'),
        ("x", "not json"),
        ("x", "[" * 10_000),
        ("Read", '["a"]'),
    ],
)
def test_a_view_of_a_whole_file_is_no_range(call: tuple[str, str]) -> None:
    assert not calls.reads_range(*call)
