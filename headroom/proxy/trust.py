"""Which certificates are trusted, and which HTTP proxy leads to an origin."""

from __future__ import annotations

import os
import ssl
import urllib.request
from pathlib import Path

from yarl import URL

from headroom.errors import ConfigError

BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Environment variables that name more certificates."""


def trusted() -> ssl.SSLContext:
    """Return a context that trusts the system's roots and, added to them, the bundles the environment names.

    Raises ConfigError for a bundle that cannot be read.
    """
    context = ssl.create_default_context()
    if "SSL_CERT_FILE" in os.environ:
        # OpenSSL takes it instead of the system's roots; users mean their company's root as well.
        system = Path(ssl.get_default_verify_paths().openssl_cafile)
        if system.is_file():
            context.load_verify_locations(cafile=system)
    bundles = {os.environ[variable]: variable for variable in BUNDLES if os.environ.get(variable)}
    for bundle, variable in bundles.items():
        _add(context, bundle, variable)
    return context


def _add(context: ssl.SSLContext, bundle: str, variable: str) -> None:
    try:
        if Path(bundle).is_dir():
            context.load_verify_locations(capath=bundle)
        else:
            context.load_verify_locations(cafile=bundle)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{variable} names {bundle!r}, which cannot be read as certificates ({error}): correct or unset it.",
            value=bundle,
        ) from error


def proxy_for(url: URL) -> URL | None:
    """Return the HTTP proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY give for a URL, or None."""
    host = url.host or ""
    if urllib.request.proxy_bypass(f"{host}:{url.port}") or urllib.request.proxy_bypass(host):
        return None
    proxy = urllib.request.getproxies().get(url.scheme)
    if not proxy:
        return None
    found = URL(proxy if "://" in proxy else f"http://{proxy}")
    if found.scheme not in ("http", "https"):
        raise ConfigError(
            f"{url.scheme.upper()}_PROXY is {proxy!r}: only http:// and https:// proxies work.", value=proxy
        )
    return found
