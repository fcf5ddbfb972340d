"""Reads sessions of Codex: the items of the Responses API, one a line, wrapped or (before 2025-09) bare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage

from headroom.replay_read import Json, Transcript, answered, called, heard, seconds


def codex(lines: Iterable[Json], *, name: str) -> Transcript:
    """Return the conversation of a rollout file."""
    transcript = Transcript(name)
    for line in lines:
        kind, payload = (line.get("type"), line.get("payload")) if "payload" in line else ("response_item", line)
        if not isinstance(payload, dict):
            continue
        match kind:
            case "session_meta":
                transcript.history += _instructions(payload)
            case "turn_context":
                transcript.model = str(payload.get("model") or transcript.model)
            case "compacted":
                transcript.back_to(0)
                kept = payload.get("replacement_history") or [_human(payload.get("message"))]
                transcript.history += [message for item in kept for message in _messages(item)]
            case "event_msg" if not transcript.billed and len(transcript.asked) == 1:
                transcript.billed = _billed(payload)
            case "response_item":
                _take(transcript, payload)
        transcript.now = seconds(line.get("timestamp")) or transcript.now
    return transcript


def _take(transcript: Transcript, item: Json) -> None:
    """Add an item; what the model says without being answered in between is one answer."""
    for message in _messages(item):
        last = transcript.history[-1] if transcript.history else None
        if isinstance(message, AIMessage) and isinstance(last, AIMessage):
            transcript.go_on(message)
        else:
            transcript.say(message)


def _messages(item: Json) -> Iterator[BaseMessage]:
    match item:
        case {"type": "message", "role": "assistant", "content": content}:
            yield answered(content)
        case {"type": "message", "role": "user", "content": content}:
            yield from heard(content)
        case {"type": "message", "content": content}:
            yield SystemMessage([{"type": "text", "text": str(part.get("text", ""))} for part in content])
        case {"type": "function_call" | "custom_tool_call", "call_id": call, "name": name}:
            yield AIMessage("", tool_calls=[called(call, name, item.get("arguments", item.get("input")))])
        case {"type": "local_shell_call", "call_id": call, "action": dict(action)}:
            yield AIMessage("", tool_calls=[called(call, "shell", {"command": action.get("command")})])
        case {"type": "function_call_output" | "custom_tool_call_output", "call_id": call, "output": output}:
            yield ToolMessage(_output(output), tool_call_id=str(call))


def _output(output: Any) -> Any:
    """Return what a tool said: a string, the content of an object, or a list of texts."""
    content = output.get("content", "") if isinstance(output, dict) else output
    if isinstance(content, list):
        return [{"type": "text", "text": str(part["text"])} for part in content if "text" in part]
    return str(content)


def _billed(event: Json) -> int:
    match event:
        case {"type": "token_count", "info": {"last_token_usage": {"input_tokens": int(tokens)}}}:
            return tokens
    return 0


def _instructions(meta: Json) -> list[BaseMessage]:
    said = meta.get("base_instructions") or meta.get("instructions")
    text = said.get("text") if isinstance(said, dict) else said
    return [SystemMessage(text)] if isinstance(text, str) and text else []


def _human(text: object) -> Json:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": str(text or "")}]}
