import asyncio
import ssl

import httpx
import pytest
import trustme

from client.errors import AddressError
from client.pinned import PinnedTransport

AUTHORITY = trustme.CA()
"""Nobody trusts it but these tests."""

PUBLIC = "93.184.215.14"


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


class Seen(httpx.AsyncBaseTransport):
    """Stands where the connections are; remembers the requests and refuses the given numeric addresses."""

    def __init__(self, *unreachable: str) -> None:
        self.unreachable = unreachable
        self.requests: list[httpx.Request] = []
        self.closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host in self.unreachable:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)

    async def aclose(self) -> None:
        self.closed = True


def names(*addresses: str):
    async def resolver(name: str) -> list[str]:
        return list(addresses)

    return resolver


async def get(url: str, transport: PinnedTransport) -> httpx.Response:
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.get(url)


async def test_it_connects_to_the_checked_address_and_keeps_the_name() -> None:
    seen = Seen()
    await get("https://hooks.example.org:8443/cb?x=1", PinnedTransport(names(PUBLIC), seen))
    [request] = seen.requests
    assert str(request.url) == f"https://{PUBLIC}:8443/cb?x=1"
    assert request.headers["host"] == "hooks.example.org:8443"
    assert request.extensions["sni_hostname"] == "hooks.example.org"
    assert seen.closed


async def test_the_next_address_is_tried_when_nobody_is_there() -> None:
    seen = Seen("2606:2800:21f::1", PUBLIC)
    await get("https://hooks.example.org/", PinnedTransport(names("2606:2800:21f::1", PUBLIC, "8.8.8.8"), seen))
    assert [request.url.host for request in seen.requests] == ["2606:2800:21f::1", PUBLIC, "8.8.8.8"]


async def test_it_gives_up_after_a_few() -> None:
    addresses = [f"8.8.8.{number}" for number in range(20)]
    seen = Seen(*addresses)
    with pytest.raises(httpx.ConnectError):
        await get("https://hooks.example.org/", PinnedTransport(names(*addresses), seen))
    assert len(seen.requests) == 4


@pytest.mark.parametrize("addresses", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1"], []])
async def test_a_private_name_is_never_connected_to(addresses: list[str]) -> None:
    seen = Seen()
    with pytest.raises(AddressError):
        await get("https://hooks.example.org/", PinnedTransport(names(*addresses), seen))
    assert not seen.requests


@pytest.mark.parametrize("url", ["http://hooks.example.org/", "https://127.0.0.1/", "https://localhost/"])
async def test_a_bad_address_is_not_even_looked_up(url: str) -> None:
    seen = Seen()
    with pytest.raises(AddressError):
        await get(url, PinnedTransport(names(PUBLIC), seen))
    assert not seen.requests


async def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]

    async def rebinding(name: str) -> list[str]:
        return answers.pop(0)

    seen = Seen()
    transport = PinnedTransport(rebinding, seen)
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get("https://hooks.example.org/")
        with pytest.raises(AddressError):
            await client.get("https://hooks.example.org/")
    assert [request.url.host for request in seen.requests] == [PUBLIC]


class ToLoopback(httpx.AsyncBaseTransport):
    """The connector of the test: what is meant for one public address goes to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpx.AsyncHTTPTransport(verify=_trusting())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == PUBLIC
        url = request.url.copy_with(host="127.0.0.1", port=self._port)
        moved = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await self._inner.handle_async_request(moved)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def test_tls_is_checked_against_the_name(serve) -> None:
    asked: list[bytes] = []

    async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("hooks.example.org").configure_cert(tls)
    port = await serve(service, tls)
    response = await get("https://hooks.example.org/cb", PinnedTransport(names(PUBLIC), ToLoopback(port)))
    assert response.text == "ok"
    assert b"Host: hooks.example.org\r\n" in asked[0]
    with pytest.raises(httpx.ConnectError, match="certificate"):
        await get("https://other.example.org/cb", PinnedTransport(names(PUBLIC), ToLoopback(port)))
    assert len(asked) == 1
