"""Who drives: one asyncio task for each open job, in this process."""

import asyncio
import contextlib
import logging
import traceback
from typing import NamedTuple

from jobs import pace
from jobs.drive import drive
from jobs.evidence import LOOKED_FOR
from jobs.ride import Means, Ride
from jobs.send import settle
from jobs.states import State
from jobs.store import Overtaken

logger = logging.getLogger(__name__)


class _Driver(NamedTuple):
    task: asyncio.Task[None]
    poke: asyncio.Event


class LocalEngine:
    """Drives every open job, one driver at a time for each. Belongs to one event loop.

    `patience`: seconds that `stop` gives to paid requests that are already on their way, and at most once more to
    what they leave behind.
    """

    def __init__(self, means: Means, *, patience: float = 10.0) -> None:
        self._means = means
        self._patience = patience
        self._drivers: dict[str, _Driver] = {}
        self._running = False

    async def start(self) -> None:
        """Settles what a dead process left in the middle of the paid request, then drives every open job."""
        self._running = True
        for job in [*await self._means.store.open_jobs(), *await self._means.store.select(LOOKED_FOR)]:
            if job.state is State.SUBMITTING:
                with contextlib.suppress(Overtaken):
                    await settle(Ride(job, self._means, asyncio.Event()))
            self.begin(job.id)

    @property
    def running(self) -> bool:
        """Whether jobs are driven: started, not stopped, and what reads their tasks did not break."""
        return self._running and not self._means.poller.broken

    def begin(self, job_id: str) -> None:
        """Has the job driven. One that is being driven is poked, so that a request is never lost between two runs."""
        if not self._running:
            return
        if job_id in self._drivers:
            self._drivers[job_id].poke.set()
            return
        poke = asyncio.Event()
        task = asyncio.create_task(self._keep_driving(job_id, poke), name=f"job {job_id}")
        self._drivers[job_id] = _Driver(task, poke)

    def wake(self, job_id: str) -> None:
        """Makes a driver that waits for the service look now."""
        if job_id in self._drivers:
            self._drivers[job_id].poke.set()

    async def stop(self) -> None:
        """Ends all drivers, within twice the patience. The rows tell the next start where to go on."""
        self._running = False
        tasks = [driver.task for driver in self._drivers.values()]
        for _ in range(2):
            for task in tasks:
                task.cancel()
            if tasks:
                _, tasks_left = await asyncio.wait(tasks, timeout=self._patience)
                tasks = list(tasks_left)
        self._drivers.clear()

    async def _keep_driving(self, job_id: str, poke: asyncio.Event) -> None:
        try:
            await self._drive_until_at_rest(job_id, poke)
        finally:
            self._drivers.pop(job_id, None)

    async def _drive_until_at_rest(self, job_id: str, poke: asyncio.Event) -> None:
        stumbles = 0
        while True:
            poke.clear()
            try:
                job = await self._means.store.job(job_id)
                if job:
                    await drive(job, self._means, poke)
            except Overtaken:
                continue
            except Exception as error:
                stumbles += 1
                pause = pace.backoff(stumbles, self._means.chance())
                _report(job_id, error, pause)
                await self._means.clock.sleep(pause, until=poke)
                continue
            if not poke.is_set():
                return


def _report(job_id: str, error: Exception, pause: float) -> None:
    """Where it happened and what kind it was. What the error says may hold a body or a key, so it stays unsaid."""
    where = "".join(traceback.format_tb(error.__traceback__))
    said = (job_id, type(error).__name__, pause)
    logger.error("Job %s stumbled over %s, again in %.0f s", *said, extra={"job": job_id, "traceback": where})
