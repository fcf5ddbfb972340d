"""Recorded conversations, made again: every format gives the same requests, and the figures add up."""

from __future__ import annotations

import builtins
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from langchain_core.load import dumpd
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    convert_to_openai_messages,
    messages_to_dict,
)

from headroom.caching.simulate import total
from headroom.cli import cli
from headroom.errors import ConfigError
from headroom.replay import Report, replay, times
from headroom.replay_parts import said
from headroom.replay_read import Transcript, read
from headroom.replay_refs import Reference, References, recall, words
from headroom.replay_show import as_json
from headroom.settings import Settings
from tests.laws.conversations import log, rows

Json = dict[str, Any]

ROWS = rows(60)


def called(name: str, number: int, **arguments: Any) -> AIMessage:
    return AIMessage("Let me look.", tool_calls=[{"name": name, "args": arguments, "id": f"c{number}"}])


CHAT: list[BaseMessage] = [
    SystemMessage("You are an agent. " * 300),
    HumanMessage("Which request failed?"),
    called("query", 1, sql="select * from requests"),
    ToolMessage(ROWS, tool_call_id="c1"),
    called("bash", 2, command="grep 30 app.log"),
    ToolMessage(log(120), tool_call_id="c2"),
    AIMessage("Nothing listens on port 5432."),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path / 'never.db'}", retrieval="tool")


def written(folder: Path, value: object, *, name: str = "chat.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(value), encoding="utf-8")
    return file


def lines(folder: Path, values: Sequence[Json], *, name: str = "session.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return file


def heard(transcript: Transcript) -> list[tuple[str, str]]:
    """Return who said what in the last request and its answer."""
    last = transcript.asked[-1]
    return [(message.type, said(message)) for message in [*last.messages, last.answer]]


# -- formats --------------------------------------------------------------------------------------------------------

EXPECTED = [(message.type, said(message)) for message in CHAT]


@pytest.mark.parametrize(
    "value",
    [
        convert_to_openai_messages(CHAT),
        {"messages": convert_to_openai_messages(CHAT), "model": "gpt-4o"},
        messages_to_dict(CHAT),
        {"messages": [dumpd(message) for message in CHAT]},
    ],
    ids=["openai", "openai in an object", "messages_to_dict", "dumpd"],
)
def test_chats_and_langchains_dumps_say_the_same(tmp_path: Path, value: object) -> None:
    (transcript,) = read(written(tmp_path, value))
    assert heard(transcript) == EXPECTED
    assert [asked.end for asked in transcript.asked] == [2, 4, 6]


def test_one_conversation_or_one_message_per_line(tmp_path: Path) -> None:
    chat = convert_to_openai_messages(CHAT)
    two = read(lines(tmp_path, [{"id": "a", "messages": chat}, {"id": "b", "messages": chat[:3]}]))
    assert [(each.name, len(each.asked)) for each in two] == [("a", 3), ("b", 1)]
    (one,) = read(lines(tmp_path, chat))
    assert heard(one) == EXPECTED


def test_a_recorded_body_of_the_messages_api(tmp_path: Path) -> None:
    body = {
        "model": "claude-opus-4-8",
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "text", "text": "Let me look."},
                    {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "a.py"}]},
                    {"type": "text", "text": "and?"},
                ],
            },
            {"role": "assistant", "content": "a.py"},
        ],
    }
    (transcript,) = read(written(tmp_path, body))
    assert transcript.model == "claude-opus-4-8"
    assert heard(transcript) == [
        ("system", "Be brief."),
        ("human", "hi"),
        ("ai", 'Let me look.\nbash\n{"command": "ls"}'),
        ("tool", "a.py"),
        ("human", "and?"),
        ("ai", "a.py"),
    ]


def test_b1_arguments_that_are_no_json_stand_as_they_were_written(tmp_path: Path) -> None:
    for arguments, shown in (("{bad", '{"arguments": "{bad"}'), (None, '{"arguments": null}'), ({"a": 1}, '{"a": 1}')):
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
        chat = [{"role": "user", "content": "x"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
        (transcript,) = read(written(tmp_path, chat))
        assert heard(transcript)[-1] == ("ai", f"f\n{shown}")


class Claude:
    """Writes a session as Claude Code does: one part of an answer per line."""

    def __init__(self) -> None:
        self.lines: list[Json] = [{"type": "summary", "summary": "x", "leafUuid": "0"}]
        self.last: str | None = None

    def line(self, kind: str, message: Json, **more: Any) -> str:
        uuid = f"u{len(self.lines)}"
        stamp = f"2026-11-22T10:00:{len(self.lines):02d}.000Z"
        self.lines.append(
            {"parentUuid": self.last, "isSidechain": False, "type": kind, "message": message, "uuid": uuid}
            | {"timestamp": stamp, "sessionId": "s"}
            | more
        )
        self.last = uuid
        return uuid

    def user(self, content: object, **more: Any) -> str:
        return self.line("user", {"role": "user", "content": content}, **more)

    def answer(self, id: str, part: Json, **more: Any) -> str:
        message = {"id": id, "role": "assistant", "model": "claude-opus-4-8", "content": [part]}
        message["usage"] = {"input_tokens": 3, "cache_read_input_tokens": None, "cache_creation_input_tokens": 20_000}
        return self.line("assistant", message, **more)


def use(call: str, name: str = "Bash", **arguments: Any) -> Json:
    return {"type": "tool_use", "id": call, "name": name, "input": arguments}


def result(call: str, text: str) -> list[Json]:
    return [{"type": "tool_result", "tool_use_id": call, "content": text}]


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def test_a_claude_code_session(tmp_path: Path) -> None:
    session = Claude()
    session.user("why?")
    session.answer("m1", {"type": "thinking", "thinking": "hm", "signature": "s"})
    session.answer("m1", text("Let me look."))
    session.answer("m1", use("t1", command="a"))
    session.user(result("t1", "one"))  # the first call is answered before the second is written down
    session.answer("m1", use("t2", command="b"))
    session.user(result("t2", "two"))
    session.answer("m2", text("Because."))
    session.line("assistant", {"id": "e", "model": "<synthetic>", "content": [text("API Error")]})
    file = lines(tmp_path, session.lines)
    file.write_text(file.read_text() + '{"type":"user","mess')  # it is still being written
    (transcript,) = read(file)
    assert transcript.model == "claude-opus-4-8"
    assert heard(transcript) == [
        ("human", "why?"),
        ("ai", 'Let me look.\nBash\n{"command": "a"}\nBash\n{"command": "b"}'),
        ("tool", "one"),
        ("tool", "two"),
        ("ai", "Because."),
    ]
    assert transcript.billed == 20_003
    assert [asked.end for asked in transcript.asked] == [1, 4]
    assert times(transcript.asked, "recorded") == [0.0, 6.0]


def test_claude_code_goes_back_compacts_and_sends_out_agents(tmp_path: Path) -> None:
    session = Claude()
    session.user("one")
    first = session.answer("m1", text("First."))
    session.user("two")
    session.answer("m2", text("Second."))
    session.user("three", parentUuid=first)  # the user took "two" back
    session.answer("m3", text("Third."))
    session.user("do it", isSidechain=True, parentUuid=None, agentId="a1")
    session.answer("m4", text("Done."), isSidechain=True, agentId="a1")
    session.user("what was said so far", isCompactSummary=True)
    session.answer("m5", text("Fifth."))
    main, agent = read(lines(tmp_path, session.lines))
    assert [[said(message) for message in asked.messages] for asked in main.asked] == [
        ["one"],
        ["one", "First.", "two"],
        ["one", "First.", "three"],
        ["what was said so far"],
    ]
    assert heard(agent) == [("human", "do it"), ("ai", "Done.")]


def codex_lines(*, wrapped: bool) -> list[Json]:
    items: list[Json] = [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be careful."}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "why?"}]},
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me look."}]},
        {"type": "function_call", "name": "exec_command", "arguments": '{"cmd":"ls"}', "call_id": "c1"},
        {"type": "custom_tool_call", "name": "apply_patch", "input": "*** Begin", "call_id": "c2"},
        {"type": "function_call_output", "call_id": "c1", "output": "a.py"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": {"content": "patched", "success": True}},
        {"type": "local_shell_call", "call_id": "c3", "status": "completed", "action": {"command": ["pwd"]}},
        {"type": "function_call_output", "call_id": "c3", "output": [{"type": "input_text", "text": "/src"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Because."}]},
    ]
    if not wrapped:
        return items
    meta = {"type": "session_meta", "payload": {"id": "1", "base_instructions": {"text": "You are Codex."}}}
    turn = {"type": "turn_context", "payload": {"model": "gpt-6.1-sol"}}
    event = {"type": "event_msg", "payload": {"type": "token_count", "info": None}}
    usage = {"last_token_usage": {"input_tokens": 9_000, "cached_input_tokens": 0}}
    counted = {"type": "event_msg", "payload": {"type": "token_count", "info": usage}}
    wrap = [{"type": "response_item", "payload": item} for item in items]
    stamped = [meta, turn, event, *wrap[:6], event, counted, *wrap[6:]]
    return [{"timestamp": f"2026-11-22T10:00:{n:02d}.000Z", **line} for n, line in enumerate(stamped)]


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_codex_session(tmp_path: Path, wrapped: bool) -> None:
    (transcript,) = read(lines(tmp_path, codex_lines(wrapped=wrapped)))
    assert heard(transcript) == [
        *([("system", "You are Codex.")] if wrapped else []),
        ("system", "Be careful."),
        ("human", "why?"),
        ("ai", 'Let me look.\nexec_command\n{"cmd": "ls"}\napply_patch\n{"arguments": "*** Begin"}'),
        ("tool", "a.py"),
        ("tool", "patched"),
        ("ai", 'shell\n{"command": ["pwd"]}'),
        ("tool", "/src"),
        ("ai", "Because."),
    ]
    assert len(transcript.asked) == 3
    assert (transcript.model, transcript.billed) == (("gpt-6.1-sol", 9_000) if wrapped else ("", 0))


def test_a_compacted_codex_session_begins_again(tmp_path: Path) -> None:
    kept = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "the story so far"}]}]
    compacted = {"type": "compacted", "payload": {"message": "x", "replacement_history": kept}}
    more = [{"type": "response_item", "payload": codex_lines(wrapped=False)[-1]}]
    (transcript,) = read(lines(tmp_path, [*codex_lines(wrapped=True), compacted, *more]))
    assert heard(transcript) == [("human", "the story so far"), ("ai", "Because.")]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "hello",
        '{"a":1}\n{"b":2}',
        '[{"role":"user","content":"x"}]',
        '[{"role":"wizard"}]',
        "[[1]]",
        "7",
    ],
)
def test_what_is_no_conversation_is_refused_with_its_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"notes\.txt"):
        read(file)


# -- figures --------------------------------------------------------------------------------------------------------


def report(settings: Settings, *chats: Sequence[BaseMessage], provider: Any = "anthropic", **options: Any) -> Report:
    transcripts = []
    for number, chat in enumerate(chats):
        transcripts.append(Transcript(f"t{number}"))
        for message in chat:
            transcripts[-1].say(message)
    return replay(transcripts, provider=provider, settings=settings, **options)


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_a_tool_heavy_conversation_gets_cheaper_and_nothing_breaks(settings: Settings, provider: str) -> None:
    found = report(settings, CHAT, provider=provider)
    hot = found.lanes["hot"]
    assert found.tokens_last[1] < 0.6 * found.tokens_last[0]
    assert total(hot.ours).cost < total(hot.raw).cost
    assert hot.breaks["us"] == hot.breaks["client"] == 0
    assert hot.recall.seen["all"] >= 1
    assert hot.recall.share() == 1.0
    assert len(hot.seconds) == len(hot.raw) == 3
    assert found.results == 2


def test_a_chat_without_tools_costs_the_same_to_the_last_token(settings: Settings) -> None:
    chat = [SystemMessage("s " * 2000), *[m for n in range(9) for m in (HumanMessage(f"q {n}"), AIMessage(f"a {n}"))]]
    lane = report(settings, chat).lanes["hot"]
    assert lane.raw == lane.ours


def test_whoever_sets_no_marks_pays_many_times_as_much(settings: Settings) -> None:
    turns = [
        m
        for n in range(9, 40)
        for m in (called("bash", n, command="ls"), ToolMessage("a.py " * 99, tool_call_id=f"c{n}"))
    ]
    lane = report(settings, [*CHAT[:-1], *turns, CHAT[-1]]).lanes["hot"]
    assert total(lane.raw).cost < 0.2 * lane.unmarked


def test_e12_a_break_is_laid_to_whoever_made_it(settings: Settings) -> None:
    """A compacted history is the client's doing, a pause is time's; nothing is ours."""
    transcript = Transcript("t")
    for message in CHAT:
        transcript.say(message)
    transcript.back_to(0)
    for n in range(12):
        transcript.say(HumanMessage(f"what was said so far; question {n}"))
        transcript.say(AIMessage(f"answer {n}"))
    lanes = replay([transcript], provider="anthropic", settings=settings).lanes
    assert lanes["hot"].breaks == {"client": 1}
    assert lanes["gaps"].breaks == {"client": 1, "expiry": 1}


def test_the_models_own_rules_count_unless_another_is_named(settings: Settings) -> None:
    transcript = Transcript("t", model="claude-haiku-4-5")
    for message in CHAT:
        transcript.say(message)
    assert replay([transcript], provider="anthropic", settings=settings).models == ("claude-haiku-4-5",)
    assert replay([transcript], provider="openai", settings=settings).models == ("gpt-5",)
    named = replay([transcript], provider="openai", model="gpt-4o", settings=settings)
    assert named.models == ("gpt-4o",)


def test_the_prompt_that_is_not_in_the_file_is_counted_where_its_size_is_known(settings: Settings) -> None:
    transcript = Transcript("t", billed=30_000)
    for message in CHAT:
        transcript.say(message)
    hot = replay([transcript], provider="anthropic", settings=settings).lanes["hot"]
    assert hot.raw[0].tokens == 30_000
    assert 0 < hot.ours[0].tokens - 30_000 <= 90  # our tool


def test_nothing_is_kept(settings: Settings, tmp_path: Path) -> None:
    report(settings, CHAT)
    assert list(tmp_path.iterdir()) == []


# -- references -----------------------------------------------------------------------------------------------------


def test_a_reference_first_stood_in_a_result_and_is_used_once() -> None:
    history = [
        HumanMessage("look at src/known.py"),
        called("bash", 1, command="ls"),
        ToolMessage("src/known.py src/new.py order_id 4711 the", tool_call_id="c1"),
        called("read", 2, file="src/new.py", known="src/known.py"),
        ToolMessage("x", tool_call_id="c2"),
        AIMessage("In src/new.py the order_id is 4711, the end."),
    ]
    references = References()
    assert [r.word for r in references.of(history, 1)] == []
    assert [r.word for r in references.of(history, 3)] == ["src/new.py"]
    assert [(r.word, r.source) for r in references.of(history, 5)] == [("4711", 2), ("order_id", 2)]


def test_words_that_tell_something() -> None:
    found = words("GET /api/v1/users in app/main.py: userId=AB12C user_name 404 12 the Error e2e")
    assert found == {"/api/v1/users", "app/main.py", "userId", "AB12C", "user_name", "404"}


@pytest.mark.parametrize(
    ("text", "inline"),
    [("id 359 here", 1), ("13590", 0), ("359", 1), ("a_359", 0), (r'"a\n359"', 1), ("359x", 0), ("(359)", 1), ("", 0)],
)
def test_inline_means_a_whole_word(text: str, inline: int) -> None:
    found = recall([Reference("359", 0, far=False, big=True)], [ToolMessage(text, tool_call_id="c")])
    assert (found.seen, found.hits["all"], found.hits["big"]) == ({"all": 1, "big": 1}, inline, inline)


# -- the command ----------------------------------------------------------------------------------------------------


def run(*args: str | Path) -> str:
    result = CliRunner().invoke(cli, ["replay", *map(str, args)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_prints_a_table(tmp_path: Path) -> None:
    shown = run(written(tmp_path, convert_to_openai_messages(CHAT)))
    for words_ in ("1 conversation · 3 requests · 2 tool results", "remains", "read", "by headroom", "Inline", "p99"):
        assert words_ in shown


def test_the_command_for_programs(tmp_path: Path) -> None:
    file = written(tmp_path, convert_to_openai_messages(CHAT))
    found = json.loads(run(file, file, "--json", "--provider", "openai", "--model", "gpt-4.1", "--retrieval", "off"))
    assert (found["conversations"], found["models"]) == (2, ["gpt-4.1"])
    assert found["clocks"]["hot"]["headroom"]["cost"] < found["clocks"]["hot"]["raw"]["cost"]
    assert len(found["clocks"]["gaps"]["cumulative"]["raw"]) == 6


@pytest.mark.parametrize("name", ["bill.png", "bill.svg"])
def test_the_command_draws_the_bill(tmp_path: Path, name: str) -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    run(written(tmp_path, convert_to_openai_messages(CHAT)), "--plot", tmp_path / name)
    assert (tmp_path / name).read_bytes()[:5] in (b"\x89PNG\r", b"<?xml")


def test_i3_a_plot_without_matplotlib_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    file = written(tmp_path, convert_to_openai_messages(CHAT))
    with pytest.raises(ConfigError, match=r"pip install 'headroom-ai\[plot\]'"):
        CliRunner().invoke(cli, ["replay", str(file), "--plot", "x.png"], catch_exceptions=False)


def test_real_sessions_cost_no_more_than_they_did(shared: Path, settings: Settings) -> None:
    """One short conversation of each kind of agent; the whole set is a benchmark's business."""
    folder = shared / "data" / "A" / "dev"
    if not folder.is_dir():
        pytest.skip(f"no conversations in {folder}")
    for stem in ("tau_airline_gpt4o", "adp_openhands", "sweagent_demos"):
        first = min(read(folder / f"{stem}.jsonl")[:5], key=lambda each: sum(map(len, map(said, each.history))))
        lane = replay([first], provider="anthropic", settings=settings).lanes["hot"]
        definition = total(lane.ours).tokens and 90 * len(lane.ours)
        assert total(lane.ours).cost <= total(lane.raw).cost + 1.25 * definition
        assert lane.breaks["us"] == 0


def test_a_report_is_json(settings: Settings) -> None:
    assert json.loads(as_json(report(settings, CHAT)))["tool_results"] == 2
