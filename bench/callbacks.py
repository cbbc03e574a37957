"""From a task's end at the service to the last message for the page: called back, against polling, at the same moment.

A service on loopback ends each task when its time has come and, where it was asked to, calls our real route over HTTP.
Everything is real here: time, sockets, client, database and disk.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from client.api import EvoLink
from client.delivery import Delivery
from client.schema import VideoRequest
from jobs.room import Room
from jobs.states import State
from sandbox.server import listen, origin_of, serve_sandbox
from tests.drills.footage import film
from tests.jobs.fakes import Rehearser
from ui.callback import callbacks

ESTIMATE = 10.0
SPREAD = 0.15
"""Of the logarithm of the seconds a task takes."""
AT_ONCE = 8
TASKS = 48
"""In each of the two ways. The first few only teach what to expect, and do not count."""
LEARNING = AT_ONCE
GOAL = 100.0
"""Milliseconds for half of those that are called back."""
PUBLIC = "https://video.example.org"
"""Where EvoLink believes us to be."""


class Service:
    """EvoLink as far as this needs it, in a thread of its own. `ended`: when tasks ended; `asked`: reads by key."""

    def __init__(self, film: bytes) -> None:
        self.ended: dict[str, float] = {}
        self.asked: Counter[str] = Counter()
        self.house = ""
        """Our own address on loopback."""
        self._film = film
        self._chance = random.Random(7)
        self._tasks: dict[str, dict[str, Any]] = {}
        self._enders: set[asyncio.Task[None]] = set()
        self._listener = listen()
        self.base = origin_of(self._listener)
        self._up = threading.Event()
        self._over = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()), daemon=True)

    def __enter__(self) -> "Service":
        self._thread.start()
        self._up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        async with httpx.AsyncClient() as self._http, serve_sandbox(self._app(), self._listener):
            self._up.set()
            await self._over.wait()

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/videos/generations")
        async def order(request: Request) -> dict[str, Any]:
            asked = await request.json()
            name = f"task-unified-{len(self._tasks)}"
            info = {"estimated_time": ESTIMATE}
            task = {"id": name, "model": asked["model"], "status": "processing", "progress": 10, "task_info": info}
            self._tasks[name] = task
            ender = asyncio.create_task(self._end(task, asked.get("callback_url")))
            self._enders.add(ender)
            return task

        @app.get("/v1/tasks/{name}")
        async def read(name: str, request: Request) -> dict[str, Any]:
            self.asked[request.headers["authorization"]] += 1
            return self._tasks[name]

        @app.post("/v1/tasks/batch")
        async def several(request: Request) -> dict[str, Any]:
            self.asked[request.headers["authorization"]] += 1
            return {"data": [self._tasks[name] for name in (await request.json())["task_ids"]]}

        @app.get("/media/clip.mp4")
        async def clip() -> Response:
            return Response(self._film, media_type="video/mp4")

        return app

    async def _end(self, task: dict[str, Any], callback: str | None) -> None:
        await asyncio.sleep(ESTIMATE * self._chance.lognormvariate(0, SPREAD))
        task |= {"status": "completed", "progress": 100, "results": [f"{self.base}/media/clip.mp4"]}
        self.ended[task["id"]] = time.monotonic()
        if callback:
            await self._http.post(f"{self.house}{urlsplit(callback).path}", json=task)


class Figures(NamedTuple):
    """Of one way: delays in milliseconds, and requests for a task."""

    delays: list[float]
    requests: float

    def line(self, name: str) -> str:
        p50, p95 = statistics.median(self.delays), statistics.quantiles(self.delays, n=20)[-1]
        return f"  {name:<12}{p50:9.0f}{p95:9.0f}{self.requests:12.1f}\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Service(film()) as service:
        called, polled = asyncio.run(_both(Path(folder), service))
    sys.stdout.write(
        f"{TASKS - LEARNING} tasks of about {ESTIMATE:.0f} s in each way, {AT_ONCE} at a time\n"
        f"  {'':<12}{'p50 ms':>9}{'p95 ms':>9}{'reads a task':>13}\n"
        f"{called.line('called back')}{polled.line('polling')}"
        f"  goal: half of those called back within {GOAL:.0f} ms\n"
    )


async def _both(folder: Path, service: Service) -> tuple[Figures, Figures]:
    called, polled = await asyncio.gather(
        _way(folder / "called", service, "sk-called", PUBLIC), _way(folder / "polled", service, "sk-polled", None)
    )
    return called, polled


async def _way(folder: Path, service: Service, key: str, origin: str | None) -> Figures:
    async with AsyncExitStack() as stack:
        evolink = await stack.enter_async_context(EvoLink(SecretStr(key), base_url=service.base))
        evolink.nearby = False
        delivery = await stack.enter_async_context(Delivery(allowed_origin=service.base))
        room = await stack.enter_async_context(Room(folder, evolink, delivery, Rehearser(), callbacks=origin))
        if origin:
            app = FastAPI()
            app.include_router(callbacks(room.desk))
            service.house = await stack.enter_async_context(serve_sandbox(app))
        delays: list[float] = []
        left = iter(range(TASKS))

        async def one_after_another() -> None:
            for number in left:
                delay = await _delay(room, service, str(number))
                if number >= LEARNING:
                    delays.append(delay * 1000)

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    return Figures(delays, service.asked[f"Bearer {key}"] / TASKS)


async def _delay(room: Room, service: Service, nonce: str) -> float:
    """Seconds from the end of the task until whoever watches hears of the video."""
    request = VideoRequest(prompt="The boat drifts", image_start="https://example.org/a.png")
    started = await room.desk.start(request, owner="ann", nonce=nonce)
    last = started
    async for record in room.desk.watch(started.id, "ann"):
        last = record
    if last.state is not State.DONE or last.task_id is None:
        raise AssertionError(f"The job came to {last.state}.")
    return time.monotonic() - service.ended[last.task_id]


if __name__ == "__main__":
    main()
