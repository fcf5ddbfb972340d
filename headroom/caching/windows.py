"""How much a model can read, and how much of that is sure to fit when our ruler measures it."""

from __future__ import annotations

from dataclasses import dataclass

from headroom.caching.rules import bare, longest


@dataclass(frozen=True, slots=True)
class Window:
    """A model's context window."""

    max_tokens: int
    """In the model's own tokens."""
    undercount: float = 1.55
    """How many of the model's tokens one of ours (o200k_base) may turn out to be."""

    @property
    def room(self) -> int:
        """Tokens by our ruler that are sure to fit."""
        return int(self.max_tokens / self.undercount)


def window_of(model: str) -> Window | None:
    """Return the window of a model, None if it is not known. "[1m]" in a Claude's name asks for the large one."""
    name = bare(model)
    found = longest(name, _WINDOWS)
    return Window(1_000_000) if found and name.startswith("claude") and "[1m]" in name else found


_WINDOWS = {
    # The prompt's share where a provider splits the window between prompt and answer.
    "claude": Window(200_000),
    "claude-opus-4-6": Window(1_000_000),
    "claude-opus-4-7": Window(1_000_000),
    "claude-opus-4-8": Window(1_000_000),
    "claude-opus-5": Window(1_000_000),
    "claude-sonnet-4-6": Window(1_000_000),
    "claude-sonnet-5": Window(1_000_000),
    "gpt-3-5": Window(16_385, undercount=1.2),
    "gpt-4": Window(8_192, undercount=1.2),
    "gpt-4-turbo": Window(128_000, undercount=1.2),
    "gpt-4o": Window(128_000, undercount=1.0),
    "gpt-4-1": Window(1_047_576, undercount=1.0),
    "gpt-5": Window(272_000, undercount=1.0),
    "gpt-6": Window(272_000, undercount=1.0),
    "gpt-oss": Window(131_072, undercount=1.0),
    "o1": Window(200_000, undercount=1.0),
    "o3": Window(200_000, undercount=1.0),
    "o4": Window(200_000, undercount=1.0),
    "gemini": Window(1_048_576),
    "deepseek": Window(128_000),
    "nova": Window(300_000),
    "nova-micro": Window(128_000),
}
