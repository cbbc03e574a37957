"""A picture by its address: whatever answers there, our own error comes of it."""

import httpx
import pytest

from client.fetching import FetchFailed, fetch, fetching_client


@pytest.mark.parametrize("onwards", ["https://xn--a.example.org/", "https://[bad", "mailto:a@example.org"])
async def test_a_redirect_that_nobody_can_follow(onwards: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(302, headers={"location": onwards}))
    async with fetching_client(transport) as client:
        with pytest.raises(FetchFailed, match="could not be downloaded"):
            await fetch(client, "https://pictures.example.org/a.jpg")
