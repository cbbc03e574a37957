"""Whole jobs through a proxy that spoils one kind of call in every way a network knows."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image
from pydantic import SecretStr

from client.api import Deadlines, EvoLink
from client.delivery import Delivery, Patience
from client.schema import VideoRequest
from jobs.job import Job
from jobs.room import Room
from jobs.states import State
from tests.drills.clocks import FastClock
from tests.drills.footage import film, labelled
from tests.house import free_port
from tests.jobs.fakes import Rehearser
from tests.sandbox.house import House, opening
from tests.toxics import HEARD, SLOW, UNHEARD, Call, Proxy, Toxic, harmless

LONG = 120
"""Seconds until a test gives up: much longer than the deadlines of our own that must have ended a call before."""

AT_ONCE = 32
SPEED = 200
ALWAYS = 1000
TOXICS = (*UNHEARD, *HEARD)
MODES = ("honours", "ignores", "paid_outcome_unknown")


@dataclass
class Ended:
    """A job as somebody saw it who watched from the beginning."""

    states: list[State]
    job: Job
    proxy: Proxy
    posts: int
    video: bytes | None


class Drill:
    """Rooms between proxies and sandboxes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._picture = folder / "picture.jpg"
        Image.new("RGB", (400, 300), (20, 90, 160)).save(self._picture)
        self._slots = anyio.Semaphore(AT_ONCE)
        self._rooms = 0

    @asynccontextmanager
    async def sandbox(self, name: str, mode: str) -> AsyncIterator[House]:
        async with opening(self._folder / name)(renderer=_filmed, idempotency=mode) as house:
            yield house

    async def ride(self, house: House, call: Call, toxic: Toxic, hits: int, *, base: str | None = None) -> Ended:
        """One job, in a room of its own, until it rests. The call in question has short deadlines, the others long."""
        port = int(house.origin.rpartition(":")[2])
        quick = toxic not in SLOW
        deadlines = Deadlines(
            read=0.5 if quick and call == "poll" else 60,
            submit=0.5 if quick and call == "submit" else 60,
            upload=(0.5 if hits == ALWAYS else 2) if quick and call == "upload" else 60,
        )
        patience = Patience(silence=0.5, total=2, window=1) if quick and call == "download" else Patience()
        self._rooms += 1
        folder = self._folder / f"room-{self._rooms}"
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._slots)
            proxy = await stack.enter_async_context(Proxy(port, call, toxic, hits).serving())
            service = EvoLink(
                SecretStr("sk-test"), base_url=base or proxy.origin, files_url=proxy.origin, deadlines=deadlines
            )
            await stack.enter_async_context(service)
            delivery = await stack.enter_async_context(Delivery(allowed_origin=proxy.origin, patience=patience))
            room = await stack.enter_async_context(Room(folder, service, delivery, Rehearser(), clock=FastClock(SPEED)))
            request = VideoRequest(prompt="The boat drifts", image_start=await room.desk.keep(self._picture))
            started = await room.desk.start(request, owner="ann", nonce="1")
            records = [record async for record in room.desk.watch(started.id, "ann")]
            if call == "submit" and toxic in HEARD:
                await proxy.heard.wait()
            video = room.desk.video(records[-1])
            content = await anyio.Path(video).read_bytes() if video else None
            posts = sum(each.idempotency_key == started.idempotency_key for each in house.app.state.parts.tasks)
            return Ended([record.state for record in records], records[-1], proxy, posts, content)


async def _filmed(request: VideoRequest, pictures: Any, target: Path, progress: Callable[[float], None]) -> None:
    await anyio.Path(target).write_bytes(film())


def came_home(ended: Ended) -> None:
    assert ended.job.state is State.DONE, (ended.states, ended.job.trouble)
    assert ended.posts == ended.proxy.came["submit"] == 1
    assert ended.video == labelled(film(), ended.job.request)


@pytest.fixture
def network(warm: None, tmp_path: Path) -> Drill:
    return Drill(tmp_path)


async def all_of(drill: Drill, rides: list[tuple[House, Call, Toxic, int]], check: Callable[[Ended], None]) -> int:
    """Every ride at the same time; the message of a failure names its case."""
    failures: list[str] = []

    async def ride(case: tuple[House, Call, Toxic, int]) -> None:
        try:
            check(await drill.ride(*case))
        except AssertionError as error:
            failures.append(f"{case[1]}, {case[2].__name__}: {error}")

    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            for case in rides:
                group.start_soon(ride, case)
    assert failures == []
    return len(rides)


async def test_what_is_free_is_asked_again_until_the_video_is_home(network: Drill, count: Callable[..., None]) -> None:
    hits: dict[Call, int] = {"upload": 1, "poll": 4, "download": 2}
    async with AsyncExitStack() as stack:
        rides: list[tuple[House, Call, Toxic, int]] = []
        for call, mode in zip(hits, MODES, strict=True):
            house = await stack.enter_async_context(network.sandbox(f"sandbox-{call}", mode))
            rides += [(house, call, toxic, hits[call]) for toxic in TOXICS]
            rides += [(house, call, toxic, ALWAYS) for toxic in SLOW]
        count("network", cases=await all_of(network, rides, came_home))


async def test_an_upload_that_never_succeeds_orders_nothing(network: Drill, count: Callable[..., None]) -> None:
    def refused(ended: Ended) -> None:
        assert ended.job.state is State.REJECTED
        assert ended.proxy.came["submit"] == ended.posts == 0

    async with network.sandbox("sandbox", "honours") as house:
        rides = [(house, "upload", toxic, ALWAYS) for toxic in TOXICS]
        count("network", cases=await all_of(network, rides, refused))


async def test_the_paid_request_goes_out_once_and_its_lost_answer_is_a_doubt(
    network: Drill, count: Callable[..., None]
) -> None:
    def in_doubt(ended: Ended) -> None:
        heard = ended.proxy.toxic in HEARD
        assert State.UNKNOWN in ended.states
        assert ended.proxy.came["submit"] == 1
        assert ended.posts == heard
        assert ended.job.state is State.UNKNOWN or heard

    async with AsyncExitStack() as stack:
        rides = []
        for number, toxic in enumerate(TOXICS):
            house = await stack.enter_async_context(network.sandbox(f"sandbox-{number}", MODES[number % 3]))
            rides.append((house, "submit", toxic, ALWAYS))
        count("network", cases=await all_of(network, rides, in_doubt))


async def test_a_slow_answer_to_the_paid_request_is_waited_for(network: Drill, count: Callable[..., None]) -> None:
    async with network.sandbox("sandbox", "ignores") as house:
        rides = [(house, "submit", toxic, ALWAYS) for toxic in SLOW]
        count("network", cases=await all_of(network, rides, came_home))


async def test_a_service_that_refuses_connections_was_sent_nothing(network: Drill, count: Callable[..., None]) -> None:
    async with network.sandbox("sandbox", "honours") as house:
        with anyio.fail_after(LONG):
            ended = await network.ride(house, "submit", harmless, 0, base=f"http://127.0.0.1:{free_port()}")
    assert ended.job.state is State.REJECTED
    assert ended.posts == 0
    count("network", cases=1)
