"""Calls on real sockets: spoilt on their way in every way a network knows, and from senders of bad manners."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI

from client.answers import Task
from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.job import Job
from jobs.ride import Means
from jobs.shelf import Shelf
from jobs.states import State
from jobs.store import Store
from sandbox.server import serve_sandbox
from tests.jobs.fakes import Delivery, StillClock, finished, job, purse, rehearsals, task
from tests.jobs.fakes import Service as FakeService
from tests.toxics import HEARD, SLOW, UNHEARD, Proxy, Toxic
from ui.callback import callbacks

LONG = 120
"""Seconds until a test gives up."""
SPOILT = 0.5
"""Seconds that a sender gives to a try that comes to nothing anyway."""


class Service(FakeService):
    """Its tasks end together; until then they are on their way. Counts how often each was read."""

    def __init__(self) -> None:
        super().__init__()
        self.over = False
        self.read: Counter[str] = Counter()

    async def task(self, task_id: str) -> Task:
        self.read[task_id] += 1
        return finished(id=task_id) if self.over else task(id=task_id, progress=10)


class House:
    """Our route on a socket, before a desk behind which no time passes: without a call nobody looks."""

    def __init__(self, desk: Desk, engine: LocalEngine, service: Service, origin: str) -> None:
        self.desk = desk
        self.service = service
        self.origin = origin
        self.heard: Counter[str] = Counter()
        self._engine = engine
        called_back = desk.lost.called_back

        async def counted(token: str, task_id: str | None = None) -> bool:
            self.heard[token] += 1
            return await called_back(token, task_id)

        desk.lost.called_back = counted  # type: ignore[method-assign]

    async def waiting(self, name: str) -> Job:
        """A job whose task was read once."""
        made = job(nonce=name, state=State.SUBMITTED, task_id=f"task-{name}", submitted=1000.0)
        await self.desk._store.add(made)
        self._engine.begin(made.id)
        async for record in self.desk.watch(made.id):
            if record.progress:
                return record
        raise AssertionError("It never waits.")

    async def end(self, waits: Job) -> Job:
        return [record async for record in self.desk.watch(waits.id)][-1]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock, service, store = StillClock(), Service(), Store(tmp_path)
    await store.open()
    means = Means(store, Shelf(tmp_path), service, Delivery(), clock)
    engine = LocalEngine(means)
    await engine.start()
    desk = Desk(means, engine, rehearsals(means), purse(means))
    app = FastAPI()
    app.include_router(callbacks(desk))
    async with serve_sandbox(app) as origin:
        yield House(desk, engine, service, origin)
    await engine.stop()
    await store.close()


async def sent(http: httpx.AsyncClient, url: str, named: str, seconds: float) -> bool:
    """Whether a try was answered as it should be."""
    try:
        async with asyncio.timeout(seconds):
            return (await http.post(url, json={"id": named, "status": "completed"})).status_code == 202
    except (TimeoutError, httpx.HTTPError):
        return False


async def test_a_call_that_is_spoilt_once_comes_again_and_counts_once(house: House, count: Callable[..., None]) -> None:
    async def case(toxic: Toxic) -> None:
        waits = await house.waiting(toxic.__name__)
        assert waits.task_id
        proxy = Proxy(int(house.origin.rpartition(":")[2]), "callback", toxic, 1)
        async with proxy.serving(), httpx.AsyncClient() as http:
            ready.append(waits)
            if len(ready) == len(toxics):
                house.service.over = True
                go.set()
            await go.wait()
            url = f"{proxy.origin}/callback/{waits.callback_token}"
            while not proxy.came["callback"]:
                await sent(http, url, waits.task_id, SPOILT)
            if toxic in HEARD:
                await proxy.heard.wait()
            while not await sent(http, url, waits.task_id, LONG):
                pass
        home = await house.end(waits)
        assert (toxic.__name__, home.state, house.service.read[waits.task_id]) == (toxic.__name__, State.DONE, 2)
        assert house.heard[waits.callback_token] > (toxic in HEARD)

    toxics, ready, go = (*UNHEARD, *HEARD, *SLOW), [], asyncio.Event()
    with anyio.fail_after(LONG):
        await asyncio.gather(*(case(toxic) for toxic in toxics))
    count("network", cases=len(toxics))


@asynccontextmanager
async def line(house: House) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.origin.rpartition(":")[2]))
    try:
        yield reader, writer
    finally:
        writer.close()


BAD_MANNERS = {
    "no HTTP": (b"\x16\x03\x01 this is not HTTP\r\n\r\n", b"400"),
    "a huge header": (b"POST %b HTTP/1.1\r\nHost: x\r\nX-Filler: " + b"a" * 300_000 + b"\r\n\r\n", b"400"),
    "silence instead of a body": (b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n", b"202"),
    "a body that stops": (b'POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n{"id": "task', b"202"),
    "chunks that stop": (b'POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id', b"202"),
    "chunks that are none": (b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", b"400"),
    "packed": (
        b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n\x1f\x8b\x08\0\0\0",
        b"202",
    ),
    "a megabyte": (b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b" " * 1_000_000, b"202"),
}
"""What is sent with a right token, and what is answered, if anything is."""


@pytest.mark.parametrize("manner", BAD_MANNERS)
async def test_a_sender_of_bad_manners_gets_an_answer_and_harms_nobody(house: House, manner: str) -> None:
    said, status = BAD_MANNERS[manner]
    waits = await house.waiting("polite")
    house.service.over = True
    with anyio.fail_after(LONG):
        async with line(house) as (reader, writer):
            writer.write(said.replace(b"%b", f"/callback/{waits.callback_token}".encode()))
            assert (await reader.readuntil(b"\r\n")).split()[1] == status
        if status == b"400":
            assert (await house.desk._store.job(waits.id)) == waits
            async with httpx.AsyncClient() as http:
                assert await sent(http, f"{house.origin}/callback/{waits.callback_token}", "task-polite", LONG)
        home = await house.end(waits)
    assert (home.state, home.task_id) == (State.DONE, "task-polite")
