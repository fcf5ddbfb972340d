"""One reply of which a part may be ours: rounds of asking the provider, one message for the client.

What the rounds are is decided in `headroom.rounds`, how they become one message in `stream`; here
they are asked for, answered and written down, each before the client sees what follows it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal

from headroom import rounds, tools
from headroom.alignment import Round
from headroom.errors import StoreError, UpstreamError
from headroom.journal import spoken
from headroom.proxy.events import PING, error, event
from headroom.proxy.incoming import Incoming
from headroom.proxy.meter import Retrieved
from headroom.proxy.prepare import Prepared
from headroom.proxy.relay import BROKEN_OFF, relay
from headroom.proxy.respond import Responder
from headroom.proxy.services import Services
from headroom.proxy.stream import Reply, Splice, merged
from headroom.proxy.upstream import Answer
from headroom.wire.anthropic import ANTHROPIC
from headroom.wire.parts import Json, calls_client, dumps, is_blank, is_ours, loads, tool_result

logger = logging.getLogger(__name__)

RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
RETRIES = 2
"""For continuations only: a client never asks again once it has been shown a part of the message."""

LONGEST_PAUSE_SECONDS = 10.0
PING_SECONDS = 10.0
"""How often a client is kept awake while it waits for a continuation."""

REFUSED_FOR_US = frozenset({400, 413, 422})
"""What a provider answers when it takes offence at the exchange itself."""


class SplicedReply:
    """The answer to one request whose tool calls may be ours."""

    def __init__(self, incoming: Incoming, respond: Responder, services: Services, prepared: Prepared) -> None:
        self._incoming = incoming
        self._respond = respond
        self._services = services
        self._prepared = prepared
        self._body = prepared.body
        self._rounds: list[Round] = []
        self._splice = Splice()
        self._messages: list[Json] = []
        self._replies: list[Reply] = []

    async def run(self) -> None:
        """Ask until the reply is complete. Raises UpstreamError when the provider could not be asked at all."""
        goes_on = True
        while goes_on:
            async with AsyncExitStack() as stack:
                try:
                    async with self._awake():
                        answer = await self._ask(stack)
                    goes_on = await self._take(answer)
                except UpstreamError as failure:
                    if not self._rounds:
                        raise
                    goes_on = await self._give_up(str(failure), kind=type(failure).__name__)

    # -- asking -----------------------------------------------------------------------------------------------------

    async def _ask(self, stack: AsyncExitStack) -> Answer:
        """Send the next request; a continuation that meets a passing fault is sent again."""
        for left in reversed(range(RETRIES + 1 if self._rounds else 1)):
            pause = 1.0
            try:
                ask = self._services.upstream.ask(self._incoming, body=self._body, identity=True)
                answer = await stack.enter_async_context(ask)
                if not left or answer.status not in RETRIED:
                    return answer
                logger.warning("a continuation was answered %s and is sent again", answer.status)
                pause = _retry_after(answer)
                await stack.aclose()
            except UpstreamError as failure:
                if not left:
                    raise
                logger.warning("a continuation is sent again: %s", failure)
            self._services.meter.retried()
            await self._ping()
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    @asynccontextmanager
    async def _awake(self) -> AsyncIterator[None]:
        """Ping the client for as long as it has to wait."""

        async def pinging() -> None:
            while True:
                await asyncio.sleep(PING_SECONDS)
                await self._ping()

        task = asyncio.create_task(pinging())
        try:
            yield
        finally:
            task.cancel()

    async def _ping(self) -> None:
        if self._respond.started:
            await self._respond.write(PING)

    # -- one round --------------------------------------------------------------------------------------------------

    async def _take(self, answer: Answer) -> bool:
        """Read one answer of the provider; return whether another round follows. If not, the client has its end."""
        if answer.status != 200:
            return await self._pass_on(answer)
        if answer.header(b"content-encoding") not in (None, b"", b"identity"):
            self._services.meter.failed("encoded_answer")  # asked not to, it encoded all the same
            return await self._pass_on(answer)
        if self._rounds and bool(self._splice.replies) != answer.is_event_stream:
            return await self._give_up("The provider changed the form of its answer.", kind="form")
        return await (self._stream(answer) if answer.is_event_stream else self._whole(answer))

    async def _pass_on(self, answer: Answer) -> bool:
        """Give the client an answer that cannot go on: as it is, if nothing has been shown yet."""
        if self._rounds:
            await self._note_refusal(answer.status)
        if not self._respond.started:
            await relay(answer, self._respond, self._services)
            return False
        body = loads(await answer.read())
        told = body if body.get("type") == "error" else error(f"The provider answered {answer.status}.")
        await self._respond.end(event(told))
        return False

    async def _note_refusal(self, status: int) -> None:
        logger.warning("a continuation was answered %s", status)
        self._services.meter.failed(f"continuation_{status}")
        if status in REFUSED_FOR_US and self._prepared.request:
            withdraw = self._services.headroom.withdraw
            await asyncio.to_thread(withdraw, self._prepared.request, scope=self._incoming.scope)

    async def _stream(self, answer: Answer) -> bool:
        self._splice.begin()
        if not self._respond.started:
            headers = [header for header in answer.headers if header[0].lower() != b"content-length"]
            await self._respond.start(answer.status, headers)
        reply = self._splice.reply
        broken = BROKEN_OFF
        try:
            async for chunk in answer.chunks():
                await self._respond.write(self._splice.feed(chunk))
        except UpstreamError as failure:
            broken = str(failure)
        finally:
            self._services.meter.usage(reply.usage)
        await self._respond.write(self._splice.close())
        if not reply.ended and not reply.failed:
            self._services.meter.truncated()
            return await self._give_up(broken, kind="Truncated")
        how = "done" if reply.failed else await self._settle(reply)
        if how == "loop":
            return await self._give_up(rounds.LOOP, kind="loop")
        if how == "done":
            await self._respond.end(b"" if reply.failed else self._splice.finish())
        return how == "more"

    async def _whole(self, answer: Answer) -> bool:
        raw = await answer.read()
        message = loads(raw)
        if not _is_message(message):
            await self._respond.whole(answer.status, answer.headers, raw)
            return False
        reply = Reply.of(message)
        self._services.meter.usage(reply.usage)
        self._messages.append(message)
        self._replies.append(reply)
        how = await self._settle(reply)
        if how == "loop":
            return await self._give_up(rounds.LOOP, kind="loop")
        if how == "done":
            untouched = len(self._messages) == 1 and not any(map(is_ours, message["content"]))
            body = raw if untouched else dumps(merged(self._messages, self._replies))
            await self._respond.whole(answer.status, answer.headers, body)
        return how == "more"

    async def _give_up(self, message: str, *, kind: str) -> Literal[False]:
        """End in an error, never in an invented success: an event within a stream, a status before it."""
        logger.warning("a reply ends in an error (%s): %s", kind, message)
        self._services.meter.failed(f"reply_{kind}")
        if self._respond.started:
            await self._respond.end(event(error(message)))
            return False
        headers = [(b"content-type", b"application/json")]
        if kind == "loop":
            headers.append((b"x-should-retry", b"false"))  # asking again would run the same rounds again
        await self._respond.whole(502, headers, dumps(error(message)))
        return False

    # -- between rounds ---------------------------------------------------------------------------------------------

    async def _settle(self, reply: Reply) -> rounds.How:
        """Decide what follows a round, answer its calls, write it down and make the next request."""
        parts = reply.parts
        if not self._rounds and not self._prepared.asked_before and not any(map(is_ours, parts)):
            return "done"
        return await asyncio.to_thread(self._close_round, parts, wants_tools=reply.stop == "tool_use")

    def _close_round(self, parts: list[Json], *, wants_tools: bool) -> rounds.How:
        calls = [rounds.Call(part["id"], _arguments(part)) for part in parts if is_ours(part)]
        following = rounds.after(
            calls, wants_tools=wants_tools, others=calls_client(parts), rounds=len(self._rounds), answer=self._answer
        )
        results = [tool_result(each.id, each.text, is_error=each.is_error) for each in following.results]
        for each in following.results:
            self._services.meter.retrieved(_outcome(each))
        content = [part for part in parts if not is_blank(part) and (results or not is_ours(part))]
        self._record(Round(content, results))
        if following.how == "more":
            base = self._incoming.plain if self._body is None else self._body
            self._body = ANTHROPIC.append_messages(base or b"", spoken(self._rounds[-1:]))
        return following.how

    def _answer(self, arguments: Mapping[str, Any]) -> tools.Retrieved:
        return tools.answer(self._services.headroom, arguments, scope=self._incoming.scope, refs=self._prepared.refs)

    def _record(self, each: Round) -> None:
        """Write the rounds so far down; if that fails the reply goes on, and comes back as one message."""
        self._rounds.append(each)
        try:
            self._services.journal.save(self._incoming.scope, self._prepared.lineage, self._rounds)
        except StoreError as failure:
            logger.warning("an exchange cannot be recorded: %s", failure)
            self._services.meter.failed("journal")


def _outcome(result: rounds.Result) -> Retrieved:
    if result.text == rounds.REFUSAL:
        return "refused"
    return "missed" if result.is_error else "answered"


def _arguments(part: Json) -> Json:
    return part["input"] if isinstance(part.get("input"), dict) else {}


def _is_message(value: Json) -> bool:
    content = value.get("content")
    return isinstance(content, list) and all(isinstance(part, dict) for part in content)


def _retry_after(answer: Answer) -> float:
    """Return the seconds that the provider asks us to wait, within reason."""
    written = answer.header(b"retry-after") or b""
    return min(float(written), LONGEST_PAUSE_SECONDS) if written.isdigit() else 1.0
