"""What happens to one `POST /v1/messages`: prepared, forwarded, answered."""

from __future__ import annotations

import time

from headroom.errors import UpstreamError
from headroom.proxy.incoming import Incoming
from headroom.proxy.passthrough import unreachable
from headroom.proxy.prepare import prepare
from headroom.proxy.relay import relay
from headroom.proxy.respond import Responder
from headroom.proxy.services import Services
from headroom.proxy.spliced import SplicedReply


async def exchange(incoming: Incoming, respond: Responder, services: Services) -> None:
    """Answer one request. What the provider says reaches the client as it is; what fails in us does not reach it."""
    started = time.perf_counter()
    prepared = await prepare(incoming, services)
    services.meter.overhead(time.perf_counter() - started)
    try:
        if prepared.ours:
            await SplicedReply(incoming, respond, services, prepared).run()
        else:
            async with services.upstream.ask(incoming, body=prepared.body) as answer:
                await relay(answer, respond, services)
    except UpstreamError as error:
        await unreachable(error, respond, services)
