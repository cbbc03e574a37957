"""What runs in a process of its own, with nothing but a jobs room, to be killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from client.api import EvoLink
from client.delivery import Delivery
from client.idempotency import Idempotency
from client.schema import VideoRequest
from jobs.desk import Desk
from jobs.job import Job
from jobs.room import Room
from jobs.states import State
from jobs.store import Store
from sandbox.rehearse import rehearse
from tests.drills.clocks import FastClock
from tests.drills.warm import warm_up

OWNER = "ann"
SPEED = 200

WRITTEN = {State.SUBMITTING: "submitting written", State.SUBMITTED: "id saved"}

warm_up()


class Scaffold:
    """Ends this process, as kill -9 does, when a new job gets to the point. Steps that cannot be seen from outside
    are seen here: behind them, what a job calls is wrapped."""

    def __init__(self, parent: Connection) -> None:
        self.parent = parent
        self.point = ""
        self.old: frozenset[str] = frozenset()

    def at(self, point: str, job_id: str = "") -> None:
        if point == self.point and job_id not in self.old:
            self.parent.send(point)
            os.kill(os.getpid(), signal.SIGKILL)

    def raise_around(self) -> None:
        Store.add = self._around(Store.add, lambda job, *_: ("row written", job.id))
        Store.write = self._around(Store.write, lambda _, after, *__: (WRITTEN.get(after.state, "-"), after.id))
        Delivery.fetch = self._around(Delivery.fetch, lambda _, target, *__: ("file renamed", target.stem))

    def _around(
        self, step: Callable[..., Awaitable[Any]], named: Callable[..., tuple[str, str]]
    ) -> Callable[..., Awaitable[Any]]:
        async def stepped(owner: object, *values: Any, **more: Any) -> Any:
            result = await step(owner, *values, **more)
            self.at(*named(*values))
            return result

        return stepped


def run(parent: Connection, folder: Path, service: str, picture: Path, proven: bool) -> None:
    """Brings home what an earlier process left, and tells it: state and key by nonce. Then takes a point and nonces,
    starts these jobs, and is killed; without nonces it ends. `proven`: the service folds two requests with one key."""
    asyncio.run(_run(parent, folder, service, picture, Idempotency.PROVEN if proven else Idempotency.UNPROVEN))


async def _run(parent: Connection, folder: Path, service: str, picture: Path, idempotency: Idempotency) -> None:
    scaffold = Scaffold(parent)
    scaffold.raise_around()
    async with _room(folder, service, idempotency) as room:
        found = await room.desk.recent(OWNER, 10_000)
        ended = await asyncio.gather(*(_at_rest(room.desk, job) for job in found))
        parent.send({job.nonce: (job.state.value, job.idempotency_key, job.id) for job in ended})
        scaffold.point, nonces = await asyncio.to_thread(parent.recv)
        scaffold.old = frozenset(job.id for job in found)
        for nonce in nonces:
            request = VideoRequest(prompt="The boat drifts", image_start=await room.desk.keep(picture))
            scaffold.at("picture kept")
            await room.desk.start(request, owner=OWNER, nonce=nonce)
        if nonces:
            await asyncio.Event().wait()


@asynccontextmanager
async def _room(folder: Path, service: str, idempotency: Idempotency) -> AsyncIterator[Room]:
    key = SecretStr("sk-test-0123456789abcdef")
    async with (
        EvoLink(key, base_url=service, files_url=service) as evolink,
        Delivery(allowed_origin=service) as delivery,
        Room(folder, evolink, delivery, rehearse, clock=FastClock(SPEED), idempotency=idempotency) as room,
    ):
        yield room


async def _at_rest(desk: Desk, job: Job) -> Job:
    async for record in desk.watch(job.id, OWNER):
        job = record
    return job
