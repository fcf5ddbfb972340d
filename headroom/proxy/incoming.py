"""One request as it came in, and where it goes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from yarl import URL

from headroom.proxy.inflate import TooLarge, inflate
from headroom.proxy.respond import Header
from headroom.proxy.settings import Backend, ProxySettings
from headroom.scope import scope_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]

TARGET = "headroom.target"
"""Key under which our server puts the request target as received; ASGI itself loses an empty query."""

MAX_HEADER_BYTES = 64 << 10
_PROJECT = re.compile(rb"/p/([^/?#]+)((?:[/?#].*)?)", re.DOTALL)
_ANTHROPIC = re.compile(rb"/v1/(?:messages|complete)(?:/|\Z)")
_OPENAI = re.compile(rb"/v1/(?:chat/completions|completions|responses|embeddings|moderations|images|audio)(?:/|\Z)")


class Refused(Exception):  # noqa: N818 - it is an answer, not a failure
    """The request is answered here with an error of our own."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        """The error's type in Anthropic's error shape."""


class ClientGone(Exception):  # noqa: N818 - nobody did anything wrong
    """The client closed the connection before its request was complete."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One complete request, exactly as received."""

    method: str
    target: bytes
    """Path and query to forward: as received (percent-encoding kept), less the project prefix."""
    headers: tuple[Header, ...]
    """In order, duplicates kept; names in lower case."""
    body: bytes
    """As received, content-encoding and all."""
    plain: bytes | None
    """The body decoded: `body` itself when it is not encoded, None when its encoding is not one we read."""
    url: URL
    """Where it goes: the configured origin and the target, concatenated."""
    scope: str
    """Whose originals this request may see: the tenant, and the project if there is one."""
    project: str = ""
    """From a path prefix /p/<project>/, percent-encoding kept."""
    bypass: bool = False
    """The client asked, by `x-headroom-bypass: 1`, to be passed through."""

    @property
    def path(self) -> bytes:
        """The target without its query."""
        return path_of(self.target)

    def header(self, name: bytes) -> bytes | None:
        """Return the first header of this (lower-case) name."""
        return next((value for key, value in self.headers if key == name), None)


def target_of(scope: Scope) -> bytes:
    """Return the request target as received."""
    if TARGET in scope:
        return bytes(scope[TARGET])
    query = scope.get("query_string", b"")
    return bytes(scope.get("raw_path") or scope["path"].encode()) + (b"?" + query if query else b"")


def path_of(target: bytes) -> bytes:
    """Return a target's path, without query and fragment."""
    return target.partition(b"?")[0].partition(b"#")[0]


def split_project(target: bytes) -> tuple[str, bytes]:
    """Return the project named by a prefix /p/<project> ("" without one) and the target without it."""
    match = _PROJECT.fullmatch(target)
    if match is None:
        return "", target
    rest = match[2]
    return match[1].decode("ascii"), rest if rest.startswith(b"/") else b"/" + rest


def backend_of(path: bytes, *, default: Backend) -> Backend:
    """Return whose path this is."""
    if _ANTHROPIC.search(path):
        return "anthropic"
    return "openai" if _OPENAI.search(path) else default


@lru_cache(maxsize=64)
def address(origin: str, target: bytes) -> URL:
    """Return origin and target concatenated: nothing in the target can reach another host.

    The whole target stands as the URL's path, so that not even an empty query is normalised away.
    """
    base = URL(origin, encoded=True)
    path = base.raw_path.rstrip("/") + target.decode("ascii")
    return URL.build(scheme=base.scheme, authority=base.raw_authority, path=path, encoded=True)


async def read_incoming(
    scope: Scope, receive: Receive, *, settings: ProxySettings, tenant: str, decode: bool
) -> Incoming:
    """Read one request to its end. `decode`: whether `plain` is wanted.

    Raises Refused (413, 431, 400) beyond a limit and ClientGone when the client went away.
    """
    headers: tuple[Header, ...] = tuple(scope["headers"])
    if sum([len(name) + len(value) + 4 for name, value in headers]) > MAX_HEADER_BYTES:
        raise Refused(
            431, "invalid_request_error", f"The request's headers are larger than {MAX_HEADER_BYTES:,} bytes."
        )
    project, target = split_project(target_of(scope))
    if len(project) > 100:
        raise Refused(
            400, "invalid_request_error", "The project in the path prefix /p/<project>/ is longer than 100 characters."
        )
    found = dict(reversed(headers))
    limit = settings.max_body_bytes
    body = await _read_body(receive, declared=found.get(b"content-length", b""), limit=limit)
    try:
        plain = await inflate(body, found.get(b"content-encoding", b""), limit=limit) if decode else None
    except TooLarge:
        raise _too_large(limit) from None
    return Incoming(
        method=scope["method"],
        target=target,
        headers=headers,
        body=body,
        plain=plain,
        url=address(settings.origin(backend_of(path_of(target), default=settings.backend)), target),
        scope=scope_of(tenant, project) if project else scope_of(tenant),
        project=project,
        bypass=found.get(b"x-headroom-bypass", b"").strip() == b"1",
    )


async def _read_body(receive: Receive, *, declared: bytes, limit: int) -> bytes:
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        if piece := message.get("body", b""):
            pieces.append(piece)
            size += len(piece)
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(limit: int) -> Refused:
    return Refused(413, "request_too_large", f"The request body is larger than {limit:,} bytes once decoded.")
