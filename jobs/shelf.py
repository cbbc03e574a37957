"""Pictures and videos on our disk, under names that we made."""

import asyncio
import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from client.faults import Remedy
from client.order import UPLOAD
from client.pictures import prepare

AT_ONCE = 2
"""Pictures re-encoded at a time: each may take a few hundred megabytes for a moment."""

PICTURE_NAME = r"[0-9a-f]{64}\.(jpg|png)"
JOB_ID = r"[0-9a-zA-Z_-]{1,64}"


class Shelf:
    """Three folders under `folder`, made when first needed and closed to other users. Files appear whole or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pictures = folder / "pictures"
        self._videos = folder / "videos"
        self._posters = folder / "posters"
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def keep(self, path: Path, remedies: Collection[Remedy] = (), *, beside: float | None = None) -> str:
        """Prepares a picture for EvoLink, with these remedies, and keeps it; returns the reference for a request.

        The same content has the same name. `beside`: width divided by height of the first frame. Raises PictureError,
        and OSError from the disk.
        """
        async with self._slots:
            name = await asyncio.to_thread(self._keep, path, remedies, beside)
        return f"{UPLOAD}{name}"

    def picture(self, name: str) -> Path:
        """Where a kept picture lies. Raises ValueError for a name that `keep` cannot have given."""
        return _inside(self._pictures, name, PICTURE_NAME)

    def kept(self, name: str) -> Path | None:
        """A picture, if it is here under this name."""
        path = self.picture(name) if re.fullmatch(PICTURE_NAME, name, re.ASCII) else None
        return path if path and path.is_file() else None

    def video_path(self, job_id: str) -> Path:
        """Where a job's video goes. Raises ValueError for an id that would leave the folder."""
        return _inside(_folder(self._videos), f"{job_id}.mp4", JOB_ID + r"\.mp4")

    def video(self, job_id: str) -> Path | None:
        """A job's video, once it is whole."""
        path = self.video_path(job_id)
        return path if path.is_file() else None

    def poster_path(self, name: str) -> Path:
        """Where the poster of a job or picture goes. Raises ValueError like the others."""
        return _inside(_folder(self._posters), f"{name}.jpg", JOB_ID + r"\.jpg")

    def drop(self, job_id: str, pictures: Collection[str]) -> None:
        """Deletes the video of a job, these pictures, and the posters of all of them. Blocking."""
        for name in (job_id, *(Path(picture).stem for picture in pictures)):
            self.poster_path(name).unlink(missing_ok=True)
        self.video_path(job_id).unlink(missing_ok=True)
        for picture in pictures:
            self.picture(picture).unlink(missing_ok=True)

    def _keep(self, path: Path, remedies: Collection[Remedy], beside: float | None) -> str:
        if not remedies and (name := self._known(path)):
            return name
        with TemporaryDirectory(dir=_folder(self._pictures), prefix=".") as bench:
            prepared = prepare(path, Path(bench) / "picture", remedies, beside=beside)
            content = prepared.read_bytes()
            name = f"{hashlib.sha256(content).hexdigest()}{prepared.suffix}"
            _sync(prepared)
            prepared.replace(self._pictures / name)
        return name

    def _known(self, path: Path) -> str | None:
        """The name of a picture that comes from here. Prepared once more it would lose a little each time."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return next((name for name in (f"{digest}.jpg", f"{digest}.png") if self.kept(name)), None)


def media_type(name: str) -> str:
    """Of a kept picture, by its name."""
    return "image/png" if name.endswith(".png") else "image/jpeg"


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _inside(folder: Path, name: str, pattern: str) -> Path:
    if not re.fullmatch(pattern, name, re.ASCII):
        raise ValueError("This is not a name of ours.")
    return folder / name


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
