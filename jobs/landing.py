"""The way home for all files of this process: a few at once, the one whose link is oldest first."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush

from jobs.job import Job

logger = logging.getLogger(__name__)

AT_ONCE = 3
"""Downloads at a time: more would share one line, and all of them would be late."""

ALARM = 20 * 3600.0
"""Seconds after its receipt when a link has four hours left."""


class Landing:
    """Places for downloads. Belongs to one event loop."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = itertools.count()
        self._alarmed: set[str] = set()

    @asynccontextmanager
    async def place(self, received: float) -> AsyncIterator[None]:
        """Waits for a place, which the job whose link was received first is given first. `received`: unix seconds."""
        await self._take(received)
        try:
            yield
        finally:
            self._give_back()

    def watch(self, job: Job, now: float) -> None:
        """Sounds the alarm, once for each job, when its link is about to die and the file is not here."""
        if job.ready is None or now - job.ready < ALARM or job.id in self._alarmed:
            return
        self._alarmed.add(job.id)
        logger.warning(
            "Job %s: its video is paid for and not saved yet, and the link is %.1f hours old. Task %s.",
            job.id,
            (now - job.ready) / 3600,
            job.task_id,
        )

    async def _take(self, received: float) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (received, next(self._number), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was given in the very moment in which nobody wanted it any more
                self._give_back()
            raise

    def _give_back(self) -> None:
        while self._waiting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
