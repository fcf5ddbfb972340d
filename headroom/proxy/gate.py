"""Who may ask anything of this proxy, and in what form."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from headroom.proxy.incoming import Refused
from headroom.proxy.respond import Header
from headroom.proxy.settings import ProxySettings, is_loopback


def admit(method: str, target: bytes, headers: Sequence[Header], *, settings: ProxySettings, probe: bool) -> None:
    """Raise Refused unless the request may go on. Header names are in lower case.

    Only what the connection and the client itself say counts: X-Forwarded-* and the like never do.
    `probe`: a request for health only, which needs no token and learns nothing else.
    """
    if method == "CONNECT" or not target.startswith(b"/"):
        raise Refused(
            400,
            "invalid_request_error",
            "This is not a forward proxy: use it as your client's base URL, not as HTTP_PROXY.",
        )
    hosts = _all(headers, b"host")
    if len(hosts) > 1:
        raise Refused(400, "invalid_request_error", "The request has more than one Host header.")
    host = hosts[0] if hosts else b""
    if settings.token is None:
        _own_host(host, settings)
    elif not probe:
        _token(headers, settings.token.get_secret_value().encode())
    for origin in _all(headers, b"origin"):
        if origin.lower() not in (b"http://" + host.lower(), b"https://" + host.lower()):
            raise Refused(403, "permission_error", "Web pages of another origin may not use this proxy.")


def _own_host(host: bytes, settings: ProxySettings) -> None:
    # Without a token the listener is loopback: a foreign name here is a web page that rebound its DNS entry.
    name = _name(host.decode("ascii", "replace")).lower()
    if not is_loopback(name) and name != settings.host.lower():
        raise Refused(
            403, "permission_error", "This proxy answers to localhost only; set a token to use it under another name."
        )


def _token(headers: Sequence[Header], token: bytes) -> None:
    given = _all(headers, b"x-headroom-token")
    if len(given) != 1 or not hmac.compare_digest(given[0], token):
        raise Refused(
            401,
            "authentication_error",
            "This proxy needs its token in the header x-headroom-token"
            " (Claude Code: ANTHROPIC_CUSTOM_HEADERS='x-headroom-token: …').",
        )


def _name(host: str) -> str:
    """Return a Host header's name or address, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _all(headers: Sequence[Header], name: bytes) -> list[bytes]:
    return [value.strip() for key, value in headers if key == name]
