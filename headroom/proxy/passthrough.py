"""What is not ours goes through byte for byte."""

from __future__ import annotations

from headroom.errors import UpstreamError
from headroom.proxy.incoming import Incoming
from headroom.proxy.respond import Responder
from headroom.proxy.services import Services
from headroom.proxy.upstream import Answer, Truncated, UpstreamTimeout


async def pass_through(incoming: Incoming, respond: Responder, services: Services) -> None:
    """Forward a request as it came and its answer as it comes."""
    try:
        async with services.upstream.ask(incoming) as answer:
            await relay(answer, respond, services)
    except UpstreamError as error:
        await unreachable(error, respond, services)


async def relay(answer: Answer, respond: Responder, services: Services) -> None:
    """Give an answer to the client as it comes; one that breaks off looks broken off to the client too."""
    await respond.start(answer.status, answer.headers)
    try:
        async for chunk in answer.chunks():
            await respond.write(chunk)
    except Truncated:
        services.meter.truncated()
        respond.abort()
    await respond.end()


async def unreachable(error: UpstreamError, respond: Responder, services: Services) -> None:
    """Say that the provider could not be asked: 504 if it was too slow to begin, else 502."""
    services.meter.unreached()
    if isinstance(error, UpstreamTimeout):
        await respond.error(504, "timeout_error", str(error))
    else:
        await respond.error(502, "api_error", str(error))
