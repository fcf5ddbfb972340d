"""Every error headroom raises.

HeadroomError
    ConfigError         a setting or an argument that cannot be used
    CompressionError    a compressor's output does not account for its input
    RefNotFound         a ref resolves to nothing here (also a KeyError)
    StoreError          the store cannot keep or give back an original
    WireError           a request is not of the form its wire describes
    BudgetExceeded      money or usage is spent
    RateLimited         too many requests in too short a time
    UpstreamError       the provider could not be reached

Each carries the value that caused it and tells the reader what to do next.
"""

from typing import Literal

_REF_NOT_FOUND = {
    "unknown": "No original is stored under ref {ref}.",
    "expired": "The original under ref {ref} is no longer kept.",
}
_DO_NOT_RETRY = "Do not retry: call the tool that produced the output again if you need it."


class HeadroomError(Exception):
    """The root of everything headroom raises on purpose."""


class ConfigError(HeadroomError):
    """A setting or an argument cannot be used as it stands."""

    def __init__(self, message: str, *, value: object = None) -> None:
        super().__init__(message)
        self.value = value


class CompressionError(HeadroomError):
    """What a compressor kept and declared does not add up to the original."""

    def __init__(self, message: str, *, recipe: str) -> None:
        super().__init__(f"{recipe}: {message}")
        self.recipe = recipe


class RefNotFound(HeadroomError, KeyError):  # noqa: N818 - reads as what happened
    """A ref resolves to nothing in this scope; terminal: asking again changes nothing.

    `why` is "unknown" (never stored here, or stored for somebody else: the two read the same)
    or "expired" (stored once, no longer kept).
    """

    def __init__(self, ref: str, *, why: Literal["unknown", "expired"] = "unknown") -> None:
        self.ref = ref
        self.why = why
        super().__init__(f"{_REF_NOT_FOUND[why].format(ref=ref[:80])} {_DO_NOT_RETRY}")

    def __str__(self) -> str:
        return str(self.args[0])


class StoreError(HeadroomError):
    """The store cannot keep or give back an original; the original is sent instead."""


class WireError(HeadroomError):
    """A request is not of the form its wire describes; it is forwarded as it came."""

    def __init__(self, message: str, *, wire: str) -> None:
        super().__init__(f"{wire}: {message}")
        self.wire = wire


class BudgetExceeded(HeadroomError):  # noqa: N818 - reads as what happened
    """The configured amount of money or usage is spent."""


class RateLimited(HeadroomError):  # noqa: N818 - reads as what happened
    """Too many requests in too short a time."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds until the next request may be made."""


class UpstreamError(HeadroomError):
    """The provider could not be reached."""
