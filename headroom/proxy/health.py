"""What the proxy says about itself."""

from __future__ import annotations

import asyncio
import json
import time

from headroom.errors import StoreError
from headroom.proxy.respond import Responder
from headroom.proxy.services import Services

_JSON = (b"content-type", b"application/json")


async def alive(method: str, respond: Responder, _services: Services) -> None:
    """Answer 200 as long as the event loop turns."""
    await _say(method, respond, 200, {"status": "alive"})


async def ready(method: str, respond: Responder, services: Services) -> None:
    """Answer 200 if requests will be optimized, else 503 with what is missing; they are forwarded either way."""
    missing = []
    try:
        await asyncio.to_thread(_write, services)
    except StoreError as error:
        missing.append(f"store: {error}")
    if services.pool.broken:
        missing.append(f"pool: {services.pool.broken}")
    await _say(
        method, respond, 503 if missing else 200, {"status": "degraded" if missing else "ready", "missing": missing}
    )


async def metrics(method: str, respond: Responder, services: Services) -> None:
    """Answer with all counts in Prometheus' text format."""
    kind = b"text/plain; version=0.0.4; charset=utf-8"
    await respond.whole(_status(method, 200), [(b"content-type", kind)], services.meter.exposition())


async def _say(method: str, respond: Responder, status: int, what: dict[str, object]) -> None:
    await respond.whole(_status(method, status), [_JSON], json.dumps(what).encode())


def _status(method: str, status: int) -> int:
    return status if method in ("GET", "HEAD") else 405


def _write(services: Services) -> None:
    # Nobody's scope: tenants are never empty.
    services.headroom.store.record("", b"readyz", "readyz", "", now=time.time())
