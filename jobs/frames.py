"""The last picture of a clip, from which another clip can go on."""

import asyncio
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory

import av
from PIL import Image

from client import unfit
from client.schema import PICTURE_MAX_BYTES
from jobs.shelf import Shelf

LAST_SECONDS = 2.0
"""Where to begin to look. Decoding all of a 4K clip takes many seconds."""


async def last_frame(video: Path, shelf: Shelf) -> str:
    """Keeps the very last frame of a video; returns the reference for a request.

    Raises PictureError when the video cannot be read (`picture_damaged`), or EvoLink would not take the picture.
    """
    with TemporaryDirectory() as folder:
        return await shelf.keep(await asyncio.to_thread(cut, video, Path(folder)))


def cut(video: Path, folder: Path) -> Path:
    """Writes the last frame into a folder: lossless, or a fine JPEG where that would be too large. Blocking."""
    try:
        image = _last(video)
    except (OSError, av.FFmpegError, IndexError, ValueError) as error:
        raise unfit.damaged() from error
    picture = folder / "last.png"
    image.save(picture)
    if picture.stat().st_size > PICTURE_MAX_BYTES:
        picture = folder / "last.jpg"
        image.save(picture, quality=95, subsampling=0)
    return picture


def _last(video: Path) -> Image.Image:
    with av.open(str(video)) as film:
        stream = film.streams.video[0]
        # Goes back to the key frame before that moment, so that what follows can be decoded.
        film.seek(max(0, (film.duration or 0) - int(LAST_SECONDS * av.time_base)))
        (frame,) = deque(film.decode(stream), maxlen=1)
        return Image.fromarray(frame.to_ndarray(format="rgb24"))
