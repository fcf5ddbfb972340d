"""Laws of every wire: inherit `WireTests`, or `HttpWireTests` for one whose requests are HTTP bodies.

    class TestMine(HttpWireTests):
        wire = MyWire()
        definition = '{"name": "probe", ...}'

        def requests(self):
            return st.builds(...)

        def alike(self):
            return st.builds(...)

Needs pytest and hypothesis, which headroom itself does not depend on.
"""

from __future__ import annotations

import copy
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Generic, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headroom.content import Block, Conversation
from headroom.errors import WireError
from headroom.wire import HttpWire, Wire

R = TypeVar("R")
Changes = list[tuple[Block, str]]

_law = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow, HealthCheck.data_too_large],
)
_NEW_TEXTS = st.text(max_size=20) | st.sampled_from(["", '"\\', "\ud800 alone", "\u2028\x00\x7f", "😀"])
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class WireTests(ABC, Generic[R]):
    """What a wire must keep, whatever its requests are."""

    wire: Wire[R]

    @abstractmethod
    def requests(self) -> st.SearchStrategy[R]:
        """Return a strategy of requests of this wire's form, with everything in them that a client may send."""

    @abstractmethod
    def alike(self) -> st.SearchStrategy[tuple[R, R]]:
        """Return a strategy of two requests that say the same: cache marks elsewhere, a text written as a block."""

    @abstractmethod
    def assert_untouched(self, before: R, after: R, changes: Changes) -> None:
        """Assert that `after` is `before` but for the changed texts, to the last byte, field and object."""

    @_law
    @given(data=st.data())
    def test_no_change_returns_the_same_object(self, data: st.DataObject) -> None:
        """A request in which nothing changed goes on as it came (law 1)."""
        request = data.draw(self.requests())
        assert self.wire.write(request, []) is request
        assert self.wire.write(request, [(block, block.text) for block in self.wire.read(request).blocks()]) is request

    @_law
    @given(data=st.data())
    def test_what_was_written_is_read_back(self, data: st.DataObject) -> None:
        """Reading what was written gives the changed blocks and no other difference."""
        request = data.draw(self.requests())
        before = self.wire.read(request)
        changes = [(block, data.draw(_NEW_TEXTS)) for block in _some(data, before)]
        after = self.wire.read(self.wire.write(request, changes))
        new = {block.place: text for block, text in changes}
        expected = [replace(block, text=new.get(block.place, block.text), place=None) for block in before.blocks()]
        assert expected == [replace(block, place=None) for block in after.blocks()]
        assert replace(before, messages=()) == replace(after, messages=())
        for old, message in zip(before.messages, after.messages, strict=True):
            assert old.role == message.role
            said_the_same = all(new.get(block.place, block.text) == block.text for block in old.blocks)
            assert said_the_same == (old.digest == message.digest)

    @_law
    @given(data=st.data())
    def test_nothing_else_changes(self, data: st.DataObject) -> None:
        """Whatever a wire does not change stays as it came (law 6), and the request itself is never changed."""
        request = data.draw(self.requests())
        snapshot = copy.deepcopy(request)
        blocks = _some(data, self.wire.read(request))
        changes = [(block, f"changed-7f3a9c-{number}.") for number, block in enumerate(blocks)]
        after = self.wire.write(request, changes)
        assert snapshot == request
        self.assert_untouched(request, after, changes)
        assert self.wire.write(request, changes[::-1]) == after

    @_law
    @given(data=st.data())
    def test_what_says_the_same_has_the_same_digests(self, data: st.DataObject) -> None:
        """A moved cache mark or another spelling of the same content is no other conversation."""
        one, other = (self.wire.read(request) for request in data.draw(self.alike()))
        assert [message.digest for message in one.messages] == [message.digest for message in other.messages]
        assert [replace(block, place=None) for block in one.blocks()] == [
            replace(block, place=None) for block in other.blocks()
        ]

    @_law
    @given(data=st.data())
    def test_a_block_of_another_request_is_refused(self, data: st.DataObject) -> None:
        """Text is never put where other text stands."""
        request = data.draw(self.requests())
        for block in self.wire.read(request).blocks():
            with pytest.raises(WireError):
                self.wire.write(request, [(replace(block, text=block.text + "!"), "new")])


class HttpWireTests(WireTests[bytes]):
    """What a wire must keep whose requests are JSON bodies."""

    wire: HttpWire
    definition: str
    """JSON text of a tool named "probe", which no generated request has."""

    def assert_untouched(self, before: bytes, after: bytes, changes: Changes) -> None:
        """Assert that only the literals of the changed strings differ."""
        assert_only_changed(before, after, changes)

    @_law
    @given(raw=st.binary(max_size=60))
    def test_arbitrary_bytes_raise_nothing_but_wire_errors(self, raw: bytes) -> None:
        """What is no request of this wire is refused in one way."""
        self._read(raw)

    @_law
    @given(data=st.data())
    def test_mangled_requests_raise_nothing_but_wire_errors(self, data: st.DataObject) -> None:
        """A broken request is refused in one way; one that can be read keeps the laws."""
        raw = _mangled(data, data.draw(self.requests()))
        read = self._read(raw)
        if read is not None:
            changes = [(block, f"changed-7f3a9c-{number}.") for number, block in enumerate(read.blocks())]
            self.assert_untouched(raw, self.wire.write(raw, changes), changes)

    @_law
    @given(data=st.data())
    def test_an_offered_tool_stands_last_and_moves_nothing(self, data: st.DataObject) -> None:
        """The tool is one insertion; without tools, or with this one, the request is the same object."""
        raw = data.draw(self.requests())
        offered = self.wire.offer(raw, self.definition)
        before, after = self.wire.read(raw), self.wire.read(offered)
        if not before.tools:
            assert offered is raw
            return
        assert (*before.tools, "probe") == after.tools
        assert [message.digest for message in before.messages] == [message.digest for message in after.messages]
        kept, _, rest = offered.partition(b"," + self.definition.encode())
        assert raw == kept + rest
        assert self.wire.offer(offered, self.definition) is offered

    def _read(self, raw: bytes) -> Conversation | None:
        try:
            return self.wire.read(raw)
        except WireError:
            return None


def assert_only_changed(before: bytes, after: bytes, changes: Sequence[tuple[Block, str]]) -> None:
    """Assert that two JSON bodies differ in the changed strings alone, all other bytes being equal.

    The new texts must be unlike anything else in the body, and plain ASCII.
    """
    done = 0
    for block, text in sorted(changes, key=lambda change: after.index(f'"{change[1]}"'.encode())):
        kept, _, after = after.partition(f'"{text}"'.encode())
        assert kept == before[done : done + len(kept)]
        literal = _STRING.match(before, done + len(kept))
        assert literal is not None
        assert block.text == json.loads(literal[0].decode("utf-8", "surrogateescape"))
        done = literal.end()
    assert after == before[done:]


def _some(data: st.DataObject, conversation: Conversation) -> list[Block]:
    """Draw some of a conversation's blocks, in order."""
    blocks = list(conversation.blocks())
    chosen = data.draw(st.integers(0, 2 ** len(blocks) - 1))
    return [block for number, block in enumerate(blocks) if chosen >> number & 1]


def _mangled(data: st.DataObject, raw: bytes) -> bytes:
    """Draw a body in which some bytes were lost, doubled or overwritten."""
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw)))
        end = start + data.draw(st.sampled_from([0, 1, 2, 9]))
        put = data.draw(
            st.sampled_from([b"", b'"', b"{", b"}", b"[]", b",", b"null", b"\\", b"\xff", b"\xed\xa0\x80", b"1"])
        )
        raw = raw[:start] + put + raw[end:]
    return raw
