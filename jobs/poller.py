"""When the service is asked how tasks are, for everybody who waits for one: together where it can, never too often."""

import asyncio
import math
from typing import Final

from client.answers import Task
from client.errors import EvoLinkError, KeyRefused, NotFound, TooManyRequests
from jobs import pace
from jobs.bucket import Bucket
from jobs.clock import Clock
from jobs.reading import BATCH, Reading, Service
from jobs.waits import HURRIED, Wait, Waits, tell

AT_ONCE: Final = 6
"""Requests under way: two of the client's eight places stay free for orders and pictures."""
BURST: Final = 8
NEARBY: Final = 200.0
"""Requests a second, and at once, to a service on this machine."""


class Poller:
    """One for each key. Belongs to one event loop; works as long as somebody waits."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.reading = Reading(service, clock)
        self._nearby = service.nearby
        self._clock = clock
        self._bucket = Bucket(NEARBY if service.nearby else BURST)
        self._waits = Waits()
        self._wakes = HURRIED
        self._news = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._requests: set[asyncio.Task[None]] = set()
        self._refusal: KeyRefused | None = None
        self._probe = 0.0

    @property
    def company(self) -> int:
        """How many tasks share a request at present."""
        return max(1, min(BATCH, len(self._waits))) if self.reading.batches else 1

    @property
    def broken(self) -> bool:
        """Whether those who wait would wait in vain."""
        return self._serving is not None and self._serving.done()

    async def read(self, task_id: str, after: float = 0.0, poke: asyncio.Event | None = None) -> Task:
        """The task as it is in `after` seconds, or as soon as somebody pokes; later when too many tasks wait.

        Raises what the service raises for it. While the key is refused, one task a minute is asked for and the
        others wait; whoever does not know it yet, and wants to read at once, is told.
        """
        now, poked = self._clock.monotonic(), poke is not None and poke.is_set()
        if self._refusal and after <= 0 and not poked and now < self._probe:
            raise self._refusal
        pause, hope = after * self._crowd, 1 / after if after > 0 else 0.0
        answer: asyncio.Future[Task] = asyncio.get_running_loop().create_future()
        wait = Wait(task_id, hope, pause, HURRIED if poked else now + pause, answer, poke)
        self._waits.enter(wait)
        self._serve_soon(wait.due)
        listener = asyncio.create_task(self._listen(wait, poke)) if poke and not poked else None
        try:
            return await answer
        finally:
            if listener:
                listener.cancel()
            self._waits.leave(wait)
            self._rest_if_nobody_waits()

    @property
    def _rate(self) -> float:
        """Requests a second: two, or one in half a minute for each task."""
        return NEARBY if self._nearby else max(2.0, len(self._waits) / 30)

    @property
    def _crowd(self) -> float:
        """By how much pauses grow, lest all of them together ask for more requests than may be made."""
        return max(1.0, self._waits.hopes / self._rate / (BATCH if self.reading.batches else 1))

    def _serve_soon(self, due: float) -> None:
        if due < self._wakes:
            self._news.set()
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve(), name="poller")

    def _rest_if_nobody_waits(self) -> None:
        if not self._waits and self._serving:
            for task in (self._serving, *self._requests):
                task.cancel()
            self._serving = None

    async def _listen(self, wait: Wait, poke: asyncio.Event) -> None:
        await poke.wait()
        if self._waits.hurry(wait):
            self._news.set()

    async def _serve(self) -> None:
        while True:
            self._news.clear()
            pause = self._pause()
            self._wakes = self._clock.monotonic() + pause
            if pause == math.inf:
                await self._news.wait()
            elif pause > 0:
                await self._clock.sleep(pause, until=self._news)
            else:
                self._send()

    def _pause(self) -> float:
        """Seconds until the next request; without end when only news can bring one."""
        now, due = self._clock.monotonic(), self._waits.next_due()
        if self._refusal and due > HURRIED:
            due = max(due, self._probe)
        if due == math.inf or len(self._requests) >= AT_ONCE:
            return math.inf
        pause = max(due - now, self._bucket.wait(now, self._rate))
        return pause if pause > 1e-6 else 0.0

    def _send(self) -> None:
        now = self._clock.monotonic()
        if self._refusal:
            self._probe = now + pace.SLOWLY
        group = self._waits.take(now, BATCH if self.reading.batches and not self._refusal else 1)
        for wait in group:
            if wait.poke:
                wait.poke.clear()
        self._bucket.take()
        request = asyncio.create_task(self._ask(group), name="tasks")
        self._requests.add(request)
        request.add_done_callback(self._asked)

    def _asked(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        self._news.set()

    async def _ask(self, group: list[Wait]) -> None:
        try:
            found = await self.reading.read(list(dict.fromkeys(wait.task_id for wait in group)))
        except Exception as error:
            self._failed(group, error)
            return
        if found:
            self._key_works()
        for wait in group:
            if wait.task_id in found:
                tell([wait], found[wait.task_id])
            else:
                self._waits.again_alone(wait, self._clock.monotonic())

    def _failed(self, group: list[Wait], error: Exception) -> None:
        if isinstance(error, EvoLinkError) and (error.retry_after is not None or isinstance(error, TooManyRequests)):
            self._bucket.hold(self._clock.monotonic() + pace.asked_pause(error.retry_after))
        if isinstance(error, KeyRefused):
            known, self._refusal = self._refusal, error
            self._probe = self._clock.monotonic() + pace.SLOWLY
            if not known:
                self._waits.tell_all(error)
        elif isinstance(error, NotFound):
            self._key_works()
        tell(group, error)

    def _key_works(self) -> None:
        """Everybody who waited for that is due, and as many go at once as the bucket lets."""
        if self._refusal:
            self._refusal = None
            self.reading.try_batches()
            self._waits.all_due(self._clock.monotonic())
