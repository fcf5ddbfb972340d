"""The exchanges behind spliced replies: written down round by round, put back when the reply comes back.

The provider saw an exchange (assistant with a call of ours, our result, assistant …), the client saw
one message. When the client sends that message back, the exchange must stand in its place, so that
the provider always reads exactly what it wrote.

An exchange is found again by what a client keeps of it: tool ids, signatures and opaque data name it
outright; a reply of mere text is found by the client's own messages before it. Found or not, it is
aligned with what came back before anything is replaced.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from headroom.alignment import Round, align
from headroom.content import Message
from headroom.exchanges import Exchanges, key_of
from headroom.store import OriginalStore
from headroom.wire import WireRequest
from headroom.wire.anthropic import ANTHROPIC
from headroom.wire.parts import Json, as_parts, identity, is_ours, is_telling
from headroom.wire.splice import dumps, members, splice, walked


class Journal:
    """Exchanges of the Messages API, by scope. Every method may block and raises StoreError."""

    def __init__(self, store: OriginalStore, *, clock: Callable[[], float]) -> None:
        self._exchanges = Exchanges(store, clock=clock)

    def save(self, scope: str, lineage: bytes, rounds: Sequence[Round]) -> None:
        """Keep the rounds so far of the reply to a conversation of this lineage; durable when this returns."""
        keys = [*_names(part for each in rounds for part in each.content), _after(lineage)]
        self._exchanges.save(scope, keys, write(rounds))

    def holds_any(self, scope: str) -> bool:
        """Return whether the scope has any exchange; once it has, it is taken to go on having some."""
        return self._exchanges.holds_any(scope)

    def knows(self, scope: str, lineage: bytes) -> bool:
        """Return whether a reply to this very conversation was recorded before: it is being asked again."""
        return self._exchanges.has(scope, _after(lineage))

    def expand(self, request: WireRequest, *, scope: str) -> WireRequest:
        """Return the request with each exchange in place of the message that the client made of it.

        Messages that are nothing of the kind keep their bytes; the same object if that is all of them.
        """
        if not self.holds_any(scope):
            return request
        messages = request.conversation.messages
        lineages = request.conversation.lineages
        known = {
            n: self._exchanges.seen(scope, lineages[n])
            for n, each in enumerate(messages)
            if n and each.role == "assistant"
        }
        if not any(exchanges != () for exchanges in known.values()):
            return request
        texts = ANTHROPIC.messages(request.raw)
        keys = {
            lineages[n]: [*_names(_parts(texts[n])), _after(lineages[n - 1])]
            for n, exchanges in known.items()
            if exchanges is None
        }
        found = self._exchanges.find(scope, keys)
        candidates = {n: exchanges or found.get(lineages[n], ()) for n, exchanges in known.items()}
        restored = {n: rounds for n, exchanges in candidates.items() if (rounds := _restored(texts[n], exchanges))}
        if not restored:
            return request
        self._exchanges.touch(
            scope, [key for n in restored for key in (*_names(_parts(texts[n])), _after(lineages[n - 1]))]
        )
        return replace(request, raw=ANTHROPIC.replace_messages(request.raw, _replacements(texts, messages, restored)))


def write(rounds: Sequence[Round]) -> str:
    """Return rounds as the journal keeps them; more rounds give a text that begins alike."""
    return dumps([[each.content, each.results] for each in rounds])


def read(exchange: str) -> list[Round]:
    """Return the rounds that `write` wrote."""
    return [Round(content, results) for content, results in json.loads(exchange)]


def spoken(rounds: Sequence[Round]) -> list[str]:
    """Return rounds as messages (JSON texts), each assistant message followed by our results if it has any."""
    return [text for each in rounds for text in _said({"role": "assistant"}, each)]


def _restored(text: str, exchanges: Sequence[str]) -> list[Round]:
    """Return the rounds that a message came from; none if it stands for itself."""
    shown = _parts(text)
    for exchange in exchanges:
        rounds = align(shown, read(exchange))
        if rounds is not None:
            return (
                rounds
                if len(rounds) > 1 or any(map(is_ours, (part for each in rounds for part in each.content)))
                else []
            )
    return []


def _replacements(
    texts: Sequence[str], messages: Sequence[Message], restored: Mapping[int, list[Round]]
) -> dict[int, list[str]]:
    """Return the messages that take the place of those that are restored.

    Results that still stand open go in front of what the user says next, in the user's own message.
    """
    replacements: dict[int, list[str]] = {}
    for n, rounds in restored.items():
        message = json.loads(texts[n])
        *closed, last = rounds
        replacements[n] = [text for each in closed for text in _said(message, each)]
        following = next((m for m in range(n + 1, len(messages)) if messages[m].role != "system"), None)
        if last.results and following is not None and messages[following].role == "human":
            replacements[n] += _said(message, Round(last.content))
            replacements[following] = [_in_front(texts[following], last.results)]
        else:
            replacements[n] += _said(message, last)
    return replacements


def _said(message: Json, each: Round) -> Iterator[str]:
    yield dumps({**message, "content": each.content})
    if each.results:
        yield dumps({"role": "user", "content": each.results})


def _in_front(text: str, results: Sequence[Json]) -> str:
    """Return a user message with results before whatever else it says; its own bytes stay."""
    raw = text.encode("utf-8", "surrogateescape")
    content = members(walked(raw), 0)[0]["content"]
    written = ",".join(map(dumps, results))
    if isinstance(content.value, list):
        edit = (content.start + 1, content.start + 1, written + "," if content.value else written)
    else:
        said = f",{dumps({'type': 'text', 'text': content.value})}" if str(content.value or "").strip() else ""
        edit = (content.start, content.end, f"[{written}{said}]")
    return splice(raw, [edit]).decode("utf-8", "surrogateescape")


def _parts(text: str) -> list[Json]:
    return as_parts(json.loads(text).get("content"))


def _names(parts: Iterable[Json]) -> Iterator[str]:
    """Yield a key for every part that names its reply outright."""
    for part in parts:
        if is_telling(part):
            yield key_of(*identity(part))


def _after(lineage: bytes) -> str:
    """Return the key of whatever is replied to a conversation."""
    return key_of("after", lineage.hex())
