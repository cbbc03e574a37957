"""Sixty paid tasks, and every fifth look at them fails: all of them come home."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from client.api import EvoLink
from jobs.drive import drive
from jobs.ride import Means
from jobs.shelf import Shelf
from jobs.states import State
from jobs.store import Store
from tests.jobs.fakes import Delivery, job
from tests.virtual import VirtualClock, run

TASKS = 60
FAILING = 0.2


class Service(httpx.AsyncBaseTransport):
    """Answers late, and one request in five not well."""

    def __init__(self, clock: VirtualClock, *, batch: bool) -> None:
        self.ends: dict[str, float] = {}
        self.failed: Counter[str] = Counter()
        self.asked = 0
        self._clock = clock
        self._batch = batch
        self._chance = random.Random(7)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(self._chance.uniform(0.05, 2))
        if self._chance.random() < FAILING:
            return self._fail()
        if request.url.path.endswith("/batch"):
            if not self._batch:
                return httpx.Response(405, json={"error": {"code": "method_not_allowed", "message": "No."}})
            return httpx.Response(200, json={"data": [self._told(name) for name in self.ends if name in _ids(request)]})
        return httpx.Response(200, json=self._told(request.url.path.rpartition("/")[2]))

    def _fail(self) -> httpx.Response:
        kind = self._chance.choice(["500", "502", "503", "504", "html", "cut", "reset", "half", "429", "429 for long"])
        self.failed[kind] += 1
        match kind:
            case "html":
                return httpx.Response(200, html="<html>Maintenance</html>")
            case "cut":
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            case "reset":
                raise httpx.ReadError("")
            case "half":
                return httpx.Response(200, content=b'{"id": "task-unif')
            case "429":
                return httpx.Response(429, json={"error": {"code": "rate_limit_exceeded", "message": "Slow."}})
            case "429 for long":
                return httpx.Response(429, headers={"Retry-After": "45"}, html="<html>")
            case _:
                return httpx.Response(int(kind), html="<html>Bad gateway</html>")

    def _told(self, name: str) -> dict[str, object]:
        if self._clock.monotonic() < self.ends[name]:
            return {"id": name, "status": "processing", "progress": 50}
        return {"id": name, "status": "completed", "results": [f"https://files.example.org/{name}.mp4"]}


def _ids(request: httpx.Request) -> str:
    return request.content.decode()


@pytest.mark.parametrize("batch", [True, False])
def test_sixty_of_sixty_tasks_come_home_when_a_fifth_of_the_looks_fail(tmp_path, batch):
    states, failed, late = run(come_home(tmp_path, batch=batch))
    assert states == Counter({State.DONE: TASKS})
    assert set(failed) >= {"500", "502", "503", "504", "html", "cut", "reset", "half", "429", "429 for long"}
    assert max(late) < 600


async def come_home(folder: Path, *, batch: bool) -> tuple[Counter[State], Counter[str], list[float]]:
    clock = VirtualClock()
    service = Service(clock, batch=batch)
    store = Store(folder, clock)
    await store.open()
    async with EvoLink(SecretStr("sk-test"), transport=service) as evolink:
        means = Means(store, Shelf(folder), evolink, Delivery(), clock)

        async def one(number: int) -> tuple[State, float]:
            name = f"task-unified-{number}-abc"
            service.ends[name] = 300 * random.Random(number).lognormvariate(0, 0.2)
            fields = {"state": State.SUBMITTED, "task_id": name, "submitted": clock.now(), "estimated_seconds": 300.0}
            ended = await drive(await store.add(job(nonce=str(number), **fields)), means)
            return ended.state, (ended.ready or 0.0) - clock.now() + clock.monotonic() - service.ends[name]

        found = await asyncio.gather(*map(one, range(TASKS)))
    await store.close()
    return Counter(state for state, _ in found), service.failed, [late for _, late in found]
