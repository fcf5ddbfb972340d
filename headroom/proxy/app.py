"""The proxy's ASGI application: its routes, and what every request goes through before one of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from headroom.errors import ConfigError
from headroom.proxy import health
from headroom.proxy.gate import admit
from headroom.proxy.incoming import ClientGone, Incoming, Receive, Refused, Scope, path_of, read_incoming, target_of
from headroom.proxy.meter import Meter, Route
from headroom.proxy.passthrough import pass_through
from headroom.proxy.pool import Pool
from headroom.proxy.respond import Responder, Send
from headroom.proxy.services import Services
from headroom.proxy.settings import ProxySettings
from headroom.proxy.upstream import Upstream

if TYPE_CHECKING:
    from headroom.context import Headroom

logger = logging.getLogger(__name__)

Exchange = Callable[[Incoming, Responder, Services], Awaitable[None]]

OWN = {b"/healthz": health.alive, b"/readyz": health.ready, b"/metrics": health.metrics}
"""Answered here, at exactly these paths, and never forwarded."""

PROBES = (b"/healthz", b"/readyz")


class App:
    """A raw ASGI application over one Headroom. Its connections and workers live as long as its lifespan."""

    def __init__(
        self,
        headroom: Headroom,
        settings: ProxySettings,
        *,
        exchange: Exchange,
        work: str = "headroom.work:perform",
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        meter = Meter()
        self._settings = settings
        self._exchange = exchange
        self._on_ready = on_ready
        self.services = Services(
            headroom=headroom,
            upstream=Upstream(settings, meter=meter),
            pool=Pool(settings.workers, work=work),
            meter=meter,
            settings=settings,
        )
        self.failure: ConfigError | None = None
        """Why the start-up failed, if it did."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, Responder(send))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.services.upstream)
                await stack.enter_async_context(self.services.pool)
            except ConfigError as error:
                self.failure = error
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            self._on_ready()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, respond: Responder) -> None:
        path = path_of(target_of(scope))
        route = _route(scope["method"], path)
        try:
            admit(scope["method"], target_of(scope), scope["headers"], settings=self._settings, probe=path in PROBES)
            if route == "own":
                await OWN[path](scope["method"], respond, self.services)
            else:
                await self._forward(scope, receive, respond, route)
        except Refused as refusal:
            await respond.error(refusal.status, refusal.kind, str(refusal))
        except ClientGone:
            self.services.meter.disconnected()
        finally:
            self.services.meter.request(route, respond.status)

    async def _forward(self, scope: Scope, receive: Receive, respond: Responder, route: Route) -> None:
        _refuse_websocket(scope)
        tenant = self.services.headroom.settings.tenant
        incoming = await read_incoming(
            scope, receive, settings=self._settings, tenant=tenant, decode=route == "messages"
        )
        act = self._exchange if route == "messages" else pass_through
        async with while_connected(receive, respond):
            await act(incoming, respond, self.services)


def _route(method: str, path: bytes) -> Route:
    if path in OWN:
        return "own"
    return "messages" if method == "POST" and path.endswith(b"/v1/messages") else "passthrough"


def _refuse_websocket(scope: Scope) -> None:
    if any(name == b"upgrade" and value.strip().lower() == b"websocket" for name, value in scope["headers"]):
        # Codex falls back to POST at once on this status.
        raise Refused(426, "invalid_request_error", "WebSockets are not forwarded: use HTTP.")


@asynccontextmanager
async def while_connected(receive: Receive, respond: Responder) -> AsyncIterator[None]:
    """Cancel the enclosed work when the client goes away before its answer is complete; then raise ClientGone.

    Whatever the work holds (an upstream connection, a worker) is released by its own `finally`.
    """
    work = asyncio.current_task()
    assert work is not None
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        # The server says "disconnect" of a complete answer as well: what follows one is ours to finish.
        if not respond.ended:
            gone = True
            work.cancel()

    watcher = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if gone and work.uncancel() == 0:
            raise ClientGone from None
        raise
    finally:
        watcher.cancel()
