"""A small picture that stands for a video: its first frame, or the picture it will begin with."""

import asyncio
import secrets
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import av
from PIL import Image, ImageOps

from client.order import UPLOAD
from jobs.job import Job
from jobs.shelf import Shelf
from jobs.states import State

LONGEST_SIDE = 720
AT_ONCE = 2


class Posters:
    """Makes each poster once and keeps it on the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def poster(self, job: Job) -> Path | None:
        """A JPEG of at most 720 pixels a side; None while there is nothing of ours to make one from."""
        async with self._slots:
            return await asyncio.to_thread(self._poster, job)

    def _poster(self, job: Job) -> Path | None:
        video = self._shelf.video(job.id) if job.state is State.DONE else None
        made = self._made(job.id, video, _first_frame) if video else None
        if made:
            return made
        picture = self._first_picture(job)
        return self._made(picture.stem, picture, _opened) if picture else None

    def _first_picture(self, job: Job) -> Path | None:
        first = next(job.request.pictures(), "")
        return self._shelf.kept(first.removeprefix(UPLOAD)) if first.startswith(UPLOAD) else None

    def _made(self, name: str, source: Path, read: Callable[[Path], Image.Image]) -> Path | None:
        """The poster of that name, made now if there is none; None when the source cannot be read."""
        poster = self._shelf.poster_path(name)
        if poster.is_file():
            return poster
        part = poster.with_suffix(f".{secrets.token_hex(8)}.part")
        try:
            image = read(source)
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            # Pillow takes a file that the disk cut short for a whole one.
            whole = BytesIO()
            image.convert("RGB").save(whole, "JPEG", quality=85)
            part.write_bytes(whole.getvalue())
            part.replace(poster)
        except (OSError, av.FFmpegError, StopIteration):
            return None
        finally:
            part.unlink(missing_ok=True)
        return poster


def _first_frame(video: Path) -> Image.Image:
    with av.open(str(video)) as film:
        return Image.fromarray(next(film.decode(video=0)).to_ndarray(format="rgb24"))


def _opened(picture: Path) -> Image.Image:
    with Image.open(picture, formats=("JPEG", "PNG")) as image:
        return ImageOps.exif_transpose(image)
