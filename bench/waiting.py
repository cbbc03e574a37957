"""Waiting for tasks of about 300 s: requests, delay, waste and work, against a plain loop that looks every 5 s.

Time is virtual, so that delays are exact; sockets, client, database and the work they make are real.
"""

import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr

from bench.loopback import WAY, Line, Service
from client.api import EvoLink
from client.delivery import Delivery
from client.schema import VideoRequest
from jobs.follow import follow
from jobs.job import Job, new_job
from jobs.ride import Means, Ride
from jobs.shelf import Shelf
from jobs.states import State
from jobs.store import Store
from tests.virtual import BEGAN, VirtualClock, run

ESTIMATE = 300.0
SPREAD = 0.15
"""Of the logarithm of the seconds a task takes: two in three end between 258 and 349 s."""
EVERY = 5.0
SETTLING = 20.0
MEASURED = {1: 36_000.0, 100: 400.0, 1000: 30.0}
"""Virtual seconds, by the number of jobs."""


class Figures(NamedTuple):
    """Of one run, a task in the middle of it."""

    requests: float
    delays: list[float]
    cpu: float

    def line(self, name: str) -> str:
        p50, p95 = statistics.median(self.delays), statistics.quantiles(self.delays, n=20)[-1]
        waste = statistics.fmean(self.delays) * self.requests / ESTIMATE
        return f"  {name:<28}{self.requests:9.1f}{p50:9.2f}{p95:8.2f}{waste:8.2f}{self.cpu:9.1f}\n"


def main() -> None:
    sys.stdout.write(
        f"tasks of about {ESTIMATE:.0f} s (spread {SPREAD}), answers in {2 * WAY * 1000:.0f} ms of virtual time\n"
        f"  {'':<28}{'requests':>9}{'p50 s':>9}{'p95 s':>8}{'waste':>8}{'CPU ms':>9}   CPU ms a task-minute\n"
    )
    for jobs in (1, 100, 1000):
        sys.stdout.write(f"{jobs} at a time\n")
        _show("plain loop, every 5 s", _figures(jobs, plain=True))
        if jobs > 1:
            _show("one by one", _figures(jobs, batch=False))
        _show("in batches" if jobs > 1 else "ours", _figures(jobs))
        _show("the same, nothing learnt", _figures(jobs, learnt=False))


def _show(name: str, figures: Figures) -> None:
    sys.stdout.write(figures.line(name))
    sys.stdout.flush()


def _figures(jobs: int, *, batch: bool = True, learnt: bool = True, plain: bool = False) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return run(_run(Path(folder), jobs, batch=batch, learnt=learnt, plain=plain))


async def _run(folder: Path, jobs: int, *, batch: bool, learnt: bool, plain: bool) -> Figures:
    """So many tasks are always under way: where one ends, another is ordered."""
    chance, clock = random.Random(7), VirtualClock()
    with Service(batch=batch) as service:
        evolink = EvoLink(SecretStr("sk-bench"), base_url=service.base, transport=Line(service))
        evolink.nearby = False
        store = Store(folder, clock)
        await store.open()
        if learnt:
            for number in range(30):
                await store.add(_past(number, _seconds(chance)))
        means = Means(store, Shelf(folder), evolink, Delivery(), clock)
        numbers = itertools.count()
        delays: list[float] = []

        async def order(age: float, seconds: float) -> None:
            name = f"task-unified-{next(numbers)}"
            ends = service.ends[name] = clock.monotonic() - age + seconds
            await (_plainly(evolink, name) if plain else _followed(means, name, age))
            delays.append(clock.monotonic() - ends)
            if not learnt:
                await store.figures("DELETE FROM job WHERE task_id = ?", name)

        async def one_after_another() -> None:
            seconds = _seconds(chance)
            await order(chance.uniform(0, seconds), seconds)
            while True:
                await order(0, _seconds(chance))

        slots = [asyncio.create_task(one_after_another()) for _ in range(jobs)]
        await asyncio.sleep(SETTLING)
        delays.clear()
        requests, begun = service.requests, time.thread_time()
        await asyncio.sleep(MEASURED[jobs])
        cpu = (time.thread_time() - begun) * 1000 / (jobs * MEASURED[jobs] / 60)
        figures = Figures((service.requests - requests) / len(delays), delays.copy(), cpu)
        for slot in slots:
            slot.cancel()
        await asyncio.wait(slots)
        await evolink.aclose()
        await means.delivery.aclose()
        await store.close()
    return figures


def _seconds(chance: random.Random) -> float:
    return ESTIMATE * chance.lognormvariate(0, SPREAD)


async def _plainly(evolink: EvoLink, name: str) -> None:
    task = await evolink.task(name)
    while not task.ended:
        await asyncio.sleep(EVERY)
        task = await evolink.task(name)


async def _followed(means: Means, name: str, age: float) -> None:
    submitted = means.clock.now() - age
    ordered = _job(name, state=State.SUBMITTED, task_id=name, submitted=submitted, estimated_seconds=ESTIMATE)
    ride = Ride(await means.store.add(ordered), means, asyncio.Event())
    ride.found = State.NEW
    await follow(ride)


def _past(number: int, seconds: float) -> Job:
    moments = {"submitted": BEGAN - 9000, "ready": BEGAN - 9000 + seconds, "ended": BEGAN - 9000 + seconds + 2}
    return _job(f"old {number}", state=State.DONE, estimated_seconds=ESTIMATE, **moments)


def _job(nonce: str, **fields: Any) -> Job:
    made = new_job(
        VideoRequest(prompt="Drift", image_start="https://example.org/a.png"), owner="", nonce=nonce, now=BEGAN
    )
    return Job(**{name: getattr(made, name) for name in made.__dataclass_fields__} | fields)


if __name__ == "__main__":
    main()
