"""Clocks that jump: no job is lost or given up early, and links are refreshed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from client.errors import LinkExpired
from jobs.drive import drive
from jobs.states import State
from tests.jobs.fakes import LINK, finished, job, task

HOUR = 3600.0
FRESH = "https://files.example.org/fresh.mp4"
JUMPS = [48 * HOUR, -48 * HOUR, HOUR, -HOUR, 1.0, -1.0]
"""A wrong clock, a change to and from summer time, a leap second."""
MOMENTS = [
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 58, tzinfo=UTC),
    datetime(2027, 3, 28, 0, 58, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 58, tzinfo=UTC),
]
"""Some day, the eve of a leap day, of summer time, of a year."""


@pytest.fixture(params=MOMENTS, ids=lambda moment: f"{moment:%Y-%m-%d}")
def began(request, clock):
    clock.began = request.param.timestamp()
    return clock.began


@pytest.fixture
def submitted(store, began):
    async def submitted(**fields):
        made = {"state": State.SUBMITTED, "task_id": "task-unified-1-abc", "estimated_seconds": 300.0}
        return await store.add(job(**made | {"created": began, "submitted": began} | fields))

    return submitted


async def driven(store, means, made):
    with store.watchers.listening(made.id) as news:
        ended = await drive(made, means)
    return ended, {record.state for record in (news.get_nowait() for _ in range(news.qsize()))}


@pytest.mark.parametrize("jump", JUMPS)
async def test_the_wall_clock_jumps_while_a_task_is_waited_for(store, means, service, clock, submitted, jump):
    def made():
        clock.jump = jump if clock.passed > 100 else 0.0
        return finished() if clock.passed > 300 else task(progress=5)

    service.task_answers = [made]
    ended, seen = await driven(store, means, await submitted())
    assert ended.state is State.DONE
    assert not seen & {State.STALLED, State.LINK_EXPIRED, State.FAILED}
    assert 300 < clock.passed < 310


@pytest.mark.parametrize("jump", JUMPS)
async def test_the_wall_clock_jumps_while_the_program_is_off(store, means, service, clock, submitted, jump):
    made = await submitted()
    clock.jump = jump
    service.task_answers = [lambda: finished() if clock.passed > 300 else task(progress=5)]
    ended, seen = await driven(store, means, made)
    assert ended.state is State.DONE
    assert not seen & {State.LINK_EXPIRED, State.FAILED}
    assert 300 < clock.passed < 361


@pytest.mark.parametrize("still_under_way", [0, 3])
async def test_the_machine_sleeps_for_eight_hours(store, means, service, clock, submitted, still_under_way):
    """Where the monotonic clock goes on meanwhile: on most systems but Linux."""

    def suspended():
        clock.passed += 8 * HOUR
        return task(progress=5)

    service.task_answers = [task(progress=1), suspended, *[task(progress=9)] * still_under_way, finished()]
    ended, seen = await driven(store, means, await submitted())
    assert ended.state is State.DONE
    assert not seen & {State.STALLED, State.LINK_EXPIRED, State.FAILED}
    assert clock.passed < 8 * HOUR + 120


async def test_the_machine_sleeps_for_eight_hours_and_only_the_wall_clock_goes_on(
    store, means, service, clock, submitted
):
    def suspended():
        clock.jump = 8 * HOUR
        return task(progress=5)

    service.task_answers = [task(progress=1), suspended, finished()]
    ended, seen = await driven(store, means, await submitted())
    assert ended.state is State.DONE
    assert State.STALLED not in seen
    assert clock.passed < 60


@pytest.mark.parametrize(("passed", "links"), [(22 * HOUR, [LINK]), (24 * HOUR, [FRESH]), (56 * HOUR, [FRESH])])
async def test_a_link_is_as_old_as_our_own_receipt_of_it(
    store, means, service, delivery, clock, submitted, began, passed, links
):
    made = await submitted(state=State.READY, link=LINK, ready=began)
    clock.passed = passed
    service.task_answers = [finished(FRESH, created=began - 1e6)]
    ended, _ = await driven(store, means, made)
    assert (ended.state, delivery.links) == (State.DONE, links)


@pytest.mark.parametrize("jump", JUMPS)
async def test_a_link_that_died_under_a_clock_set_back_is_refreshed(
    store, means, service, delivery, clock, submitted, began, jump
):
    made = await submitted(state=State.READY, link=LINK, ready=began)
    clock.jump = jump
    if jump < 24 * HOUR:
        delivery.failures = [LinkExpired("Dead.")]
    service.task_answers = [finished(FRESH)]
    ended, seen = await driven(store, means, made)
    assert (ended.state, delivery.links[-1]) == (State.DONE, FRESH)
    assert State.LINK_EXPIRED not in seen


@pytest.mark.parametrize("jump", JUMPS)
async def test_what_was_learnt_under_a_wrong_clock_does_not_lead_astray(
    store, means, service, clock, submitted, began, jump
):
    for number in range(5):
        old = {"state": State.DONE, "submitted": began - 9000, "ready": began - 9000 + 300 + jump}
        await store.add(replace(job(nonce=str(number)), estimated_seconds=300.0, **old))
    service.task_answers = [lambda: finished() if clock.passed > 300 else task(progress=5)]
    ended, _ = await driven(store, means, await submitted(nonce="new"))
    assert (ended.state, 300 < clock.passed < 321) == (State.DONE, True)
