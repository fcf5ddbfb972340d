"""Message objects of a framework as a wire: the place of a block is its message, changed in a copy, never in place.

A message has a content: a string, or a list of strings and blocks. What else it has is its framework's business.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Generic, TypeVar

from headroom.content import Block, Conversation, Message
from headroom.errors import WireError
from headroom.wire.readings import Calls, Reading

M = TypeVar("M")


class MessagesWire(ABC, Generic[M]):
    """Reads and writes sequences of messages; each framework says how one is read, and how it is copied."""

    name: str

    @abstractmethod
    def _said(self, message: M, index: int, calls: Calls) -> Reading:
        """Return a message, which stands at `index`, and its calls; `calls` are those before it. Raises WireError."""

    @abstractmethod
    def _content(self, message: M) -> Any:
        """Return the content that is read, and that `_with` changes."""

    @abstractmethod
    def _with(self, message: M, part: int | None, text: str) -> M:
        """Return a copy of a message with another text at a position of its content, or as its content."""

    def read(self, request: Sequence[M]) -> Conversation:
        """Return what the messages say. Raises WireError when one holds values that have no JSON form."""
        calls: Calls = {}
        messages: list[Message] = []
        for index, message in enumerate(request):
            said, called = self._said(message, index, calls)
            messages.append(said)
            calls.update(called)
        return Conversation(messages=tuple(messages))

    def write(self, request: Sequence[M], changes: Sequence[tuple[Block, str]]) -> Sequence[M]:
        """Return a new list with copies of the changed messages in it; the same object if nothing differs."""
        written: list[M] | None = None
        for block, text in changes:
            if text == block.text:
                continue
            written = list(request) if written is None else written
            index, part = self._place(request, block)
            written[index] = self._with(written[index], part, text)
        return request if written is None else written

    def drop(self, request: Sequence[M], numbers: Collection[int]) -> Sequence[M]:
        """Return a new list without these messages; the same object if there are none of them."""
        return [m for n, m in enumerate(request) if n not in numbers] if numbers else request

    def _place(self, request: Sequence[M], block: Block) -> tuple[int, int | None]:
        """Return where the block stands, after making sure that it does stand there."""
        match block.place:
            case (int(index), int() | None as part) if any(
                found == (part, block.text)
                for message in request[index : index + 1]
                for found in texts_in(self._content(message))
            ):
                return index, part
        raise WireError(
            "a changed block does not stand in these messages: read and write the same ones", wire=self.name
        )


def texts_in(content: Any) -> Iterator[tuple[int | None, str]]:
    """Yield every text of a content with its position in the list; None for a content that is one string."""
    if isinstance(content, str):
        yield None, content
    elif isinstance(content, list):
        for position, part in enumerate(content):
            match part:
                case str():
                    yield position, part
                case {"type": "text", "text": str(text)}:
                    yield position, text


def replaced(content: Any, position: int | None, text: str) -> Any:
    """Return a content with another text at a position; None for a content that is one string."""
    if position is None:
        return text
    part = content[position]
    new = text if isinstance(part, str) else {**part, "text": text}
    return [*content[:position], new, *content[position + 1 :]]
