"""A rehearsal: what a request asks for, played small from the pictures that lie here. It costs nothing."""

import asyncio
import hmac
import logging
import secrets
import shutil
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from client.errors import PictureError
from client.order import UPLOAD
from client.schema import VideoRequest
from jobs.clock import Clock
from jobs.shelf import Shelf

AT_ONCE = 2
MOST = 40
LIFE = 86_400.0
"""Seconds that a rehearsal is kept, if so many newer ones do not push it out before."""

Rehearser = Callable[[VideoRequest, Mapping[str, Path], Path, Callable[[float], None]], Awaitable[None]]
"""Makes the film of a request at a path, from the files behind the pictures it names, and tells the share that is done
a few times a second. A picture without a file keeps nothing from being made. Raises PictureError for a file that cannot
be read. Cancelled, it leaves no process behind."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rehearsal:
    """How far it is. `token` is its secret address once it is ready; `trouble` is the code of what keeps it from that:
    `picture_gone`, `picture_damaged` or `failed`."""

    token: str
    percent: int = 0
    ready: bool = False
    trouble: str = ""


class Rehearsals:
    """Makes rehearsals, two at a time, and keeps the newest. Belongs to one event loop."""

    def __init__(self, shelf: Shelf, rehearse: Rehearser, folder: Path, clock: Clock) -> None:
        self._shelf = shelf
        self._rehearse = rehearse
        self._folder = folder
        self._clock = clock
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._secret = secrets.token_bytes(32)
        self._made: dict[str, float] = {}

    async def open(self) -> None:
        """Clears away what an earlier run made: nobody can know its addresses any more."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def play(self, request: VideoRequest) -> AsyncGenerator[Rehearsal, None]:
        """How far it is: at the start, with each further percent, and in the end ready or in trouble.

        Equal requests share one film. Closed early, nothing of it goes on or stays.
        """
        token = self._token(request)
        if token in self._made:
            yield Rehearsal(token, 100, ready=True)
            return
        yield Rehearsal(token)
        percent = 0
        news: asyncio.Queue[float | None] = asyncio.Queue()
        work = asyncio.create_task(self._end(token, request, news.put_nowait))
        work.add_done_callback(lambda _: news.put_nowait(None))
        try:
            while (share := await news.get()) is not None:
                reached = min(int(share * 100), 99)
                if reached > percent:
                    percent = reached
                    yield Rehearsal(token, percent)
            yield work.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    def film(self, token: str) -> Path | None:
        """The finished file behind a secret address."""
        return self._path(token) if token in self._made else None

    async def _end(self, token: str, request: VideoRequest, progress: Callable[[float], None]) -> Rehearsal:
        try:
            async with self._slots:
                if token not in self._made:
                    await self._make(token, request, progress)
        except PictureError as error:
            return Rehearsal(token, trouble=error.code)
        except Exception:
            logger.exception("A rehearsal failed")
            return Rehearsal(token, trouble="failed")
        return Rehearsal(token, 100, ready=True)

    async def _make(self, token: str, request: VideoRequest, progress: Callable[[float], None]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._folder) as bench:
            film = Path(bench) / "film.mp4"
            await self._rehearse(request, self._pictures(request), film, progress)
            film.replace(self._path(token))
        self._made[token] = self._clock.monotonic()
        for oldest in self._outlived():
            del self._made[oldest]
            self._path(oldest).unlink(missing_ok=True)

    def _pictures(self, request: VideoRequest) -> dict[str, Path]:
        """The files of the pictures that were kept here. Raises PictureError for one that is gone."""
        found = {}
        for name in request.uploads():
            path = self._shelf.kept(name)
            if path is None:
                raise PictureError("One of the pictures is no longer here.", code="picture_gone")
            found[f"{UPLOAD}{name}"] = path
        return found

    def _outlived(self) -> list[str]:
        """Those made too long ago, and the oldest of too many."""
        dead = self._clock.monotonic() - LIFE
        spare = len(self._made) - MOST
        return [token for place, (token, made) in enumerate(self._made.items()) if place < spare or made <= dead]

    def _token(self, request: VideoRequest) -> str:
        """The same for equal requests, which name pictures by their content, and in this run alone."""
        digest = hmac.digest(self._secret, request.model_dump_json().encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def _path(self, token: str) -> Path:
        return self._folder / f"{token}.mp4"
