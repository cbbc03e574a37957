"""Each test is a failure that may meet the page, the process or the disk around the jobs, and what must come of it."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.database import Ailment, StoreError
from jobs.room import Room
from jobs.states import State
from jobs.store import Store
from tests.jobs.fakes import LINK, MP4, NAME, Clock, Delivery, Rehearser, Service, job, request

TASK = "task-unified-1-abc"


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / NAME).write_bytes(b"a picture")
    return tmp_path


@pytest.fixture
def house(folder, service):
    """Opens the house on the folder of the test, again and again."""
    return lambda: Room(folder, service, Delivery(), Rehearser(), clock=Clock())


async def end(watching):
    *_, last = [record async for record in watching]
    return last


async def test_a_double_click_in_one_window_or_two_is_one_job_and_one_order(house, service):
    async with house() as room:
        pressed = [room.desk.start(request(), owner="ann", nonce="of this form") for _ in range(4)]
        (job_id,) = {started.id for started in await asyncio.gather(*pressed)}
        assert (await end(room.desk.watch(job_id))).state is State.DONE
        assert len(await room.desk.recent("ann")) == 1
    assert len(service.posts) == 1


async def test_a_browser_refresh_finds_the_jobs_of_its_owner_and_starts_nothing(house, service):
    async with house() as room:
        started = await room.desk.start(request(), owner="ann", nonce="1")
        page = room.desk.watch(started.id)
        await anext(page)
        await page.aclose()
        for _ in range(5):
            newest = await room.desk.newest_open("ann")
            assert newest is None or newest.id == started.id
            assert [found.id for found in await room.desk.recent("ann")] == [started.id]
        assert await room.desk.recent("bob") == []
        assert (await end(room.desk.watch(started.id, "ann"))).state is State.DONE
    assert len(service.posts) == 1


async def test_after_an_app_restart_or_a_sleeping_space_each_job_goes_on_where_it_was(folder, house, service):
    store = Store(folder, Clock())
    await store.open()
    rows = {
        "submitted": await store.add(job(nonce="1", state=State.SUBMITTED, task_id=TASK, submitted=1000.0)),
        "ready": await store.add(job(nonce="2", state=State.READY, task_id=TASK, link=LINK, ready=1000.0)),
        "submitting": await store.add(job(nonce="3", state=State.SUBMITTING, body="{}")),
    }
    await store.close()
    async with house() as room:
        for name in ("submitted", "ready"):
            done = await end(room.desk.watch(rows[name].id))
            assert (done.state, room.desk.video(done).read_bytes()) == (State.DONE, MP4)
        assert (await room.desk.job(rows["submitting"].id, "ann")).state is State.UNKNOWN
    assert service.posts == []


async def test_when_the_database_is_gone_the_journal_knows_what_was_paid_for(folder, house, service):
    async with house() as room:
        started = await room.desk.start(request(), owner="ann", nonce="1")
        done = await end(room.desk.watch(started.id))
        deleted = await end(room.desk.watch((await room.desk.start(request(), owner="ann", nonce="2")).id))
        await room.desk.library.delete(deleted.id, "ann")
    for path in folder.glob("jobs.sqlite*"):
        path.unlink()
    async with house() as room:
        assert room.desk.closed is Ailment.BEHIND
        (found,) = await room.desk.recent("ann")
        assert (found.id, found.token, found.request, found.state) == (done.id, done.token, done.request, State.DONE)
        assert room.desk.video(found).read_bytes() == MP4
        assert (await room.desk.start(request(), owner="ann", nonce="1")).id == done.id
    assert len(service.posts) == 2


async def test_two_replicas_on_one_folder_are_one_that_works_and_one_that_stops(house, service):
    async with house() as room:
        started = await room.desk.start(request(), owner="ann", nonce="1")
        with pytest.raises(StoreError, match="Another Firstframe is using"):
            await house().open()
        assert (await end(room.desk.watch(started.id))).state is State.DONE
    async with house() as another:
        assert (await another.desk.job(started.id, "ann")).state is State.DONE
    assert len(service.posts) == 1


async def test_a_copy_of_the_folder_is_a_house_of_its_own(folder, house, tmp_path_factory):
    """A lock is nothing that is copied along."""
    async with house():
        copy = shutil.copytree(folder, tmp_path_factory.mktemp("copy") / "data")
        async with Room(copy, Service(), Delivery(), Rehearser(), clock=Clock()) as room:
            assert room.desk.closed is None


async def test_a_reserved_price_survives_the_loss_of_the_database(folder, house):
    """What a person was told about their money is told again."""
    store = Store(folder, Clock())
    await store.open()
    new = await store.add(job(nonce="1", credits_estimated=27.0))
    sending = await store.write(new, replace(new, state=State.SUBMITTING, body="{}", sent=1000.0))
    await store.write(sending, replace(sending, state=State.SUBMITTED, task_id="t", credits_reserved=26.5))
    await store.close()
    (folder / "jobs.sqlite").unlink()
    again = Store(folder, Clock())
    await again.open()
    (found,) = await again.recent_videos("ann", 9)
    assert (found.credits_estimated, found.credits_reserved, found.money) == (27.0, 26.5, new.money.RESERVED)
    await again.close()
