"""What may happen while a task is waited for: a test for each kind of trouble, named after it."""

import asyncio
from dataclasses import replace

import pytest

from client.errors import KeyRefused, NotFound, NotSent, TooManyRequests, Unavailable
from jobs.drive import drive
from jobs.states import Money, State
from tests.jobs.fakes import LINK, element_request, finished, job, task

HOUR = 3600.0


@pytest.fixture
def go(means, store):
    """Drives a submitted job to its rest; what a watcher would have seen is in `go.seen`."""

    async def go(*, means=means, **fields):
        fields = {"task_id": "task-unified-1-abc", "submitted": 1000.0, "estimated_seconds": 300.0, **fields}
        made = await store.add(job(**{"state": State.SUBMITTED, **fields}))
        with store.watchers.listening(made.id) as news:
            ended = await drive(made, means)
        go.seen = [made] + [news.get_nowait() for _ in range(news.qsize())]
        return ended

    return go


def states(seen):
    return list(dict.fromkeys(record.state for record in seen))


def troubles(seen):
    codes = [record.trouble.code if record.trouble else "" for record in seen]
    return [code for code, before in zip(codes, [None, *codes], strict=False) if code != before]


async def test_poll_5xx_or_network_error(go, service, clock):
    service.task_answers = [*[Unavailable("5xx"), NotSent("Down.")] * 150, finished()]
    assert (await go()).state is State.DONE
    assert states(go.seen) == ["submitted", "ready", "downloading", "done"]
    assert troubles(go.seen) == ["", "unreachable_for_now", ""]
    assert (clock.slept[:5], max(clock.slept)) == ([5, 10, 20, 40, 60], 60)
    assert clock.passed > 4 * HOUR


async def test_the_pauses_after_a_failure_are_jittered(go, service, clock, means):
    service.task_answers = [*[Unavailable("5xx")] * 9, finished()]
    await go(means=replace(means, chance=lambda: 0.0))
    assert clock.slept == [5, 5, 10, 20, 30, 30, 30, 30, 30]


async def test_poll_429(go, service, clock, store, means):
    service.task_answers = [TooManyRequests("Slow.", retry_after=90), task(), finished()]
    other = await store.add(job(nonce="other", state=State.SUBMITTED, task_id="task-unified-1-abc", submitted=1000.0))
    done, _ = await asyncio.gather(go(), drive(other, means))
    assert done.state is State.DONE
    assert clock.passed >= 90
    assert service.reads <= 4


async def test_404_right_after_submit(go, service, clock):
    service.task_answers = [NotFound("?")] * 10 + [task(), finished()]
    assert (await go()).state is State.DONE
    assert states(go.seen) == ["submitted", "ready", "downloading", "done"]
    assert troubles(go.seen) == [""]


async def test_404_right_after_submit_for_more_than_two_minutes_by_our_own_monotonic_clock(go, service, clock):
    clock.jump = 48 * HOUR
    service.task_answers = [NotFound("?")] * 30 + [finished()]
    assert (await go()).state is State.DONE
    assert states(go.seen) == ["submitted", "stalled", "ready", "downloading", "done"]
    assert troubles(go.seen) == ["", "task_not_found", ""]
    stalled = next(record for record in go.seen if record.state is State.STALLED)
    assert 120 < stalled.changed - 1000 - 48 * HOUR < 130


@pytest.mark.parametrize("progress", [0, 40])
async def test_404_later(go, service, progress):
    known = [] if progress else [task()]
    service.task_answers = [*known, *[NotFound("?")] * 30, finished()]
    assert (await go(progress=progress)).state is State.DONE
    assert troubles(go.seen) == ["", "no_longer_known", ""]
    assert "any more" in next(record.trouble.sentence for record in go.seen if record.trouble)


async def test_404_later_does_not_matter_once_the_file_is_here(go, service, means):
    service.task_answers = [NotFound("?")]
    there = job(nonce="there")
    means.shelf.video_path(there.id).write_bytes(b"\0\0\0\x18ftypisom")
    done = await go(id=there.id, state=State.DOWNLOADING, link=LINK, ready=1000.0)
    assert (done.state, service.reads) == (State.DONE, 0)


async def test_401_or_403_while_polling(go, service, clock):
    service.task_answers = [*[KeyRefused("No.", status=401), KeyRefused("No.", status=403)] * 60, task(), finished()]
    assert (await go()).state is State.DONE
    assert states(go.seen) == ["submitted", "ready", "downloading", "done"]
    assert troubles(go.seen) == ["", "key_refused", ""]
    assert clock.slept[:120] == [60] * 120


async def test_401_or_403_while_polling_pauses_all_jobs_of_the_key_and_says_so_on_each(store, service, means):
    service.task_answers = [task()] * 6 + [KeyRefused("No.")] * 20 + [finished()]
    fields = {"state": State.SUBMITTED, "task_id": "task-unified-1-abc", "submitted": 1000.0}
    jobs = [await store.add(job(nonce=str(number), **fields)) for number in range(6)]
    boxes = [store.watchers._boxes[each.id] for each in jobs]
    news = [asyncio.Queue() for _ in jobs]
    for box, queue in zip(boxes, news, strict=True):
        box.add(queue)
    ended = await asyncio.gather(*(drive(each, means) for each in jobs))
    assert {each.state for each in ended} == {State.DONE}
    for queue in news:
        seen = [queue.get_nowait() for _ in range(queue.qsize())]
        assert "key_refused" in troubles(seen)
        assert State.STALLED not in states(seen)


@pytest.mark.parametrize("present", ["aaaaaaaa", None])
async def test_a_job_ordered_with_another_key_says_so_and_goes_on_when_that_key_is_back(
    go, service, means, clock, present
):
    service.task_answers = [NotFound("?")] * 50 + [finished()]
    assert (await go(means=replace(means, key_mark=present), key_mark="bbbbbbbb")).state is State.DONE
    assert states(go.seen) == ["submitted", "ready", "downloading", "done"]
    assert troubles(go.seen) == ["", "other_key", ""]
    assert clock.slept == [60] * 50


@pytest.mark.parametrize("created", [0, 1e12, -5, 4e9])
@pytest.mark.parametrize("jump", [48 * HOUR, -48 * HOUR])
async def test_clock_skew(go, service, clock, created, jump):
    """The service's own moments and a wall clock that is wrong decide nothing."""

    def wrong():
        clock.jump = jump
        return task(created=created)

    service.task_answers = [wrong, task(created=created), finished(created=created)]
    done = await go()
    assert states(go.seen) == ["submitted", "ready", "downloading", "done"]
    assert done.ready >= 1000 + jump


async def test_status_goes_back(go, service, means):
    service.task_answers = [
        *[task("processing", progress=80), task("pending", progress=0), task("processing", progress=10)],
        *[task("completed", progress=100), task("processing", progress=50), finished()],
    ]
    assert (await go()).state is State.DONE
    assert states(go.seen) == ["submitted", "ready", "downloading", "done"]
    shown = [record.progress for record in go.seen]
    assert shown == sorted(shown)
    assert means.poller.reading.tally["went_back"] == 2


async def test_unknown_status_and_unknown_fields(go, service, clock):
    strange = task("Reticulating\u202e <b>splines</b>\n", mood="good", progress=30)
    service.task_answers = [strange, lambda: finished() if clock.passed > 30 * HOUR else strange]
    assert (await go()).state is State.DONE
    assert states(go.seen) == ["submitted", "stalled", "ready", "downloading", "done"]
    told = next(record for record in go.seen if record.trouble)
    assert (told.trouble.code, told.trouble.detail) == ("new_state", "Reticulating <b>splines</b>")
    assert told.progress == 30
    stalled = next(record for record in go.seen if record.state is State.STALLED)
    assert 24 * HOUR < stalled.changed - 1000 < 24 * HOUR + 60


@pytest.mark.parametrize(
    "odd", [[70, 20], [150], [-1], ["50%"], [None], ["soon"], [1e308], [float("nan")], [[]], [True], ["1e999"]]
)
async def test_progress_goes_back_is_over_100_null_or_text(go, service, odd):
    service.task_answers = [task(progress=10), *(task(progress=value) for value in odd), finished()]
    assert (await go()).state is State.DONE
    shown = [record.progress for record in go.seen]
    assert shown == sorted(shown)
    assert {type(value) for value in shown} == {int}
    assert 0 <= min(shown) <= max(shown) == 100


async def test_completed_with_empty_results(go, service, clock):
    service.task_answers = [task(), task("completed", progress=100)]
    ended = await go()
    assert (ended.state, ended.trouble.code, ended.money) == (State.FAILED, "no_file", Money.UNKNOWN)
    assert (service.reads, ended.task_id) == (7, "task-unified-1-abc")
    assert clock.slept[-5:] == [5, 10, 20, 35, 50]


async def test_completed_with_empty_results_in_a_batch_is_read_singly_before_it_counts(store, service, means):
    async def without_links(task_ids):
        return [task("completed", progress=100)]

    service.batch = without_links
    service.task_answers = [finished()]
    fields = {"state": State.SUBMITTED, "task_id": "task-unified-1-abc", "submitted": 1000.0}
    jobs = [await store.add(job(nonce=str(number), **fields)) for number in range(3)]
    ended = await asyncio.gather(*(drive(each, means) for each in jobs))
    assert {each.state for each in ended} == {State.DONE}


@pytest.mark.parametrize("kind", [{}, {"request": element_request()}])
async def test_callback_lost(go, service, clock, kind):
    """Nobody calls back. The task is read at least every minute all the same."""
    service.task_answers = [lambda: task(progress=1) if clock.passed < 7000 else task("cancelled")]
    assert (await go(**kind)).state is State.CANCELLED
    assert max(clock.slept) <= 60
    assert clock.passed < 7060


async def test_task_never_ends(go, service, clock):
    service.task_answers = [lambda: task(progress=99) if clock.passed < 50 * HOUR else finished()]
    assert (await go()).state is State.DONE
    assert states(go.seen) == ["submitted", "stalled", "ready", "downloading", "done"]
    stalled = next(record for record in go.seen if record.state is State.STALLED)
    assert 2 * HOUR < stalled.changed - 1000 < 2 * HOUR + 60
    assert max(clock.slept) == pytest.approx(HOUR)


async def test_task_never_ends_and_was_expected_to_take_long(go, service, clock):
    service.task_answers = [lambda: task(progress=99) if clock.passed < 8 * HOUR else finished()]
    await go(estimated_seconds=2 * HOUR)
    stalled = next(record for record in go.seen if record.state is State.STALLED)
    assert 6 * HOUR < stalled.changed - 1000 < 6 * HOUR + 400


async def test_tab_asleep_phone_locked_offline_the_job_goes_on(store, service, means):
    """Nobody watches, nobody asks."""
    service.task_answers = [task(progress=n) for n in range(50)] + [finished()]
    alone = await store.add(job(state=State.SUBMITTED, task_id="task-unified-1-abc", submitted=1000.0))
    await drive(alone, means)
    assert not store.watchers._boxes
    found = await store.job(alone.id)
    assert (found.state, found.progress, means.shelf.video(alone.id) is not None) == (State.DONE, 100, True)


async def test_a_task_that_was_just_ordered_is_not_asked_for_at_once(store, service, means, clock):
    new = await store.add(job())
    await drive(new, means)
    assert clock.slept[0] > 5


async def test_an_estimate_that_only_comes_with_the_first_answer_sets_the_pace(go, service, clock):
    service.task_answers = [task(task_info={"estimated_time": 5}), lambda: finished() if clock.passed > 5 else task()]
    await go(estimated_seconds=None)
    assert 5 < clock.passed < 5.2


async def test_a_poke_counts_again_when_a_task_that_was_made_is_under_way_after_all(store, service, means, clock):
    poke = asyncio.Event()

    def poked():
        poke.set()
        return task("processing")

    service.task_answers = [task("completed"), poked, finished()]
    made = await store.add(job(state=State.SUBMITTED, task_id="task-unified-1-abc", submitted=1000.0))
    assert (await drive(made, means, poke)).state is State.DONE
    assert clock.slept == [5]
