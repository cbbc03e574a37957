import asyncio
from dataclasses import replace

import pytest

from client.errors import LinkExpired, PictureError
from jobs.desk import Desk, NoSuchJob
from jobs.engine import LocalEngine
from jobs.job import Trouble
from jobs.states import State
from tests.jobs.fakes import MP4, StillClock, finished, job, purse, rehearsals, request, task


@pytest.fixture
def desk(means, engine):
    return Desk(means, engine, rehearsals(means), purse(means))


async def seen(watching):
    return [record async for record in watching]


async def settle():
    for _ in range(5):
        await asyncio.sleep(0.01)


async def test_a_click_becomes_a_video(desk, service):
    started = await desk.start(request(), owner="ann", nonce="1")
    assert started.state is State.NEW
    records = await asyncio.wait_for(seen(desk.watch(started.id)), 30)
    assert records[-1].state is State.DONE
    assert desk.video(records[-1]).read_bytes() == MP4
    assert desk.video(started) is None


async def test_a_double_click_is_one_job_and_one_order(desk, service):
    one, two = await asyncio.gather(*(desk.start(request(), owner="ann", nonce="1") for _ in range(2)))
    assert one.id == two.id
    await asyncio.wait_for(seen(desk.watch(one.id)), 30)
    assert (await desk.start(request(), owner="ann", nonce="1")).state is State.DONE
    await settle()
    assert len(service.posts) == 1


async def test_a_click_counts_even_when_the_page_goes_away_at_once(desk, service):
    clicking = asyncio.create_task(desk.start(request(), owner="ann", nonce="1"))
    await asyncio.sleep(0)
    clicking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await clicking
    for _ in range(200):
        jobs = await desk.recent("ann")
        if jobs and jobs[0].state is State.DONE:
            break
        await asyncio.sleep(0.01)
    assert [found.state for found in jobs] == [State.DONE]


async def test_each_real_change_is_told_once(means, store):
    desk = Desk(means, LocalEngine(means), rehearsals(means), purse(means))
    new = await store.add(job())
    watching = asyncio.create_task(seen(desk.watch(new.id)))
    await settle()
    steps = [
        {"uploads": {"a": "b"}},
        {"state": State.SUBMITTING, "body": "{}"},
        {"trouble": Trouble("waiting", "Wait.")},
        {"trouble": None},
        {"state": State.SUBMITTED, "task_id": "t"},
        {"progress": 10},
        {"progress": 20},
        {"submitted": 5.0},
        {"state": State.FAILED},
    ]
    record = new
    for step in steps:
        record = await store.write(record, replace(record, **step))
    told = await asyncio.wait_for(watching, 30)
    assert [(each.state, each.progress, bool(each.trouble)) for each in told] == [
        (State.NEW, 0, False),
        (State.SUBMITTING, 0, False),
        (State.SUBMITTING, 0, True),
        (State.SUBMITTING, 0, False),
        (State.SUBMITTED, 0, False),
        (State.SUBMITTED, 10, False),
        (State.SUBMITTED, 20, False),
        (State.FAILED, 20, False),
    ]
    assert told[-1] == await store.job(new.id)


async def test_a_change_between_listening_and_reading_is_told_once(means, store):
    desk = Desk(means, LocalEngine(means), rehearsals(means), purse(means))
    new = await store.add(job())
    watching = desk.watch(new.id)
    first = asyncio.create_task(anext(watching))
    await store.write(new, replace(new, progress=5))
    assert (await first).progress in {0, 5}
    before = (await first).progress
    row = await store.job(new.id)
    await store.write(row, replace(row, progress=6))
    rest = [await anext(watching) for _ in range(1 if before else 2)]
    assert [before, *(record.progress for record in rest)] == ([5, 6] if before else [0, 5, 6])
    await watching.aclose()


@pytest.mark.parametrize("state", [State.DONE, State.UNKNOWN, State.LINK_EXPIRED])
async def test_who_comes_late_gets_the_record_and_is_let_go(desk, store, state):
    resting = await store.add(job(state=state))
    assert await seen(desk.watch(resting.id)) == [resting]


async def test_many_may_watch_and_one_who_leaves_takes_nothing_along(store, means, service):
    clock = StillClock()
    engine = LocalEngine(replace(means, clock=clock))
    desk = Desk(means, engine, rehearsals(means), purse(means))
    service.task_answers = [task(progress=10), finished()]
    await engine.start()
    started = await desk.start(request(), owner="ann", nonce="1")
    watchers = [asyncio.create_task(seen(desk.watch(started.id))) for _ in range(20)]
    await asyncio.wait_for(clock.waiting.wait(), 30)
    with store.watchers.listening(started.id) as news:
        engine.wake(started.id)
        assert (await asyncio.wait_for(news.get(), 30)).progress == 10
    await asyncio.wait_for(clock.waiting.wait(), 30)
    await settle()
    for leaving in watchers[:10]:
        leaving.cancel()
    await asyncio.wait(watchers[:10])
    assert (await desk.look_again(started.id, "ann")).progress == 10
    told = await asyncio.wait_for(asyncio.gather(*watchers[10:]), 30)
    assert {each[-1].state for each in told} == {State.DONE}
    assert len({tuple(record.version for record in each) for each in told}) == 1
    assert not store.watchers._boxes
    await engine.stop()


async def test_nobody_sees_what_is_not_theirs(desk, store):
    hers = await store.add(job(state=State.STALLED))
    assert await desk.job(hers.id, "ann") == hers
    assert await desk.job(hers.id, "bob") is None
    assert await desk.job("nobody", "ann") is None
    assert await desk.recent("bob") == []
    assert await desk.newest_open("ann") == hers
    assert await desk.newest_open("bob") is None
    assert await desk.look_again(hers.id, "bob") is None
    assert await desk.by_token(hers.token) == hers
    assert await desk.by_token("guess") is None
    assert (await anext(desk.watch(hers.id, "ann"))) == hers
    for job_id, owner in [(hers.id, "bob"), ("nobody", None)]:
        with pytest.raises(NoSuchJob):
            await anext(desk.watch(job_id, owner))


async def test_looking_again_revives_a_video_whose_link_died(desk, store, service, delivery):
    delivery.failures = [LinkExpired("Dead.")] * 3
    started = await desk.start(request(), owner="ann", nonce="1")
    expired = (await asyncio.wait_for(seen(desk.watch(started.id)), 30))[-1]
    assert expired.state is State.LINK_EXPIRED
    again = await desk.look_again(started.id, "ann")
    assert (again.state, again.trouble) == (State.DOWNLOADING, None)
    records = await asyncio.wait_for(seen(desk.watch(started.id)), 30)
    assert records[-1].state is State.DONE
    assert len(service.posts) == 1


async def test_two_who_look_again_at_once_do_not_fall_over_each_other(desk, store, delivery):
    expired = await store.add(
        job(state=State.LINK_EXPIRED, task_id="task-unified-1-abc", submitted=1000.0, ready=1000.0)
    )
    both = await asyncio.gather(desk.look_again(expired.id, "ann"), desk.look_again(expired.id, "ann"))
    assert {found.state for found in both} <= {State.DOWNLOADING, State.DONE}
    await asyncio.wait_for(seen(desk.watch(expired.id)), 30)
    await settle()
    assert len(delivery.links) == 1


async def test_looking_again_never_orders_what_may_have_been_ordered(desk, store, service):
    unknown = await store.add(job(state=State.UNKNOWN))
    assert await desk.look_again(unknown.id, "ann") == unknown
    await settle()
    assert service.posts == []


async def test_a_file_that_is_no_picture_is_refused(desk, tmp_path):
    (tmp_path / "note.png").write_text("not a picture")
    with pytest.raises(PictureError):
        await desk.keep(tmp_path / "note.png")
