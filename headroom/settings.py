"""Core settings: what a Headroom does. The proxy's own are in `headroom.proxy.settings`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Retrieval = Literal["off", "tool"]


def data_folder() -> Path:
    """Return the folder of this user in which originals are kept (not created here)."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "headroom"


class Settings(BaseSettings):
    """Read from keyword arguments first, then from HEADROOM_* environment variables.

    Forwarded bytes are a function of these and the messages alone, so two processes with equal
    settings forward equal bytes.
    """

    model_config = SettingsConfigDict(env_prefix="HEADROOM_", frozen=True, extra="forbid")

    database_url: str = Field(default_factory=lambda: f"sqlite:///{data_folder() / 'originals.db'}", repr=False)
    """SQLAlchemy URL of the store. Not shown in reprs, and so in no trace: it may hold a password."""

    tenant: str = Field(default="local", min_length=1, max_length=200)
    """Whose originals these are; refs resolve only inside their scope."""

    retrieval: Retrieval = "off"
    """Whether the reader of `invoke`'s messages can redeem markers: "tool" says that you gave the model `Headroom.tool`."""

    min_tokens: int = Field(default=100, ge=1)
    """Blocks below this many tokens are left alone; old results, once the provider's cache has expired, below two fifths of it."""

    target_ratio: float = Field(default=0.15, gt=0, le=1)
    """Share of a block's tokens that a selection aims at; a block's own floor is 400 tokens."""

    outline_code_over: int = Field(default=8_000, ge=1)
    """Tokens above which an agent's view of a code file may become an outline; agents edit what they read."""

    max_tokens: int | None = Field(default=None, ge=1)
    """The model's window in its own tokens; None: known by the model's name, or nothing is ever dropped."""

    cache_seconds: float = Field(default=300, gt=0)
    """Seconds after which the provider's prompt cache has certainly expired, for messages whose model nobody names."""

    cache_minimum: int = Field(default=0, ge=0)
    """Tokens below which the provider caches no prompt, for messages whose model nobody names; 0: nobody can say."""

    align: bool = True
    """Set cache marks for callers that set none at all; False leaves every request without."""

    protect_tools: Annotated[tuple[str, ...], NoDecode] = ()
    """Names of tools whose results are never touched (HEADROOM_PROTECT_TOOLS: comma-separated)."""

    retention_days: float = Field(default=7, gt=0)
    """Days an original is kept after it was last in use."""

    store_bytes: int = Field(default=1 << 30, ge=1 << 20)
    """Bytes of originals kept at most; the ones no live conversation has touched go first."""

    memo_bytes: int = Field(default=64 << 20, ge=0)
    """Bytes of results remembered in this process, so that work is proportional to what is new."""

    @field_validator("protect_tools", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
