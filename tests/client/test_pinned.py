import asyncio

import httpx
import pytest

from client.errors import AddressError
from client.pinned import PinnedTransport
from tests.client.internet import PUBLIC, ToLoopback, certified, names


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


async def test_a_name_in_other_letters_stays_that_name() -> None:
    seen = Seen()
    await get("https://faß.de/", PinnedTransport(names(PUBLIC), seen))
    [request] = seen.requests
    # Of "faß.de" Python's own TLS would make "fass.de", which belongs to somebody else.
    assert request.extensions["sni_hostname"] == request.headers["host"] == "xn--fa-hia.de"


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


async def test_tls_is_checked_against_the_name(serve) -> None:
    asked: list[bytes] = []

    async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()

    port = await serve(service, certified("hooks.example.org"))
    response = await get("https://hooks.example.org/cb", PinnedTransport(names(PUBLIC), ToLoopback(port)))
    assert response.text == "ok"
    assert b"Host: hooks.example.org\r\n" in asked[0]
    with pytest.raises(httpx.ConnectError, match="certificate"):
        await get("https://other.example.org/cb", PinnedTransport(names(PUBLIC), ToLoopback(port)))
    assert len(asked) == 1
