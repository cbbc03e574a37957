"""Connections to exactly the machine whose address was checked."""

from typing import Final

import httpx

from client.addresses import Resolver, resolve, resolve_public

TRIES: Final = 4
"""Numeric addresses of one name that are tried in turn."""


class PinnedTransport(httpx.AsyncBaseTransport):
    """Asks for the name once, checks every address it has, and connects to a checked one; Host header and TLS keep
    the name. So a name that changes its address between the check and the connection gains nothing.

    Raises AddressError before any byte is sent, and httpx's own errors.
    """

    def __init__(self, resolver: Resolver = resolve, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._resolver = resolver
        # Kept connections are known by their numeric address: one opened for a name must not serve another.
        self._inner = inner or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        addresses = await resolve_public(str(request.url), self._resolver)
        *others, last = addresses[:TRIES]
        for address in others:
            try:
                return await self._inner.handle_async_request(_at(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_at(request, last))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _at(request: httpx.Request, address: str) -> httpx.Request:
    # The name as it is on the wire: `url.host` is decoded, and what TLS makes of that can be another name.
    name = request.url.raw_host.decode("ascii").removesuffix(".")
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": name},
    )
