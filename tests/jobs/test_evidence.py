"""What becomes of an order whose answer was lost."""

import asyncio
from dataclasses import replace

import pytest

from client.answers import TaskPage
from client.errors import KeyRefused, NotFound, TooManyRequests, Unavailable
from jobs import troubles
from jobs.desk import Desk
from jobs.drive import drive
from jobs.engine import LocalEngine
from jobs.evidence import RIVALS
from jobs.states import State
from tests.jobs.fakes import StillClock, element_request, finished, job, purse, rehearsals, task
from tests.jobs.test_rows_of_sending import Account, listed, rest, until

TASK = "task-unified-1-abc"
OTHER = "task-unified-1-def"


def lost(nonce="n1", **fields):
    return job(nonce=nonce, **{"state": State.UNKNOWN, "sent": 1000.0, "body": "{}", **fields})


@pytest.fixture
def desk(means, engine):
    return Desk(means, engine, rehearsals(means), purse(means))


async def test_one_task_of_the_account_is_adopted(store, means, service):
    service.list_answers = [TaskPage(), listed(TASK)]
    done = await drive(await store.add(lost()), means)
    assert (done.state, done.task_id, done.looks, service.posts) == (State.DONE, TASK, 1, [])


@pytest.mark.parametrize(
    "page",
    [
        listed(TASK, created=1120.5),
        listed(TASK, created=879.5),
        listed(TASK, created=None),
        listed(TASK, model="kling-custom-element"),
        listed(),
    ],
    ids=["too late", "too early", "no time told", "another model", "nothing"],
)
async def test_a_task_that_does_not_fit_is_no_evidence(store, means, service, page):
    service.list_answers = [page]
    ended = await drive(await store.add(lost()), means)
    assert (ended.state, ended.candidates, ended.looks) == (State.UNKNOWN, (), 5)


@pytest.mark.parametrize(
    "known",
    [{"task_id": TASK, "state": State.DONE}, {"task_hint": TASK, "state": State.SUBMITTING, "sent": 1000.0}],
)
async def test_a_task_of_another_job_is_no_evidence(store, means, service, known):
    await store.add(job(nonce="other", **known))
    service.list_answers = [listed(TASK)]
    ended = await drive(await store.add(lost()), means)
    assert (ended.state, ended.candidates) == (State.UNKNOWN, ())


async def test_several_tasks_are_shown_and_a_person_chooses(store, desk, service):
    service.list_answers = [listed(TASK, OTHER)]
    mine = await store.add(lost())
    desk._engine.begin(mine.id)
    ended = await rest(desk, mine.id)
    assert (ended.state, ended.candidates) == (State.UNKNOWN, (TASK, OTHER))
    assert (await desk.lost.choose(mine.id, "bob", TASK)) is None
    assert (await desk.lost.choose(mine.id, "ann", "task-unified-1-strange")).state is State.UNKNOWN
    service.task_answers = [Unavailable("Down."), task(created=1000.0), finished()]
    assert (await desk.lost.choose(mine.id, "ann", TASK)).state is State.UNKNOWN
    chosen = await desk.lost.choose(mine.id, "ann", TASK)
    assert (chosen.state, chosen.task_id, chosen.candidates) == (State.SUBMITTED, TASK, ())
    assert (await rest(desk, mine.id)).state is State.DONE


async def test_a_candidate_that_another_job_has_got_meanwhile_cannot_be_chosen(store, desk, service):
    mine = await store.add(lost(looks=5, candidates=(TASK, OTHER)))
    await store.add(job(nonce="other", state=State.DONE, task_id=TASK))
    service.task_answers = [task(created=1000.0)]
    assert (await desk.lost.choose(mine.id, "ann", TASK)).candidates == (OTHER,)


@pytest.mark.parametrize(
    ("rival", "shown"),
    [
        ({"state": State.UNKNOWN}, (TASK,)),
        ({"state": State.UNKNOWN, "owner": "bob"}, ()),
        ({"state": State.SUBMITTING}, ()),
        ({"state": State.UNKNOWN, "sent": 2000.0}, None),
        ({"state": State.UNKNOWN, "task_hint": OTHER}, (TASK,)),
        ({"state": State.UNKNOWN, "request": element_request()}, None),
    ],
    ids=[
        "theirs too",
        "another person's",
        "still on its way",
        "from another time",
        "another one named by a callback",
        "another model",
    ],
)
async def test_a_task_that_another_lost_order_may_have_started_is_nobodys_for_sure(store, means, service, rival, shown):
    await store.add(lost("rival", **rival))
    service.list_answers = [listed(TASK)]
    ended = await drive(await store.add(lost()), means)
    assert (ended.state, ended.candidates) == ((State.DONE, ()) if shown is None else (State.UNKNOWN, shown))


async def test_two_jobs_never_get_the_same_task(store, desk, service):
    one, two = [await store.add(lost(nonce, looks=5, candidates=(TASK,))) for nonce in ("1", "2")]
    service.task_answers = [task(created=1000.0)]
    both = await asyncio.gather(*(desk.lost.choose(each.id, "ann", TASK) for each in (one, two)))
    assert sorted(found.state for found in both) == [State.SUBMITTED, State.UNKNOWN]
    assert await store.figures("SELECT count(*) FROM job WHERE task_id = ?", TASK) == [(1,)]


@pytest.mark.parametrize("hint", [TASK, None])
async def test_the_database_itself_gives_no_task_to_two_jobs(store, means, service, monkeypatch, hint):
    service.list_answers = [listed(TASK)]
    select = store.select

    async def tied_meanwhile(where, *values):
        found = await select(where, *values)
        if where == RIVALS:
            await store.add(job(nonce="other", state=State.DONE, task_id=TASK))
        return found

    monkeypatch.setattr(store, "select", tied_meanwhile)
    ended = await drive(await store.add(lost(task_hint=hint)), means)
    assert (ended.state, ended.task_id, ended.looks) == (State.UNKNOWN, None, 5)


async def test_what_is_found_while_a_person_chooses_stays_as_found(store, desk, service):
    mine = await store.add(lost(looks=5, candidates=(TASK, OTHER)))

    async def found_meanwhile():
        await store.write(mine, replace(mine, state=State.SUBMITTED, task_id=OTHER))
        return task(created=1000.0)

    desk._engine._running = False
    service.task_answers = [found_meanwhile]
    assert (await desk.lost.choose(mine.id, "ann", TASK)).task_id == OTHER


@pytest.mark.parametrize("no", [NotFound("?"), KeyRefused("No.")])
async def test_without_a_list_nobody_looks_for_long(store, means, service, clock, no):
    service.list_answers = [no]
    ended = await drive(await store.add(lost()), means)
    assert (ended.state, ended.resting, service.lists, clock.slept) == (State.UNKNOWN, True, 1, [])


@pytest.mark.parametrize("no", [Unavailable("Down."), TooManyRequests("Slow.")])
async def test_a_list_that_does_not_come_is_asked_for_again(store, means, service, no):
    service.list_answers = [no, no, listed(TASK)]
    assert (await drive(await store.add(lost()), means)).state is State.DONE


async def test_a_long_list_is_read_as_far_as_it_matters(store, means, service):
    newer, older = [listed(*(f"task-{at}-{row}" for row in range(50)), created=at) for at in (1500.0, 800.0)]
    service.list_answers = [newer, older]
    await drive(await store.add(lost(looks=4)), means)
    assert service.lists == 2
    service.list_answers = [newer]
    await drive(await store.add(lost("2", looks=4)), means)
    assert service.lists == 6


async def test_the_balance_is_told_and_decides_nothing(store, means):
    ended = await drive(await store.add(lost(looks=4, credits_before=100.0)), replace(means, purse=Account(73)))
    assert (ended.state, ended.credits_before, ended.credits_after) == (State.UNKNOWN, 100, 73)
    silent = await drive(await store.add(lost("2", looks=4, credits_before=100.0)), replace(means, purse=Account()))
    assert silent.credits_after is None


async def test_a_restart_goes_on_looking_and_leaves_alone_what_rests(store, means, service):
    looking = await store.add(lost(looks=3))
    rested = await store.add(lost("2", looks=5))
    old = await store.add(lost("3", sent=None))
    engine = LocalEngine(means)
    await engine.start()
    desk = Desk(means, engine, rehearsals(means), purse(means))
    assert (await rest(desk, looking.id)).looks == 5
    await engine.stop()
    assert service.lists == 2
    assert [await store.job(each.id) for each in (rested, old)] == [rested, old]


async def test_looking_again_looks_once_more(store, desk, service):
    rested = await store.add(lost(looks=5))
    assert (await desk.look_again(rested.id, "ann")).looking
    assert (await rest(desk, rested.id)).state is State.UNKNOWN
    assert service.lists == 1
    service.list_answers = [listed(TASK)]
    await desk.look_again(rested.id, "ann")
    assert (await rest(desk, rested.id)).state is State.DONE
    assert service.posts == []


async def test_looking_again_while_we_look_looks_now(store, means, service):
    clock = StillClock()
    engine = LocalEngine(replace(means, clock=clock))
    await engine.start()
    desk = Desk(means, engine, rehearsals(means), purse(means))
    looking = await store.add(lost())
    engine.begin(looking.id)
    await asyncio.wait_for(clock.waiting.wait(), 30)
    service.list_answers = [listed(TASK)]
    assert (await desk.look_again(looking.id, "ann")).looks == 1
    await until(lambda: store.job(looking.id), lambda found: found.state is State.SUBMITTED)
    await engine.stop()


async def test_send_again_is_one_new_job_with_a_new_key_however_often_it_is_pressed(store, desk, service):
    old = await store.add(lost(looks=5))
    assert await desk.lost.send_again(old.id, "bob") is None
    one, two = await asyncio.gather(*(desk.lost.send_again(old.id, "ann") for _ in range(2)))
    assert one.id == two.id != old.id
    assert (await rest(desk, one.id)).state is State.DONE
    ((_, key),) = service.posts
    assert (key, one.request) == (one.idempotency_key, old.request)
    assert key != old.idempotency_key
    kept = await store.job(old.id)
    assert (kept.state, kept.sent_again) == (State.UNKNOWN, one.id)
    assert (await desk.lost.send_again(old.id, "ann")).id == one.id
    assert [found.id for found in await desk.recent("ann")] == [one.id, old.id]
    assert len(service.posts) == 1


@pytest.mark.parametrize("fields", [{"looks": 1}, {"state": State.SUBMITTED, "task_id": TASK}])
async def test_nothing_is_sent_again_that_is_looked_for_or_found(store, desk, service, fields):
    found = await store.add(lost(**fields))
    assert await desk.lost.send_again(found.id, "ann") is None
    assert service.posts == []


async def test_what_is_found_between_the_press_and_now_is_not_sent_again(store, desk, service, monkeypatch):
    old = await store.add(lost(looks=5))
    add = store.add

    async def found_meanwhile(again):
        await store.write(old, replace(old, state=State.SUBMITTED, task_id=TASK))
        return await add(again)

    monkeypatch.setattr(store, "add", found_meanwhile)
    again = await desk.lost.send_again(old.id, "ann")
    assert (again.state, again.trouble.code, service.posts) == (State.REJECTED, "found_meanwhile", [])


async def test_a_callback_before_the_answer_is_a_hint_that_settles_a_lost_one(store, desk, means, service):
    sending = await store.add(job(state=State.SUBMITTING, body="{}", sent=1000.0))
    await store.write(sending, replace(sending, task_hint=None))
    desk._engine._running = False
    await desk.lost.called_back(sending.callback_token, TASK)
    hinted = await store.job(sending.id)
    assert (hinted.state, hinted.task_hint) == (State.SUBMITTING, TASK)
    done = await drive(hinted, means)
    assert (done.state, done.task_id, service.posts) == (State.DONE, TASK, [])


@pytest.mark.parametrize("looks", [1, 5])
async def test_a_callback_settles_a_lost_order_by_itself(store, desk, service, looks):
    unknown = await store.add(lost(looks=looks))
    await desk.lost.called_back(unknown.callback_token, TASK)
    assert (await rest(desk, unknown.id)).task_id == TASK
    assert service.lists == 0


async def test_an_order_that_its_owner_deleted_does_not_come_back(store, desk):
    deleted = await store.add(lost(looks=5, hidden=True))
    await desk.lost.called_back(deleted.callback_token, TASK)
    assert await store.job(deleted.id) == deleted


async def test_a_hint_that_came_while_the_answer_got_lost_is_taken_up(store, means, service):
    ended = await drive(await store.add(lost(task_hint=TASK)), means)
    assert (ended.state, service.lists) == (State.DONE, 0)


async def test_other_callbacks_only_wake_the_driver_or_do_nothing(store, desk):
    done = await store.add(job(state=State.DONE, task_id=TASK))
    await desk.lost.called_back(done.callback_token, OTHER)
    assert await store.job(done.id) == done
    await desk.lost.called_back("guess", OTHER)
    resting = await store.add(lost("2", looks=5))
    assert await desk.lost.called_back(resting.callback_token)
    assert await store.job(resting.id) == resting
    assert not await desk.lost.called_back("guess")


async def named(store, desk, service, **fields):
    """A lost order after a callback with its token has named TASK, and what was looked at."""
    resting = await store.add(lost(**{"looks": 5, **fields}))
    assert await desk.lost.called_back(resting.callback_token, TASK)
    ended = await rest(desk, resting.id)
    assert (ended.task_hint, service.posts) == (TASK, [])
    return ended


async def test_a_named_task_of_another_job_stays_a_hint(store, desk, service):
    await store.add(job(nonce="other", state=State.DONE, task_id=TASK))
    ended = await named(store, desk, service)
    assert (ended.state, ended.task_id, ended.looks) == (State.UNKNOWN, None, 5)


@pytest.mark.parametrize("told", [NotFound("Another account's."), task(model="kling-custom-element")])
async def test_a_named_task_that_the_service_does_not_know_as_ours_stays_a_hint_and_the_list_counts(
    store, desk, service, told
):
    service.task_answers = [told, finished(id=OTHER)]
    service.list_answers = [listed(OTHER)]
    service.task = lambda task_id: _tell(service, task_id)
    ended = await named(store, desk, service)
    assert (ended.state, ended.task_id) == (State.DONE, OTHER)


async def _tell(service, task_id):
    answer = service.task_answers[0 if task_id == TASK else 1]
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.parametrize("model", [None, "kling-o3-image-to-video"])
async def test_a_named_task_that_cannot_be_read_now_is_looked_at_again(store, desk, service, model):
    service.task_answers = [Unavailable("Down."), Unavailable("Down."), finished(model=model)]
    ended = await named(store, desk, service)
    assert (ended.state, ended.task_id, ended.looks) == (State.DONE, TASK, 2)


async def test_a_named_task_that_may_be_in_an_answer_on_its_way_waits_for_that(store, desk, service):
    sending = await store.add(job(nonce="other", state=State.SUBMITTING, sent=1000.0))
    service.task_answers = [finished(created=1000.0)]
    waiting = await named(store, desk, service)
    assert (waiting.state, waiting.task_id) == (State.UNKNOWN, None)
    await store.write(sending, replace(sending, state=State.SUBMITTED, task_id=OTHER))
    await desk.look_again(waiting.id, "ann")
    found = await rest(desk, waiting.id)
    assert (found.state, found.task_id) == (State.DONE, TASK)


async def test_a_callback_during_the_last_look_is_looked_at_as_well(store, desk, means, service):
    looking = await store.add(lost(looks=4))
    tasks = service.tasks

    async def called_meanwhile(**asked):
        await desk.lost.called_back(looking.callback_token, TASK)
        return await tasks(**asked)

    service.tasks = called_meanwhile
    desk._engine._running = False
    ended = await drive(looking, means)
    assert (ended.state, ended.task_id, service.lists) == (State.DONE, TASK, 1)


async def test_a_later_callback_may_name_another_task(store, desk, service):
    service.task_answers = [NotFound("?"), finished(id=OTHER)]
    service.task = lambda task_id: _tell(service, task_id)
    ended = await named(store, desk, service)
    await desk.lost.called_back(ended.callback_token, OTHER)
    found = await rest(desk, ended.id)
    assert (found.state, found.task_id, found.task_hint) == (State.DONE, OTHER, OTHER)


async def test_where_a_callback_named_a_task_nothing_is_sent_even_if_nothing_seemed_under_way(store, means, service):
    service.task_answers = [NotFound("?")]
    waiting = job(state=State.SUBMITTING, body="{}", sent=1000.0, trouble=troubles.WAITING, task_hint=TASK)
    ended = await drive(await store.add(waiting), means)
    assert (ended.state, service.posts) == (State.UNKNOWN, [])


async def test_who_finds_the_job_settled_looks_no_more(store, means, service):
    looking = await store.add(lost())
    await store.write(looking, replace(looking, looks=5))
    assert (await drive(looking, means)).looks == 5
    assert service.lists == 0


async def test_what_a_person_or_a_callback_does_too_late_changes_nothing(store, desk, monkeypatch):
    old = await store.add(lost(looks=5, candidates=(TASK,)))
    found = await store.write(old, replace(old, state=State.SUBMITTED, task_id=OTHER))
    assert (await desk.lost.look_once_more(old)).task_id == OTHER

    async def as_it_was(token):
        return old

    monkeypatch.setattr(store, "by_callback_token", as_it_was)
    desk._engine._running = False
    await desk.lost.called_back(old.callback_token, TASK)
    assert await store.job(old.id) == found
