"""Several rounds of one reply as the chunks of one message.

Chunks pass as they come. Held back are the pieces of calls of our own tool, and what ends a round, until
it is known whether another round follows. Without a call of ours the chunks are the model's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import add, sub
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, message_chunk_to_message
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.outputs.chat_generation import merge_chat_generation_chunks

from headroom.integrations.chat_rounds import ends, shown_usage, without_our_call, without_ours
from headroom.marker import TOOL

Chunk = ChatGenerationChunk

_REPEATED = frozenset({"model_provider", "output_version"})
"""Metadata that every chunk may carry, and that merging does not join."""


class ChunkSplice:
    """The chunks of a reply on their way to the caller: `feed` each, then `pause` or `finish` each round."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._after = 0
        """What is added to the indexes of a round, so that its blocks do not merge with those of earlier ones."""
        self._told: frozenset[str] = frozenset()
        """Metadata that earlier rounds have shown: merging would join the texts."""
        self._usages: list[UsageMetadata | None] = []
        self._shown: UsageMetadata | None = None
        self._begin()

    def _begin(self) -> None:
        self._round: list[Chunk] = []
        self._held: list[Chunk] = []
        self._ours: frozenset[object] = frozenset()
        self._in_ours = False
        self._telling: set[str] = set()

    def feed(self, chunk: Chunk) -> Chunk | None:
        """Take the model's next chunk; return what the caller sees of it now."""
        if not self._round and not self._usages:
            self._id = chunk.message.id
        self._round.append(chunk.model_copy())  # the framework changes the chunks that it is given
        if self._held or _is_end(chunk):
            self._held.append(chunk)
            return None
        return self._seen(chunk)

    def reply(self) -> tuple[AIMessage, Mapping[str, Any]]:
        """Return the round as the model said it, and what the provider told about it."""
        merged = merge_chat_generation_chunks(list(self._round))
        if merged is None:
            return AIMessage(""), {}
        return cast("AIMessage", message_chunk_to_message(merged.message)), told_of(merged)

    def pause(self, reply: AIMessage) -> Iterator[Chunk]:
        """End a round that another follows: yield what it said last, but not that or how it ended."""
        for chunk in self._held:
            seen = self._seen(_endless(chunk))
            if seen is not None and seen.message.content:
                yield seen
        self._usages.append(reply.usage_metadata)
        self._after = 1 + max([self._after - 1, *(self._after + n for n in _indexes(self._round))])
        self._told |= self._telling
        self._begin()

    def finish(self, reply: AIMessage, savings: dict[str, Any]) -> Iterator[Chunk]:
        """End the last round: yield what was held back, with usage made up for all rounds, and the savings once."""
        self._usages.append(reply.usage_metadata)
        held = [seen for chunk in self._held if (seen := self._seen(chunk)) is not None]
        if not held:
            held = [Chunk(message=AIMessageChunk(content="", id=self._id, chunk_position="last"))]
        if len(self._usages) > 1 and (due := shown_usage(self._usages)):
            last = cast("AIMessageChunk", held[-1].message)
            missing = _each(sub, due, self._shown or {})
            held[-1] = _with(held[-1], usage_metadata=_each(add, last.usage_metadata or {}, missing))
        held[0] = marked(held[0], savings)
        yield from held

    # -- one chunk --------------------------------------------------------------------------------------------------

    def _seen(self, chunk: Chunk) -> Chunk | None:
        """Return the chunk as the caller sees it: the very chunk if nothing in it is of any concern."""
        message = cast("AIMessageChunk", chunk.message)
        self._telling |= {*message.response_metadata, *(chunk.generation_info or {})}
        if message.usage_metadata:
            self._shown = add_usage(self._shown, message.usage_metadata)
        calls = [call for call in message.tool_call_chunks if not self._is_ours(call)]
        new = {
            "content": self._moved(without_ours(message.content, self._ours)),
            "tool_call_chunks": [self._at(dict(call)) for call in calls],
            "additional_kwargs": without_our_call(message.additional_kwargs),
            "response_metadata": self._untold(message.response_metadata),
            "id": self._id if self._usages else message.id,
        }
        gone = len(calls) < len(message.tool_call_chunks) or _size(new["content"]) < _size(message.content)
        info = self._untold(chunk.generation_info or {})
        if gone and _is_empty(new, info, message):
            return None
        changed = {key: value for key, value in new.items() if value != getattr(message, key)}
        if not changed and info == (chunk.generation_info or {}):
            return chunk
        seen = AIMessageChunk.model_validate({**dict(message), **changed, "tool_calls": [], "invalid_tool_calls": []})
        return chunk.model_copy(update={"message": seen, "generation_info": info or None})

    def _is_ours(self, call: Mapping[str, Any]) -> bool:
        """Return whether a piece belongs to a call of ours. Only the first piece of a call has its name."""
        if call["name"]:
            self._in_ours = call["name"] == TOOL
            self._ours |= {call["index"]} if self._in_ours and call["index"] is not None else set()
        elif call["index"] is not None:
            return call["index"] in self._ours
        return self._in_ours

    def _moved(self, content: str | list[Any]) -> str | list[Any]:
        if not self._after or isinstance(content, str):
            return content
        return [self._at(part) if isinstance(part, dict) else part for part in content]

    def _at(self, part: dict[str, Any]) -> dict[str, Any]:
        index = part.get("index")
        if not self._after or index is None:
            return part
        return {**part, "index": index + self._after if isinstance(index, int) else f"{index}+{self._after}"}

    def _untold(self, told: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in told.items() if key not in self._told - _REPEATED}


def told_of(generation: Any) -> dict[str, Any]:
    """Return what a provider told about a generation, wherever its package puts it."""
    return {**(generation.generation_info or {}), **generation.message.response_metadata}


def marked(chunk: Chunk, savings: dict[str, Any]) -> Chunk:
    """Return a chunk that tells the savings of its call; exactly one of a stream may."""
    return _with(chunk, response_metadata={**chunk.message.response_metadata, "headroom": savings})


def _with(chunk: Chunk, **fields: Any) -> Chunk:
    return chunk.model_copy(update={"message": chunk.message.model_copy(update=fields)})


def _endless(chunk: Chunk) -> Chunk:
    """Return a chunk that ends a round as if it did not."""
    message = chunk.message.model_copy(update={"response_metadata": {}, "usage_metadata": None, "chunk_position": None})
    return chunk.model_copy(update={"message": message, "generation_info": None})


def _is_end(chunk: Chunk) -> bool:
    return getattr(chunk.message, "chunk_position", None) == "last" or ends(told_of(chunk))


def _is_empty(new: Mapping[str, Any], info: Mapping[str, Any], message: AIMessageChunk) -> bool:
    telling = set(new["response_metadata"]) - _REPEATED
    return not (new["content"] or new["tool_call_chunks"] or info or telling or message.usage_metadata)


def _size(content: object) -> int:
    return len(content) if isinstance(content, list) else 0


def _indexes(chunks: list[Chunk]) -> Iterator[int]:
    """Yield every whole number at which a block or a call of these chunks stands."""
    for chunk in chunks:
        message = cast("AIMessageChunk", chunk.message)
        content = message.content if isinstance(message.content, list) else []
        for part in (*content, *message.tool_call_chunks):
            index = part.get("index") if isinstance(part, dict) else None
            if isinstance(index, int):
                yield index


def _each(operation: Callable[[int, int], int], left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    """Return usage with every number combined; what one side does not tell is nought."""
    return {
        key: _each(operation, left.get(key) or {}, right.get(key) or {})
        if isinstance(left.get(key, right.get(key)), Mapping)
        else operation(left.get(key) or 0, right.get(key) or 0)
        for key in {**left, **right}
    }
