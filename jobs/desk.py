"""What the page may ask for. It reads jobs; it never owns one."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from client.elements import ElementRequest
from client.faults import Remedy
from client.fetching import fetch
from client.order import UPLOAD
from client.prices import PriceTable
from client.schema import VideoRequest
from jobs.database import Ailment
from jobs.disk import NoRoom, full_disk_told, room_left
from jobs.engine import LocalEngine
from jobs.finding import find_clips, may_find
from jobs.job import Job, Kind, new_job
from jobs.library import Library
from jobs.lost import Lost
from jobs.not_now import Closed
from jobs.posters import Posters
from jobs.pulse import Pulse
from jobs.purse import Purse
from jobs.rehearsal import Rehearsal, Rehearsals
from jobs.ride import Means
from jobs.states import State
from jobs.store import Overtaken

FAILED_SHOWN = 3
"""Among so many of the newest elements, those that came to nothing are still listed."""
CAME_TO_NOTHING = frozenset({State.REJECTED, State.FAILED, State.CANCELLED})


class NoSuchJob(LookupError):
    """There is no such job, or it belongs to somebody else."""


class Desk:
    """Every question but `by_token` names the owner, and finds only what is theirs."""

    def __init__(self, means: Means, engine: LocalEngine, rehearsals: Rehearsals, purse: Purse) -> None:
        self._means = means
        self._store = means.store
        self._shelf = means.shelf
        self._engine = engine
        self._rehearsals = rehearsals
        self._purse = purse
        self.pulse = Pulse(means.store, engine)
        self.library = Library(means.store, means.shelf)
        self.lost = Lost(means, engine, purse, self._add)
        self._posters = Posters(means.shelf)
        self._starts: set[asyncio.Task[Job]] = set()

    async def keep(self, path: Path, remedies: Collection[Remedy] = (), *, beside: float | None = None) -> str:
        """Keeps a picture; returns the reference for a request.

        Raises PictureError when EvoLink would not take it, and NoRoom.
        """
        with full_disk_told():
            return await self._shelf.keep(path, remedies, beside=beside)

    def picture(self, reference: str) -> Path | None:
        """The file behind a reference that `keep` gave, if it is still here."""
        return self._shelf.kept(reference.removeprefix(UPLOAD)) if reference.startswith(UPLOAD) else None

    async def picture_of(self, reference: str) -> Path | None:
        """The file behind a picture of a request: kept before, or fetched from its public address and kept now.

        None when it is not here any more. Raises FetchFailed, and PictureError when EvoLink would not take it.
        """
        if reference.startswith(UPLOAD) or self._means.links is None:
            return self.picture(reference)
        content = await fetch(self._means.links, reference)
        with TemporaryDirectory() as folder:
            picture = Path(folder) / "picture"
            await asyncio.to_thread(picture.write_bytes, content)
            return self.picture(await self.keep(picture))

    async def start(
        self,
        request: VideoRequest | ElementRequest,
        *,
        owner: str,
        nonce: str,
        credits_estimated: float | None = None,
    ) -> Job:
        """Writes the job down and has it driven. A second start with the same nonce returns the first job.

        Once begun it happens, even if the caller is cancelled: no job lies written down with nobody driving it.
        Raises NotNow, with nothing written: while orders are closed, and when a video might find no room on this disk.
        """
        now = self._means.clock.now()
        job = new_job(request, owner=owner, nonce=nonce, now=now, credits_estimated=credits_estimated)
        start = asyncio.create_task(self._start(job))
        self._starts.add(start)
        start.add_done_callback(self._starts.discard)
        return await asyncio.shield(start)

    async def watch(self, job_id: str, owner: str | None = None) -> AsyncGenerator[Job, None]:
        """The job as it is, then again after each change a person can see; ends with the state it comes to rest in.

        Raises NoSuchJob. Without an owner nobody is checked: then the id must come from a question that did.
        """
        with self._store.watchers.listening(job_id) as news:
            job = await self._store.job(job_id)
            if job is None or owner not in (None, job.owner):
                raise NoSuchJob(job_id)
            yield job
            while not job.resting:
                latest = await news.get()
                seen, job = job.seen, latest if latest.version > job.version else job
                if job.seen != seen:
                    self._purse.forget()
                    yield job

    async def job(self, job_id: str, owner: str) -> Job | None:
        """A job that is not deleted."""
        job = await self._store.job(job_id)
        return job if job and job.owner == owner and not job.deleted else None

    async def by_token(self, token: str) -> Job | None:
        """The job, if it is not deleted, whose video or poster has this secret address."""
        job = await self._store.by_token(token)
        return None if job and job.deleted else job

    async def recent(self, owner: str, limit: int = 20) -> list[Job]:
        """The videos of an owner, newest first."""
        return await self._store.recent_videos(owner, limit)

    async def newest_open(self, owner: str) -> Job | None:
        """The newest video of an owner that is still on its way."""
        return await self._store.newest_open_video(owner)

    async def elements(self, owner: str) -> list[Job]:
        """The elements of an owner, newest first. One that came to nothing is soon left out."""
        jobs = await self._store.elements(owner)
        return [*jobs[:FAILED_SHOWN], *(job for job in jobs[FAILED_SHOWN:] if job.state not in CAME_TO_NOTHING)]

    async def forget_element(self, job_id: str, owner: str) -> None:
        """Leaves an element of this owner out of the list from now on. EvoLink keeps it: there, none can be deleted."""
        job = await self.job(job_id, owner)
        while job and job.kind is Kind.ELEMENT and not job.hidden:
            try:
                job = await self._store.write(job, replace(job, hidden=True))
            except Overtaken:
                job = await self.job(job_id, owner)

    async def look_again(self, job_id: str, owner: str) -> Job | None:
        """Looks now instead of later. A job whose link died is revived: its file is asked for anew. One whose answer
        was lost is looked for once more."""
        job = await self.job(job_id, owner)
        job = job and await self.lost.look_once_more(job)
        if job and job.state is State.LINK_EXPIRED:
            try:
                job = await self._store.write(job, replace(job, state=State.DOWNLOADING, link=None, trouble=None))
            except Overtaken:
                job = await self.job(job_id, owner)
        if job and not job.resting:
            self._engine.begin(job.id)
        return job

    def video(self, job: Job) -> Path | None:
        """The finished file, if it is there."""
        return self._shelf.video(job.id) if job.state is State.DONE else None

    async def poster(self, job: Job) -> Path | None:
        """A small JPEG: the first frame of the finished video, otherwise the first picture."""
        return await self._posters.poster(job)

    def rehearse(self, request: VideoRequest) -> AsyncGenerator[Rehearsal, None]:
        """A free preview of a request, made here: how far it is, in the end ready or in trouble."""
        return self._rehearsals.play(request)

    def rehearsal(self, token: str) -> Path | None:
        """The finished preview that has this secret address, as long as it is kept."""
        return self._rehearsals.film(token)

    async def may_find(self, owner: str) -> bool:
        """Whether `find_clips` is for this person."""
        return await may_find(self._store, owner)

    async def find_clips(self, owner: str) -> int:
        """Has the account's clips fetched that nobody here knows of; how many there are. Raises EvoLinkError."""
        jobs = await find_clips(self._means, owner)
        for job in jobs:
            self._engine.begin(job.id)
        return len(jobs)

    @property
    def closed(self) -> Ailment | None:
        """Why nothing is ordered before a person agrees: what was wrong with the database. Usually None."""
        return self._store.closed

    async def open_again(self) -> None:
        """A person agrees: orders are taken again, and those that were waiting are sent."""
        await self._store.open_again()
        for job in await self._store.open_jobs():
            self._engine.begin(job.id)

    @property
    def prices(self) -> PriceTable:
        """What things cost at present."""
        return self._purse.table

    async def balance(self) -> Decimal | None:
        """Credits left to spend, at most a minute old; None when the service does not tell. Never raises."""
        return await self._purse.balance()

    async def _start(self, job: Job) -> Job:
        job = await self._add(job)
        self._engine.begin(job.id)
        return job

    async def _add(self, job: Job) -> Job:
        full = not await asyncio.to_thread(room_left, self._shelf.folder)
        if (full or self.closed) and not await self._store.select("owner = ? AND nonce = ?", job.owner, job.nonce):
            raise NoRoom if full else Closed
        with full_disk_told():
            return await self._store.add(job)
