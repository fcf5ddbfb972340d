"""Generated conversations of many kinds: what a bill must survive."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from headroom.replay_read import Transcript

Turns = Iterator[list[BaseMessage] | int]
"""Messages to add, or to how many messages the user goes back."""


def generated(count: int, *, seed: int = 0) -> Iterator[Transcript]:
    """Yield so many transcripts, the kinds in turn."""
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        name, kind = KINDS[number % len(KINDS)]
        made = Transcript(name)
        for turn in kind(chance):
            if isinstance(turn, int):
                made.back_to(turn)
                continue
            for message in turn:
                made.say(message)
        yield made


def _chatty(chance: random.Random) -> Turns:
    for _ in range(chance.randint(2, 10)):
        yield [HumanMessage(_words(chance, 40)), AIMessage(_words(chance, 120))]


def _tool_heavy(chance: random.Random) -> Turns:
    yield [HumanMessage(_words(chance, 60))]
    for _ in range(chance.randint(3, 25)):
        yield _call(chance, _result(chance, chance.randint(1, 120)))
    yield [AIMessage(_words(chance, 50))]


def _images(chance: random.Random) -> Turns:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 4_000}}
    for _ in range(chance.randint(2, 6)):
        yield [HumanMessage([{"type": "text", "text": _words(chance, 20)}, picture]), AIMessage(_words(chance, 60))]
        yield _call(chance, _result(chance, 10))


def _huge(chance: random.Random) -> Turns:
    yield [HumanMessage(_words(chance, 30))]
    yield _call(chance, _result(chance, chance.randint(400, 900)))
    for _ in range(chance.randint(1, 6)):
        yield [AIMessage(_words(chance, 40)), HumanMessage(_words(chance, 20))]
    yield [AIMessage("Done.")]


def _tiny(chance: random.Random) -> Turns:
    yield [HumanMessage(_words(chance, 8))]
    yield _call(chance, "ok")
    yield [AIMessage("Done.")]


def _rereading(chance: random.Random) -> Turns:
    """Read the same few files again and again, changed now and then: what coding agents do."""
    files = [_result(chance, chance.randint(10, 60)) for _ in range(3)]
    yield [HumanMessage(_words(chance, 60))]
    for _ in range(chance.randint(4, 20)):
        which = chance.randrange(3)
        if chance.random() < 0.3:
            files[which] = files[which].replace(chance.choice(files[which].split()), _words(chance, 1))
        yield _call(chance, files[which], command=f"cat src/file{which}.py")
    yield [AIMessage("Done.")]


def _forking(chance: random.Random) -> Turns:
    """Work on, go back to an earlier message, and work on from there another way."""
    yield [HumanMessage(_words(chance, 60))]
    said = 1
    for _ in range(chance.randint(4, 16)):
        if said > 5 and chance.random() < 0.25:
            said = 1 + 2 * chance.randint(1, said // 2 - 1)
            yield said
        yield _call(chance, _result(chance, chance.randint(1, 80)))
        said += 2
    yield [AIMessage("Done.")]


KINDS: tuple[tuple[str, Callable[[random.Random], Turns]], ...] = (
    ("chatty", _chatty),
    ("tool-heavy", _tool_heavy),
    ("image-heavy", _images),
    ("one huge result", _huge),
    ("tiny", _tiny),
    ("forking", _forking),
    ("re-reading", _rereading),
)


def _call(chance: random.Random, text: str, *, command: str = "") -> list[BaseMessage]:
    call_id = f"call_{chance.getrandbits(48):x}"
    args = {"command": command or f"run {_words(chance, 2)}"}
    call = {"name": "bash", "args": args, "id": call_id, "type": "tool_call"}
    said = AIMessage(_words(chance, 15), tool_calls=[call])
    return [said, ToolMessage(text, tool_call_id=call_id, name="bash")]


def _result(chance: random.Random, size: int) -> str:
    """Return a JSON array, a log, code or prose of about so many lines."""
    shape = chance.randrange(4)
    if shape == 0:
        rows = [{"id": n, "name": _words(chance, 1), "ok": chance.random() < 0.9, "ms": n * 7} for n in range(size)]
        return json.dumps(rows, indent=chance.choice([None, 2]))
    if shape == 1:
        return "\n".join(
            f"2026-01-01T00:00:{n % 60:02d}Z INFO {_words(chance, 2)} took {chance.randrange(90)}ms"
            for n in range(size)
        )
    if shape == 2:
        return "\n".join(f"def {_words(chance, 1)}_{n}(x):\n    return x + {n}" for n in range(size // 2 + 1))
    return "\n".join(_words(chance, 12) for _ in range(size))


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(count))


_WORDS = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "order",
    "user",
    "region",
    "server",
    "cache",
    "index",
    "token",
    "queue",
    "worker",
    "batch",
    "retry",
    "shard",
    "lease",
    "quorum",
    "the",
    "of",
    "and",
    "to",
    "when",
    "why",
    "how",
    "file",
    "path",
    "error",
    "value",
    "total",
    "count",
    "start",
    "stop",
    "read",
    "write",
    "send",
    "poll",
    "merge",
    "split",
]
