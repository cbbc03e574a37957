"""Pictures by address: fetched from the public internet, and from nowhere else."""

from typing import Final

import anyio
import httpx

from client.errors import AddressError, FetchFailed
from client.schema import PICTURE_MAX_BYTES

DEADLINE: Final = 30.0
"""Seconds for one picture, redirects and all."""
MAX_REDIRECTS: Final = 3


def fetching_client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """A client whose transport connects to public addresses alone, so that a redirect leads nowhere else."""
    return httpx.AsyncClient(
        transport=transport,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=10,
        trust_env=False,
        headers={"Accept": "image/*", "User-Agent": "firstframe"},
    )


async def fetch(client: httpx.AsyncClient, url: str) -> bytes:
    """A picture of at most 10 MB.

    Raises FetchFailed.
    """
    try:
        with anyio.fail_after(DEADLINE):
            async with client.stream("GET", url) as answer:
                return await _picture(answer)
    except AddressError as error:
        raise FetchFailed(str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
        raise FetchFailed("The picture could not be downloaded from its address.") from error


async def _picture(answer: httpx.Response) -> bytes:
    answer.raise_for_status()
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/") and kind not in ("", "application/octet-stream"):
        raise FetchFailed("What came from the address is not a picture.")
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > PICTURE_MAX_BYTES:
            raise FetchFailed("The picture at the address is larger than 10 MB.")
    return bytes(content)
