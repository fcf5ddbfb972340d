"""Runs the proxy on uvicorn."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

import uvicorn

from headroom.errors import ConfigError
from headroom.proxy.app import App
from headroom.proxy.incoming import MAX_HEADER_BYTES
from headroom.proxy.respond import Cut
from headroom.proxy.settings import ProxySettings
from headroom.settings import Settings

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 10
"""How long streams may go on after a request to stop."""


def serve(
    settings: ProxySettings,
    headroom_settings: Settings | None = None,
    *,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the proxy until SIGINT or SIGTERM; `on_ready` gets its URL once it accepts requests.

    The port is taken before anything slow happens, so early clients wait instead of failing.
    Raises ConfigError when the port is taken or a setting cannot be used.
    """
    listener = bind(settings)
    from headroom.context import Headroom
    from headroom.proxy.exchange import exchange
    from headroom.work import warm_up

    warm_up()
    headroom = Headroom(headroom_settings)
    tasks: list[asyncio.Task[None]] = []

    def ready() -> None:
        tasks.append(asyncio.create_task(app.services.pool.prepare()))
        on_ready(url_of(settings, listener))

    app = App(headroom, settings, exchange=exchange, on_ready=ready)
    # What is loaded by now stays for good. Walking it would stop the event loop for a tenth of a second now and then.
    gc.collect()
    gc.freeze()
    # And 64 requests in flight allocate so much that the default threshold would take a tenth of the time.
    gc.set_threshold(20_000, 20, 50)
    # uvicorn raises the signal that stopped it once more: SIGTERM would then end the process before `close`.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            uvicorn.Server(_config(app)).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)
        headroom.close()
    if app.failure:
        raise app.failure


@asynccontextmanager
async def serving(app: App, settings: ProxySettings) -> AsyncIterator[str]:
    """Serve in this event loop while the context lasts, and give the URL."""
    listener = bind(settings)
    server = uvicorn.Server(_config(app))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield url_of(settings, listener)
    finally:
        server.should_exit = True
        await running


def bind(settings: ProxySettings) -> socket.socket:
    """Return a listening socket. Raises ConfigError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror or error}):"
            " stop what listens there, or choose another --port.",
            value=settings.port,
        ) from error
    listener.setblocking(False)
    return listener


def url_of(settings: ProxySettings, listener: socket.socket) -> str:
    """Return the URL under which clients reach a listener."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listener.getsockname()[1]}"


def _config(app: App) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").addFilter(_not_cut)
    return uvicorn.Config(
        app,
        http=_protocol(),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        # The upstream's own Server and Date come through.
        server_header=False,
        date_header=False,
        # X-Forwarded-* never makes a request come from elsewhere.
        proxy_headers=False,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _not_cut(record: logging.LogRecord) -> bool:
    """Keep out of the log what `Responder.abort` does on purpose."""
    return not (record.exc_info and isinstance(record.exc_info[1], Cut))


def _protocol() -> type[asyncio.Protocol] | Literal["h11"]:
    try:
        from headroom.proxy.protocol import Protocol
    except ImportError:  # httptools has no wheel everywhere
        return "h11"
    return Protocol
