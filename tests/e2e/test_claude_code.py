"""Real Claude Code, through the proxy, to an upstream that refuses any assistant message it did not produce."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headroom import marker, tokens
from headroom.compressors.numbered import expand
from headroom.testing.script import Json, call, ours, step, text
from headroom.testing.upstream import FakeAnthropic, Recorded
from tests.e2e.claude import SECONDS, Run, claude, command, environment, proxied

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ROWS = """import json
rows = [{"id": 4000 + n, "customer": f"customer-{n * 7919 % 997:03d}", "status": "FAILED" if n == 131 else "paid",
         "amount": round(10 + n * 37 % 501 / 7, 2), "currency": "EUR", "country": ["DE", "FR", "IT"][n % 3]} for n in range(200)]
rows[131]["error"] = "card declined: code 51"
print(json.dumps(rows))
"""
LOG = """for n in range(240):
    level, text = ("ERROR", "timeout after 30s talking to ledger-7") if n == 170 else ("INFO", f"request {n * 7919 % 100003} done in {20 + n % 13}ms")
    print(f"2026-11-22T10:{n // 60:02d}:{n % 60:02d}.{n * 37 % 1000:03d}Z {level} [worker-{n % 4}] payments: {text}")
"""
FACTS = ("4131", "card declined: code 51", "timeout after 30s talking to ledger-7")


def furnish(folder: Path) -> Path:
    """Make the folder that Claude Code works in."""
    folder.mkdir()
    (folder / "rows.py").write_text(ROWS)
    (folder / "log.py").write_text(LOG)
    (folder / "notes.txt").write_text("".join(f"{n}. Remember thing number {n}.\n" for n in range(1, 40)))
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return furnish(tmp_path / "home")


def results(body: Json) -> list[str]:
    """Return the text of every tool result in a request."""
    found = []
    for message in body["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "tool_result":
                content = part["content"]
                found.append(
                    content if isinstance(content, str) else "".join(piece.get("text", "") for piece in content)
                )
    return found


def work(body: Json) -> list[Json]:
    """Script: print the rows, print the log, read the notes, answer."""
    python = sys.executable
    match len(results(body)):
        case 0:
            return [text("Rows."), call("Bash", command=f"{python} rows.py", description="rows")]
        case 1:
            return [text("Log."), call("Bash", command=f"{python} log.py", description="log")]
        case 2:
            return [text("Notes."), call("Read", file_path=str(Path(body_home(body)) / "notes.txt"))]
    return [text("The answer is 42.")]


def body_home(body: Json) -> str:
    """Return the working folder that Claude Code tells the model about."""
    said = json.dumps(body)
    start = said.index("orking directory: ") + len("orking directory: ")
    return said[start : said.index("\\n", start)]


def bare(value: Any) -> Any:
    """Return the value without cache marks, which a client moves."""
    if isinstance(value, dict):
        return {key: bare(each) for key, each in value.items() if key != "cache_control"}
    return [bare(each) for each in value] if isinstance(value, list) else value


def line(message: Json) -> str:
    content = message["content"]
    return json.dumps(
        [message["role"], bare([{"type": "text", "text": content}] if isinstance(content, str) else content)]
    )


def assert_stable(requests: list[Recorded], *, joined: int = 0) -> None:
    """Each request begins with the one before it, cache marks aside; tools and system never move.

    `joined` times the last user message may grow, as when an interrupted turn's next words join our result.
    """
    grown = 0
    for before, after in itertools.pairwise(requests):
        assert before.body["tools"] == after.body["tools"]
        assert bare(before.body["system"]) == bare(after.body["system"])
        old, new = [line(m) for m in before.body["messages"]], [line(m) for m in after.body["messages"]]
        if new[: len(old)] != old:
            grown += 1
            assert new[: len(old) - 1] == old[:-1]
            assert new[len(old) - 1].startswith(old[-1][:-2])
    assert grown <= joined


def history_tokens(request: Recorded) -> int:
    """Return the tokens of everything after the first message: what a session piles up."""
    return tokens.count("\n".join(json.dumps(message, ensure_ascii=False) for message in request.body["messages"][1:]))


async def test_a_session_sends_fewer_tokens_and_nothing_else_changes(home: Path, tmp_path: Path) -> None:
    async with FakeAnthropic(work, side=True) as direct:
        plain = await claude(home, direct.url, "Why did the payment fail?")
    assert (plain.code, plain.result["result"]) == (0, "The answer is 42.")
    async with FakeAnthropic(work, side=True) as upstream, proxied(upstream.url, tmp_path / "a" / "store.db") as url:
        run = await claude(home, url, "Why did the payment fail?")
    assert (run.code, run.result["is_error"], run.result["result"]) == (0, False, "The answer is 42.")
    assert upstream.problems == []
    assert len(upstream.messages) == len(direct.messages) == 4
    assert_stable(upstream.messages)
    sent, before = history_tokens(upstream.messages[-1]), history_tokens(direct.messages[-1])
    print(f"history: {before} tokens direct, {sent} through headroom ({100 * sent / before:.1f} %)")
    assert sent <= 0.4 * before
    assert sent < 5_900
    shown = "\n".join(results(upstream.messages[-1].body))
    assert [fact for fact in FACTS if fact not in shown] == []
    view = results(upstream.messages[-1].body)[2]
    assert expand(view) == results(direct.messages[-1].body)[2], "every line of a file view is there, and no ref"


def retrieving(body: Json) -> list[Json]:
    """Script: per prompt, a Bash call, then our tool alone, then mixed with the client's, then an answer."""
    prompts = sum(
        message["role"] == "user" and "PROMPT" in json.dumps(message) and "tool_result" not in json.dumps(message)
        for message in body["messages"]
    )
    after = 0
    for message in body["messages"]:
        if message["role"] == "user" and "PROMPT" in json.dumps(message) and "tool_result" not in json.dumps(message):
            after = 0
        after += message["role"] == "assistant"
    ref = next(iter(marker.refs_in("\n".join(results(body)))), "0" * 24)
    python = sys.executable
    match after:
        case 0:
            return [text("Rows."), call("Bash", command=f"{python} rows.py {prompts}", description="rows")]
        case 1:
            return [text("Looking it up."), ours(ref, path="$[131]")]
        case 2:
            return [
                text("Both."),
                ours(ref, query="customer-131"),
                call("Bash", command="echo mixed", description="say"),
            ]
        case 3:
            return [text("Once more."), ours(ref, lines="all")]
    return [text(f"Done {prompts}.")]


async def test_hidden_retrieval_over_three_prompts_and_a_restart(home: Path, tmp_path: Path) -> None:
    database = tmp_path / "b" / "store.db"
    async with FakeAnthropic(retrieving, side=True) as upstream:
        runs: list[Run] = []
        for number in (1, 2, 3):
            async with proxied(
                upstream.url, database
            ) as url:  # a new proxy for every prompt: it is restarted between them
                runs.append(await claude(home, url, f"PROMPT {number}", resume=number > 1))
    assert upstream.problems == []
    assert [(run.code, run.result["result"]) for run in runs] == [(0, f"Done {n}.") for n in (1, 2, 3)]
    assert all(marker.TOOL not in json.dumps(run.blocks) for run in runs), "the client never hears of our tool"
    assert_stable(upstream.messages)
    answers = results(upstream.messages[-1].body)
    assert sum("card declined: code 51" in answer for answer in answers) >= 3
    assert len(upstream.messages) == 15


@pytest.mark.parametrize(("seen", "blocks"), [("Looking it up.", 0), ("b", 1)])
async def test_an_interrupt_in_a_hidden_round_and_the_next_prompt(
    home: Path, tmp_path: Path, seen: str, blocks: int
) -> None:
    """The client interrupts when it has `seen` what was said before the pause: what it had not seen it would forget."""
    said = iter(
        [
            step(text("Rows."), call("Bash", command=f"{sys.executable} rows.py", description="rows")),
            step(text("Looking it up."), ours("0" * 24)),
            step(text("b"), text("c"), pause_after=blocks),
        ]
    )
    async with (
        FakeAnthropic(lambda _: next(said, step(text("NEXT"))), side=True) as upstream,
        proxied(upstream.url, tmp_path / "c" / "store.db") as url,
    ):
        process = await asyncio.create_subprocess_exec(
            *command("--input-format", "stream-json"),
            env=environment(home, url),
            cwd=home,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        out = process.stdout

        def say(message: Json) -> None:
            assert process.stdin is not None
            process.stdin.write((json.dumps(message) + "\n").encode())

        async def heard(wanted: Callable[[Json], bool]) -> Json:
            async for raw in out:
                event: Json = json.loads(raw)
                if wanted(event):
                    return event
            raise AssertionError("the client ended without it")

        def shows(event: Json) -> bool:
            return event["type"] == "assistant" and text(seen) in event["message"]["content"]

        def ends(event: Json) -> bool:
            return bool(event["type"] == "result")

        try:
            async with asyncio.timeout(SECONDS):
                say({"type": "user", "message": {"role": "user", "content": "first"}})
                await heard(shows)
                await upstream.paused.wait()
                say({"type": "control_request", "request_id": "r", "request": {"subtype": "interrupt"}})
                await heard(ends)
                await upstream.aborted.wait()
                say({"type": "user", "message": {"role": "user", "content": "second"}})
                final = await heard(ends)
                process.stdin.close()
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert (code, final["result"]) == (0, "NEXT")
    assert upstream.problems == []
    assert_stable(upstream.messages, joined=1 - blocks)
