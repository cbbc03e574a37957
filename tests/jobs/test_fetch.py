"""The file comes home: which one first, how long it lasts, and when somebody has to be told."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest

from client.delivery import Delivery
from client.errors import DeliveryError, DiskFull, KeyRefused, LinkExpired, NotFound, Unavailable
from jobs.desk import Desk
from jobs.drive import drive
from jobs.engine import LocalEngine
from jobs.found import found_job
from jobs.job import Kind
from jobs.landing import AT_ONCE, Landing
from jobs.length import as_ordered, too_short
from jobs.states import Money, State
from tests.jobs.fakes import LINK, MP4, film, finished, job, purse, rehearsals, task

HOUR = 3600.0
SECOND = "https://files.example.org/2.mp4"


@pytest.fixture
def ready(store):
    """Writes down a job whose video is made and whose link was just received."""

    async def ready(**fields):
        known = {"task_id": "task-unified-1-abc", "submitted": 1000.0, "link": LINK, "ready": 1000.0}
        return await store.add(job(**{"state": State.READY, **known, **fields}))

    return ready


@pytest.fixture
def bring(ready, means, store):
    """Brings such a job to rest; the troubles it had on its way are in `bring.told`."""

    async def bring(**fields):
        made = await ready(**fields)
        with store.watchers.listening(made.id) as news:
            ended = await drive(made, means)
        seen = [news.get_nowait() for _ in range(news.qsize())]
        bring.told = list(dict.fromkeys(record.trouble.code for record in seen if record.trouble))
        return ended

    return bring


@pytest.fixture
async def host():
    """A media host that gives the listed answers in turn, then the video; `host.asked` is what it was asked for."""
    asked, answers = [], []

    def answer(asking):
        asked.append(str(asking.url))
        return httpx.Response(answers.pop(0)) if answers else httpx.Response(200, content=MP4)

    async with Delivery(transport=httpx.MockTransport(answer)) as delivery:
        delivery.asked, delivery.answers = asked, answers
        yield delivery


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_link_403_404_or_410_is_replaced_by_a_fresh_one(ready, means, service, host, status):
    host.answers.extend([status, status])
    service.task_answers = [finished(SECOND)]
    done = await drive(await ready(), replace(means, delivery=host))
    assert (done.state, done.link, host.asked) == (State.DONE, SECOND, [LINK, SECOND, SECOND])


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_link_expired_for_good_waits_for_a_person_who_looks_again(ready, means, store, service, host, status):
    host.answers.extend([status] * 3)
    means = replace(means, delivery=host)
    expired = await drive(await ready(), means)
    assert (expired.state, expired.trouble.code, expired.money) == (State.LINK_EXPIRED, "link_expired", Money.CHARGED)
    assert (expired.task_id, expired.link, len(host.asked)) == ("task-unified-1-abc", None, 3)
    engine = LocalEngine(means)
    desk = Desk(means, engine, rehearsals(means), purse(means))
    await engine.start()
    await desk.look_again(expired.id, "ann")
    *_, done = [record async for record in desk.watch(expired.id)]
    await engine.stop()
    assert (done.state, desk.video(done).read_bytes(), len(host.asked)) == (State.DONE, MP4, 4)


@pytest.mark.parametrize("seconds", [5, 4.2, 5.04, 15])
async def test_a_film_as_long_as_ordered_or_longer_comes_once(bring, delivery, service, seconds):
    delivery.films = [film(seconds)]
    done = await bring()
    assert (done.state, done.video_seconds, delivery.links, service.reads) == (State.DONE, seconds, [LINK], 0)


@pytest.mark.parametrize("first", [film(2), film(0)])
async def test_a_film_that_is_too_short_is_fetched_again_through_a_fresh_link(
    bring, delivery, service, means, clock, first
):
    delivery.films = [first, MP4]
    service.task_answers = [finished(SECOND)]
    done = await bring()
    assert (done.state, done.video_seconds, done.trouble) == (State.DONE, 5, None)
    assert (delivery.links, bring.told, clock.slept) == ([LINK, SECOND], ["too_short"], [5])
    assert means.shelf.video(done.id).read_bytes() == MP4


@pytest.mark.parametrize("short", [film(2), film(0)])
async def test_a_film_that_stays_too_short_is_kept_and_its_length_is_told(bring, delivery, means, clock, short):
    delivery.films = [short]
    done = await bring()
    assert (done.state, done.trouble, done.money) == (State.DONE, None, Money.CHARGED)
    assert done.video_seconds == (2 if short == film(2) else 0)
    assert (len(delivery.links), clock.slept) == (3, [5, 10])
    assert means.shelf.video(done.id).read_bytes() == short


async def test_nobody_complains_of_the_length_of_a_film_that_nobody_here_ordered(store, means, delivery):
    delivery.films = [film(2)]
    found = found_job(Kind.VIDEO, owner="ann", nonce="task:1", now=1000.0)
    followed = await store.add(replace(found, state=State.READY, task_id="task-unified-1-abc", link=LINK, ready=1000.0))
    done = await drive(followed, means)
    assert (done.state, done.video_seconds, len(delivery.links)) == (State.DONE, 2, 1)


@pytest.mark.parametrize(
    "trouble", [LinkExpired("Dead."), DiskFull("Full."), DeliveryError("Cut."), DeliveryError("Bad.", code="address_x")]
)
async def test_whatever_happens_to_the_further_tries_the_short_film_is_not_lost(bring, delivery, means, trouble):
    delivery.films = [film(2)]
    bring_now = delivery.fetch

    async def fetch(link, target):
        await bring_now(link, target)
        delivery.failures = [trouble] * 9

    delivery.fetch = fetch
    done = await bring()
    assert (done.state, done.video_seconds) == (State.DONE, 2)
    assert means.shelf.video(done.id).read_bytes() == film(2)


@pytest.mark.parametrize("answer", [NotFound("?"), KeyRefused("No."), Unavailable("Down."), task("processing")])
async def test_without_a_fresh_link_the_short_film_is_not_lost(bring, delivery, service, answer):
    delivery.films = [film(2)]
    service.task_answers = [answer]
    assert (await bring()).video_seconds == 2
    assert service.reads in (1, 2)  # a refused key is not asked about again at once


async def test_a_film_that_an_earlier_run_brought_is_taken_as_it_is(bring, delivery, means):
    there = job()
    means.shelf.video_path(there.id).write_bytes(film(2))
    done = await bring(id=there.id, state=State.DOWNLOADING)
    assert (done.state, done.video_seconds, delivery.links) == (State.DONE, 2, [])


@pytest.mark.parametrize(
    ("came", "ordered", "short", "right"),
    [
        (5, 5, False, True),
        (4, 5, False, True),
        (3.9, 5, True, False),
        (6.1, 5, False, False),
        (2, 3, False, True),
        (12, 15, False, True),
        (11.9, 15, True, False),
        (18, 15, False, True),
        (0, 3, True, False),
    ],
)
def test_a_second_or_a_fifth_is_no_fault(came, ordered, short, right):
    assert (too_short(came, ordered), as_ordered(came, ordered)) == (short, right)


async def test_the_oldest_link_is_fetched_first(ready, means, delivery):
    at_work, order = asyncio.Semaphore(0), []
    bring_now = delivery.fetch

    async def fetch(link, target):
        order.append(link)
        await at_work.acquire()
        return await bring_now(link, target)

    delivery.fetch = fetch
    ages = [50, 10, 40, 20, 0, 30]
    jobs = [await ready(nonce=str(age), link=f"https://a.example.org/{age}", ready=1000.0 - age) for age in ages]
    drives = []
    for number, waiting in enumerate(jobs):
        drives.append(asyncio.create_task(drive(waiting, means)))
        await until(lambda number=number: len(order) + len(means.landing._waiting) > number)
    assert [link.rpartition("/")[2] for link in order] == ["50", "10", "40"]
    for _ in jobs:
        at_work.release()
    assert {ended.state for ended in await asyncio.gather(*drives)} == {State.DONE}
    assert [link.rpartition("/")[2] for link in order[AT_ONCE:]] == ["30", "20", "0"]


async def until(so):
    async with asyncio.timeout(30):
        while not so():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_a_place_that_nobody_wants_any_more_goes_to_the_next():
    landing, order = Landing(at_once=1), []

    async def land(received):
        async with landing.place(received):
            order.append(received)

    async with landing.place(9):
        waiting = {received: asyncio.create_task(land(received)) for received in (3, 1, 2)}
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.sleep(0)
    waiting[2].cancel()  # it was given the place, and has not taken it yet
    await asyncio.gather(*waiting.values(), return_exceptions=True)
    assert order == [3]
    await land(7)
    assert order == [3, 7]


async def test_a_link_that_outlives_the_wait_for_a_place_is_replaced(ready, means, delivery, service, clock):
    service.task_answers = [finished(SECOND)]
    made, crowd = await ready(), AsyncExitStack()
    for _ in range(AT_ONCE):
        await crowd.enter_async_context(means.landing.place(0.0))
    driving = asyncio.create_task(drive(made, means))
    await until(lambda: means.landing._waiting)
    clock.passed = 24 * HOUR
    await crowd.aclose()
    assert (await driving).state is State.DONE
    assert delivery.links == [SECOND]


@pytest.mark.parametrize("answer", [KeyRefused("No."), Unavailable("Down."), NotFound("?"), task("completed")])
async def test_an_old_link_is_better_than_none(bring, delivery, service, clock, answer):
    clock.passed = 23.5 * HOUR
    service.task_answers = [answer]
    assert (await bring()).state is State.DONE
    assert delivery.links == [LINK]


def alarms(caplog):
    return [record for record in caplog.records if record.name == "jobs.landing"]


async def test_an_alarm_is_sounded_once_when_a_link_is_about_to_die(bring, delivery, clock, caplog):
    clock.passed = 19 * HOUR
    delivery.failures = [DiskFull("Full.")] * 150
    done = await bring()
    (alarm,) = alarms(caplog)
    assert (done.state, alarm.levelno) == (State.DONE, logging.WARNING)
    assert done.id in alarm.getMessage()
    assert "20.0 hours" in alarm.getMessage()
    assert "task-unified-1-abc" in alarm.getMessage()


@pytest.mark.parametrize("age", [0, 19.9, 23.5])
async def test_no_alarm_for_what_comes_home(bring, clock, caplog, age):
    clock.passed = age * HOUR
    await bring()
    assert alarms(caplog) == []
