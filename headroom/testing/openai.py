"""A fake of the Chat Completions API on 127.0.0.1: scripted, and strict about calls and their answers.

    with FakeOpenAI([step(text("hello"))]) as upstream:
        ChatOpenAI(model="gpt-4o", api_key="k", base_url=upstream.url).invoke("hi")
    assert upstream.problems == []

It answers from threads of its own, so that blocking clients can be tested as well as others.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from headroom.testing.script import Json, Step, call, text

Script = Sequence[Step] | Callable[[Json], Step]


class FakeOpenAI:
    """The server; a context manager.

    `script` is a list of steps (each request takes the next, the last one stays) or a function from a
    request's body to a step. Without one it is `obliging`.
    """

    def __init__(self, script: Script | None = None) -> None:
        self._script = obliging if script is None else script
        self.bodies: list[Json] = []
        """Every request's body."""
        self.problems: list[str] = []
        """What was refused, and why."""
        self._taken = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), self.answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, body: Json) -> tuple[int, Json]:
        """Record a request; return a status and the reply as one body."""
        with self._lock:
            self.bodies.append(body)
            number = len(self.bodies)
            if found := list(problems(body)):
                self.problems += [f"request {number}: {problem}" for problem in found]
                return 400, _error("invalid_request_error", "; ".join(found))
            step = self._next(body)
        if step.status != 200:
            return step.status, _error("server_error", "Scripted.")
        return 200, completion(step, body, number=number)

    def _next(self, body: Json) -> Step:
        if callable(self._script):
            return self._script(body)
        self._taken += 1
        return self._script[min(self._taken, len(self._script)) - 1]


def obliging(body: Json) -> Step:
    """Return what a model says that does as it is asked: output of the given form, a call of the first tool, or words."""
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return Step((text(json.dumps(example(form["json_schema"]["schema"]))),))
    if form.get("type") == "json_object":
        return Step((text('{"setup": "a", "punchline": "b"}'),))
    functions = {tool["function"]["name"]: tool["function"] for tool in body.get("tools", ())}
    if not functions or body["messages"][-1]["role"] == "tool":
        return Step((text("Hello! Birds are said to sing."),))
    choice = body.get("tool_choice")
    name = choice["function"]["name"] if isinstance(choice, dict) else next(iter(functions))
    asked = example(functions[name].get("parameters", {"type": "object"}))
    quoted = [word for word in str(body["messages"][-1]["content"]).split() if not word.isascii()]
    if quoted:  # somebody wants to see their own letters again
        asked = {key: quoted[0] if isinstance(value, str) else value for key, value in asked.items()}
    return Step((call(name, **asked),))


def example(schema: Json, *, name: str = "", defs: Json | None = None) -> Any:
    """Return the least value that a JSON schema describes."""
    defs = schema.get("$defs", {}) if defs is None else defs
    if "$ref" in schema:
        return example(defs[schema["$ref"].rpartition("/")[2]], name=name, defs=defs)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], name=name, defs=defs)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {key: example(each, name=key, defs=defs) for key, each in schema.get("properties", {}).items()}
        case "array":
            return [example(schema.get("items", {"type": "string"}), defs=defs)]
        case "integer":
            return 3 if name == "input" else 1
        case "number":
            return 1.0
        case "boolean":
            return True
    return {"location": "San Francisco"}.get(name, "foo")


def problems(body: Json) -> Iterator[str]:
    """Yield what the API refuses: calls without an answer right after them, and answers without a call."""
    due: set[str] = set()
    for number, message in enumerate(body["messages"]):
        if message["role"] == "tool":
            if message["tool_call_id"] not in due:
                yield f"message {number} answers {message['tool_call_id']}, which was not called"
            due.discard(message["tool_call_id"])
            continue
        if due:
            yield f"message {number} follows calls without an answer: {sorted(due)}"
        due = {each["id"] for each in message.get("tool_calls") or ()}
    if due:
        yield f"calls without an answer: {sorted(due)}"
    names = [tool["function"]["name"] for tool in body.get("tools", ()) if tool.get("type") == "function"]
    if len(names) != len(set(names)):
        yield f"tools of one name: {names}"


def completion(step: Step, body: Json, *, number: int) -> Json:
    """Return a step as one chat completion."""
    said = "".join(block["text"] for block in step.blocks if block["type"] == "text")
    calls = [
        {
            "id": f"call_{number:04d}_{index}",
            "type": "function",
            "function": {"name": block["name"], "arguments": json.dumps(block["input"])},
        }
        for index, block in enumerate(step.blocks)
        if block["type"] == "tool_use"
    ]
    prompt = sum(len(json.dumps(message)) for message in body["messages"]) // 4
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": 7,
        "total_tokens": prompt + 7,
        "prompt_tokens_details": {"cached_tokens": min(step.cached, prompt)},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    message = {"role": "assistant", "content": said or None, **({"tool_calls": calls} if calls else {})}
    reason = step.stop or ("tool_calls" if calls else "stop")
    return {
        "id": f"chatcmpl-{number:04d}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": body["model"],
        "system_fingerprint": "fp",
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
        "usage": usage,
    }


def chunks(whole: Json, *, usage: bool) -> Iterator[Json]:
    """Yield a completion in the pieces in which it is streamed."""
    head = {key: whole[key] for key in ("id", "created", "model", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"
    choice = whole["choices"][0]

    def piece(delta: Json, reason: str | None = None) -> Json:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    yield piece({"role": "assistant", "content": ""})
    said = choice["message"]["content"] or ""
    for start in range(0, len(said), 5):
        yield piece({"content": said[start : start + 5]})
    for index, each in enumerate(choice["message"].get("tool_calls", ())):
        arguments = each["function"]["arguments"]
        yield piece({"tool_calls": [{"index": index, **each, "function": {**each["function"], "arguments": ""}}]})
        for start in range(0, len(arguments), 9):
            yield piece({"tool_calls": [{"index": index, "function": {"arguments": arguments[start : start + 9]}}]})
    yield piece({}, choice["finish_reason"])
    if usage:
        yield {**head, "choices": [], "usage": whole["usage"]}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answer: Callable[[Json], tuple[int, Json]]) -> None:
        super().__init__(address, _Requests)
        self.answer = answer


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, reply = self.server.answer(body)
        if status != 200 or not body.get("stream"):
            self._write(status, "application/json", json.dumps(reply))
            return
        usage = bool((body.get("stream_options") or {}).get("include_usage"))
        events = [json.dumps(piece) for piece in chunks(reply, usage=usage)]
        self._write(200, "text/event-stream", "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]))

    def _write(self, status: int, kind: str, said: str) -> None:
        raw = said.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        self.send_header("retry-after", "0")
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _error(kind: str, message: str) -> Json:
    return {"error": {"type": kind, "message": message, "code": None, "param": None}}
