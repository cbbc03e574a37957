"""Everything a person made: looked through, starred, deleted, continued."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from client.order import UPLOAD
from client.schema import VideoRequest
from jobs.frames import last_frame
from jobs.job import Job, Kind
from jobs.shelf import Shelf
from jobs.store import Overtaken, Store

logger = logging.getLogger(__name__)

PAGE: Final = 24
MOST_WORDS: Final = 8
"""Of a search. Each one is another pass over the texts."""
WIPED: Final = "…"
"""What stands where the text of a deleted video was."""

PRIVATE: Final = frozenset({"request", "body", "uploads", "link", "trouble", "video"})
"""Columns that may hold what a person wrote or showed."""

_THEIRS: Final = "owner = ? AND kind = 'video' AND hidden = 0"


class Page(NamedTuple):
    """`jobs` of page `number`, counted from 1, of `pages`; `total` on all of them."""

    jobs: list[Job]
    total: int
    number: int
    pages: int


class StillMade(Exception):
    """A video that is on its way cannot be deleted: it would come home, and cost, all the same."""


class Library:
    """Every question names the owner, and finds only what is theirs. Deleted videos are never found."""

    def __init__(self, store: Store, shelf: Shelf) -> None:
        self._store = store
        self._shelf = shelf

    async def page(self, owner: str, words: str = "", *, starred: bool = False, number: int = 1) -> Page:
        """The videos whose text holds each of these words, newest first. Beyond the last page is the last page."""
        wanted = words.casefold().split()[:MOST_WORDS]
        where = " AND ".join([_THEIRS, *["starred = 1"] * starred, *[r"words LIKE ? ESCAPE '\'"] * len(wanted)])
        values = (owner, *(f"%{_literally(word)}%" for word in wanted))
        ((total,),) = await self._store.figures(f"SELECT count(*) FROM job WHERE {where}", *values)
        pages = max(1, -(-total // PAGE))
        number = min(max(1, number), pages)
        # The rows that are passed over are counted in the index and never read.
        wanted_rows = f"SELECT rowid FROM job WHERE {where} ORDER BY rowid DESC LIMIT ? OFFSET ?"
        found = await self._store.select(
            f"rowid IN ({wanted_rows}) ORDER BY rowid DESC", *values, PAGE, (number - 1) * PAGE
        )
        return Page(found, total, number, pages)

    async def star(self, job_id: str, owner: str, *, starred: bool) -> None:
        job = await self._theirs(job_id, owner)
        while job:
            try:
                await self._store.write(job, replace(job, starred=starred))
                return
            except Overtaken:
                job = await self._theirs(job_id, owner)

    async def delete(self, job_id: str, owner: str) -> bool:
        """Deletes a video here: its file, its poster, its words, and its pictures as far as no other job names them.

        What it cost stays written down. Whether there was one to delete; raises StillMade when it is not at rest.
        """
        job = await self._theirs(job_id, owner)
        if job is None:
            return False
        if not job.resting:
            raise StillMade(job_id)
        try:
            await self._store.write(job, _wiped(job))
        except Overtaken as error:
            raise StillMade(job_id) from error
        pictures = [name for name in dict.fromkeys(job.request.uploads()) if not await self._in_use(name)]
        await asyncio.to_thread(self._shelf.drop, job.id, pictures)
        try:
            await self._store.forget(job.id, PRIVATE)
        except OSError:
            logger.exception("Job %s is deleted, but the journal still tells of its text", job.id)
        return True

    async def last_frame(self, job_id: str, owner: str) -> str | None:
        """The reference of the last picture of a video, kept like any picture; None when its file is not here.

        Raises PictureError when EvoLink would not take that picture.
        """
        job = await self._theirs(job_id, owner)
        video = self._shelf.video(job.id) if job else None
        return await last_frame(video, self._shelf) if video else None

    def videos(self, jobs: Collection[Job]) -> dict[str, Path]:
        """The files that are here, by the id of their job. Blocking."""
        found = {job.id: self._shelf.video(job.id) for job in jobs}
        return {job_id: path for job_id, path in found.items() if path}

    async def _theirs(self, job_id: str, owner: str) -> Job | None:
        job = await self._store.job(job_id)
        return job if job and job.owner == owner and job.kind is Kind.VIDEO and not job.hidden else None

    async def _in_use(self, name: str) -> bool:
        """Whether any job that is left names this picture, whoever it belongs to."""
        statement = "SELECT EXISTS (SELECT 1 FROM job WHERE instr(request, ?))"
        ((used,),) = await self._store.figures(statement, f"{UPLOAD}{name}")
        return bool(used)


def _wiped(job: Job) -> Job:
    """Without anything a person wrote or showed, and still a record that can be read."""
    assert isinstance(job.request, VideoRequest)
    kept = job.request.model_dump(include={"duration", "aspect_ratio", "quality", "sound"})
    request = VideoRequest.model_validate({"prompt": WIPED, **kept}, context={"pictures_optional": True})
    trouble = replace(job.trouble, detail="") if job.trouble else None
    return replace(
        job, hidden=True, starred=False, request=request, body=None, uploads={}, link=None, video=None, trouble=trouble
    )


def _literally(word: str) -> str:
    """Signs that LIKE would read otherwise stand for themselves."""
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
