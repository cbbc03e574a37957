"""The one address rule, wherever an address comes from, down to the sockets."""

import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from client.addresses import Resolver, check_address
from client.delivery import Delivery
from client.errors import AddressError, DeliveryError, FetchFailed
from client.fetching import fetch, fetching_client
from client.networks import is_public
from client.pinned import PinnedTransport
from client.schema import VideoRequest
from tests.client.internet import HOSTILE, PUBLIC, look_up, spy
from tests.client.spellings import NUMBERED, SEED, spellings

GOOD = [row["url"] for row in HOSTILE if not row["refuse"]] + [
    "https://example.org.:8443/cb?to=me@example.org",
    "https://xn--fa-hia.de/",
    "https://8.8.8.8./cb",
]
BAD = [row["url"] for row in HOSTILE if row["refuse"]]
SPELLINGS = 2000
REFUSED = (AddressError, ValidationError, DeliveryError, FetchFailed, httpx.InvalidURL, httpx.UnsupportedProtocol)
"""What an address that will not do comes to. A connection that is refused is none of these by itself."""

Way = Callable[[str], Awaitable[object]]


async def resolver(name: str) -> Sequence[str]:
    if name.endswith(f".{NUMBERED}"):
        return [name.removesuffix(f".{NUMBERED}").removeprefix("x-").replace("-", ".")]
    return await look_up(name.lower())


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return spy(monkeypatch)


class Leading(httpx.AsyncBaseTransport):
    """Real connections, but for the first two stops of a way, which lead on to `end`."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.end = ""
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        onwards = {"/first": b"https://two.example.org/second", "/second": self.end.encode()}.get(request.url.path)
        if onwards is None:
            return await self._inner.handle_async_request(request)
        return httpx.Response(302, headers=[(b"Location", onwards)])


class Ways:
    """Everything that takes an address from somebody else, over one real transport."""

    def __init__(self, tmp_path: Path, resolver: Resolver = resolver) -> None:
        self._target = tmp_path / "video.mp4"
        self._leading = Leading(httpx.AsyncHTTPTransport(verify=False))
        transport = PinnedTransport(resolver, self._leading)
        self._delivery = Delivery(transport=transport)
        self._pictures = fetching_client(transport)
        self._hooks = httpx.AsyncClient(transport=transport, trust_env=False)

    async def __aenter__(self) -> "Ways":
        self._open = AsyncExitStack()
        for client in (self._hooks, self._pictures, self._delivery):
            await self._open.enter_async_context(client)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def callback(self, url: str) -> None:
        await self._hooks.post(str(VideoRequest(prompt="x", image_start="upload:a.png", callback_url=url).callback_url))

    async def picture(self, url: str) -> None:
        await fetch(self._pictures, str(VideoRequest(prompt="x", image_start=url).image_start))

    async def unasked_picture(self, url: str) -> None:
        await fetch(self._pictures, url)

    async def link(self, url: str) -> None:
        await self._delivery.fetch(url, self._target)

    async def led_link(self, url: str) -> None:
        self._leading.end = url
        await self._delivery.fetch("https://two.example.org/first", self._target)

    async def led_picture(self, url: str) -> None:
        self._leading.end = url
        await fetch(self._pictures, "https://two.example.org/first")

    @property
    def direct(self) -> list[Way]:
        return [self.callback, self.picture, self.unasked_picture, self.link]

    @property
    def led(self) -> list[Way]:
        return [self.led_link, self.led_picture]


async def refused(way: Way, url: str) -> bool:
    """Whether an address was set aside before any connection. What the spy stops had been let through."""
    try:
        await way(url)
    except REFUSED as error:
        return not isinstance(error.__cause__, httpx.ConnectError)
    except httpx.ConnectError:
        return False
    raise AssertionError("the spy let somebody through")


async def test_no_spelling_of_a_private_address_is_connected_to(
    tmp_path: Path, reached: list[str], count: Callable[..., None]
) -> None:
    hosts = spellings(SPELLINGS)
    assert len(set(hosts)) == SPELLINGS
    async with Ways(tmp_path) as ways:
        for number, url in enumerate(hosts):
            way = [*ways.direct, *ways.led][number % 6]
            for tried in (ways.callback, way):
                assert await refused(tried, url), url
            assert not reached, url
    count("addresses", spellings=SPELLINGS)


async def test_the_hostile_list_wherever_it_comes_from(
    tmp_path: Path, reached: list[str], count: Callable[..., None]
) -> None:
    async with Ways(tmp_path) as ways:
        for url in BAD:
            for way in ways.direct:
                assert await refused(way, url), url
        assert not reached
        for url in BAD:
            for way in ways.led:
                # What is no address by itself can be one beside the stop before: then it leads there, and not inside.
                assert await refused(way, url) or is_public(reached[-1]), url
        assert all(map(is_public, reached))
    count("addresses", hostile=len(BAD))


async def test_none_of_the_good_ones_is_refused(tmp_path: Path, reached: list[str], count: Callable[..., None]) -> None:
    async with Ways(tmp_path) as ways:
        for url in GOOD:
            assert check_address(url) == url
            for way in (*ways.direct, *ways.led):
                assert not await refused(way, url), url
    assert PUBLIC in reached
    assert "8.8.8.8" in reached
    assert all(map(is_public, reached))
    count("addresses", good=len(GOOD), connections_to_public_machines=len(reached))


async def test_a_name_that_changes_its_mind_leads_nobody_inside(
    tmp_path: Path, reached: list[str], count: Callable[..., None]
) -> None:
    dice, asked = random.Random(SEED), 0
    answers = [[PUBLIC], [PUBLIC, "8.8.8.8"], ["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::1"], ["::ffff:10.0.0.1"], []]

    async def flipping(name: str) -> Sequence[str]:
        """Good at the first look, bad at the second, and then as the dice will."""
        nonlocal asked
        asked += 1
        return answers[0] if asked == 1 else answers[2] if asked == 2 else dice.choice(answers)

    async with Ways(tmp_path, flipping) as ways:
        assert not await refused(ways.callback, "https://hooks.example.org/cb")
        assert reached == [PUBLIC]
        assert await refused(ways.callback, "https://hooks.example.org/cb")
        assert reached == [PUBLIC]
        for way in (*ways.direct, *ways.led) * 30:
            before = asked, len(reached)
            let_in = not await refused(way, "https://hooks.example.org/cb")
            assert let_in == (len(reached) > before[1])
            assert asked > before[0]
    assert set(reached) == {PUBLIC, "8.8.8.8"}
    count("addresses", flipped_answers=asked)
