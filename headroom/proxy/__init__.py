"""The proxy: the shell that puts a Headroom between an HTTP client and its provider.

One request goes gate -> incoming -> exchange (or straight through) -> upstream -> respond. `app` shows
the routes, `serve` runs them, `pool` keeps big work off the event loop, `meter` counts.
"""
