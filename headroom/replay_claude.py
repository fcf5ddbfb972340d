"""Reads sessions of Claude Code: one JSON object a line, the parts of an answer one by one."""

from __future__ import annotations

from collections.abc import Iterable

from langchain_core.messages import HumanMessage

from headroom.replay_read import Json, Transcript, answered, heard, seconds

_SYNTHETIC = "<synthetic>"  # what Claude Code itself puts into the model's mouth, e.g. an error of the API

_PROMPT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def claude_code(lines: Iterable[Json], *, name: str) -> list[Transcript]:
    """Return the main conversation and those of its sub-agents."""
    session = _Session(name)
    for line in lines:
        session.take(line)
    return session.transcripts


class _Session:
    def __init__(self, name: str) -> None:
        self._name = name
        self.transcripts: list[Transcript] = []
        self._current: dict[str, Transcript] = {}
        self._answering: dict[str, object] = {}
        self._ends: dict[str, dict[object, int]] = {}

    def take(self, line: Json) -> None:
        """Read one line."""
        who = str(line.get("agentId") or "sidechain") if line.get("isSidechain") else ""
        transcript = self._of(who, begins=bool(who) and line.get("parentUuid") is None and line.get("type") == "user")
        message = line.get("message")
        if line.get("type") == "assistant" and isinstance(message, dict):
            self._answer(transcript, who, message)
        elif line.get("type") == "user" and isinstance(message, dict):
            self._hear(transcript, who, line, message)
        transcript.now = seconds(line.get("timestamp")) or transcript.now
        self._ends[who][line.get("uuid")] = len(transcript.history)

    def _of(self, who: str, *, begins: bool) -> Transcript:
        if who not in self._current or begins:
            self._current[who] = Transcript(f"{self._name}/{who}" if who else self._name)
            self.transcripts.append(self._current[who])
            self._ends[who] = {}
        return self._current[who]

    def _answer(self, transcript: Transcript, who: str, message: Json) -> None:
        if message.get("model") == _SYNTHETIC:
            return
        said = answered(message.get("content"))
        same = message.get("id") is not None and self._answering.get(who) == message["id"]
        if same:
            transcript.go_on(said)
        else:
            transcript.say(said)
        self._answering[who] = message.get("id")
        transcript.model = str(message.get("model") or transcript.model)
        usage = message.get("usage")
        if not transcript.billed and isinstance(usage, dict) and len(transcript.asked) == 1:
            transcript.billed = sum(int(usage.get(field) or 0) for field in _PROMPT)

    def _hear(self, transcript: Transcript, who: str, line: Json, message: Json) -> None:
        said = heard(message.get("content"))
        prompt = all(isinstance(each, HumanMessage) for each in said)
        if line.get("isCompactSummary"):
            transcript.back_to(0)
        elif prompt and line.get("parentUuid") in self._ends[who]:
            # The user went back to an earlier point and took another way from there.
            transcript.back_to(self._ends[who][line["parentUuid"]])
        for each in said:
            transcript.say(each)
