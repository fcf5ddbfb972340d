"""What a tool call asks for, told from its name and arguments alone.

A file view must stay byte-exact or be declared, instructions must not be touched, and our own
answers must never be compressed. A name is only ever a reason to do less.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from headroom.marker import TOOL

_VIEW_TOOLS = frozenset(
    {
        "read",
        "view",
        "readfile",
        "viewfile",
        "openfile",
        "open",
        "cat",
        "notebookread",
        "getfilecontents",
        "readmanyfiles",
    }
    | {"readmultiplefiles", "readtextfile", "fsread"}
)
_EDITOR_TOOLS = frozenset({"strreplaceeditor", "strreplacebasededittool", "editor", "texteditor"})
_SCRIPTS = ("command", "cmd", "commands", "script", "code")
_SHELLS = frozenset({"bash", "sh", "zsh", "/bin/bash", "/bin/sh"})
_VIEW_COMMAND = re.compile(
    r"(?:sudo )?(?:cat|bat|nl|less|more|head|tail|type|Get-Content|open|goto|scroll_up|scroll_down|edit [0-9]+:[0-9]+|sed -n|awk 'NR|git show [^ ]*:[^ ]+|git cat-file)(?![\w-])"
)
_DIFF_COMMAND = re.compile(
    r"(?:sudo )?(?:git (?:-[^ ]+ )*(?:diff|show|format-patch|log (?:.* )?-p\b)|diff|colordiff|svn diff|hg diff)(?![\w-])"
)
_PART_COMMAND = re.compile(
    r"(?:sudo )?(?:head|tail|sed -n|awk 'NR|goto|scroll_up|scroll_down|edit)(?![\w-])"
    r"|(?:open|git show|cat|nl|bat) .*(?:\| *(?:head|tail|sed -n)| [0-9]+$)"
    r"|(?:git )?(?:grep|rg) .*-[A-Za-z]*[ABC] ?[0-9]"
)
_PART_NAMES = frozenset(
    {"limit", "offset", "viewrange", "range", "lines", "start", "end", "startline", "endline", "linestart", "lineend"}
    | {"linenumber", "firstline", "lastline", "fromline", "toline", "head", "tail"}
)
_WHOLE: tuple[object, ...] = (None, "", [], 0, 1)
"""What a part's argument may say without asking for one."""

_PIPED_ON = re.compile(r"\|(?! *(?:head|tail|nl|cat|less|sed -n)\b)")
_INSTRUCTIONS = re.compile(
    r"(?:^|[/\\\s\"'])(?:SKILL|AGENTS|CLAUDE|GEMINI|CONVENTIONS)(?:\.local)?\.md\b|copilot-instructions\.md|\.cursorrules|\.windsurfrules"
    r"|[/\\]\.(?:cursor|claude|windsurf)[/\\]+rules[/\\]"
)


def is_retrieval(tool: str) -> bool:
    """Whether the call is for headroom_retrieve, under its own name or behind an MCP prefix."""
    return tool == TOOL or tool.endswith("__" + TOOL)


def is_file_view(tool: str, arguments: str) -> bool:
    """Whether the call shows a file: Read, view, `cat x`, `sed -n 1,9p x`, or a diff that may be applied."""
    name = _bare(tool)
    if name in _VIEW_TOOLS:
        return True
    if name in _EDITOR_TOOLS:
        return '"command":"view"' in arguments
    return any(_VIEW_COMMAND.match(step) or _DIFF_COMMAND.match(step) for step in _steps(arguments))


def reads_range(tool: str, arguments: str) -> bool:
    """Whether the call asks for some lines of a file and what stands round them.

    Read with offset or limit, `sed -n 1,9p x`, `head -n 9 x`, `grep -A 9 "def f" x`, an editor's window.
    """
    name = _bare(tool)
    if name in _VIEW_TOOLS or name in _EDITOR_TOOLS:
        return any(_bare(key) in _PART_NAMES and value not in _WHOLE for key, value in _named(arguments).items())
    return any(_PART_COMMAND.match(step) for step in _steps(arguments))


def reads_instructions(tool: str, arguments: str) -> bool:
    """Whether the call reads what an agent must follow to the letter: skills, AGENTS.md, rules."""
    return _bare(tool) == "skill" or _INSTRUCTIONS.search(arguments) is not None


def _bare(tool: str) -> str:
    """Return a tool's name without MCP prefix, case and separators: `mcp__fs__read_file` is `readfile`."""
    return re.sub(r"[^a-z0-9]", "", tool.rsplit("__", 1)[-1].rsplit(".", 1)[-1].lower())


def _steps(arguments: str) -> Iterator[str]:
    """Yield the shell commands in a call's arguments whose own output is what the model sees.

    A command that writes elsewhere, or whose output another program rewrites, shows no file.
    """
    for script in _scripts(arguments):
        for step in re.split(r"&&|\|\||;|\n", script):
            if (
                ">" not in step.replace("2>&1", "").replace("2>/dev/null", "")
                and "<<" not in step
                and not _PIPED_ON.search(step)
            ):
                yield step.strip()


def _scripts(arguments: str) -> Iterator[str]:
    """Yield the shell scripts among a call's arguments, lists of words joined."""
    values = _named(arguments)
    for value in (values[name] for name in _SCRIPTS if name in values):
        if isinstance(value, str):
            yield value
        elif isinstance(value, list) and all(isinstance(word, str) for word in value):
            yield value[-1] if value[:1] and value[0] in _SHELLS else " ".join(value)


def _named(arguments: str) -> dict[str, object]:
    """Return a call's arguments by name; none if they are nothing of the kind."""
    try:
        values = json.loads(arguments) if arguments else {}
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
