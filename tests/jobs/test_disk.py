"""A disk that is full: refused before it costs anything, and waited out when something is paid for already.

The limits are real: a file may not grow beyond a size, a database not beyond its pages. Only where no limit reaches,
when a file is synced and named, is the error put in the system's mouth.
"""

import errno
import os
import resource
import shutil
import sqlite3
from collections import namedtuple
from contextlib import contextmanager, suppress

import httpx
import pytest
from PIL import Image

from client.delivery import Delivery
from jobs.desk import Desk
from jobs.disk import MIN_FREE, NoRoom, full_disk_told, room_left
from jobs.drive import drive
from jobs.engine import LocalEngine
from jobs.labels import write_label
from jobs.states import State
from tests.jobs.fakes import LINK, MP4, film, job, purse, rehearsals, request, task
from tests.jobs.test_shelf import film as real_film

READY = {"state": State.READY, "task_id": "task-unified-1-abc", "submitted": 1000.0, "link": LINK, "ready": 1000.0}
LARGE = film(5, tail=bytes(3_000_000))
usage = namedtuple("usage", "total used free")


@contextmanager
def no_file_beyond(size):
    """As a full disk does: what is written beyond so many bytes of a file is refused by the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(autouse=True)
def _no_limit_outlives_its_test():
    with no_file_beyond(resource.getrlimit(resource.RLIMIT_FSIZE)[0]):
        yield


@pytest.fixture
def room(monkeypatch):
    """Says how many bytes are free."""

    def room(free):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(MIN_FREE * 9, 0, free))

    return room


@pytest.fixture
def desk(means, engine):
    return Desk(means, engine, rehearsals(means), purse(means))


async def at_rest(desk, started):
    return [record async for record in desk.watch(started.id)][-1]


async def test_disk_full_under_the_watermark_refuses_an_order_before_it_costs_anything(desk, service, room):
    room(MIN_FREE - 1)
    with pytest.raises(NoRoom, match="Nothing was sent"):
        await desk.start(request(), owner="ann", nonce="1")
    assert (await desk.recent("ann"), service.uploads, service.posts) == ([], [], [])
    room(MIN_FREE)
    assert (await at_rest(desk, await desk.start(request(), owner="ann", nonce="1"))).state is State.DONE


async def test_an_order_that_was_taken_is_not_refused_by_its_second_click(desk, room):
    first = await desk.start(request(), owner="ann", nonce="1")
    room(0)
    assert (await desk.start(request(), owner="ann", nonce="1")).id == first.id


async def test_disk_full_after_a_restart_keeps_an_order_from_going_out(means, store, service, clock, room):
    new = await store.add(job())
    room(MIN_FREE - 1)
    asleep = clock.sleep

    async def sleep(seconds, until=None):
        await asleep(seconds, until)
        assert (await store.job(new.id)).trouble.code == "disk_full"
        assert service.posts == []
        if len(clock.slept) == 3:
            room(MIN_FREE)
            clock.sleep = asleep

    clock.sleep = sleep
    assert (await drive(new, means)).state is State.DONE
    assert (clock.slept[:3], len(service.posts)) == ([60, 60, 60], 1)


def test_a_disk_that_does_not_tell_counts_as_roomy(tmp_path, room):
    assert room_left(tmp_path / "not" / "there")
    for free, enough in ((MIN_FREE, True), (MIN_FREE - 1, False), (0, False)):
        room(free)
        assert room_left(tmp_path) is enough


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENOENT])
def test_other_trouble_with_a_disk_keeps_its_name(number):
    with pytest.raises(OSError, match="odd"), full_disk_told():
        raise OSError(number, "odd")
    with pytest.raises(sqlite3.OperationalError, match="locked"), full_disk_told():
        raise sqlite3.OperationalError("database is locked")


async def test_disk_full_while_a_picture_is_kept(desk, tmp_path):
    source = tmp_path / "noise.png"
    Image.effect_noise((400, 400), 90).save(source)
    with no_file_beyond(1000), pytest.raises(NoRoom):
        await desk.keep(source)
    assert [path.name for path in (tmp_path / "pictures").iterdir() if path.name.startswith(".")] == []
    assert desk.picture(await desk.keep(source)).is_file()


async def test_disk_full_while_a_job_is_written_down(desk, store, service):
    def pages(most):
        return store._connection.execute(f"PRAGMA max_page_count = {most}").fetchone()[0]

    usual = await store._on_thread(pages, 0)
    await store._on_thread(pages, 1)  # as many as there are
    written = 0
    with suppress(NoRoom):
        for written in range(100):
            await desk.start(request(prompt="x" * 2500), owner="ann", nonce=str(written))
    assert len(await desk.recent("ann", 200)) == written < 99
    await store._on_thread(pages, usual)
    one = await desk.start(request(), owner="bob", nonce="1")
    assert (await at_rest(desk, one)).state is State.DONE
    for each in await desk.recent("ann", 200):
        assert (await at_rest(desk, each)).state is State.DONE
    assert len(service.posts) == written + 1
    assert await store.figures("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("paid", [False, True])
async def test_disk_full_while_a_line_of_the_journal_is_written(engine, desk, service, clock, tmp_path, paid):
    """Before the order it keeps the order from going out; after it the task id is written down once there is room."""
    journal, asleep = tmp_path / "journal.jsonl", clock.sleep
    most, refused = 2_000_000, []
    limit = no_file_beyond(most)

    async def sleep(seconds, until=None):
        await asleep(seconds, until)
        refused.append(len(service.posts))
        if len(refused) == 3:
            limit.__exit__(None, None, None)
            clock.sleep = asleep

    def fill():
        with journal.open("ab") as file:
            file.write(b"\n" * (most - file.tell()))
        return task("pending")

    if paid:
        service.submit_answers = [fill]
    else:
        fill()
    limit.__enter__()
    clock.sleep = sleep
    done = await at_rest(desk, await desk.start(request(), owner="ann", nonce="1"))
    assert (done.state, done.task_id) == (State.DONE, "task-unified-1-abc")
    assert refused == [int(paid)] * 3
    assert len(service.posts) == 1
    assert b'"task-unified-1-abc"' in journal.read_bytes()


async def test_disk_full_while_the_file_comes_in(means, store, clock, tmp_path):
    asked, limit, asleep = [], no_file_beyond(2_000_000), clock.sleep

    def media(asking):
        asked.append(asking.headers.get("range"))
        headers = {"etag": '"v1"'}
        if not asked[-1]:
            return httpx.Response(200, headers=headers, content=LARGE)
        start = int(asked[-1][6:-1])
        headers["content-range"] = f"bytes {start}-{len(LARGE) - 1}/{len(LARGE)}"
        return httpx.Response(206, headers=headers, content=LARGE[start:])

    async def sleep(seconds, until=None):
        await asleep(seconds, until)
        waiting = await store.job(ready.id)
        assert (seconds, waiting.state, waiting.trouble.code) == (60, State.DOWNLOADING, "disk_full")
        if len(clock.slept) == 3:
            limit.__exit__(None, None, None)

    ready = await store.add(job(**READY))
    clock.sleep = sleep
    async with Delivery(transport=httpx.MockTransport(media)) as delivery:
        limit.__enter__()
        done = await drive(ready, means_with(means, delivery))
    assert (done.state, done.trouble, len(clock.slept)) == (State.DONE, None, 3)
    assert means.shelf.video(done.id).read_bytes() == LARGE
    assert asked[0] is None
    assert all(asked[1:])


def means_with(means, delivery):
    return type(means)(means.store, means.shelf, means.service, delivery, means.clock, chance=means.chance)


@pytest.mark.parametrize("step", ["fsync", "replace"])
async def test_disk_full_while_the_file_gets_its_name(means, store, clock, monkeypatch, step):
    real, refused = getattr(os, step), []

    def full(*given):
        if len(refused) < 2:
            refused.append(given)
            raise OSError(errno.ENOSPC, "no room")
        return real(*given)

    asked = []

    def media(asking):
        asked.append(asking.headers.get("range"))
        if asked[-1]:
            return httpx.Response(416, headers={"content-range": f"bytes */{len(LARGE)}"})
        return httpx.Response(200, headers={"etag": '"v1"'}, content=LARGE)

    ready = await store.add(job(**READY))
    monkeypatch.setattr(os, step, full)
    async with Delivery(transport=httpx.MockTransport(media)) as delivery:
        done = await drive(ready, means_with(means, delivery))
    assert (done.state, clock.slept, len(refused)) == (State.DONE, [60, 60], 2)
    assert asked == [None, f"bytes={len(LARGE)}-", f"bytes={len(LARGE)}-"]
    assert means.shelf.video(done.id).read_bytes() == LARGE


async def test_disk_full_while_the_label_is_written_costs_the_label_only(means, store, delivery, tmp_path):
    real_film(tmp_path / "film.mp4")
    content = (tmp_path / "film.mp4").read_bytes()
    video = means.shelf.video_path("j1")
    video.write_bytes(content)
    with no_file_beyond(500):
        write_label(video, request())
    assert video.read_bytes() == content
    assert [path.name for path in video.parent.iterdir()] == ["j1.mp4"]
    write_label(video, request())
    assert b"The boat drifts" in video.read_bytes()


async def test_disk_full_while_the_end_is_written_down(means, store, delivery, clock, caplog):
    """The file is home, and its row cannot be written: it is not fetched again when there is room."""
    limit, asleep = no_file_beyond(1), clock.sleep
    engine = LocalEngine(means)
    bring = delivery.fetch

    async def fetch(link, target):
        await bring(link, target)
        limit.__enter__()

    async def sleep(seconds, until=None):
        await asleep(seconds, until)
        if len(clock.slept) == 3:
            limit.__exit__(None, None, None)

    delivery.fetch, clock.sleep = fetch, sleep
    ready = await store.add(job(**READY))
    desk = Desk(means, engine, rehearsals(means), purse(means))
    await engine.start()
    done = await at_rest(desk, ready)
    await engine.stop()
    assert (done.state, delivery.links, len(clock.slept)) == (State.DONE, [LINK], 3)
    assert desk.video(done).read_bytes() == MP4


async def test_disk_full_while_a_poster_is_made(desk, means, tmp_path):
    picture = tmp_path / "noise.png"
    Image.effect_noise((400, 400), 90).save(picture)
    done = job(state=State.DONE, request=request(image_start=await means.shelf.keep(picture)))
    real_film(means.shelf.video_path(done.id))
    with no_file_beyond(100):
        assert await desk.poster(done) is None
    assert list((tmp_path / "posters").iterdir()) == []
    assert (await desk.poster(done)).stem == done.id
