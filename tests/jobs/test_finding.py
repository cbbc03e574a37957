"""Clips of the account that nobody here knows of."""

import asyncio
from dataclasses import replace

import pytest

from client.answers import TaskPage
from client.elements import ELEMENT_MODEL
from client.errors import Unavailable
from client.schema import MODEL
from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.finding import AGE, PAGE
from jobs.job import Kind
from jobs.states import State
from tests.jobs.fakes import MP4, job, purse, rehearsals

NOW = 1000.0 + 1e6


class Account:
    """The account's own list."""

    def __init__(self, service):
        self.asked = []
        self.tasks = {MODEL: [], ELEMENT_MODEL: []}
        service.tasks = self.list

    async def list(self, *, page=1, page_size=20, model=None, status=None):
        self.asked.append((model, page))
        shown = self.tasks[model][(page - 1) * page_size : page * page_size]
        return TaskPage(data=shown)

    def has(self, *tasks, model=MODEL):
        self.tasks[model] += [{"model": model, "status": "completed", "created": NOW - 60, **task} for task in tasks]


@pytest.fixture
def account(service, clock):
    clock.began = NOW
    return Account(service)


@pytest.fixture
def desk(means, engine):
    return Desk(means, engine, rehearsals(means), purse(means))


async def test_what_is_still_alive_comes_home_and_nothing_is_ordered(desk, account, service):
    account.has({"id": "task-unified-1-abc", "video_duration": 7})
    assert await desk.find_clips("ann") == 1
    (found,) = await desk.recent("ann")
    assert (found.request.prompt, found.request.duration, found.created) == ("Found again", 7, NOW - 60)
    *_, last = await asyncio.wait_for(seen(desk.watch(found.id)), 30)
    assert (last.state, last.task_id) == (State.DONE, "task-unified-1-abc")
    assert desk.video(last).read_bytes() == MP4
    assert await desk.find_clips("ann") == 0
    assert service.posts == []
    assert account.asked == [(MODEL, 1), (ELEMENT_MODEL, 1)] * 2


async def seen(watching):
    return [record async for record in watching]


@pytest.fixture
def quiet(means):
    """A desk behind which nobody works."""
    return Desk(means, LocalEngine(means), rehearsals(means), purse(means))


async def tasks_of(desk):
    return [found.task_id for found in await desk.recent("ann", 500)]


async def test_what_is_too_old_or_came_to_nothing_is_left(quiet, account):
    account.has(
        {"id": "t-failed", "status": "failed"},
        {"id": "t-odd", "status": "polished"},
        {"id": "t-old", "created": NOW - AGE},
        {"id": "t-undated", "created": None},
        {"id": "t-going", "status": "processing"},
        {"id": "t-ahead", "created": NOW + 3600},
    )
    assert await quiet.find_clips("ann") == 3
    assert await tasks_of(quiet) == ["t-undated", "t-going", "t-ahead"]
    assert max(found.created for found in await quiet.recent("ann")) == NOW


async def test_an_element_does_not_age(quiet, account, store):
    account.has({"id": "t-mia", "created": 1.0}, model=ELEMENT_MODEL)
    assert await quiet.find_clips("ann") == 1
    (mia,) = await store.elements("ann")
    assert (mia.kind, mia.state, mia.task_id) == (Kind.ELEMENT, State.SUBMITTED, "t-mia")
    assert mia.request.model_params.element_name == "Found again"
    assert await quiet.poster(mia) is None


async def test_tasks_of_our_own_jobs_are_not_found_again(quiet, account, store):
    await store.add(job(nonce="1", state=State.SUBMITTED, task_id="t-ours"))
    await store.add(job(nonce="2", state=State.UNKNOWN, task_hint="t-hinted"))
    await store.add(job(nonce="3", state=State.UNKNOWN, candidates=("t-perhaps",)))
    account.has({"id": "t-ours"}, {"id": "t-hinted"}, {"id": "t-perhaps"}, {"id": "t-free"})
    assert await quiet.find_clips("ann") == 1
    assert (await tasks_of(quiet))[0] == "t-free"


async def test_what_may_be_the_task_of_a_lost_order_is_left_to_that_order(quiet, account, store):
    await store.add(job(nonce="1", state=State.SUBMITTING, sent=NOW - 100))
    account.has({"id": "t-perhaps", "created": NOW - 60}, {"id": "t-free", "created": NOW - 300})
    assert await quiet.find_clips("ann") == 1
    assert (await tasks_of(quiet))[0] == "t-free"


async def test_nobody_gets_what_another_may_have_made(quiet, account, store):
    account.has({"id": "t-1"})
    assert not await quiet.may_find("")
    assert await quiet.may_find("ann")
    await store.add(replace(job(), owner="bob"))
    assert not await quiet.may_find("ann")
    assert await quiet.find_clips("ann") == 0
    assert account.asked == []


async def test_a_few_pages_are_read_and_two_presses_make_no_second_job(quiet, account):
    account.has(*({"id": f"t-{number}"} for number in range(4 * PAGE)))
    await asyncio.gather(quiet.find_clips("ann"), quiet.find_clips("ann"))
    assert len(await tasks_of(quiet)) == 3 * PAGE
    assert account.asked.count((MODEL, 3)) == 2
    assert account.asked.count((MODEL, 4)) == 0


async def test_the_length_is_told_where_it_is_known_and_possible(quiet, account):
    account.has(
        {"id": "t-1", "task_info": {"video_duration": 9}}, {"id": "t-2", "duration": 4.2}, {"id": "t-3", "duration": 99}
    )
    await quiet.find_clips("ann")
    assert [found.request.duration for found in await quiet.recent("ann")] == [9, 4, 5]


async def test_a_service_that_does_not_answer_is_told(quiet, service):
    async def silent(**_):
        raise Unavailable("EvoLink cannot be reached.")

    service.tasks = silent
    with pytest.raises(Unavailable):
        await quiet.find_clips("ann")
    assert await tasks_of(quiet) == []


async def test_found_clips_are_in_the_journal_too(quiet, account, store):
    account.has({"id": "t-1"})
    await quiet.find_clips("ann")
    (found,) = await quiet.recent("ann")
    assert await store.journaled_task(found.id) == "t-1"
