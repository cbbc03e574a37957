import asyncio
import json
from dataclasses import replace

import pytest

from client.errors import NotSent
from jobs.engine import LocalEngine
from jobs.states import RESTING, State
from tests.jobs.fakes import LINK, StillClock, finished, job, task

SUBMITTED = {"state": State.SUBMITTED, "task_id": "task-unified-1-abc", "submitted": 1000.0}


async def rest(store, job_id):
    """The job when it has come to rest, watched like a page watches it."""
    with store.watchers.listening(job_id) as news:
        found = await store.job(job_id)
        while found.state not in RESTING:
            found = await asyncio.wait_for(news.get(), 30)
    return found


async def no_driver_left(engine):
    await asyncio.wait_for(asyncio.gather(*(driver.task for driver in engine._drivers.values())), 30)


async def test_open_jobs_go_on_after_a_restart(store, means, service):
    new = await store.add(job(nonce="1"))
    sending = await store.add(job(nonce="2", state=State.SUBMITTING, body="{}"))
    sent = await store.add(job(nonce="3", **SUBMITTED))
    ready = await store.add(job(nonce="4", **{**SUBMITTED, "state": State.READY, "link": LINK, "ready": 1000.0}))
    unknown = await store.add(job(nonce="5", state=State.UNKNOWN))
    engine = LocalEngine(means)
    await engine.start()
    assert (await store.job(sending.id)).state is State.UNKNOWN
    assert [(await rest(store, each.id)).state for each in (new, sent, ready)] == [State.DONE] * 3
    assert (await store.job(unknown.id)) == unknown
    assert [json.loads(body)["prompt"] for body, _ in service.posts] == ["The boat drifts"]
    await engine.stop()


async def test_a_job_has_one_driver_however_often_it_is_begun(store, engine, service):
    new = await store.add(job())
    for _ in range(5):
        engine.begin(new.id)
    assert (await rest(store, new.id)).state is State.DONE
    assert len(service.posts) == 1


async def test_an_id_nobody_knows_is_harmless(engine):
    engine.wake("nobody")
    engine.begin("nobody")
    engine.wake("nobody")
    await asyncio.sleep(0)
    await no_driver_left(engine)


async def test_waking_makes_a_waiting_driver_look_now(store, means, service):
    clock = StillClock()
    engine = LocalEngine(replace(means, clock=clock))
    service.task_answers = [task(), finished()]
    sent = await store.add(job(**SUBMITTED))
    await engine.start()
    await asyncio.wait_for(clock.waiting.wait(), 30)
    assert service.reads == 1
    engine.wake(sent.id)
    assert (await rest(store, sent.id)).state is State.DONE
    assert service.reads == 2
    await engine.stop()


async def test_a_job_wanted_again_while_its_driver_ends_is_driven_again(store, means, service, monkeypatch):
    engine = LocalEngine(means)
    await engine.start()
    expired = await store.add(job(**{**SUBMITTED, "state": State.LINK_EXPIRED}))
    drives = []

    async def revive_at_the_end(found, means, poke):
        drives.append(found.state)
        if len(drives) == 1:
            engine.begin(found.id)
        return found

    monkeypatch.setattr("jobs.engine.drive", revive_at_the_end)
    engine.begin(expired.id)
    await asyncio.sleep(0.2)
    assert len(drives) == 2
    await engine.stop()


async def test_stopping_lets_a_paid_request_end_and_writes_down_what_it_bought(store, means, service):
    sending, answered = asyncio.Event(), asyncio.Event()

    async def slowly():
        sending.set()
        await answered.wait()
        return task()

    service.submit_answers = [slowly]
    engine = LocalEngine(means, patience=10)
    await engine.start()
    new = await store.add(job())
    engine.begin(new.id)
    await asyncio.wait_for(sending.wait(), 30)
    stopping = asyncio.create_task(engine.stop())
    await asyncio.sleep(0.05)
    engine.begin(new.id)
    answered.set()
    await asyncio.wait_for(stopping, 30)
    stopped = await store.job(new.id)
    assert (stopped.state, stopped.task_id, service.reads) == (State.SUBMITTED, "task-unified-1-abc", 0)


async def test_stopping_does_not_wait_for_ever(store, means, service):
    sending = asyncio.Event()

    async def never():
        sending.set()
        await asyncio.Event().wait()

    service.submit_answers = [never]
    engine = LocalEngine(means, patience=0.1)
    await engine.start()
    new = await store.add(job())
    engine.begin(new.id)
    await asyncio.wait_for(sending.wait(), 30)
    await asyncio.wait_for(engine.stop(), 30)
    assert (await store.job(new.id)).state is State.SUBMITTING
    await engine.start()
    assert (await rest(store, new.id)).state is State.UNKNOWN
    assert len(service.posts) == 1
    await engine.stop()


async def test_an_engine_that_stopped_begins_nothing(store, means, service):
    engine = LocalEngine(means)
    await engine.start()
    await engine.stop()
    new = await store.add(job())
    engine.begin(new.id)
    await asyncio.sleep(0.05)
    assert (await store.job(new.id)).state is State.NEW
    await engine.start()
    assert (await rest(store, new.id)).state is State.DONE
    await engine.stop()


@pytest.mark.parametrize("failures", [1, 3])
async def test_a_driver_that_stumbles_is_put_on_its_feet(store, engine, service, clock, caplog, failures):
    service.task_answers = [ValueError("sk-secret in a message")] * failures + [finished()]
    sent = await store.add(job(**SUBMITTED))
    engine.begin(sent.id)
    assert (await rest(store, sent.id)).state is State.DONE
    assert clock.slept == [5, 10, 20][:failures]
    assert caplog.text.count("ValueError") == failures
    assert "sk-secret" not in caplog.text


async def test_stumbling_over_the_order_itself_does_not_repeat_it(store, engine, service):
    service.submit_answers = [ValueError("a bug")]
    new = await store.add(job())
    engine.begin(new.id)
    assert (await rest(store, new.id)).state is State.UNKNOWN
    assert len(service.posts) == 1


async def test_a_driver_that_was_overtaken_goes_on_from_the_row_as_it_is(store, engine, service):
    sent = await store.add(job(**SUBMITTED))

    async def overtake():
        await store.write(sent, replace(sent, state=State.CANCELLED))
        return finished()

    service.task_answers = [overtake]
    engine.begin(sent.id)
    assert (await rest(store, sent.id)).state is State.CANCELLED
    await no_driver_left(engine)
    assert (await store.job(sent.id)).state is State.CANCELLED
    assert service.reads == 1


async def test_stopping_while_nothing_arrived_leaves_nothing_behind(store, means, service):
    clock = StillClock()
    service.submit_answers = [NotSent("Down.")]
    engine = LocalEngine(replace(means, clock=clock))
    await engine.start()
    new = await store.add(job())
    engine.begin(new.id)
    await asyncio.wait_for(clock.waiting.wait(), 30)
    await asyncio.wait_for(engine.stop(), 30)
    assert (await store.job(new.id)).trouble.code == "unreachable_for_now"
    assert len(service.posts) == 1
