"""What the exchange works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headroom.journal import Journal
from headroom.proxy.meter import Meter
from headroom.proxy.pool import Pool
from headroom.proxy.prefixes import Prefixes
from headroom.proxy.settings import ProxySettings
from headroom.proxy.upstream import Upstream

if TYPE_CHECKING:
    from headroom.context import Headroom


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that lives as long as the proxy."""

    headroom: Headroom
    upstream: Upstream
    pool: Pool
    meter: Meter
    settings: ProxySettings
    journal: Journal = field(init=False)
    prefixes: Prefixes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "journal", Journal(self.headroom.store, clock=self.headroom.clock))
        object.__setattr__(self, "prefixes", Prefixes(clock=self.headroom.clock))
