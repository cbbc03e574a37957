"""A finished video from its link to a file: no key, checked addresses, caps, and going on where it stopped."""

import asyncio
import errno
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import anyio
import httpx

from client.addresses import check_address, origin
from client.errors import AddressError, DeliveryError, DiskFull, LinkExpired, NotAVideo
from client.mp4 import HEAD, duration, is_mp4, is_whole
from client.part import Part
from client.pinned import PinnedTransport
from client.ranges import goes_on, is_all, total_size, version
from client.version import USER_AGENT

Progress = Callable[[int, int | None], None]
"""Told the bytes that are here and the bytes there will be, if known, about once a megabyte and at the end."""

LIMIT: Final = 500_000_000
REDIRECTS: Final = 3
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class Patience:
    """Seconds: `connect`, `silence` between two pieces, `total` for a file; at least `slowest` bytes a second over
    any `window` of seconds."""

    connect: float = 10
    silence: float = 30
    total: float = 1800
    window: float = 60
    slowest: float = 10_000


class Delivery:
    """Brings videos home. Knows no key. Close it after use, or use it as an async context manager.

    Links are https to public machines, or lie on `allowed_origin`, the loopback origin of a service on this machine.
    A `transport` of one's own replaces the connections and their check of names.
    """

    def __init__(
        self,
        *,
        allowed_origin: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        limit_bytes: int = LIMIT,
        patience: Patience | None = None,
    ) -> None:
        self._allowed = origin(allowed_origin) if allowed_origin else None
        self._limit = limit_bytes
        self._patience = patience or Patience()
        own = {self._allowed: httpx.AsyncHTTPTransport()} if self._allowed and transport is None else None
        self._client = httpx.AsyncClient(
            transport=transport or PinnedTransport(),
            mounts=own,
            headers={"User-Agent": USER_AGENT, "Accept": "video/mp4,*/*;q=0.5", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(self._patience.silence, connect=self._patience.connect),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def fetch(self, link: str, target: Path, *, progress: Progress | None = None) -> Path:
        """The file at `target`, whole and on the disk; its folder must be there.

        Raises DeliveryError in its kinds. Whatever came is kept beside the target, and the next try goes on from it,
        as long as the file on the other side is the same.
        """
        part = Part(target)
        try:
            async with asyncio.timeout(self._patience.total):
                await self._bring(link, part, progress or (lambda size, total: None))
                await _check_film(part)
                await part.finish()
        except AddressError as error:
            raise DeliveryError("The link to the video leads to no good address.", code=error.code) from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise DeliveryError(
                "The video stopped coming in. What came is kept.", code="delivery_broken", detail=str(error)
            ) from error
        except OSError as error:
            if error.errno in NO_ROOM:
                raise DiskFull("There is no room for the video on this disk.", code="disk_full") from error
            raise DeliveryError(
                "The video cannot be written to this disk.", code="disk_refused", detail=str(error)
            ) from error
        return target

    async def _bring(self, link: str, part: Part, progress: Progress) -> None:
        size, known = part.known()
        if size:
            async with self._open(link, {"Range": f"bytes={size}-", "If-Range": known}) as response:
                if response.status_code == 206 and goes_on(response.headers, size, known):
                    return await self._receive(response, part, size, progress)
                if response.status_code == 416 and is_all(response.headers, size):
                    return progress(size, size)
                if response.status_code not in (206, 416):
                    return await self._receive(response, part, 0, progress)
            part.forget()
        async with self._open(link, {}) as response:
            await self._receive(response, part, 0, progress)

    @asynccontextmanager
    async def _open(self, link: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        for _ in range(REDIRECTS + 1):
            if self._allowed is None or origin(link) != self._allowed:
                check_address(link)
            async with self._client.stream("GET", link, headers=headers) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                link = str(response.url.join(response.headers["location"]))
        raise DeliveryError("The link to the video leads round in circles.", code="delivery_redirects")

    async def _receive(self, response: httpx.Response, part: Part, start: int, progress: Progress) -> None:
        _check_status(response, 206 if start else 200)
        total = total_size(response.headers, start)
        if total is not None:
            self._check_size(total, part)
            if shutil.disk_usage(part.path.parent).free < total - start:
                raise DiskFull("There is no room for the video on this disk.", code="disk_full")
        part.begin(start, version(response.headers))
        try:
            await self._pour(response, part, total, progress)
        except (httpx.HTTPError, DeliveryError):
            await part.flush()
            raise
        await part.flush()
        await _check_end(response, part, total)
        progress(part.size, total)

    async def _pour(self, response: httpx.Response, part: Part, total: int | None, progress: Progress) -> None:
        head = b"" if part.size == 0 else None
        clock = asyncio.get_running_loop().time
        since, before = clock(), part.size
        async for piece in response.aiter_bytes():
            self._check_size(part.size + len(piece), part)
            if head is not None:
                head += piece[:HEAD]
                if len(head) >= HEAD:
                    _check_head(head, part)
                    head = None
            if await part.add(piece):
                progress(part.size, total)
            if clock() - since >= self._patience.window:
                if part.size - before < self._patience.slowest * self._patience.window:
                    raise DeliveryError("The video comes in too slowly. What came is kept.", code="delivery_slow")
                since, before = clock(), part.size

    def _check_size(self, size: int, part: Part) -> None:
        if size > self._limit:
            part.forget()
            raise DeliveryError(f"The video is larger than {self._limit / 1e6:,.0f} MB.", code="delivery_too_large")


def _check_status(response: httpx.Response, wanted: int) -> None:
    status = response.status_code
    if status in (403, 404, 410):
        raise LinkExpired("The link to the video is no longer good.", code="link_expired", status=status)
    if status != wanted:
        raise DeliveryError("The video cannot be had right now.", code="delivery_status", status=status)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise DeliveryError("The video came packed in a way nobody asked for.", code="delivery_packed")


def _check_head(head: bytes, part: Part) -> None:
    if not is_mp4(head):
        part.forget()
        raise NotAVideo("What came from the link is not a video.", code="not_a_video")


async def _check_end(response: httpx.Response, part: Part, total: int | None) -> None:
    if total is not None:
        whole = part.size == total
    elif "transfer-encoding" in response.headers:
        whole = True  # the last chunk came, or httpx had complained
    else:
        whole = await anyio.to_thread.run_sync(is_whole, part.path)
    if not whole:
        raise DeliveryError("The video did not come in whole. What came is kept.", code="delivery_cut")


async def _check_film(part: Part) -> None:
    if await anyio.to_thread.run_sync(duration, part.path) is None:
        part.forget()
        raise NotAVideo("What came from the link holds no film.", code="not_a_video")
