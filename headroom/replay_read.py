"""Reads recorded conversations into the requests that an agent made.

Four kinds of files: OpenAI-style chats (also with Anthropic's content blocks), LangChain's dumps of messages,
sessions of Claude Code, sessions of Codex. What the files do not hold is not made up: thinking and encrypted
reasoning, and the tools' definitions where nobody wrote down how many tokens were billed, are missing on both
sides of every comparison.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage, messages_from_dict

from headroom.errors import ConfigError

Json = dict[str, Any]

_FORMS = (
    "an OpenAI-style chat, messages dumped by LangChain, a Claude Code session (~/.claude/projects/*/*.jsonl)"
    " or a Codex session (~/.codex/sessions/**/rollout-*.jsonl)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: everything said before an answer of the model."""

    history: list[BaseMessage]
    end: int
    at: float | None = None
    """When it was made, in seconds, if that was recorded."""

    @property
    def messages(self) -> list[BaseMessage]:
        """What was sent."""
        return self.history[: self.end]

    @property
    def answer(self) -> BaseMessage:
        """What came back."""
        return self.history[self.end]


@dataclass(slots=True)
class Transcript:
    """One conversation, as it grew."""

    name: str
    model: str = ""
    asked: list[Asked] = field(default_factory=list)
    history: list[BaseMessage] = field(default_factory=list)
    now: float | None = None
    billed: int = 0
    """Input tokens of the first request as the provider counted them; 0 if nobody wrote that down."""

    def say(self, message: BaseMessage) -> None:
        """Add a message; an answer to anything is a request made."""
        if isinstance(message, AIMessage) and self.history:
            self.asked.append(Asked(self.history, len(self.history), self.now))
        self.history.append(message)

    def go_on(self, more: AIMessage) -> None:
        """Add to the newest answer: clients write its parts down one by one, results of its first calls in between."""
        for index in range(len(self.history) - 1, -1, -1):
            last = self.history[index]
            if isinstance(last, AIMessage):
                content = [*as_list(last.content), *as_list(more.content)]
                calls = [*last.tool_calls, *more.tool_calls]
                self.history[index] = last.model_copy(update={"content": content, "tool_calls": calls})
                return

    def back_to(self, end: int) -> None:
        """Forget what was said after the first `end` messages: the user went back, or the client compacted."""
        if end < len(self.history):
            self.history = self.history[:end]


def read(path: Path) -> list[Transcript]:
    """Return the conversations in a file, those without an answer left out. Raises ConfigError for what is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}", value=path) from error
    try:
        found = [each for each in _transcripts(text, name=path.stem) if each.asked]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"{path} is not {_FORMS}: {error}", value=path) from error
    if not found:
        raise ConfigError(f"{path} holds no answer of a model: give {_FORMS}.", value=path)
    return found


def _transcripts(text: str, *, name: str) -> Iterator[Transcript]:
    try:
        yield _chat(json.loads(text), name=name)
        return
    except json.JSONDecodeError:
        lines = list(_lines(text))
    if not lines:
        return
    if all("messages" in line for line in lines):
        for number, line in enumerate(lines, 1):
            yield _chat(line, name=str(line.get("id") or f"{name}:{number}"))
    elif any("payload" in line or line.get("type") in _CODEX for line in lines):
        from headroom.replay_codex import codex

        yield codex(lines, name=name)
    elif any("message" in line for line in lines):
        from headroom.replay_claude import claude_code

        yield from claude_code(lines, name=name)
    else:
        yield _chat(lines, name=name)


_CODEX = frozenset({"session_meta", "response_item", "function_call", "function_call_output"})


def _lines(text: str) -> Iterator[Json]:
    """Yield the objects of a JSONL file. A session that is still being written may end in half a line."""
    lines = [line for line in text.split("\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines) > 1:
                return
            raise ValueError(f"line {number} is no JSON ({error})") from error
        if isinstance(value, dict):
            yield value


# -- chats ----------------------------------------------------------------------------------------------------------


def _chat(value: Any, *, name: str) -> Transcript:
    """Read a list of messages, or an object that holds one: a recorded request body does."""
    body: Json = value if isinstance(value, dict) else {"messages": value}
    messages = body["messages"]
    if not isinstance(messages, list):
        raise TypeError("`messages` is no list")
    transcript = Transcript(str(body.get("id") or name), model=str(body.get("model") or ""))
    if body.get("system"):
        transcript.say(SystemMessage(_parts(body["system"])))
    for message in messages:
        for said in _said(message):
            transcript.say(said)
    return transcript


def _said(message: Json) -> list[BaseMessage]:
    if message.get("lc") == 1:  # dumpd: the values are taken, no class is loaded
        return messages_from_dict([{"type": message["kwargs"]["type"], "data": message["kwargs"]}])
    if "data" in message:
        return messages_from_dict([message])
    content = message.get("content")
    match message["role"]:
        case "assistant" | "model" | "ai":
            answer = answered(content)
            calls = [_call(call) for call in message.get("tool_calls") or ()]
            return [answer.model_copy(update={"tool_calls": [*answer.tool_calls, *calls]})]
        case "tool" | "function":
            failed = {"status": "error"} if message.get("is_error") else {}
            call = str(message.get("tool_call_id") or message.get("name") or "")
            return [ToolMessage(_parts(content), tool_call_id=call, name=message.get("name"), **failed)]
        case "user" | "human":
            return heard(content)
        case "system" | "developer":
            return [SystemMessage(_parts(content))]
        case role:
            raise ValueError(f"nobody knows the role {role!r}")


def _call(call: Json) -> Json:
    function = call.get("function") or call
    return called(call.get("id"), function.get("name"), function.get("arguments", function.get("args")))


def called(call_id: object, name: object, arguments: object) -> Json:
    """Return a call as LangChain keeps it; arguments that are no JSON object stand as they were written."""
    if isinstance(arguments, str):
        with suppress(ValueError):
            arguments = json.loads(arguments)
    args = arguments if isinstance(arguments, dict) else {"arguments": arguments}
    return {"id": str(call_id), "name": str(name), "args": args, "type": "tool_call"}


def answered(content: object) -> AIMessage:
    """Return what the model said: texts and calls. Thinking is not billed again by every provider, and left out."""
    parts = _parts(content)
    if isinstance(parts, str):
        return AIMessage(parts)
    calls = [called(p["id"], p["name"], p.get("input")) for p in parts if p.get("type") == "tool_use"]
    return AIMessage([p for p in parts if p.get("type") in ("text", "output_text")], tool_calls=calls)


def heard(content: object) -> list[BaseMessage]:
    """Return what a user message says: results of tools, then the human's own words."""
    parts = _parts(content)
    if isinstance(parts, str):
        return [HumanMessage(parts)]
    results: list[BaseMessage] = [
        ToolMessage(
            _parts(part.get("content")),
            tool_call_id=str(part.get("tool_use_id")),
            status="error" if part.get("is_error") else "success",
        )
        for part in parts
        if part.get("type") == "tool_result"
    ]
    words = [part for part in parts if part.get("type") != "tool_result"]
    return [*results, HumanMessage(words)] if words or not results else results


def _parts(content: object) -> Any:
    """Return content as a string or a list of parts, every text in it a text part."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        return json.dumps(content, ensure_ascii=False)
    parts = [{"type": "text", "text": part} if isinstance(part, str) else part for part in content]
    return [{**part, "type": "text"} if str(part.get("type")).endswith("_text") else part for part in parts]


def as_list(content: Any) -> list[Any]:
    """Return content as a list of parts, an empty string as none."""
    parts = _parts(content)
    return parts if isinstance(parts, list) else [{"type": "text", "text": parts}] if parts else []


def seconds(stamp: object) -> float | None:
    """Return a time as written down by a client, in seconds since the epoch."""
    if isinstance(stamp, str):
        with suppress(ValueError):
            return datetime.fromisoformat(stamp).timestamp()
    return None
