"""A job under way: the record as last written, and what is needed to bring it further."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import httpx

from client.answers import Task, TaskPage, UploadedFile
from client.idempotency import Idempotency
from jobs import pace, reading
from jobs.callbacks import Callbacks
from jobs.clock import Clock, SystemClock
from jobs.job import Job, Trouble
from jobs.landing import Landing
from jobs.poller import Poller
from jobs.purse import Purse
from jobs.shelf import Shelf
from jobs.states import State
from jobs.store import Store
from jobs.turns import Turns


class Service(reading.Service, Protocol):
    """What a job asks of EvoLink; `client.api.EvoLink` and its errors."""

    async def upload(self, source: Path | bytes, *, name: str, media_type: str) -> UploadedFile: ...

    async def submit(self, body: bytes, *, idempotency_key: str) -> Task: ...

    async def tasks(self, *, page: int = 1, page_size: int = 20, model: str | None = None) -> TaskPage: ...


class Delivery(Protocol):
    """What brings a file home; `client.delivery` and its errors."""

    async def fetch(self, link: str, target: Path, /) -> Any: ...


@dataclass(frozen=True)
class Means:
    """What every ride shares. `chance` gives 0 to 1, to spread tries."""

    store: Store
    shelf: Shelf
    service: Service
    delivery: Delivery
    clock: Clock = field(default_factory=SystemClock)
    chance: Callable[[], float] = random.random
    links: httpx.AsyncClient | None = None
    """Brings pictures from public addresses, if anything may."""
    landing: Landing = field(default_factory=Landing)
    purse: Purse | None = None
    idempotency: Idempotency = Idempotency.UNPROVEN
    """Whether an order may be asked for once more after its answer was lost."""
    turns: Turns = field(default_factory=Turns)
    callbacks: Callbacks = field(default_factory=Callbacks)
    key_mark: str | None = None
    """Which key the service is asked with: a fingerprint, never the key."""

    @cached_property
    def poller(self) -> Poller:
        """Reads the tasks of all rides."""
        return Poller(self.service, self.clock)


class Ride:
    """One run of one job. `poke` ends the present wait for the service to get on."""

    def __init__(self, job: Job, means: Means, poke: asyncio.Event) -> None:
        self.job = job
        self.found = job.state
        self.means = means
        self.poke = poke

    async def write(self, after: Job) -> None:
        """Raises what `Store.write` raises."""
        if after != self.job:
            self.job = await self.means.store.write(self.job, after)

    async def read_again(self) -> None:
        """Takes the row as somebody else left it."""
        self.job = await self.means.store.job(self.job.id) or self.job

    async def read_task(self, after: float = 0.0, *, insist: bool = False) -> Task:
        """What the service says of the job's task in so many seconds. A poke makes that now, unless one insists.

        Raises what `Poller.read` raises.
        """
        return await self.means.poller.read(self.job.task_id or "", after, None if insist else self.poke)

    async def move(self, state: State, trouble: Trouble | None = None) -> None:
        await self.write(replace(self.job, state=state, trouble=trouble))

    async def end(self, state: State, trouble: Trouble) -> None:
        await self.write(replace(self.job, state=state, trouble=trouble, ended=self.now()))

    async def note(self, trouble: Trouble | None) -> None:
        """Says what is going on; nothing is written when it was said already."""
        await self.write(replace(self.job, trouble=trouble))

    async def wait(self, seconds: float) -> None:
        """Ends early when somebody pokes."""
        await self.means.clock.sleep(seconds, until=self.poke)
        self.poke.clear()

    async def insist_on_waiting(self, seconds: float) -> None:
        """Ends when it ends."""
        await self.means.clock.sleep(seconds)

    def now(self) -> float:
        return self.means.clock.now()

    def backoff(self, misses: int, retry_after: float | None = None) -> float:
        """Seconds until the next try, longer if the service asked for more."""
        asked = 0.0 if retry_after is None else pace.asked_pause(retry_after)
        return max(asked, pace.backoff(misses, self.means.chance()))
