"""The internet as far as tests need it: names with public addresses, which lead to a port of this machine."""

import json
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from client.addresses import Resolver

PUBLIC = "93.184.215.14"
AUTHORITY = trustme.CA()
"""Nobody trusts it but these tests."""

HOSTILE: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "hostile_urls.json").read_text())
"""`url`, whether to `refuse` it, and `why`."""

NAMES = {
    "two.example.org": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "v6.example.org": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "priv.example.org": ["10.1.2.3"],
    "meta.example.org": ["169.254.169.254"],
    "mixed.example.org": ["93.184.215.14", "192.168.1.1"],
    "v6priv.example.org": ["fd12:3456:789a::1"],
    "v6mapped.example.org": ["::ffff:127.0.0.1"],
    "nat64.example.org": ["64:ff9b::7f00:1"],
    "10-0-0-1.sslip.io": ["10.0.0.1"],
    "localtest.me": ["127.0.0.1", "::1"],
    "spoofed.burpcollaborator.net": ["127.0.0.1"],
    "none.example.org": [],
}


async def look_up(name: str) -> list[str]:
    """A resolver: what is not in the table has the public address."""
    return NAMES.get(name, [PUBLIC])


def names(*addresses: str) -> Resolver:
    """A resolver for which every name has these addresses."""

    async def resolver(name: str) -> Sequence[str]:
        return list(addresses)

    return resolver


def spy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every machine that a socket is told to connect to; none of them hears of it."""
    machines: list[str] = []

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        machines.append(address[0])
        raise ConnectionRefusedError("the spy lets nobody through")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return machines


def certified(name: str) -> ssl.SSLContext:
    """For a server of this name."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(name).configure_cert(tls)
    return tls


class ToLoopback(httpx.AsyncBaseTransport):
    """The connector of a test: what is meant for the one public address goes to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        trusting = ssl.create_default_context()
        AUTHORITY.configure_trust(trusting)
        self._inner = httpx.AsyncHTTPTransport(verify=trusting, limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == PUBLIC
        url = request.url.copy_with(host="127.0.0.1", port=self._port)
        moved = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await self._inner.handle_async_request(moved)

    async def aclose(self) -> None:
        await self._inner.aclose()
