"""What stands in view: what it costs to remember."""

from __future__ import annotations

import gc
import json
import sys
import types
from contextlib import closing

import pytest

from headroom import Headroom, Settings
from headroom.content import Block
from headroom.view import View
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC

LINES = "\n".join(f"{n:04} served item {n * 7919 % 101} in {n % 9} ms" for n in range(400))
TEXTS = {
    "lines": LINES,
    "short lines": "\n".join(str(n) for n in range(2_000)),
    "long lines": "\n".join("x" * 150 + str(n) for n in range(300)),
    "one line again and again": "the same\n" * 3_000,
    "numbered": "\n".join(f"{n:6}\treturn {n * n}" for n in range(1, 400)),
    "an object": json.dumps({f"key{n}": {"name": f"customer-{n}", "city": "Rome"} for n in range(200)}),
    "one long line": "words and more " * 2_000,
    "beyond ASCII": "\n".join(f"Größe {n} 漢字" for n in range(400)),
}


def held(*roots: object) -> int:
    """Return the bytes of everything that these objects lead to, each counted once; code and modules aside."""
    seen: set[int] = set()
    found, size = [*roots], 0
    while found:
        each = found.pop()
        if id(each) in seen or isinstance(each, type | types.ModuleType | types.FunctionType | types.MethodType):
            continue
        seen.add(id(each))
        size += sys.getsizeof(each)
        found += gc.get_referents(each)
    return size


@pytest.mark.parametrize("kind", TEXTS)
def test_a_view_holds_no_more_than_it_says(kind: str) -> None:
    view = View()
    for number in range(20):
        text = TEXTS[kind].replace("\n", f" {number}\n")
        view.add(Block(text, kind="tool_result", tool="Bash", arguments=f'{{"command":"show {number}"}}'), text)
    view.objects.amended('{"key1": {"name": "customer-1", "city": "Rome"}, "more": "than was shown before"}')
    assert held(view) <= 1.25 * view.size


def test_what_a_headroom_remembers_is_bounded_by_memo_bytes() -> None:
    with_tool = {"tools": [{"name": name, "input_schema": {}} for name in ("Bash", "headroom_retrieve")]}
    settings = Settings(database_url="sqlite:///:memory:", memo_bytes=2 << 20)
    with closing(Headroom(settings)) as headroom:
        for number in range(120):
            call = {"type": "tool_use", "id": f"toolu_{number}", "name": "Bash", "input": {"command": f"show {number}"}}
            rows = "\n".join(f"{number * 7919 % (n + 11)} item {n} took {n % 7} ms" for n in range(120))
            result = {"type": "tool_result", "tool_use_id": call["id"], "content": f"{LINES}\n{rows}"}
            turns = [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
            body = {"model": "m", "messages": [{"role": "user", "content": "Look."}, *turns], **with_tool}
            headroom.invoke(WireRequest(json.dumps(body).encode(), ANTHROPIC))
        folding = headroom._folding
        memos = [folding._settled, folding._attempts, folding._views]
        assert held(*(memo._values for memo in memos)) <= settings.memo_bytes
        assert all(len(memo) for memo in memos)
