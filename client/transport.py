"""Which pool of connections a request goes through."""

from typing import Any, Final

import httpx

FRESH: Final[dict[str, Any]] = {"firstframe_fresh": True}
"""Request extensions that ask for a connection of its own."""


class FreshOrPooled(httpx.AsyncBaseTransport):
    """Kept connections for readings, a fresh one for a paid request.

    A kept connection may have been closed by the other side unnoticed; a request on it then fails in a way that
    leaves open whether it arrived.
    """

    def __init__(self, connections: int) -> None:
        tls = httpx.create_ssl_context()
        kept = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30)
        none_kept = httpx.Limits(max_connections=connections, max_keepalive_connections=0)
        self._pooled = httpx.AsyncHTTPTransport(verify=tls, limits=kept)
        self._fresh = httpx.AsyncHTTPTransport(verify=tls, limits=none_kept)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = self._fresh if FRESH.items() <= request.extensions.items() else self._pooled
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._pooled.aclose()
        await self._fresh.aclose()
