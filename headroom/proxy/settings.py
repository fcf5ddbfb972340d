"""Settings of the proxy. What is done to a request is in `headroom.settings`."""

from __future__ import annotations

import ipaddress
import os
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from headroom.errors import ConfigError

Backend = Literal["anthropic", "openai"]


class ProxySettings(BaseSettings):
    """Read from keyword arguments first, then from HEADROOM_PROXY_* environment variables.

    Raises ConfigError when the proxy would be open to others without a token.
    """

    model_config = SettingsConfigDict(
        env_prefix="HEADROOM_PROXY_", frozen=True, extra="forbid", env_ignore_empty=True, validate_default=True
    )

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to listen on. Anything but loopback needs a token."""

    port: int = Field(default=8787, ge=0, le=65_535)
    """Port to listen on; 0 takes any free one."""

    backend: Backend = "anthropic"
    """Where paths go that belong to no known wire."""

    anthropic_url: str = "https://api.anthropic.com"
    """Origin of the Anthropic wire, with a path prefix if it has one."""

    openai_url: str = "https://api.openai.com"
    """Origin of the OpenAI wires, with a path prefix if it has one (the client's own paths start with /v1)."""

    token: SecretStr | None = Field(default=None, min_length=8)
    """What callers must send as `x-headroom-token`; never forwarded."""

    mode: Literal["optimize", "observe"] = "optimize"
    """"observe" forwards every request unchanged and reports what would have been saved."""

    retrieval: Literal["tool", "off"] = "tool"
    """"off" never offers headroom_retrieve: lossless forms and repeats only."""

    workers: int = Field(default_factory=lambda: min(2, os.cpu_count() or 1), ge=1)
    """Worker processes for big blocks."""

    max_body_bytes: int = Field(default=64 << 20, ge=1 << 10)
    """Bytes of a request body, decoded; larger ones are answered 413."""

    fit: bool = False
    """Whether whole turns are dropped when a known model's window would overflow; coding clients compact themselves."""

    connect_timeout_seconds: float = Field(default=30, gt=0)
    """Seconds to reach the upstream, TLS included."""

    idle_timeout_seconds: float = Field(default=600, gt=0)
    """Longest gap between two pieces of an upstream's answer. There is no limit on the whole."""

    @field_validator("anthropic_url", "openai_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or "@" in parts.netloc
            or parts.query
            or parts.fragment
        ):
            raise ConfigError(
                f"{value!r} cannot be an upstream: give it as https://host[:port][/prefix], without user, query or fragment.",
                value=value,
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _closed(self) -> ProxySettings:
        if self.token is None and not is_loopback(self.host):
            raise ConfigError(
                f"Listening on {self.host} would let others spend your credits: set a token (--token or"
                " HEADROOM_PROXY_TOKEN) that callers send as x-headroom-token, or listen on 127.0.0.1.",
                value=self.host,
            )
        return self

    def origin(self, backend: Backend) -> str:
        """Return the URL that a backend's paths are appended to."""
        return self.anthropic_url if backend == "anthropic" else self.openai_url


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Return whether a host name or address (without brackets or port) can only mean this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
