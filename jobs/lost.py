"""Orders whose answer was lost, in the hands of a person or of a callback."""

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from client.elements import ElementRequest
from client.errors import EvoLinkError
from client.schema import VideoRequest
from jobs import agreement, pace, troubles
from jobs.engine import LocalEngine
from jobs.evidence import LOOKED_FOR, adopted, compared, with_balance
from jobs.job import Job, new_job
from jobs.purse import Purse
from jobs.ride import Means
from jobs.states import ENDS, State
from jobs.store import Overtaken


class Lost:
    """Every question but `called_back` names the owner, and finds only what is theirs. `add` writes a new job down."""

    def __init__(self, means: Means, engine: LocalEngine, purse: Purse, add: Callable[[Job], Awaitable[Job]]) -> None:
        self._means = means
        self._store = means.store
        self._engine = engine
        self._purse = purse
        self._add = add

    async def look_once_more(self, job: Job) -> Job:
        """Gives a lost order one more look. As it is when we look anyway, or cannot know what to look for."""
        if job.state is not State.UNKNOWN or job.looking or job.sent is None:
            return job
        return await self._write(job, looks=len(pace.EVIDENCE) - 1)

    async def looks_for(self, owner: str, request: VideoRequest | ElementRequest) -> bool:
        """Whether this person has just sent exactly that, and its answer is still looked for."""
        return any(job.request == request for job in await self._store.select(f"owner = ? AND {LOOKED_FOR}", owner))

    async def choose(self, job_id: str, owner: str, task_id: str) -> Job | None:
        """A person says which candidate it is. One that has turned out to be another job's is no longer shown then."""
        job = await self._theirs(job_id, owner)
        if job is None or job.state is not State.UNKNOWN or task_id not in job.candidates:
            return job
        try:
            task = await self._means.service.task(task_id)
        except EvoLinkError:
            return job
        found = await compared(self._store, job, [task.model_copy(update={"model": job.request.model})])
        if task_id in (found.sure, *found.shown):
            return await self._adopt(job, task_id)
        return await self._write(job, candidates=tuple(other for other in job.candidates if other != task_id))

    async def send_again(self, job_id: str, owner: str) -> Job | None:
        """The one new job in place of a lost one, with a key of its own, however often it is asked for. None when the
        job is not lost, or is still looked for. Raises what `Desk.start` raises."""
        job = await self._theirs(job_id, owner)
        if job is None or job.state is not State.UNKNOWN or job.looking:
            return None
        price = float(self._purse.table.credits(job.request))
        nonce, now = f"again:{job.id}", self._means.clock.now()
        again = await self._add(
            new_job(job.request, owner=owner, nonce=nonce, now=now, credits_estimated=price),
        )
        try:
            await self._store.write(job, replace(job, sent_again=again.id))
        except Overtaken:  # it was found between the press and now
            return await self._withdraw(again)
        self._engine.begin(again.id)
        return again

    async def called_back(self, token: str, task_id: str | None = None) -> bool:
        """Takes in a callback; whether the token is a job's own. It proves nothing and only gives a reason to look now.

        While the task of a job is not known, the one that is named is kept as a hint: an order whose answer was lost is
        looked for again with it, unless its owner has deleted it.
        """
        job = await self._store.by_callback_token(token)
        if job is None:
            return False
        self._means.callbacks.heard(job)
        found: Job | None = job
        while found and task_id and _takes_hints(found) and found.task_hint != task_id:
            try:
                found = await self._store.write(found, replace(found, task_hint=task_id, looks=0))
            except Overtaken:
                found = await self._store.job(job.id)
        if found and not found.resting:
            self._engine.begin(found.id)
        return True

    async def agree_to_price(self, owner: str) -> None:
        """A person agrees to a price that was higher than said: their orders go on."""
        for job in await agreement.agree(self._store, owner):
            self._engine.begin(job.id)

    async def settled(self, job: Job) -> Job:
        """A job that has just come to nothing, with the balance of now beside the one before the order."""
        if job.credits_after is not None or job.state not in ENDS - {State.DONE}:
            return job
        told = await with_balance(self._means, job)
        return await self._write(job, credits_after=told.credits_after)

    async def _theirs(self, job_id: str, owner: str) -> Job | None:
        job = await self._store.job(job_id)
        return job if job and job.owner == owner else None

    async def _adopt(self, job: Job, task_id: str) -> Job:
        try:
            job = await self._store.write(job, adopted(job, task_id, self._means.clock.now()))
        except Overtaken:
            job = await self._store.job(job.id) or job
        except sqlite3.IntegrityError:
            return job
        self._engine.begin(job.id)
        return job

    async def _withdraw(self, again: Job) -> Job:
        withdrawn = {"state": State.REJECTED, "trouble": troubles.FOUND_MEANWHILE, "ended": self._means.clock.now()}
        return await self._write(again, **withdrawn) if again.state is State.NEW else again

    async def _write(self, job: Job, **changes: Any) -> Job:
        """The record with the changes, or as somebody else has left it meanwhile."""
        try:
            return await self._store.write(job, replace(job, **changes))
        except Overtaken:
            return await self._store.job(job.id) or job


def _takes_hints(job: Job) -> bool:
    return job.state in {State.SUBMITTING, State.UNKNOWN} and not job.hidden
